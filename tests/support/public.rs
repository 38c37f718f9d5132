//! What is public of a toy model: its manifest, with commitments over the insecure development powers.

use assay_circuits::srs::{development, widths::Widths};
use assay_model::domain::{Digest, Domain};
use assay_model::manifest::{Manifest, RealParams, TensorEntry};
use assay_model::matrix::Matrix;
use assay_model::model::{Gains, Model};
use assay_model::{names, rows};
use assay_prover::commitments::partial::Partial;
use assay_prover::commitments::{Committed, commit, powers_needed, widths};
use assay_verifier::public::PublicModel;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

/// A manifest with what a rig proves by and what a client checks by.
pub struct Published {
    /// The manifest.
    pub manifest: Manifest,
    /// Commitments and powers.
    pub committed: Committed,
}

impl Published {
    /// Commits to `model` under another `core` than its own weights give, if the caller wishes.
    pub fn new(model: &Model, core: Manifest) -> Published {
        let config = &model.config;
        let power = |e: u32| POWERS.get(e as usize).copied();
        let chain = Widths::prove(&widths(config), &power, &|e| Some(development::power2(u64::from(e))));
        let chain = chain.expect("widths of a toy");
        let powers = POWERS[..powers_needed(config)].to_vec();
        let mut partial = Partial::none();
        let commitments = commit(model, &core, (&powers, &chain), &mut partial, &|_| {});
        let manifest = Manifest { commitments: Some(commitments), ..core };
        let public = PublicModel::new(&manifest).expect("a manifest of a toy");
        Published { manifest, committed: Committed { public, powers } }
    }

    /// As a client sees it.
    pub fn public(&self) -> &PublicModel {
        &self.committed.public
    }
}

static POWERS: LazyLock<Vec<ark_bn254::G1Affine>> = LazyLock::new(|| development::powers(1 << 15));

/// The model as it is published; made once. On threads of its own, because callers hold a lock while they wait: a waiting
/// thread of theirs would take up another case, which asks for the same lock.
pub fn published(model: &Model) -> Arc<Published> {
    static MADE: LazyLock<Mutex<BTreeMap<Digest, Arc<Published>>>> = LazyLock::new(Mutex::default);
    let core = core(model);
    let mut made = MADE.lock().expect("no one panicked here");
    let make = || {
        let pool = rayon::ThreadPoolBuilder::new().build().expect("threads");
        pool.install(|| Published::new(model, core.clone()))
    };
    let id = core.id();
    let make = || std::thread::scope(|s| s.spawn(make).join().expect("a toy can be published"));
    made.entry(id).or_insert_with(|| Arc::new(make())).clone()
}

/// Its manifest.
pub fn manifest(model: &Model) -> Manifest {
    published(model).manifest.clone()
}

/// The manifest that the weights alone give.
pub fn core(model: &Model) -> Manifest {
    let tensor = |name: String, w: &Matrix| TensorEntry {
        rows: if name == names::EMBEDDING { rows::of_matrix(w) } else { [0; 32] },
        name,
        kind: 0,
        dims: [w.cols as u64, w.rows as u64],
        k: w.k,
        digest: digest(w),
        max_abs: w.max_abs,
    };
    let vector = |name: String, g: &Gains| TensorEntry {
        name,
        kind: 0,
        dims: [g.gamma.len() as u64, 1],
        k: g.k,
        digest: rows::of_gains(g),
        max_abs: 0,
        rows: rows::of_gains(g),
    };
    let mut tensors = vec![
        tensor(names::EMBEDDING.to_owned(), &model.embedding),
        vector(names::FINAL_NORM.to_owned(), &model.final_norm),
    ];
    tensors.extend(model.output.iter().map(|w| tensor(names::OUTPUT.to_owned(), w)));
    for (i, l) in (0..).zip(&model.layers) {
        let name = |part| names::of_layer(i, part);
        tensors.extend([("attn_norm", &l.attn_norm), ("ffn_norm", &l.ffn_norm)].map(|(n, g)| vector(name(n), g)));
        let qkv = [("attn_q", &l.q), ("attn_k", &l.k), ("attn_v", &l.v), ("attn_output", &l.o)];
        let ffn = [("ffn_gate", &l.gate), ("ffn_up", &l.up), ("ffn_down", &l.down)];
        tensors.extend(qkv.into_iter().chain(ffn).map(|(n, w)| tensor(name(n), w)));
    }
    Manifest {
        architecture: "llama".to_owned(),
        config: model.config.clone(),
        tables: model.tables.digests().into_iter().map(|(name, digest)| (name.to_owned(), digest)).collect(),
        params: RealParams::of(&model.tables.params),
        vocabulary: b"toy".to_vec(),
        tensors,
        commitments: None,
    }
}

fn digest(w: &Matrix) -> Digest {
    let mut h = Domain::Weights.hasher();
    let mut row = vec![0; w.cols];
    for i in 0..w.rows {
        w.decode_row(i, &mut row);
        h.framed(&row.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<_>>());
    }
    h.digest()
}
