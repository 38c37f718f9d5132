//! The integer model is as good as the same model in `f32`, and every executor gives the same integers.
//!
//! [`toys`] are random models of every weight format and shape; [`toy_quality`] and [`equality`] run them. [`text`] does
//! the same with a real model on real prose, if the environment variable `ASSAY_MODEL` names its GGUF file.

mod equality;
mod runs;
mod text;
mod toy_quality;
mod toys;
