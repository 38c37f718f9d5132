//! Shared by the whole-protocol tests.
//!
//! | module | holds |
//! |---|---|
//! | [`rng`] | a deterministic source of seeds and weights |
//! | [`toy`] | random models, small enough to be audited thousands of times, and jobs for them |
//! | [`public`] | what is published of them: manifests with commitments |
//! | [`machine`] | the step machine, step by step, counting multiply-accumulates |
//! | [`rig`] | an executor whose every step can be replaced by a lie; the honest one replaces none |
//! | [`trace`] | commits to whatever a rig computed, signs, answers |
//! | [`forge`] | answers to clients without weights, with accumulators that fit whatever was committed |
//! | [`client`] | files, their verdict, fresh challenges |
//! | [`census`] | every wrong unit of a trace, found by checking all of them |
//! | [`trial`] | how often a lie escapes, against the bound |
//! | [`float`] | the same model in plain `f32`: what the integers are measured against |

pub mod census;
pub mod client;
pub mod float;
pub mod forge;
pub mod machine;
pub mod public;
pub mod rig;
pub mod rng;
pub mod toy;
pub mod trace;
pub mod trial;
