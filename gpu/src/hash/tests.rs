use super::*;
use crate::testing;

#[test]
fn a_card_gives_the_known_answers() {
    let Some(gpu) = testing::gpu() else { return };
    self_test(&gpu).unwrap();
}
