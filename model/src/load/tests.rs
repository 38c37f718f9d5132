use super::*;
use crate::gguf::Value;
use crate::gguf::write::Writer;
use crate::testing::Toy;

fn refused(change: impl FnOnce(&mut Writer)) -> LoadError {
    let mut w = Toy::default().writer();
    change(&mut w);
    let bytes = w.bytes();
    load(&File::parse(&bytes).expect("a well-formed file")).expect_err("must be refused")
}

fn set(key: &str, value: Value) -> LoadError {
    refused(|w| _ = w.set(key, &value))
}

#[test]
fn a_model_of_every_type_loads() {
    let mut toy = Toy::default();
    (toy.config.dim, toy.config.ffn, toy.config.head_dim) = (256, 256, 64);
    toy.kinds = TensorType::ALL.to_vec();
    toy.output = Some(TensorType::Q6_K);
    toy.rope_factors = Some(vec![1.5; 32]);
    let bytes = toy.gguf();
    let file = File::parse(&bytes).unwrap();
    let loaded = load(&file).unwrap();
    assert_eq!(loaded.model.config, toy.config);
    assert_eq!(loaded.model.layers.len(), 2);
    assert!(loaded.model.output.is_some());
    assert_eq!(loaded.tensors.len(), file.tensors().len());
    for (info, tensor) in loaded.tensors.iter().zip(file.tensors()) {
        assert_eq!((&info.name, info.kind, &info.dims), (&tensor.name, tensor.kind, &tensor.dims));
        assert_eq!(info.digest, weights_digest(tensor, info.k, &file.tensor_bytes(tensor).unwrap()));
    }
    let info = |name: &str| loaded.tensors.iter().find(|t| t.name == name).unwrap();
    assert_eq!(loaded.model.layers[1].down.k, info("blk.1.ffn_down.weight").k);
    assert_eq!(loaded.model.final_norm.k, info("output_norm.weight").k);
}

#[test]
fn a_tied_model_reads_its_logits_from_the_embedding() {
    let bytes = Toy::default().gguf();
    let model = load(&File::parse(&bytes).unwrap()).unwrap().model;
    assert!(model.output.is_none());
    assert_eq!(model.head(), &model.embedding);
    assert!(model.embedding.max_abs >= 1 << 16, "20-bit weights");
}

#[test]
fn a_digest_binds_name_type_dims_k_and_bytes() {
    let t = Tensor { name: "a".into(), kind: TensorType::F32, dims: vec![2, 1], start: 0, bytes: 8 };
    let digests = [
        weights_digest(&t, 3, &[0; 8]),
        weights_digest(&t, 4, &[0; 8]),
        weights_digest(&t, 3, &[1; 8]),
        weights_digest(&Tensor { name: "b".into(), ..t.clone() }, 3, &[0; 8]),
        weights_digest(&Tensor { kind: TensorType::F16, ..t.clone() }, 3, &[0; 8]),
        weights_digest(&Tensor { dims: vec![1, 2], ..t.clone() }, 3, &[0; 8]),
        weights_digest(&Tensor { dims: vec![2], ..t.clone() }, 3, &[0; 8]),
    ];
    for (i, a) in digests.iter().enumerate() {
        assert!(digests[..i].iter().all(|b| a != b), "{i}");
    }
}

#[test]
fn other_architectures_are_refused_by_name() {
    for name in ["qwen2", "gemma3", "mamba"] {
        let error = set("general.architecture", Value::String(name.into()));
        assert_eq!(error.code(), "load.architecture");
        assert!(error.to_string().contains(&format!("`{name}`")));
    }
}

#[test]
fn superfluous_tensors_are_refused_by_name() {
    for name in ["blk.0.attn_q.bias", "blk.1.ffn_gate_inp.weight", "blk.2.attn_q.weight", "rope_freqs.bias"] {
        let error = refused(|w| _ = w.tensor(name, &[32], TensorType::F32, &[0.0; 32]));
        assert!(matches!(&error, LoadError::UnexpectedTensor { tensor } if tensor == name), "{error}");
        assert_eq!(error.code(), "load.unexpected_tensor");
    }
}

#[test]
fn every_tensor_is_needed_and_its_dimensions_are_checked() {
    let names: Vec<String> = Toy::default().writer().tensors.into_iter().map(|t| t.name).collect();
    for name in names {
        let error = refused(|w| w.tensors.retain(|t| t.name != name));
        assert!(matches!(&error, LoadError::MissingTensor { tensor } if *tensor == name), "{name}: {error}");
        assert_eq!(error.code(), "load.missing_tensor");
        let error = refused(|w| {
            let t = w.tensors.iter_mut().find(|t| t.name == name).unwrap();
            let last = t.dims.last_mut().unwrap();
            *last -= 1;
            t.data.truncate(t.data.len() / (*last as usize + 1) * *last as usize);
        });
        // One row less of the embedding contradicts the declared vocabulary first.
        let code = if name == "token_embd.weight" { "load.bounds" } else { "load.tensor_dims" };
        assert_eq!(error.code(), code, "{name}: {error}");
    }
}

#[test]
fn hyperparameters_out_of_bounds_are_refused() {
    for (key, value) in [
        ("block_count", 0),
        ("block_count", 1025),
        ("context_length", 0),
        ("embedding_length", 0),
        ("embedding_length", 65_537),
        ("feed_forward_length", 65_537),
        ("attention.head_count", 0),
        ("attention.head_count", 65_000),
        ("attention.head_count_kv", 0),
        ("attention.head_count_kv", 3),
        ("attention.key_length", 15),
        ("attention.key_length", 514),
        ("attention.value_length", 8),
        ("rope.dimension_count", 8),
        ("vocab_size", 301),
        ("expert_count", 8),
        ("expert_used_count", 2),
    ] {
        let error = set(&format!("llama.{key}"), Value::U32(value));
        assert_eq!(error.code(), "load.bounds", "{key} {value}: {error}");
    }
    for (key, bad) in [("rope.freq_base", 0.0), ("attention.layer_norm_rms_epsilon", f32::NAN)] {
        assert_eq!(set(&format!("llama.{key}"), Value::F32(bad)).code(), "load.bounds", "{key}");
    }
    assert_eq!(set("llama.rope.freq_base", Value::F32(0.5)).code(), "table.range");
}

#[test]
fn hyperparameters_that_are_absent_get_their_defaults_or_are_named() {
    let mut w = Toy::default().writer();
    for key in
        ["attention.key_length", "attention.value_length", "rope.dimension_count", "rope.freq_base", "vocab_size"]
    {
        w.unset(&format!("llama.{key}"));
    }
    let bytes = w.bytes();
    let model = load(&File::parse(&bytes).unwrap()).unwrap().model;
    assert_eq!(model.config, Toy::default().config);
    let whole = Toy::default().gguf();
    assert_eq!(model.tables, load(&File::parse(&whole).unwrap()).unwrap().model.tables);

    // Without a count of their own, keys have as many heads as queries.
    let error = refused(|w| _ = w.unset("llama.attention.head_count_kv"));
    assert!(matches!(error, LoadError::TensorDims { expected, .. } if expected == [64, 64]));
    for key in ["block_count", "embedding_length", "attention.head_count", "context_length"] {
        let error = refused(|w| _ = w.unset(&format!("llama.{key}")));
        assert_eq!(error.code(), "gguf.missing_key", "{key}");
    }
}

#[test]
fn a_context_beyond_the_arithmetic_is_capped() {
    let mut w = Toy::default().writer();
    let bytes = w.set("llama.context_length", &Value::U32(1 << 20)).bytes();
    let model = load(&File::parse(&bytes).unwrap()).unwrap().model;
    assert_eq!(model.config.context, crate::config::MAX_POSITIONS);
}

#[test]
fn unknown_hyperparameters_are_refused() {
    for key in ["llama.attention.sliding_window", "llama.logit_scale", "llama.rope.scaling.attn_factor"] {
        assert_eq!(set(key, Value::F32(1.0)).code(), "load.unknown_key", "{key}");
    }
}

#[test]
fn rope_scalings_are_applied_or_refused() {
    let phases = |entries: &[(&str, Value)]| {
        let mut w = Toy::default().writer();
        for (key, value) in entries {
            w.set(&format!("llama.rope.{key}"), value);
        }
        let bytes = w.bytes();
        load(&File::parse(&bytes).unwrap()).map(|l| l.model.tables.phases)
    };
    let text = |t: &str| Value::String(t.into());
    let plain = phases(&[]).unwrap();
    let linear = phases(&[("scaling.type", text("linear")), ("scaling.factor", Value::F32(2.0))]).unwrap();
    assert_ne!(plain, linear);
    assert_eq!(phases(&[("scaling.factor", Value::F32(2.0))]).unwrap(), linear);
    assert_eq!(phases(&[("scale_linear", Value::F32(2.0))]).unwrap(), linear);
    assert_eq!(phases(&[("scaling.type", text("none")), ("scaling.factor", Value::F32(2.0))]).unwrap(), plain);
    for name in ["yarn", "longrope", "llama3"] {
        assert_eq!(phases(&[("scaling.type", text(name))]).unwrap_err().code(), "load.rope_scaling");
    }
    assert_eq!(phases(&[("scaling.factor", Value::F32(-1.0))]).unwrap_err().code(), "load.bounds");
}

#[test]
fn rope_factors_reach_the_tables_and_must_be_floats() {
    let toy = |factors: Vec<f32>| {
        let bytes = Toy { rope_factors: Some(factors), ..Toy::default() }.gguf();
        load(&File::parse(&bytes).unwrap()).map(|l| l.model.tables.phases)
    };
    let plain = load(&File::parse(&Toy::default().gguf()).unwrap()).unwrap().model.tables.phases;
    assert_eq!(toy(vec![1.0; 8]).unwrap(), plain);
    assert_ne!(toy(vec![8.0; 8]).unwrap(), plain);
    assert_eq!(toy(vec![1.0; 7]).unwrap_err().code(), "load.tensor_dims");
    assert_eq!(toy(vec![f32::INFINITY; 8]).unwrap_err().code(), "weights.non_finite");
    let error = refused(|w| _ = w.tensor("rope_freqs.weight", &[8], TensorType::F16, &[1.0; 8]));
    assert_eq!(error.code(), "weights.not_float");
}

#[test]
fn faults_of_container_and_weights_keep_their_codes() {
    assert_eq!(set("llama.block_count", Value::I32(2)).code(), "gguf.key_type");
    let error = refused(|w| w.tensors[1].data[..4].copy_from_slice(&f32::NAN.to_le_bytes()));
    assert_eq!(error.code(), "weights.non_finite");
    assert!(error.to_string().contains("`blk.0.attn_norm.weight`"));
}

#[test]
fn one_recipe_gives_one_file() {
    assert_eq!(Toy::default().gguf(), Toy::default().gguf());
    assert_ne!(Toy::default().gguf(), Toy { seed: 2, ..Toy::default() }.gguf());
}
