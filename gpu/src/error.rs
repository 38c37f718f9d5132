//! What can go wrong with a card.

/// Why a card cannot be used, or cannot be used any longer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GpuError {
    /// There is no adapter at all, or none of those asked for.
    #[error("{0}")]
    NoAdapter(String),
    /// The driver refused to open the card.
    #[error("{card}: the driver does not open it: {reason}")]
    Open {
        /// Name of the card.
        card: String,
        /// The driver's words.
        reason: String,
    },
    /// The card lacks something that the kernels need.
    #[error("{card}: {what} is missing; update its driver or leave it out with --gpus")]
    Unsupported {
        /// Name of the card.
        card: String,
        /// What is missing.
        what: String,
    },
    /// The driver did not accept a kernel.
    #[error("{card}: kernel {kernel} is refused by the driver: {reason}")]
    Kernel {
        /// Name of the card.
        card: String,
        /// Name of the kernel.
        kernel: String,
        /// The driver's words.
        reason: String,
    },
    /// Memory of the card is used up, or would be.
    #[error(
        "{card}: {what} needs {needed} MB of its memory and {free} MB are left; use more cards, a smaller model or a larger --vram-limit"
    )]
    Memory {
        /// Name of the card.
        card: String,
        /// What the memory is for.
        what: String,
        /// Megabytes that it takes.
        needed: u64,
        /// Megabytes that are left.
        free: u64,
    },
    /// The card is gone: fallen off the bus, reset by the driver, or out of power.
    #[error("{card}: lost ({reason})")]
    Lost {
        /// Name of the card.
        card: String,
        /// What the driver says.
        reason: String,
    },
    /// A submission did not end in time.
    #[error("{card}: did not finish within {seconds} s")]
    Timeout {
        /// Name of the card.
        card: String,
        /// Seconds waited.
        seconds: u64,
    },
    /// The card computes wrongly, and it is not to be trusted.
    #[error("{card}: computes wrongly: {what}")]
    Wrong {
        /// Name of the card.
        card: String,
        /// Which check failed.
        what: String,
    },
}

impl GpuError {
    /// Name of the card that failed.
    pub fn card(&self) -> Option<&str> {
        match self {
            GpuError::NoAdapter(_) => None,
            GpuError::Open { card, .. }
            | GpuError::Unsupported { card, .. }
            | GpuError::Kernel { card, .. }
            | GpuError::Memory { card, .. }
            | GpuError::Lost { card, .. }
            | GpuError::Timeout { card, .. }
            | GpuError::Wrong { card, .. } => Some(card),
        }
    }
}
