//! Decimal text to Q16, exactly.

use super::SamplingError;

/// Digits after the point: 10^18·2^17 fits a u128 with room to spare, and no one writes more.
const MAX_FRACTION: usize = 18;

/// `round(2^16·x)`, half up, of a decimal number `x < 65536` such as `1`, `0.8` or `.95`.
pub fn parse_q16(text: &str) -> Result<u32, SamplingError> {
    let malformed = || SamplingError::Decimal(excerpt(text));
    let too_large = || SamplingError::TooLarge(excerpt(text));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !digits(whole) || !digits(fraction) {
        return Err(malformed());
    }
    let whole = whole.trim_start_matches('0');
    if fraction.len() > MAX_FRACTION || whole.len() > 5 {
        return Err(too_large());
    }
    let number = |part: &str| part.bytes().fold(0u128, |n, b| n * 10 + u128::from(b - b'0'));
    let unit = 10u128.pow(fraction.len() as u32);
    let exact = number(whole) * unit + number(fraction);
    let q16 = ((exact << 17) + unit) / (2 * unit);
    u32::try_from(q16).map_err(|_| too_large())
}

/// The start of a text for an error message.
fn excerpt(text: &str) -> String {
    text.chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_rounded_to_the_nearest_q16() {
        let cases = [
            ("0", 0),
            ("1", 65536),
            ("1.", 65536),
            (".5", 32768),
            ("0.8", 52429),
            ("0.95", 62259),
            ("0.7", 45875),
            ("0000001.50", 98304),
            ("65535.99999", u32::MAX),
            // 2^−17 is a tie and goes up; one unit of the last digit less goes down.
            ("0.00000762939453125", 1),
            ("0.00000762939453124", 0),
            ("0.000000000000000001", 0),
        ];
        for (text, q16) in cases {
            assert_eq!(parse_q16(text), Ok(q16), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", ".", "-1", "+1", "1e3", "0x1", " 1", "1 ", "1,5", "1.2.3", "NaN", "inf", "٣", "1_0"] {
            assert_eq!(parse_q16(text), Err(SamplingError::Decimal(text.into())), "{text}");
        }
        for text in ["65536", "65535.999999", "99999", "100000", "0.0000000000000000001"] {
            assert_eq!(parse_q16(text), Err(SamplingError::TooLarge(text.into())), "{text}");
        }
        let long = "9".repeat(1 << 20);
        assert_eq!(parse_q16(&long), Err(SamplingError::TooLarge("9".repeat(32))));
    }
}
