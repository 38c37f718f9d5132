//! Shared by the whole-protocol tests.
//!
//! | module | holds |
//! |---|---|
//! | [`float`] | the same model in plain `f32`: what the integers are measured against |

pub mod float;
