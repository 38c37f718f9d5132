//! Which instruction set the kernels use: one value, chosen once.

/// Environment variable that forces a tier: `portable`, `avx2` or `avx512`.
pub const TIER_VARIABLE: &str = "ASSAY_CPU";

/// An instruction set that this machine has.
///
/// A value of this type is proof of detection: it can only be made by the functions below, and the kernels' `unsafe`
/// dispatch rests on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier(pub(crate) Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// A tier that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TierError {
    /// Not a name of a tier.
    #[error("{TIER_VARIABLE} is \"{0}\", which names no instruction set: use portable, avx2 or avx512, or unset it")]
    Unknown(String),
    /// A tier that this machine lacks.
    #[error("this processor lacks {0}, which {TIER_VARIABLE} asks for: use one of its own, or unset the variable")]
    Missing(&'static str),
}

impl Tier {
    /// Plain Rust, everywhere.
    pub const PORTABLE: Tier = Tier(Kind::Portable);

    /// AVX2, if there is AVX2.
    pub fn avx2() -> Option<Tier> {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            return Some(Tier(Kind::Avx2));
        }
        None
    }

    /// AVX-512 with VNNI, if there is all of it.
    pub fn avx512() -> Option<Tier> {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512vnni")
        {
            return Tier::avx2().and(Some(Tier(Kind::Avx512)));
        }
        None
    }

    /// The fastest tier of this machine.
    pub fn detect() -> Tier {
        Tier::avx512().or_else(Tier::avx2).unwrap_or(Tier::PORTABLE)
    }

    /// The tier that [`TIER_VARIABLE`] asks for; the fastest one where it is unset.
    ///
    /// # Errors
    /// [`TierError`] if it names no tier, or one that this machine lacks.
    pub fn from_environment() -> Result<Tier, TierError> {
        match std::env::var_os(TIER_VARIABLE) {
            None => Ok(Tier::detect()),
            Some(name) => Tier::named(&name.to_string_lossy()),
        }
    }

    /// The tier called `name`.
    ///
    /// # Errors
    /// As [`Tier::from_environment`].
    pub fn named(name: &str) -> Result<Tier, TierError> {
        match name {
            "portable" => Ok(Tier::PORTABLE),
            "avx2" => Tier::avx2().ok_or(TierError::Missing("AVX2")),
            "avx512" => Tier::avx512().ok_or(TierError::Missing("AVX-512 (F, BW, VNNI)")),
            other => Err(TierError::Unknown(other.to_owned())),
        }
    }

    /// Every tier of this machine; says on standard error which ones a test therefore leaves out.
    pub fn all_for_tests() -> Vec<Tier> {
        let tiers = [("avx2", Tier::avx2()), ("avx512", Tier::avx512())];
        for (name, tier) in tiers {
            if tier.is_none() {
                eprintln!("SKIPPED: {name} (this processor lacks it)");
            }
        }
        std::iter::once(Tier::PORTABLE).chain(tiers.into_iter().filter_map(|(_, t)| t)).collect()
    }

    /// Name, as [`Tier::named`] takes it.
    pub const fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_others_are_refused() {
        for tier in Tier::all_for_tests() {
            assert_eq!(Tier::named(tier.name()), Ok(tier));
        }
        assert_eq!(Tier::named("sse9"), Err(TierError::Unknown("sse9".into())));
    }
}
