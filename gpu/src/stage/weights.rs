//! A share of a model's weights in a card's memory.

use assay_model::Model;
use assay_model::model::{Gains, Layer};
use assay_model::program::{Part, StepKind};

use crate::card::Gpu;
use crate::error::GpuError;
use crate::layout::Share;
use crate::ops::linear::{PackedSlab, Slab, fixed_shift, pack};
use crate::ops::{act, attention, norm, sample};
use crate::packed::{BLOCK, Class};
use crate::rehash::Rehash;

/// Slabs of one layer's linear steps.
#[derive(Debug)]
pub struct LayerWeights {
    pub qkv: Vec<Slab>,
    pub o: Vec<Slab>,
    pub gate_up: Vec<Slab>,
    pub down: Vec<Slab>,
}

impl LayerWeights {
    /// Of one linear step.
    pub fn of(&self, kind: StepKind) -> &[Slab] {
        match kind {
            StepKind::Qkv => &self.qkv,
            StepKind::O => &self.o,
            StepKind::GateUp => &self.gate_up,
            _ => &self.down,
        }
    }
}

/// A buffer whose digest is known.
#[derive(Debug)]
struct Known {
    what: String,
    buffer: wgpu::Buffer,
    words: u32,
    digest: [u8; 32],
}

/// What kernels only read.
#[derive(Debug)]
pub struct Weights {
    pub layers: Vec<LayerWeights>,
    /// Rows of the embedding, if the share embeds.
    pub embedding: Vec<Slab>,
    /// Rows of the output matrix, if the share has the tail and the matrix is not the embedding.
    head: Option<Vec<Slab>>,
    /// k of the embedding.
    pub embedding_k: i32,
    /// All gains, then the table E.
    pub gains: wgpu::Buffer,
    pub sigmoid: wgpu::Buffer,
    pub exp: wgpu::Buffer,
    pub sample: wgpu::Buffer,
    gain_words: u32,
    known: Vec<Known>,
    rehash: Rehash,
}

/// Bytes that a share's weights take in a card's memory.
pub fn bytes(model: &Model, share: &Share) -> u64 {
    let matrix = |w: &assay_model::Matrix| {
        let class = Class::of(w);
        (w.tiles() * assay_model::matrix::TILE_ROWS * class.row_bytes(w.cols.div_ceil(BLOCK))) as u64
    };
    let layer = |l: &Layer| [&l.q, &l.k, &l.v, &l.o, &l.gate, &l.up, &l.down].into_iter().map(matrix).sum::<u64>();
    let layers = share.layers.clone().map(|l| layer(&model.layers[l as usize])).sum::<u64>();
    let embed = if share.embed { matrix(&model.embedding) } else { 0 };
    let tied = share.embed && model.output.is_none();
    let head = if share.tail && !tied { matrix(model.head()) } else { 0 };
    layers + embed + head
}

impl Weights {
    /// Uploads the share, and hashes it again where it now is.
    ///
    /// # Errors
    /// If the memory does not suffice, or the card holds something else than what it was given.
    pub fn load(gpu: &Gpu, model: &Model, share: &Share) -> Result<Weights, GpuError> {
        let mut loader = Loader { gpu, known: Vec::new(), largest: gpu.limits().max_storage_buffer_binding_size };
        let c = &model.config;
        let mut layers = Vec::new();
        for l in share.layers.clone() {
            let layer = &model.layers[l as usize];
            let step = |kind, matrices: &[&assay_model::Matrix], kg, loader: &mut Loader<'_>| {
                let parts: Vec<_> = matrices
                    .iter()
                    .zip(c.parts(kind))
                    .map(|(&w, part)| (w, part, fixed_shift(kind, kg, w.k)))
                    .collect();
                loader.slabs(&format!("layer {l} {}", kind.name()), &parts)
            };
            layers.push(LayerWeights {
                qkv: step(StepKind::Qkv, &[&layer.q, &layer.k, &layer.v], layer.attn_norm.k, &mut loader)?,
                o: step(StepKind::O, &[&layer.o], 0, &mut loader)?,
                gate_up: step(StepKind::GateUp, &[&layer.gate, &layer.up], layer.ffn_norm.k, &mut loader)?,
                down: step(StepKind::Down, &[&layer.down], 0, &mut loader)?,
            });
        }
        let part = Part { first: 0, rows: c.vocab };
        // The shift is that of the head, and unused by embed.
        let shift = |w: &assay_model::Matrix| fixed_shift(StepKind::Head, model.final_norm.k, w.k);
        let embedding = if share.embed {
            loader.slabs("embedding", &[(&model.embedding, part, shift(&model.embedding))])?
        } else {
            Vec::new()
        };
        let tied = share.embed && model.output.is_none();
        let head = if share.tail && !tied {
            let w = model.head();
            Some(loader.slabs("head", &[(w, part, shift(w))])?)
        } else {
            None
        };
        let all_gains = gains(model, share);
        let words: Vec<u32> = all_gains.iter().flat_map(|g| norm::gain_words(&g.gamma)).collect();
        let gain_words = words.len() as u32;
        let tables = &model.tables;
        let weights = Weights {
            layers,
            embedding,
            head,
            embedding_k: model.embedding.k,
            gains: loader.upload("gains", &[words, norm::eps_words(&tables.eps)].concat())?,
            sigmoid: loader.upload("sigmoid table", &act::sigmoid_words(&tables.sigmoid))?,
            exp: loader.upload("exponential table", &attention::exp_words(tables))?,
            sample: loader.upload("sampling tables", &sample::table_words(tables))?,
            gain_words,
            rehash: Rehash::new(gpu)?,
            known: loader.known,
        };
        weights.check(gpu)?;
        Ok(weights)
    }

    /// Slabs of the head.
    pub fn head(&self) -> &[Slab] {
        self.head.as_deref().unwrap_or(&self.embedding)
    }

    /// First word of the table E among the gains.
    pub const fn eps(&self) -> u32 {
        self.gain_words
    }

    /// Hashes everything again in the card's memory.
    ///
    /// # Errors
    /// If something has changed there.
    pub fn check(&self, gpu: &Gpu) -> Result<(), GpuError> {
        self.known
            .iter()
            .try_for_each(|k| self.rehash.check(gpu, &format!("weights of {}", k.what), &k.buffer, k.words, &k.digest))
    }

    /// Every buffer with a known digest, for tests that damage one.
    #[cfg(any(test, feature = "testing"))]
    pub fn buffers(&self) -> impl Iterator<Item = (&str, &wgpu::Buffer)> {
        self.known.iter().map(|k| (k.what.as_str(), &k.buffer))
    }
}

/// Gains of the share's norms in order: of each layer both, then the last.
fn gains<'m>(model: &'m Model, share: &Share) -> Vec<&'m Gains> {
    let layers = share.layers.clone().map(|l| &model.layers[l as usize]);
    let mut all: Vec<&Gains> = layers.flat_map(|l| [&l.attn_norm, &l.ffn_norm]).collect();
    if share.tail {
        all.push(&model.final_norm);
    }
    all
}

struct Loader<'g> {
    gpu: &'g Gpu,
    known: Vec<Known>,
    largest: u64,
}

impl Loader<'_> {
    fn upload(&mut self, what: &str, words: &[u32]) -> Result<wgpu::Buffer, GpuError> {
        let buffer = self.gpu.try_storage(what, words.len() as u64)?;
        self.fill(what, &buffer, words);
        Ok(buffer)
    }

    fn fill(&mut self, what: &str, buffer: &wgpu::Buffer, words: &[u32]) {
        self.gpu.write(buffer, words);
        let digest = *blake3::Hasher::new().update(bytemuck::cast_slice(words)).finalize().as_bytes();
        self.known.push(Known { what: what.into(), buffer: buffer.clone(), words: words.len() as u32, digest });
    }

    fn slabs(&mut self, what: &str, parts: &[(&assay_model::Matrix, Part, i32)]) -> Result<Vec<Slab>, GpuError> {
        pack(parts, self.largest).into_iter().map(|slab| self.slab(what, &slab)).collect()
    }

    fn slab(&mut self, what: &str, packed: &PackedSlab) -> Result<Slab, GpuError> {
        let words = packed.words();
        let mut buffers = Vec::new();
        for words in &words {
            buffers.push(if words.is_empty() { self.gpu.storage(what, 4) } else { self.upload(what, words)? });
        }
        let buffers = <[wgpu::Buffer; 2]>::try_from(buffers).expect("two buffers");
        Ok(packed.slab(buffers))
    }
}
