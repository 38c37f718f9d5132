//! The committed seeds: small valid inputs of every target, and ones with a single fault. `tests/corpus.rs` fails if
//! the files differ from what this module makes, and writes them anew when ASSAY_WRITE_SEEDS is set.

use super::proofs::vector;
use super::trace::toy;
use ark_bn254::G1Affine;
use ark_ec::AffineRepr;
use assay_circuits::srs::points::encode_g1;
use assay_model::Config;
use assay_model::gguf::write::Writer;
use assay_model::gguf::{TensorType, Value};
use assay_model::manifest::{Commitments, Manifest, RealParams, TensorEntry, Tiles};
use assay_model::sampling::Sampling;
use assay_model::testing::Toy as Recipe;
use assay_model::text::{Vocabulary, VocabularyParts, codec};
use assay_verifier::Job;
use assay_verifier::challenge::{Challenge, Policy};

/// One seed: target, file name, bytes.
pub type Seed = (&'static str, String, Vec<u8>);

/// All seeds.
pub fn all() -> Vec<Seed> {
    let mut out = Vec::new();
    files(&mut out);
    models(&mut out);
    numbers(&mut out);
    texts(&mut out);
    proofs(&mut out);
    out
}

fn add(out: &mut Vec<Seed>, target: &'static str, name: impl Into<String>, bytes: Vec<u8>) {
    out.push((target, name.into(), bytes));
}

/// A valid file, and the faults that any file can have.
fn with_faults(out: &mut Vec<Seed>, target: &'static str, name: &str, valid: Vec<u8>) {
    let with = |f: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = valid.clone();
        f(&mut bytes);
        bytes
    };
    add(out, target, format!("{name}-truncated"), with(&|b| b.truncate(b.len() - 1)));
    add(out, target, format!("{name}-trailing"), with(&|b| b.push(0)));
    add(out, target, format!("{name}-version"), with(&|b| b[6] = 2));
    add(out, target, name, valid);
}

fn files(out: &mut Vec<Seed>) {
    let toy = toy();
    let drawn = Sampling::Draw { temperature: 52429, top_k: 40, top_p: 62259 };
    let sampled = Job { sampling: drawn, stop: vec![2, 7], ..toy.job.clone() };
    let unordered = Job { stop: vec![7, 2], ..toy.job.clone() };
    with_faults(out, "job", "greedy", toy.job.encode());
    add(out, "job", "sampled", sampled.encode());
    add(out, "job", "stop-unordered", unordered.encode());
    with_faults(out, "receipt", "signed", toy.receipt.encode());
    let mut high = toy.receipt.encode();
    let last = high.len() - 1;
    high[last] = 55 - high[last];
    add(out, "receipt", "other-parity", high);
    with_faults(out, "output", "honest", toy.output.encode());
    let mut long = toy.output.clone();
    long.tokens.push(3);
    add(out, "output", "token-added", long.encode());
    let columns = Policy::Columns { count: 2, density: 1 << 15 };
    with_faults(out, "challenge", "units", toy.challenge().encode());
    add(out, "challenge", "columns", Challenge { policy: columns, ..toy.challenge() }.encode());
    let none = Policy::Units { count: 0 };
    add(out, "challenge", "no-units", Challenge { policy: none, ..toy.challenge() }.encode());
    add(out, "answer", "honest", toy.answer().encode());
    with_faults(out, "manifest", "toy", manifest().encode());
    let mut shapeless = manifest();
    shapeless.config.kv_heads = 3;
    add(out, "manifest", "kv-heads", shapeless.encode());
}

fn manifest() -> Manifest {
    Manifest {
        architecture: "llama".to_owned(),
        config: toy().model.config.clone(),
        tables: toy().model.tables.digests().into_iter().map(|(n, d)| (n.to_owned(), d)).take(2).collect(),
        params: RealParams::of(&toy().model.tables.params),
        vocabulary: vec![1, 2, 3],
        tensors: vec![TensorEntry {
            name: "token_embd.weight".to_owned(),
            kind: TensorType::Q8_0.id(),
            dims: [288, 300],
            k: -3,
            digest: [2; 32],
            max_abs: 9,
            rows: [3; 32],
        }],
        commitments: Some(Commitments { powers: vec![4; 7], tiles: vec![Tiles { height: 32, points: vec![[5; 32]] }] }),
    }
}

/// The smallest model that block formats allow.
fn tiny() -> Recipe {
    let config = Config { layers: 1, dim: 32, heads: 2, kv_heads: 1, head_dim: 16, ffn: 32, vocab: 3, context: 8 };
    Recipe { config, kinds: vec![TensorType::Q4_0], embedding: TensorType::Q4_1, ..Recipe::default() }
}

fn models(out: &mut Vec<Seed>) {
    add(out, "load", "tiny", tiny().gguf());
    let mut header = Writer::default();
    header.entry("general.architecture", &Value::String("llama".to_owned()));
    header.entry("general.alignment", &Value::U32(8));
    header.entry("x", &Value::Bool(true)).entry("y", &Value::F64(0.5)).entry("z", &Value::I8(-1));
    header.tensor("a", &[2, 2], TensorType::F16, &[1.0; 4]).tensor("b", &[32], TensorType::Q8_0, &[0.5; 32]);
    header.alignment = 8;
    add(out, "gguf", "two-tensors", header.bytes());
    let broken = |f: &dyn Fn(&mut Writer)| {
        let mut w = header.clone();
        f(&mut w);
        w.bytes()
    };
    add(out, "gguf", "version-2", broken(&|w| w.version = 2));
    add(out, "gguf", "tensor-count", broken(&|w| w.tensor_count = Some(1 << 60)));
    add(out, "gguf", "entry-count", broken(&|w| w.entry_count = Some(u64::MAX)));
    add(out, "gguf", "offset", broken(&|w| w.tensors[1].offset = Some(0)));
    add(out, "gguf", "dims", broken(&|w| w.tensors[0].dims = vec![u64::MAX, 2]));
    add(out, "gguf", "type", broken(&|w| w.tensors[0].kind = 16));
    add(out, "gguf", "key-twice", broken(&|w| w.entries.push(w.entries[0].clone())));
}

fn numbers(out: &mut Vec<Seed>) {
    for (i, kind) in TensorType::ALL.into_iter().enumerate() {
        let weights: Vec<f32> = (0..kind.block_len()).map(|j| (j % 7) as f32 * 0.25 - 0.5).collect();
        let mut bytes = vec![i as u8, i as u8 & 1, 1, 0, 0, 0];
        bytes.extend(assay_model::gguf::quantise::encode(kind, &weights));
        add(out, "weights", kind.name(), bytes);
    }
    let toy = toy();
    let (header, _) = &toy.steps[0][1];
    let mut norm = header.clone();
    norm.extend([7u8; 60]);
    add(out, "norm", "chunk", norm);
    let mut pack = vec![3, 20, 20];
    pack.extend((0..64u8).map(|i| i.wrapping_mul(37)));
    add(out, "pack", "chunk", pack);
    add(
        out,
        "kv",
        "two-positions",
        (0..90u8).map(|i| if i % 18 > 15 { 3 } else { i.wrapping_mul(29) & 0x3f }).collect(),
    );
    let mut rounding = vec![2, 9, 36, 0, 40, 0, 1, 2, 3, 4, 5, 6, 7, 0, 9, 9, 9, 9];
    rounding.extend(&header[header.len() - 7..]);
    add(out, "rounding", "qkv", rounding);
    add(out, "rounding", "residual", vec![0, 9, 36, 0, 40, 0, 1, 2, 3, 4, 5, 6, 7, 0, 9, 9, 9, 9]);
    let mut sample = vec![0, 0, 1, 0, 3, 0, 0, 0, 1, 0];
    sample.extend([5; 36]);
    sample.extend((0..16).flat_map(|i: i32| ((i * 7 % 11) << 14).to_le_bytes()));
    add(out, "sample", "sixteen", sample);
    add(out, "draw", "units", (0..77u8).map(|i| i & 62).collect());
    add(out, "draw", "columns", (0..77u8).map(|i| i | 1).collect());
    add(out, "check", "honest", vec![1, 0, 2, 0, 1, 0]);
    for step in 0..24u8 {
        add(out, "check", format!("step-{step}"), vec![3, 0, step, 0, 1, 0, 0, 0, 4, 8, 0, 2, 0, 0, 0]);
    }
    let mut wire = vec![0, 3, 1, 0, 2, 0, 3, 0, 4, 0, 5, 2, 6, 1, 7, 3, 8, 2];
    wire.extend((0..80u8).map(|i| if i > 30 { i & 1 } else { 0 }));
    add(out, "wire", "every-primitive", wire);
    for kind in assay_model::wire::FileKind::ALL {
        let file = assay_model::wire::Writer::file(kind).finish();
        let mut bytes = vec![3; file.len()];
        bytes.extend(file);
        add(out, "wire", kind.name(), bytes);
    }
}

fn texts(out: &mut Vec<Seed>) {
    let template = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m['content'] | trim }}<|im_end|>\n{% endfor %}\
                    {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
    let texts = |all: &[&str]| Some(all.iter().map(|t| t.as_bytes().to_vec()).collect());
    let pairs = VocabularyParts {
        model: Some("gpt2".to_owned()),
        pre: Some("smollm".to_owned()),
        tokens: texts(&["<|im_end|>", "a", "b", "Ġ", "ab", "Ġab", "1", "2", "Ċ"]),
        merges: texts(&["a b", "Ġ ab"]),
        token_types: Some(vec![3, 1, 1, 1, 1, 1, 1, 1, 1]),
        eos: Some(0),
        chat_template: Some(template.to_owned()),
        ..VocabularyParts::default()
    };
    let pieces = VocabularyParts {
        model: Some("llama".to_owned()),
        tokens: texts(&["<unk>", "<s>", "</s>", "<0x0A>", "▁", "a", "b", "ab", "▁ab"]),
        scores: Some(vec![0.0, 0.0, 0.0, 0.0, -4.0, -3.0, -3.0, -2.0, -1.0]),
        token_types: Some(vec![2, 3, 3, 6, 1, 1, 1, 1, 1]),
        bos: Some(1),
        eos: Some(2),
        unk: Some(0),
        ..VocabularyParts::default()
    };
    for (name, parts) in [("pairs", pairs), ("pieces", pieces)] {
        let bytes = codec::encode(&Vocabulary::from_parts(parts).expect("a whole tokenizer"));
        add(out, "vocabulary", format!("{name}-truncated"), bytes[..bytes.len() - 1].to_vec());
        add(out, "vocabulary", name, bytes.clone());
        add(out, "tokenizer", name, bytes);
    }
    add(out, "template", "chatml", template.into());
    add(out, "template", "backwards", "{{ ''[::-2] }}{{ 'abc'[:5:-1] }}{{ messages[::-1][0].role }}".into());
    add(out, "template", "refuses", "{{ raise_exception('no\nsystem') }}".into());
    add(
        out,
        "template",
        "for-ever",
        "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}".into(),
    );
    add(
        out,
        "template",
        "methods",
        "{{ 'a b'.split(' ')[1].upper().replace('B', bos_token).strip() ~ {'k': 1}.items() }}".into(),
    );
    // Each asked a template engine for memory or a stack without end.
    for (name, text) in [
        ("list-text", "{{ [['a'] * 99999] * 99999 ~ 7 }}"),
        (
            "shared",
            "{% set n = namespace(l=[1]) %}{% for i in range(28) %}{% set n.l = [n.l, n.l] %}{% endfor %}{% set x = n.l | tojson %}",
        ),
        ("doubled", "{% set n = namespace(l=[1]) %}{% for i in range(70) %}{% set n.l = n.l + n.l %}{% endfor %}"),
        ("sliced", "{% set n = namespace(l=[1]) %}{% for i in range(9999) %}{% set n.l = n.l[:] %}{% endfor %}"),
        ("itself", "{% set n = namespace(a=1) %}{% set n.a = n %}{{ n }}"),
        ("calls", "{% macro f(x) %}{{ f([x]) }}{% endmacro %}{{ f(1) }}"),
        (
            "sorts",
            "{{ messages | sort(attribute='role') | map(attribute='content') | unique | join(', ') | indent(2) }}",
        ),
    ] {
        add(out, "template", name, text.into());
    }
    for (name, text) in [
        ("decimal", "0.95"),
        ("fraction", "3/16"),
        ("hex", "0x00ffEE01"),
        ("sign", "-1"),
        ("long", "1.0000000000000000001"),
    ] {
        add(out, "arguments", name, text.into());
    }
}

fn proofs(out: &mut Vec<Seed>) {
    let point = |p: &G1Affine| encode_g1(p).to_vec();
    let (zero, one) = (point(&G1Affine::default()), point(&G1Affine::generator()));
    let proof = |p: &[u8], scalar: u8| {
        let mut bytes = p.repeat(4);
        bytes.extend([[scalar; 32], [scalar; 32]].concat());
        bytes.extend(p.repeat(2));
        bytes
    };
    with_lengths(out, "fold", "nothing", proof(&zero, 0));
    add(out, "fold", "generator", proof(&one, 1));
    add(out, "fold", "scalar-too-large", proof(&one, 0xff));
    add(out, "fold", "coordinate-too-large", proof(&[0x3f; 32], 1));
    add(out, "proved", "unchanged", Vec::new());
    for how in 0..8u8 {
        for region in [0u8, 31] {
            let edit = [how << 5 | region, 30 * how, how, 9, 1, 0x80, 1, 2, 3, 4, 5, 6, 7, 8];
            add(out, "proved", format!("edit-{how}-{region}"), edit.to_vec());
        }
    }
    let points = vector().powers();
    with_lengths(out, "widths", "chain", points.to_vec());
    let mut other = points.to_vec();
    other[8] ^= 1;
    add(out, "widths", "another-width", other);
    add(out, "ptau", "new-1", include_bytes!("../../tests/vectors/ptau/new-1.ptau").to_vec());
}

/// A valid input, one that is a byte short, one with a byte more.
fn with_lengths(out: &mut Vec<Seed>, target: &'static str, name: &str, valid: Vec<u8>) {
    add(out, target, format!("{name}-truncated"), valid[..valid.len() - 1].to_vec());
    add(out, target, format!("{name}-trailing"), [&valid[..], &[0]].concat());
    add(out, target, name, valid);
}
