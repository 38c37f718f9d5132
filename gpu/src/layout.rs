//! Where every step of a row writes, in 32-bit words.
//!
//! A *row* is one position of one sequence in a batch. Rows stand side by side in two buffers: the *arena* holds their
//! tensors exactly as they are committed, and the *report* what the host reads back of each row: header scalars, what
//! sampling needs, and the digests of the tensors.
//!
//! | step | header words in the report |
//! |---|---|
//! | norms | per chunk `s1 + 2^8·s2`, low and high half of Σa²; then `s1 + 2^8·s2 + 2^16·(j mod 2^8)`, R |
//! | kv | per key/value head `sk + 2^8·sv` |
//! | attn_pack, act | per chunk s; then s |
//! | head | per chunk its largest logit |

use std::ops::Range;

use assay_model::config::Config;
use assay_model::program::{CHUNK, LAYER_STEPS, Step, StepKind};

/// Alignment of tensors in the arena: a block of BLAKE3, and whole vectors of four words.
const ALIGN: u32 = 16;
/// Words of a digest.
pub const DIGEST: u32 = 8;
/// Most candidates that sampling reads back of a row.
pub const CANDIDATES: u32 = 1024;
/// Words of what sampling needs: greedy token, largest logit, number of candidates, number of listed ones, sum of the
/// weights of all as two words, two words to spare; then pairs (index, logit).
pub const SAMPLE: u32 = 8 + 2 * CANDIDATES;

/// What a card computes of a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Whether it embeds tokens.
    pub embed: bool,
    /// Layers.
    pub layers: Range<u32>,
    /// Whether it computes final_norm, head and sample.
    pub tail: bool,
}

impl Share {
    /// The whole model.
    pub fn whole(config: &Config) -> Share {
        Share { embed: true, layers: 0..config.layers, tail: true }
    }

    /// Steps of the share in program order, without sample, whose tensor is the token itself.
    pub fn steps(&self) -> Vec<Step> {
        let outer = |on: bool, kinds: &'static [StepKind]| kinds.iter().filter(move |_| on).copied();
        let mut steps: Vec<Step> = outer(self.embed, &[StepKind::Embed]).map(|kind| Step { kind, layer: 0 }).collect();
        steps.extend(self.layers.clone().flat_map(|layer| StepKind::LAYER.map(|kind| Step { kind, layer })));
        steps.extend(outer(self.tail, &[StepKind::FinalNorm, StepKind::Head]).map(|kind| Step { kind, layer: 0 }));
        steps
    }
}

/// Place of one step's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The step.
    pub step: Step,
    /// First word of its tensor in a row of the arena.
    pub tensor: u32,
    /// Words of its tensor.
    pub words: u32,
    /// First word of its header in a row of the report.
    pub header: u32,
    /// First word of its digest in a row of the report; 0 without a trace.
    pub digest: u32,
}

/// Places of all steps of a share.
#[derive(Clone, Debug)]
pub struct Layout {
    /// In program order.
    pub places: Vec<Place>,
    /// Words of a row of the arena.
    pub arena_row: u32,
    /// Words of a row of the report.
    pub report_row: u32,
    /// First word of what sampling needs, in a row of the report.
    pub sample: u32,
    /// First word in the arena where the residual stream stands that came from another card.
    pub incoming: u32,
    share: Share,
}

/// Words of a step's header in the report.
pub fn header_words(config: &Config, kind: StepKind) -> u32 {
    let chunks = config.shape(kind).len.div_ceil(CHUNK) as u32;
    match kind {
        StepKind::AttnNorm | StepKind::FfnNorm | StepKind::FinalNorm => 3 * chunks + 2,
        StepKind::Kv => config.kv_heads,
        StepKind::AttnPack | StepKind::Act => chunks + 1,
        StepKind::Head => chunks,
        _ => 0,
    }
}

impl Layout {
    /// Places of `share`; with `trace`, every step has a place of its own and a digest, otherwise all layers write to the
    /// same places.
    pub fn new(config: &Config, share: &Share, trace: bool) -> Layout {
        let mut places = Vec::new();
        let mut arena = 0;
        let incoming = arena;
        if !share.embed {
            arena += config.dim.next_multiple_of(ALIGN);
        }
        let mut header = 0;
        let steps = share.steps();
        for &step in &steps {
            let words = (config.shape(step.kind).bytes() / 4) as u32;
            let shared = (!trace && StepKind::LAYER.contains(&step.kind) && step.layer > share.layers.start)
                .then_some(Step { kind: step.kind, layer: share.layers.start });
            let first = shared.and_then(|s| places.iter().find(|p: &&Place| p.step == s)).copied();
            let place = match first {
                Some(first) => Place { step, ..first },
                None => {
                    let place = Place { step, tensor: arena, words, header, digest: 0 };
                    arena += words.next_multiple_of(ALIGN);
                    header += header_words(config, step.kind);
                    place
                }
            };
            places.push(place);
        }
        let sample = header;
        let mut report = header + if share.tail { SAMPLE } else { 0 };
        if trace {
            for place in &mut places {
                place.digest = report;
                report += DIGEST;
            }
        }
        Layout { places, arena_row: arena, report_row: report.max(1), sample, incoming, share: share.clone() }
    }

    /// The share.
    pub const fn share(&self) -> &Share {
        &self.share
    }

    /// Place of a step.
    ///
    /// # Panics
    /// If the share has no such step.
    pub fn place(&self, kind: StepKind, layer: u32) -> Place {
        let Share { embed, ref layers, .. } = self.share;
        let (body, layer_steps) = (u32::from(embed), LAYER_STEPS);
        let index = match kind {
            StepKind::Embed => 0,
            StepKind::FinalNorm => body + layers.len() as u32 * layer_steps,
            StepKind::Head => body + layers.len() as u32 * layer_steps + 1,
            // The kinds of a layer are numbered from 1 on.
            kind => body + layer.wrapping_sub(layers.start).wrapping_mul(layer_steps) + kind as u32 - 1,
        };
        let found = self.places.get(index as usize).filter(|p| p.step == Step { kind, layer });
        *found.unwrap_or_else(|| panic!("no {} of layer {layer} in the share", kind.name()))
    }

    /// First word of the residual stream that the first layer of the share reads.
    pub fn residual_in(&self) -> u32 {
        if self.share.embed { self.place(StepKind::Embed, 0).tensor } else { self.incoming }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config { layers: 3, dim: 96, heads: 3, kv_heads: 1, head_dim: 32, ffn: 160, vocab: 300, context: 512 }
    }

    #[test]
    fn places_do_not_overlap_and_follow_the_program() {
        let c = config();
        let layout = Layout::new(&c, &Share::whole(&c), true);
        assert_eq!(layout.places.len() as u32, c.step_count(true) - 1);
        for (i, pair) in layout.places.windows(2).enumerate() {
            assert_eq!(c.step_index(pair[1].step), i as u32 + 1);
            assert!(pair[0].tensor + pair[0].words <= pair[1].tensor);
            assert!(pair[0].header + header_words(&c, pair[0].step.kind) <= pair[1].header);
            assert_eq!(pair[0].digest + DIGEST, pair[1].digest);
            assert_eq!(pair[1].tensor % ALIGN, 0);
        }
    }

    #[test]
    fn without_a_trace_layers_share_their_places() {
        let c = config();
        let layout = Layout::new(&c, &Share::whole(&c), false);
        let [first, last] = [0, 2].map(|l| layout.place(StepKind::Down, l));
        assert_eq!((first.tensor, first.header), (last.tensor, last.header));
        assert!(layout.arena_row < Layout::new(&c, &Share::whole(&c), true).arena_row);
    }

    #[test]
    fn shares_divide_the_program_among_cards() {
        let c = config();
        let parts = [
            Share { embed: true, layers: 0..1, tail: false },
            Share { embed: false, layers: 1..3, tail: false },
            Share { embed: false, layers: 3..3, tail: true },
        ];
        let steps: Vec<Step> = parts.iter().flat_map(Share::steps).collect();
        assert_eq!(steps, Share::whole(&c).steps());
        for part in &parts {
            let layout = Layout::new(&c, part, true);
            assert!(layout.places[0].tensor >= if part.embed { 0 } else { c.dim });
            assert!(layout.places.iter().all(|p| layout.place(p.step.kind, p.step.layer) == *p));
        }
    }
}
