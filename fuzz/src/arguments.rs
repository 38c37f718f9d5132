//! Values on the command line.

use assay_model::sampling::{Sampling, parse_q16};
use assay_verifier::challenge::FULL_DENSITY;
use assay_verifier::cli::{challenge::density, hex, parse_hex};

/// Hexadecimal, shares and decimals: exact, or refused.
pub fn values(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for bytes in [parse_hex::<32>(text).ok().map(|b| b.to_vec()), parse_hex::<4>(text).ok().map(|b| b.to_vec())] {
        let digits = text.strip_prefix("0x").unwrap_or(text).to_ascii_lowercase();
        assert!(bytes.is_none_or(|b| hex(&b) == digits));
    }
    if let Ok(density) = density(Some(text)) {
        assert!((1..=FULL_DENSITY).contains(&density));
    }
    if let Ok(q16) = parse_q16(text) {
        let float: f64 =
            if text.starts_with('.') { format!("0{text}") } else { text.to_owned() }.parse().expect("a decimal");
        // Half a unit, and what the float itself is off by.
        assert!((f64::from(q16) / 65536.0 - float).abs() <= 0.5 / 65536.0 + 1e-9, "{text} gives {q16}");
    }
    if let Ok(sampling) = Sampling::from_decimals(text, 0, "1") {
        assert!(sampling.validate().is_ok());
    }
}
