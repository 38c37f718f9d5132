//! What to compute with: the processor or graphics cards.

use super::vram::VramLimits;
use crate::backend::Engine;
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
    /// Graphics cards to use, separated by commas: PCI bus ids, UUIDs, indices or parts of names, as `devices` shows them;
    /// all that can be used if not given.
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
    /// A name that came before.
    #[error("{0:?} is named twice")]
    Twice(String),
}

impl FromStr for CardList {
    type Err = CardListError;

    fn from_str(text: &str) -> Result<Self, CardListError> {
        let mut cards: Vec<String> = Vec::new();
        for card in text.split(',').map(str::trim) {
            if card.is_empty() {
                return Err(CardListError::Empty);
            }
            if cards.iter().any(|known| known.eq_ignore_ascii_case(card)) {
                return Err(CardListError::Twice(card.into()));
            }
            cards.push(card.into());
        }
        Ok(CardList(cards))
    }
}

/// Why the choice cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The program was built without the feature `gpu`.
    #[error(
        "this program was built without graphics cards: build it with `--features gpu`, or compute with --backend cpu"
    )]
    NotBuilt,
    /// Options about cards, without cards.
    #[error("{0} is about graphics cards, and --backend cpu uses none: leave one of them out")]
    NoCards(&'static str),
}

/// What a command computes with.
pub struct Compute {
    /// Its name in reports.
    pub name: &'static str,
    /// Where sequences are made.
    pub engine: Box<dyn Engine>,
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
            (Kind::Gpu, _) | (Kind::Auto, Some(_)) => Err(ChoiceError::NotBuilt),
            (Kind::Cpu | Kind::Auto, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_named_once_each() {
        let cards = |text: &str| text.parse::<CardList>();
        let names = ["0000:01:00.0", "1", "RX 580"].map(str::to_owned).to_vec();
        assert_eq!(cards("0000:01:00.0, 1,RX 580"), Ok(CardList(names)));
        for text in ["", ",", "1,", " ,1"] {
            assert_eq!(cards(text), Err(CardListError::Empty));
        }
        assert_eq!(cards("rx,1,RX"), Err(CardListError::Twice("RX".into())));
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
