//! The tamper matrix: whatever is changed, the verdict is a rejection with the right reason at the right place.
//!
//! | module | changes |
//! |---|---|
//! | [`bytes`] | every byte of every file |
//! | [`lengths`] | every length of every file, and every count in it |
//! | [`terms`] | job, receipt, output, challenge: values that decode but do not belong together |
//! | [`units`] | one committed value or scalar of one step |
//! | [`weights`] | one part of the model |
//! | [`order`] | positions dropped, repeated, swapped; tokens, prompts and layers exchanged |
//! | [`proofs`] | what is disclosed and proved to a client without weights |
//! | [`manifests`] | manifests that cannot be checked with |
//! | [`codes`] | proves that the cases of the other modules produce every code |

mod bytes;
mod case;
mod codes;
mod lengths;
mod manifests;
mod order;
mod proofs;
mod terms;
mod units;
mod weights;
