//! Amounts of memory on the command line, and which card each of them is for.

use std::str::FromStr;

/// Why a size is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// No digits in front of the unit, or something else than digits and one point.
    #[error("{0:?} does not begin with a number: write a size like 900M or 7.5G")]
    Number(String),
    /// No unit, or an unknown one.
    #[error("{0:?} has no unit: end it with M or G, as in 900M or 7.5G")]
    Unit(String),
    /// Less than a byte.
    #[error("{0:?} is nothing: leave a card out with --gpus instead")]
    Zero(String),
    /// More than any memory.
    #[error("{0:?} is more memory than any card has")]
    TooLarge(String),
}

/// Bytes that `text` names: a decimal number and K, M, G or T (of 1024), as in 7.5G or 900MiB.
///
/// # Errors
/// [`SizeError`].
pub fn parse_size(text: &str) -> Result<u64, SizeError> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.strip_suffix("iB").unwrap_or(unit) {
        "K" | "k" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ if number.is_empty() => return Err(SizeError::Number(text.into())),
        _ => return Err(SizeError::Unit(text.into())),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || (part.is_empty() && number.contains('.')) || part.contains('.') {
        return Err(SizeError::Number(text.into()));
    }
    // Twelve decimals are less than a byte of a terabyte; what follows them is not read.
    let part = &part[..part.len().min(12)];
    let scale = 10u128.pow(part.len() as u32);
    let bytes = format!("{whole}{part}").parse::<u128>().ok().and_then(|n| n.checked_mul(1 << shift));
    match bytes.map(|n| u64::try_from(n / scale)) {
        Some(Ok(0)) => Err(SizeError::Zero(text.into())),
        Some(Ok(bytes)) => Ok(bytes),
        _ => Err(SizeError::TooLarge(text.into())),
    }
}

/// Why `--vram-limit` cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// A size that is none.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// `=SIZE` without a card.
    #[error("{0:?} names no card: write SIZE for all cards or CARD=SIZE")]
    Card(String),
    /// Two sizes for one card.
    #[error("{0:?} is limited twice")]
    Twice(String),
    /// Two sizes for all cards.
    #[error("two sizes for all cards: write CARD=SIZE for what holds for one card only")]
    TwoDefaults,
}

/// How much memory of each card may be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VramLimits {
    /// Of every card that is not named, bytes; all of it if not given.
    pub default: Option<u64>,
    /// Of cards that are named as with `--gpus`, bytes.
    pub cards: Vec<(String, u64)>,
}

impl FromStr for VramLimits {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let mut limits = VramLimits::default();
        for entry in text.split(',').map(str::trim) {
            let Some((card, size)) = entry.rsplit_once('=') else {
                if limits.default.replace(parse_size(entry)?).is_some() {
                    return Err(LimitError::TwoDefaults);
                }
                continue;
            };
            let (card, size) = (card.trim(), parse_size(size.trim())?);
            if card.is_empty() {
                return Err(LimitError::Card(entry.into()));
            }
            if limits.cards.iter().any(|(known, _)| known.eq_ignore_ascii_case(card)) {
                return Err(LimitError::Twice(card.into()));
            }
            limits.cards.push((card.into(), size));
        }
        Ok(limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_decimal_numbers_of_binary_units() {
        for (text, bytes) in [
            ("900M", 900 << 20),
            ("7.5G", (7 << 30) + (1 << 29)),
            ("8GiB", 8 << 30),
            ("0.25K", 256),
            ("1T", 1 << 40),
            ("0.0000000000009T", 0x0),
        ] {
            let expected = if bytes == 0 { Err(SizeError::Zero(text.into())) } else { Ok(bytes) };
            assert_eq!(parse_size(text), expected, "{text}");
        }
        assert_eq!(parse_size("1.00000000000000000000000000000000000000000009M"), Ok(1 << 20));
    }

    #[test]
    fn what_is_no_size_is_refused_with_its_fault() {
        type Fault = fn(String) -> SizeError;
        let faults: [(Fault, &[&str]); 4] = [
            (SizeError::Number, &["", "G", "-1G", ".G", ".5G", "5.G", "1.2.3G", "x", "٣G", " 1G"]),
            (SizeError::Unit, &["1", "7.5", "7GB", "7B", "1 G", "1e3M", "1iB", "1Gi", "7,5G"]),
            (SizeError::Zero, &["0G", "0.0M", "0.0001K"]),
            (SizeError::TooLarge, &["99999999T", "340282366920938463463374607431768211456K"]),
        ];
        for (fault, texts) in faults {
            for text in texts {
                assert_eq!(parse_size(text), Err(fault((*text).to_owned())));
            }
        }
    }

    #[test]
    fn limits_name_cards_by_anything_that_has_no_comma() {
        let limits: VramLimits = "0000:01:00.0=4G, 6G ,RX 580=900M".parse().unwrap();
        let cards = vec![("0000:01:00.0".to_owned(), 4 << 30), ("RX 580".to_owned(), 900 << 20)];
        assert_eq!(limits, VramLimits { default: Some(6 << 30), cards });
        let fault = |text: &str| text.parse::<VramLimits>().unwrap_err();
        assert_eq!(fault("4G,5G"), LimitError::TwoDefaults);
        assert_eq!(fault("=5G"), LimitError::Card("=5G".into()));
        assert_eq!(fault("a=5G,A=6G"), LimitError::Twice("A".into()));
        assert_eq!(fault("a=5G,"), LimitError::Size(SizeError::Number(String::new())));
        assert_eq!(fault("a=5"), LimitError::Size(SizeError::Unit("5".into())));
    }
}
