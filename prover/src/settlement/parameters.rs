//! What a model's record says besides products and keys: the digests of what circuits read of a model.
//!
//! eps, gains and rotations are hashed as they are; of the embedding every row is, as the residual stream has it. For
//! SmolLM2-135M that is most of the time: `cargo test -p assay-prover --release settlement::parameters -- --ignored --nocapture`
//! takes it.

use ark_bn254::Fr;
use assay_circuits::r1cs::attention_rotation;
use assay_circuits::r1cs::octal::Siblings;
use assay_circuits::r1cs::parameters::{eps_digest, gains_digest};
use assay_circuits::settlement::embedding::{Tree, elements};
use assay_circuits::settlement::encoding::encode_scalar;
use assay_model::Model;
use assay_model::domain::Digest;
use assay_model::model::Gains;
use assay_model::program::StepKind;
use assay_model::steps::embed;
use assay_model::tables::Rotation;
use assay_verifier::settlement::answer::Placed;
use assay_verifier::settlement::record::Parameter;
use assay_verifier::settlement::tree::{self, PARAMETERS};
use rayon::prelude::*;

/// The parameters of a model.
#[derive(Clone, Debug)]
pub struct Parameters {
    all: Vec<(Parameter, Fr)>,
    leaves: Vec<Digest>,
    embedding: Tree,
}

impl Parameters {
    /// Of a model, on all cores. `None` if a norm has fewer gains than the model is wide.
    pub fn new(model: &Model) -> Option<Parameters> {
        let embedding = embedding(model);
        let all: Vec<_> = Parameter::all(&model.config).zip(values(model, &embedding)?).collect();
        let leaves = all.par_iter().map(|(name, value)| name.leaf(&encode_scalar(value))).collect();
        Some(Parameters { all, leaves, embedding })
    }

    /// Leaves of the record's tree, in its order.
    pub fn leaves(&self) -> &[Digest] {
        &self.leaves
    }

    /// A parameter with its place in the record; `None` if the model has no such.
    pub fn open(&self, name: &Parameter) -> Option<(Fr, Placed<[u8; 32]>)> {
        let place = self.all.iter().position(|(own, _)| own == name)?;
        let (_, value) = self.all.get(place)?;
        let path = tree::path(PARAMETERS, &self.leaves, place);
        let placed = Placed { value: encode_scalar(value), index: u32::try_from(place).ok()?, path };
        Some((*value, placed))
    }

    /// Siblings of a chunk of a token's row under the root of the embedding; `None` if there is no such chunk.
    pub fn embedding_path(&self, model: &Model, token: u32, chunk: u32) -> Option<Vec<Siblings>> {
        self.embedding.path(token, chunk, |token| row(model, token))
    }
}

/// γ' of a chunk of a norm, by its step; `None` if there is no such chunk.
pub fn gains(model: &Model, step: u32, chunk: u32) -> Option<&[i16]> {
    let step = model.config.step(step)?;
    let layer = model.layers.get(usize::try_from(step.layer).ok()?);
    let Gains { gamma, .. } = match step.kind {
        StepKind::AttnNorm => &layer?.attn_norm,
        StepKind::FfnNorm => &layer?.ffn_norm,
        StepKind::FinalNorm => &model.final_norm,
        _ => return None,
    };
    gamma.get(elements(&model.config, chunk)).filter(|gains| !gains.is_empty())
}

/// Rotations of a position, one a pair of a head.
pub fn rotations(model: &Model, position: u32) -> Vec<Rotation> {
    let mut rotations = vec![Rotation::default(); model.tables.phases.len()];
    model.tables.rotation(position, &mut rotations);
    rotations
}

/// The tree over the embedding: a hash of every row.
pub fn embedding(model: &Model) -> Tree {
    Tree::new(&model.config, |token| row(model, token))
}

/// Values of all parameters, in the order of [`Parameter::all`]. `None` as of [`Parameters::new`].
pub fn values(model: &Model, embedding: &Tree) -> Option<Vec<Fr>> {
    let names: Vec<_> = Parameter::all(&model.config).collect();
    names.into_par_iter().map(|name| value(model, embedding, name)).collect()
}

/// Value of a parameter; `None` if the model has no such.
pub fn value(model: &Model, embedding: &Tree, name: Parameter) -> Option<Fr> {
    Some(match name {
        Parameter::Eps => eps_digest(&model.tables.eps),
        Parameter::Gains { step, chunk } => gains_digest(gains(model, step, chunk)?),
        Parameter::Rotation { position } => attention_rotation::digest(&rotations(model, position)),
        Parameter::Embedding => embedding.root(),
    })
}

/// Residual values of a token.
pub fn row(model: &Model, token: u32) -> Vec<i32> {
    let mut row = vec![0; model.embedding.cols];
    model.embedding.decode_row(usize::try_from(token).unwrap_or(usize::MAX), &mut row);
    embed::chunk(&row, model.embedding.k)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_circuits::settlement::embedding::depth;
    use assay_model::config::Config;
    use assay_model::gguf::{File, TensorType};
    use assay_model::load::load;
    use assay_model::testing::Toy;

    /// Two chunks a row, and three gains' digests of each.
    const SHAPE: Config =
        Config { layers: 1, dim: 260, heads: 2, kv_heads: 1, head_dim: 6, ffn: 20, vocab: 9, context: 7 };

    fn model(config: Config, seed: u64) -> Model {
        let toy = Toy { config, kinds: vec![TensorType::F16], embedding: TensorType::F16, seed, ..Toy::default() };
        load(&File::parse(&toy.gguf()).unwrap()).unwrap().model
    }

    #[test]
    fn every_parameter_stands_at_its_place_under_the_root() {
        let parameters = Parameters::new(&model(SHAPE, 1)).unwrap();
        let count = u64::try_from(parameters.leaves().len()).unwrap();
        assert_eq!(count, 1 + 3 * 2 + 7 + 1);
        let root = tree::root(PARAMETERS, parameters.leaves());
        for (place, name) in (0u32..).zip(Parameter::all(&SHAPE)) {
            let (value, placed) = parameters.open(&name).unwrap();
            assert_eq!((placed.index, placed.value), (place, encode_scalar(&value)));
            assert_eq!(name.index(&SHAPE), Some(place));
            let leaf = name.leaf(&placed.value);
            assert_eq!(
                tree::root_of_path(PARAMETERS, count, place.into(), &leaf, &placed.path),
                Some(root),
                "{name:?}"
            );
        }
        assert!(parameters.open(&Parameter::Rotation { position: 7 }).is_none());
        assert!(parameters.open(&Parameter::Gains { step: 1, chunk: 2 }).is_none());
        assert!(parameters.open(&Parameter::Gains { step: 2, chunk: 0 }).is_none());
    }

    #[test]
    fn digests_are_of_what_the_model_computes_with() {
        let model = model(SHAPE, 1);
        let parameters = Parameters::new(&model).unwrap();
        let value = |name| parameters.open(&name).unwrap().0;
        assert_eq!(value(Parameter::Eps), eps_digest(&model.tables.eps));
        let gains = |norm: &Gains, chunk: usize| gains_digest(norm.gamma.chunks(256).nth(chunk).unwrap());
        let layer = &model.layers[0];
        for (step, norm) in [(1, &layer.attn_norm), (7, &layer.ffn_norm), (11, &model.final_norm)] {
            for chunk in [0, 1] {
                let own = value(Parameter::Gains { step, chunk });
                assert_eq!(own, gains(norm, chunk.try_into().unwrap()), "step {step}");
            }
        }
        let one = |position| value(Parameter::Rotation { position });
        assert_eq!(one(6), attention_rotation::digest(&rotations(&model, 6)));
        assert_ne!(one(5), one(6));
        // A leaf of the embedding and its path give the root.
        let path = parameters.embedding_path(&model, 8, 1).unwrap();
        assert_eq!(path.len(), depth(&SHAPE));
        assert_eq!(value(Parameter::Embedding), Tree::new(&SHAPE, |token| row(&model, token)).root());
        assert!(parameters.embedding_path(&model, 9, 0).is_none());
    }

    #[test]
    fn another_model_has_another_parameter_of_each_kind_but_what_they_share() {
        let [one, other] = [1, 2].map(|seed| Parameters::new(&model(SHAPE, seed)).unwrap());
        for name in Parameter::all(&SHAPE) {
            // eps and rotations follow from the shape here.
            let shared = matches!(name, Parameter::Eps | Parameter::Rotation { .. });
            assert_eq!(one.open(&name).unwrap().0 == other.open(&name).unwrap().0, shared, "{name:?}");
        }
    }

    #[test]
    #[ignore = "takes the time of a model of SmolLM2-135M's shape and of the longest context"]
    fn how_long_the_parameters_of_a_model_take() {
        let shape = Config {
            layers: 30,
            dim: 576,
            heads: 9,
            kv_heads: 3,
            head_dim: 64,
            ffn: 1536,
            vocab: 49_152,
            context: 8192,
        };
        let model = model(shape, 1);
        let start = std::time::Instant::now();
        let parameters = Parameters::new(&model).unwrap();
        println!("{} parameters: {:?}", parameters.leaves().len(), start.elapsed());
        let start = std::time::Instant::now();
        let all: Vec<_> =
            (0..1u32 << 16).into_par_iter().map(|t| attention_rotation::digest(&rotations(&model, t))).collect();
        println!("{} rotations: {:?}", all.len(), start.elapsed());
        let start = std::time::Instant::now();
        parameters.embedding_path(&model, 49_151, 2).unwrap();
        println!("a path of the embedding: {:?}", start.elapsed());
    }
}
