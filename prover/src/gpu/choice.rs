//! Which cards an operator means by a name, and how much memory of each may be used.

use crate::cli::vram::VramLimits;

/// What cards are told apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// PCI bus id, if the driver tells it.
    pub bus: Option<String>,
    /// The driver's name for it.
    pub name: String,
    /// Whether the processor plays the card.
    pub software: bool,
}

/// A card to use: its index, which of several uses of it this is, from 1, and the limit of its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Index among the cards that there are.
    pub index: usize,
    /// 1, or more if the card was named before.
    pub copy: usize,
    /// Bytes of its memory that may be used, if that was limited.
    pub limit: Option<u64>,
}

/// Why cards cannot be chosen so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PickError {
    /// Nothing answers to a name.
    #[error("--gpus: no graphics card is called {asked:?}; there are {there}")]
    Unknown {
        /// The name.
        asked: String,
        /// All cards.
        there: String,
    },
    /// A limit for a card that is not used.
    #[error("--vram-limit: {asked:?} is no card in use; there are {there}")]
    Idle {
        /// The name.
        asked: String,
        /// All cards.
        there: String,
    },
    /// No card at all.
    #[error("no graphics card is found: {HELP}, or compute with --backend cpu")]
    Nothing,
}

/// How to get an adapter.
pub const HELP: &str = "install the Vulkan loader and a driver (Debian: libvulkan1 with mesa-vulkan-drivers for AMD, Intel and the \
                        software adapter; for NVIDIA its own driver with libvulkan1 libegl1 libglvnd0 libopengl0 libgl1 libglx0 \
                        libgles2, and in a container NVIDIA_DRIVER_CAPABILITIES with graphics)";

/// Whether `asked` means the card at `index`: digits are an index, then bus ids, with or without their domain, then any part
/// of the name.
fn means(asked: &str, index: usize, card: &Listed) -> bool {
    let asked = asked.to_ascii_lowercase();
    if asked.chars().all(|c| c.is_ascii_digit()) {
        return asked.parse() == Ok(index);
    }
    let bus = card.bus.as_deref().unwrap_or_default().to_ascii_lowercase();
    bus == asked || bus.split_once(':').is_some_and(|(_, rest)| rest == asked) || {
        // A bus id that is not there must not be found in a name.
        !asked.contains(':') && card.name.to_ascii_lowercase().contains(&asked)
    }
}

fn all_that(asked: &str, found: &[Listed]) -> Vec<usize> {
    (0..found.len()).filter(|&i| means(asked, i, &found[i])).collect()
}

/// All cards in words.
fn shown(found: &[Listed]) -> String {
    let one = |(index, card): (usize, &Listed)| {
        let bus = card.bus.as_ref().map_or_else(String::new, |bus| format!(" at {bus}"));
        let software = if card.software { ", software adapter" } else { "" };
        format!("{index} ({}{bus}{software})", card.name)
    };
    if found.is_empty() {
        return "none".into();
    }
    found.iter().enumerate().map(one).collect::<Vec<_>>().join(", ")
}

/// The cards to use: those `asked` for, a card as often as it is named; without names all but software adapters, and
/// these only if cards are `required` and there is nothing else.
///
/// # Errors
/// [`PickError`].
pub fn pick(
    found: &[Listed],
    asked: Option<&[String]>,
    limits: &VramLimits,
    required: bool,
) -> Result<Vec<Pick>, PickError> {
    if found.is_empty() && (required || asked.is_some()) {
        return Err(PickError::Nothing);
    }
    let there = || shown(found);
    let mut indices = Vec::new();
    for asked in asked.unwrap_or_default() {
        let meant = all_that(asked, found);
        if meant.is_empty() {
            return Err(PickError::Unknown { asked: asked.clone(), there: there() });
        }
        indices.extend(meant);
    }
    if asked.is_none() {
        indices.extend((0..found.len()).filter(|&i| !found[i].software));
        if indices.is_empty() && required {
            indices.extend(0..found.len());
        }
    }
    let mut limit_of = vec![limits.default; found.len()];
    // Without cards there is nothing to limit, and the processor computes.
    for (asked, bytes) in limits.cards.iter().filter(|_| !indices.is_empty()) {
        let meant: Vec<usize> = all_that(asked, found).into_iter().filter(|i| indices.contains(i)).collect();
        if meant.is_empty() {
            return Err(PickError::Idle { asked: asked.clone(), there: there() });
        }
        meant.into_iter().for_each(|i| limit_of[i] = Some(*bytes));
    }
    let copy = |at: usize| indices[..=at].iter().filter(|i| **i == indices[at]).count();
    Ok((0..indices.len()).map(|at| Pick { index: indices[at], copy: copy(at), limit: limit_of[indices[at]] }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(bus: &str, name: &str, software: bool) -> Listed {
        Listed { bus: (!bus.is_empty()).then(|| bus.to_owned()), name: name.into(), software }
    }

    fn rig() -> Vec<Listed> {
        vec![
            card("0000:01:00.0", "AMD Radeon RX 580 Series", false),
            card("0000:0a:00.0", "NVIDIA GeForce GTX 1060 6GB", false),
            card("", "llvmpipe (LLVM 15.0.6, 256 bits)", true),
            card("0000:03:00.0", "AMD Radeon RX 580 Series", false),
        ]
    }

    fn picked(asked: &str) -> Result<Vec<(usize, usize)>, PickError> {
        let asked: Vec<String> = asked.split(',').map(str::to_owned).collect();
        let picks = pick(&rig(), Some(&asked), &VramLimits::default(), true)?;
        Ok(picks.iter().map(|p| (p.index, p.copy)).collect())
    }

    #[test]
    fn cards_answer_to_index_bus_id_and_part_of_their_name() {
        assert_eq!(picked("1"), Ok(vec![(1, 1)]));
        assert_eq!(picked("0000:0A:00.0,03:00.0"), Ok(vec![(1, 1), (3, 1)]));
        assert_eq!(picked("rx 580"), Ok(vec![(0, 1), (3, 1)]));
        assert_eq!(picked("llvmpipe"), Ok(vec![(2, 1)]));
        assert_eq!(picked("2,2,0,2"), Ok(vec![(2, 1), (2, 2), (0, 1), (2, 3)]));
        // "1060" is an index that is not there, though it is part of a name.
        for asked in ["4", "1060", "0000:02:00.0", "RTX", "15:00.0"] {
            match picked(asked) {
                Err(PickError::Unknown { asked: named, there }) => {
                    assert!(named == asked && there.contains("1 (NVIDIA GeForce GTX 1060 6GB at 0000:0a:00.0)"));
                }
                other => panic!("{asked}: {other:?}"),
            }
        }
    }

    #[test]
    fn software_adapters_are_a_last_resort() {
        let picks = |found: &[Listed], required| {
            let picks = pick(found, None, &VramLimits::default(), required)?;
            Ok(picks.iter().map(|p| p.index).collect::<Vec<_>>())
        };
        assert_eq!(picks(&rig(), true), Ok(vec![0, 1, 3]));
        assert_eq!(picks(&rig()[2..3], true), Ok(vec![0]));
        assert_eq!(picks(&rig()[2..3], false), Ok(vec![]));
        assert_eq!(picks(&[], false), Ok(vec![]));
        assert_eq!(picks(&[], true), Err(PickError::Nothing));
    }

    #[test]
    fn limits_hold_for_the_cards_they_name() {
        let limits = |text: &str| {
            let picks = pick(&rig(), None, &text.parse().unwrap(), true)?;
            Ok(picks.iter().map(|p| p.limit.map(|l| l >> 30)).collect::<Vec<_>>())
        };
        assert_eq!(limits("4G"), Ok(vec![Some(4); 3]));
        assert_eq!(limits("RX 580=7G,1=5G"), Ok(vec![Some(7), Some(5), Some(7)]));
        assert_eq!(limits("03:00.0=3G"), Ok(vec![None, None, Some(3)]));
        assert!(matches!(limits("2=3G"), Err(PickError::Idle { asked, .. }) if asked == "2"));
    }
}
