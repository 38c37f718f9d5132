//! Amounts of a deployment's asset: whole numbers of its smallest unit below 2^96, in decimals for people.

use crate::settlement::terms::Amount;

/// From decimal digits.
///
/// # Errors
/// Says what an amount looks like.
pub fn parse(text: &str) -> Result<Amount, String> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse::<u128>().ok().filter(|_| digits);
    number.and_then(of).ok_or_else(|| "expected a whole number of the asset's smallest unit, below 2^96".to_owned())
}

/// From a number; none for one that has more than 96 bits.
pub fn of(number: u128) -> Option<Amount> {
    let (high, low) = number.to_be_bytes().split_first_chunk::<4>().map(|(h, l)| (*h, l.first_chunk().copied()))?;
    low.filter(|_| high == [0; 4])
}

/// As a number.
pub fn number(amount: &Amount) -> u128 {
    amount.iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_whole_number_below_2_to_the_96() {
        for n in [0, 1, 256, (1 << 96) - 1] {
            assert_eq!(number(&parse(&n.to_string()).unwrap()), n);
        }
        for bad in ["", "-1", "+1", "1.5", "1e9", " 1", "0x10", &(1u128 << 96).to_string(), &"9".repeat(60)] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
