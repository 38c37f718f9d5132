//! What to compute with: the processor or graphics cards.

use super::vram::VramLimits;
use crate::backend::supply::Supply;
use std::str::FromStr;

/// What to compute with.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The processor.
    Cpu,
    /// Graphics cards.
    Gpu,
    /// Graphics cards if there are any that can be used, else the processor.
    Auto,
}

/// The backend options of the commands that compute.
#[derive(clap::Args, Clone, Debug)]
pub struct BackendArg {
    /// What to compute with; every choice gives the same bits.
    #[arg(long, value_enum, value_name = "KIND", default_value_t = Kind::Auto)]
    pub backend: Kind,
    /// Graphics cards to use, separated by commas: indices, PCI bus ids or parts of names, as `devices` shows them; all but
    /// software adapters if not given. A card that is named several times is used as so many.
    #[arg(long, value_name = "LIST")]
    pub gpus: Option<CardList>,
    /// Memory of each card to use at most: SIZE or CARD=SIZE, separated by commas; sizes like 7.5G or 900M.
    #[arg(long, value_name = "SIZES")]
    pub vram_limit: Option<VramLimits>,
}

/// Cards by the names that they were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardList(pub Vec<String>);

/// Why `--gpus` cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardListError {
    /// Nothing between two commas.
    #[error("a card without a name: separate names by single commas")]
    Empty,
}

impl FromStr for CardList {
    type Err = CardListError;

    fn from_str(text: &str) -> Result<Self, CardListError> {
        let mut cards: Vec<String> = Vec::new();
        for card in text.split(',').map(str::trim) {
            if card.is_empty() {
                return Err(CardListError::Empty);
            }
            cards.push(card.into());
        }
        Ok(CardList(cards))
    }
}

/// Why the choice cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The program was built without the feature `gpu`.
    #[error(
        "this program was built without graphics cards: build it with its feature `gpu`, or compute with --backend cpu"
    )]
    NotBuilt,
    /// Options about cards, without cards.
    #[error("{0} is about graphics cards, and --backend cpu uses none: leave one of them out")]
    NoCards(&'static str),
    /// Cards that are not there.
    #[cfg(feature = "gpu")]
    #[error(transparent)]
    Pick(#[from] crate::gpu::choice::PickError),
}

/// What a command computes with.
pub enum Compute {
    /// The processor.
    Processor(Box<dyn Supply>),
    /// Cards, and what takes over from them.
    #[cfg(feature = "gpu")]
    Cards(Box<crate::gpu::rig::Rig>),
}

impl Compute {
    /// Its name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Compute::Processor(_) => "cpu",
            #[cfg(feature = "gpu")]
            Compute::Cards(rig) => rig.engine_of_cards().map_or("cpu", |_| "gpu"),
        }
    }

    /// Where engines come from.
    pub fn supply(&mut self) -> &mut dyn Supply {
        match self {
            Compute::Processor(supply) => &mut **supply,
            #[cfg(feature = "gpu")]
            Compute::Cards(rig) => &mut **rig,
        }
    }
}

impl BackendArg {
    /// Checks what can be checked before a model is loaded.
    ///
    /// # Errors
    /// [`ChoiceError`].
    pub fn check(&self) -> Result<(), ChoiceError> {
        let about_cards = match self {
            BackendArg { gpus: Some(_), .. } => Some("--gpus"),
            BackendArg { vram_limit: Some(_), .. } => Some("--vram-limit"),
            _ => None,
        };
        match (self.backend, about_cards) {
            (Kind::Cpu, Some(option)) => Err(ChoiceError::NoCards(option)),
            #[cfg(not(feature = "gpu"))]
            (Kind::Gpu, _) | (Kind::Auto, Some(_)) => Err(ChoiceError::NotBuilt),
            #[cfg(feature = "gpu")]
            (Kind::Gpu, _) | (Kind::Auto, Some(_)) => self.cards().map(|_| ()),
            (Kind::Cpu | Kind::Auto, None) => Ok(()),
        }
    }

    /// The cards that are asked for.
    ///
    /// # Errors
    /// If one of them is not there, or none is that must be.
    #[cfg(feature = "gpu")]
    pub fn cards(&self) -> Result<Vec<crate::gpu::cards::Chosen>, ChoiceError> {
        let asked = self.gpus.as_ref().map(|list| list.0.as_slice());
        let limits = self.vram_limit.clone().unwrap_or_default();
        Ok(crate::gpu::cards::choose(asked, &limits, self.backend == Kind::Gpu)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_have_names() {
        let cards = |text: &str| text.parse::<CardList>();
        let names = ["0000:01:00.0", "1", "RX 580"].map(str::to_owned).to_vec();
        assert_eq!(cards("0000:01:00.0, 1,RX 580"), Ok(CardList(names)));
        for text in ["", ",", "1,", " ,1"] {
            assert_eq!(cards(text), Err(CardListError::Empty));
        }
        assert_eq!(cards("0,0"), Ok(CardList(vec!["0".into(); 2])));
    }

    #[test]
    fn options_that_contradict_each_other_are_refused() {
        let limit = Some(VramLimits::default());
        let arg = |backend, vram_limit| BackendArg { backend, gpus: None, vram_limit };
        assert_eq!(arg(Kind::Auto, None).check(), Ok(()));
        assert_eq!(arg(Kind::Cpu, None).check(), Ok(()));
        assert_eq!(arg(Kind::Cpu, limit).check(), Err(ChoiceError::NoCards("--vram-limit")));
    }
}
