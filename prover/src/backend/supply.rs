//! An engine, and what takes over when it fails.

use super::{BackendError, Engine};

/// Gives engines: one at first, and another in the place of one that failed.
pub trait Supply {
    /// The engine to compute with now.
    fn engine(&mut self) -> &mut dyn Engine;

    /// Puts another in the place of the engine, which failed. Everything that it has not [attested](Engine::attest) is to be
    /// computed anew; its sequences are gone.
    ///
    /// # Errors
    /// With `failure`, or what kept others from taking over.
    fn replace(&mut self, failure: BackendError) -> Result<(), BackendError>;
}

/// An engine that nothing takes over from.
pub struct Only<E>(pub E);

impl<E: Engine> Supply for Only<E> {
    fn engine(&mut self) -> &mut dyn Engine {
        &mut self.0
    }

    fn replace(&mut self, failure: BackendError) -> Result<(), BackendError> {
        Err(failure)
    }
}

/// What ends work, among it that what computes has failed.
pub trait Failure: From<BackendError> {
    /// The failure, if what computes is at fault and another may do better.
    ///
    /// # Errors
    /// Anything else, as it is.
    fn of_device(self) -> Result<BackendError, Self>;
}

impl Failure for BackendError {
    fn of_device(self) -> Result<BackendError, BackendError> {
        if matches!(self, BackendError::Device(_)) { Ok(self) } else { Err(self) }
    }
}

/// Does `work`, again from its beginning whenever the engine fails and another takes over.
///
/// # Errors
/// Those of `work` and of [`Supply::replace`].
pub fn surely<T, E: Failure>(
    supply: &mut dyn Supply,
    mut work: impl FnMut(&mut dyn Engine) -> Result<T, E>,
) -> Result<T, E> {
    loop {
        match work(supply.engine()).map_err(E::of_device) {
            Ok(done) => return Ok(done),
            Err(Ok(failure)) => supply.replace(failure)?,
            Err(Err(error)) => return Err(error),
        }
    }
}
