//! An attention head at a position, shown by a chain of proofs: one of its query, one for every few positions that it reads,
//! one of its outputs. The positions of a job are too many for one circuit.
//!
//! ```text
//! query    q' (rotated), sq                  →  state    attained 0, P 0, o 0, and M, any number
//! block    state, kv of n positions          →  state    M ≥ zf_j; attained if some zf_j = M; P += e_j, o += e_j·(V_j << sv_j)
//! mix      state with attained 1             →  out_i = sat(floor_div(o_i + (P >> 1), P))
//! ```
//!
//! **Why it is the head.** M is named before any score is seen, and every e_j is of it. Each block shows that none of its scores is
//! above M, and the last step that one was equal: so M was the largest of all. A contract hands the states on as digests, of its
//! own draw only, and gives the places of the leaves: 0..t, each in one block, in whatever order; so P and o are sums over
//! all positions, each once.
//!
//! **Digests.** A state's digest is Poseidon over a fresh salt, q', sq, M, attained, P, o, in that order. Salts keep a
//! digest from confirming a guess; since it is binding, a circuit may take for granted what another has shown of a state:
//!
//! | part | bound | shown by |
//! |---|---|---|
//! | q' | sixteen bits, and so 2^15 | query |
//! | sq | 0..18 | query, and again every block |
//! | M | a sum zf_j + δ, 0 ≤ δ < 2^58 | every block |
//! | attained | 0 or 1 | query, block |
//! | P | 2^15 for each position, at most 2^16 of them: ≤ 2^31 | query, block |
//! | o | 2^32·P in magnitude, as \|V << sv\| < 2^32 | query, block |
//!
//! `block` has the bounds of scores. A contract must not let a head read more than 2^16 positions, which terms exclude.
//!
//! - [`State`]: the state, outside of circuits;
//! - [`query`], [`block`], [`mix`]: the circuits.

pub mod block;
pub mod mix;
pub mod query;
mod state;

pub use block::AttentionBlock;
pub use mix::AttentionMix;
pub use query::AttentionQuery;
pub(in crate::settlement) use state::Variables;
pub use state::{State, largest};

/// c = round(2^14/√hd).
pub(crate) fn score_scale(head_dim: u32) -> u64 {
    ((1u64 << 30) / u64::from(head_dim.max(1))).isqrt().saturating_add(1) / 2
}
