//! The bound on the chance of a false proof counts what it says.

use super::*;

#[test]
fn every_term_of_the_bound_counts() {
    let s = mixed().statement;
    // R = 512 with gaps counted, M = 4, G = 2: with N = 761 the terms sum to 2^11 exactly, so any less is a bit more.
    assert_eq!(512 + 2 * 4 + 2 * 761 + 2 + 4, 1 << 11);
    assert_eq!(error_bound(&s, 761, 0), 253 - 12);
    assert_eq!(error_bound(&s, 760, 0), 253 - 11);
    assert_eq!(error_bound(&s, 761, 80), 253 - 12 - 80);
    assert_eq!(error_bound(&s, 1 << 28, 0), 253 - 30);
    assert_eq!(error_bound(&s, u64::MAX, u32::MAX), 0);
}
