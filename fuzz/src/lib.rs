//! Bodies of the fuzz targets: one function per decoder of a stranger's bytes.
//!
//! A body takes any bytes, never fails on its own, and asserts what must hold for every input. libFuzzer runs them
//! (`fuzz_targets/`), and the stable test `tests/corpus.rs`, which includes this file by path, replays the committed
//! seeds and random damage to them. `docs/fuzzing.md` lists the targets with what each asserts.

pub mod alloc;
pub mod answers;
#[cfg(feature = "cli")]
pub mod arguments;
pub mod arithmetic;
pub mod bytes;
pub mod check;
pub mod files;
pub mod gguf;
pub mod proofs;
pub mod seeds;
pub mod text;
pub mod trace;
pub mod weights;
pub mod wire;

/// A body.
pub type Body = fn(&[u8]);

/// Every target by name, the fast ones first.
pub const TARGETS: &[(&str, Body)] = &[
    ("challenge", files::challenge),
    ("job", files::job),
    ("manifest", files::manifest),
    ("wire", wire::primitives),
    ("norm", arithmetic::norm),
    ("pack", arithmetic::pack),
    ("kv", arithmetic::kv),
    ("rounding", arithmetic::rounding),
    ("gguf", gguf::parse),
    ("receipt", files::receipt),
    ("output", files::output),
    ("sample", arithmetic::sampling),
    ("weights", weights::pack),
    ("draw", answers::draw),
    ("answer", answers::open),
    ("check", check::unit),
    ("fold", proofs::fold_proof),
    ("proved", proofs::proved),
    ("widths", proofs::widths),
    ("ptau", proofs::powers_of_tau),
    ("vocabulary", text::vocabulary),
    ("tokenizer", text::tokenizer),
    ("template", text::template),
    ("load", gguf::load),
    #[cfg(feature = "cli")]
    ("arguments", arguments::values),
];
