//! Headers of norm, pack and kv leaves, and the arithmetic that reads them: defined for every scalar that decodes.

use super::bytes::Bytes;
use super::trace;
use assay_model::program::StepKind;
use assay_model::sampling::{ONE, Sampling, sample};
use assay_model::steps::kv::{self, KeyValue};
use assay_model::steps::linear::Rounding;
use assay_model::steps::{attention, i32_values, norm, pack as packing};
use assay_model::tables::Rotation;

/// A norm header, and the chunk that it belongs to.
pub fn norm(data: &[u8]) {
    let (header, rest) = data.split_at(data.len().min(27));
    let Ok(header) = norm::Header::decode(header).inspect(|h| assert_eq!(h.encode(), header)) else { return };
    let tables = &trace::toy().model.tables;
    let derived = norm::Header { scale: norm::Header::derive(&header.partials, &tables.eps), ..header.clone() };
    assert_eq!(norm::Header::decode(&derived.encode()), Ok(derived), "a derived header decodes");
    let mut b = Bytes(rest);
    let n = (b.0.len() / 6).min(64);
    let h = b.i32s(n);
    let gamma: Vec<i16> = (0..n).map(|_| i16::from_le_bytes(b.array()).max(-i16::MAX)).collect();
    let (s1, s2) = (header.scale.s1, header.scale.s2);
    let least = norm::residual_shift(&h);
    let Ok((partial, x)) = norm::chunk(&h, &gamma, s1, s2) else { return };
    assert!(s1 >= least && s2 >= partial.s2 && partial.s1 == least, "shifts below the least were taken");
    assert!(partial.s1 <= norm::MAX_S1 && partial.s2 <= norm::MAX_S2 && x.len() == n && !x.contains(&i16::MIN));
}

/// A pack header, and a chunk of SwiGLU outputs.
pub fn pack(data: &[u8]) {
    let (header, rest) = data.split_at(data.len().min(3));
    let Ok(header) =
        packing::Header::decode(header, packing::MAX_ACT_SHIFT).inspect(|h| assert_eq!(h.encode(), header))
    else {
        return;
    };
    let tables = &trace::toy().model.tables;
    let values = i32_values(rest);
    let v: Vec<i128> = values.as_chunks::<2>().0.iter().map(|&[g, u]| packing::swiglu(g, u, tables)).collect();
    let least = packing::shift(&v);
    assert!(least <= packing::MAX_ACT_SHIFT);
    assert_eq!(packing::mantissas(&v, header.shift).is_ok(), header.shift >= least, "the shift is not the least");
    for (x, &v) in packing::mantissas(&v, header.shift).unwrap_or_default().into_iter().zip(&v) {
        // A mantissa stands for its value to within half a unit.
        let error = (i128::from(x) << header.shift) - v;
        assert!(error.abs() <= 1 << header.shift >> 1);
    }
}

/// Key/value heads of a past out of a fuzzer's bytes, and a query: each output lies between the smallest and the largest
/// value, as an average does.
pub fn kv(data: &[u8]) {
    const HEAD_DIM: usize = 4;
    let mut b = Bytes(data);
    let query = b.i32s(HEAD_DIM);
    let position = b.below(1 << 16);
    let tables = &trace::toy().model.tables;
    let mut rotations = vec![Rotation { cos: 0, sin: 0 }; tables.phases.len()];
    tables.rotation(position, &mut rotations);
    let query = kv::rotary(&query, &rotations[..HEAD_DIM / 2]);
    let made = KeyValue::new(&b.i32s(HEAD_DIM), &b.i32s(HEAD_DIM), &rotations[..HEAD_DIM / 2]);
    let shifts = [made.key.shift, made.value.shift];
    assert_eq!(KeyValue::decode(&made.encode(), shifts).as_ref(), Ok(&made), "what is computed decodes");
    let mut past = vec![made];
    while !b.0.is_empty() {
        let (tensor, shifts): ([u8; 4 * HEAD_DIM], [u8; 2]) = (b.array(), b.array());
        let Ok(kv) = KeyValue::decode(&tensor, shifts) else { continue };
        assert_eq!((kv.encode(), [kv.key.shift, kv.value.shift]), (tensor.to_vec(), shifts));
        past.push(kv);
    }
    for (i, out) in attention::head(&query, &past, tables).into_iter().enumerate() {
        let values = past.iter().map(|kv| i128::from(kv.value.x[i]) << kv.value.shift);
        let (lo, hi) = (values.clone().min().unwrap_or(0), values.max().unwrap_or(0));
        let out = i128::from(out);
        assert!((lo.clamp(MIN, MAX)..=hi.clamp(MIN, MAX)).contains(&out), "{out} outside {lo}..={hi}");
    }
}

const MIN: i128 = i32::MIN as i128;
const MAX: i128 = i32::MAX as i128;

/// Every rounding of a linear step that a decoded header and a model can ask for, against arithmetic without limits.
pub fn rounding(data: &[u8]) {
    let mut b = Bytes(data);
    let (which, s, k, kg) = (b.u8(), b.u8(), b.below(49) as i32 - 24, b.below(55) as i32 - 24);
    // 65536 columns of 20-bit weights and 16-bit inputs.
    let acc = i64::from_le_bytes(b.array()) >> 13;
    let residual = b.i32();
    let (got, want) = match which % 4 {
        0 => (Rounding::attention_output(s, k), exact(acc.into(), k + 16 - i32::from(s) - 12)),
        1 => (Rounding::ffn_output(s, k), exact(acc.into(), k + 24 + 15 - i32::from(s) - 12)),
        kind => {
            let Ok(norm) = norm::Header::decode(&b.array::<7>()) else { return };
            let (kind, y) = if kind == 2 { (StepKind::GateUp, 12) } else { (StepKind::Qkv, 16) };
            let f = kg + 31 + i32::from(norm.scale.j) - i32::from(norm.scale.s2);
            let product = i128::from(acc) * i128::from(norm.scale.r);
            (Rounding::after_norm(kind, &norm.scale, kg, k), exact(product, f + k - y))
        }
    };
    let added = if which % 4 < 2 { i128::from(residual) } else { 0 };
    let want = want.saturating_add(added).clamp(MIN, MAX);
    assert_eq!(i128::from(got.apply(acc, residual)), want, "{got:?} of {acc} and {residual}");
}

/// `floor((x + 2^(s−1)) / 2^s)`, far outside i32 where it is outside i128.
fn exact(x: i128, s: i32) -> i128 {
    match s {
        _ if x == 0 => 0,
        // |x| < 2^68, so 2^120 is as good as any larger power.
        ..=-40 => x.signum() << 120,
        -39..=0 => x << -s,
        1..=126 => (x + (1 << (s - 1))) >> s,
        _ => 0,
    }
}

/// Logits out of a fuzzer's bytes: a token of the vocabulary; one candidate is greedy.
pub fn sampling(data: &[u8]) {
    let mut b = Bytes(data);
    let (temperature, top_k, top_p) = (u32::from_le_bytes(b.array()), b.below(8), u32::from_le_bytes(b.array()));
    let draw = Sampling::Draw { temperature, top_k, top_p };
    let (seed, position) = (b.array(), u32::from_le_bytes(b.array()));
    let logits = i32_values(b.0);
    let tables = &trace::toy().model.tables;
    let choose = |s: Sampling| sample(&logits, &s, &seed, position, tables) as usize;
    let token = choose(draw);
    let greedy = choose(Sampling::Greedy);
    let Some(max) = logits.iter().max() else {
        assert_eq!((token, greedy), (0, 0));
        return;
    };
    assert_eq!(Some(greedy), logits.iter().position(|l| l == max));
    assert!(token < logits.len());
    assert_eq!(choose(Sampling::Draw { temperature, top_k: 1, top_p }), greedy, "one candidate");
    assert_eq!(choose(Sampling::Draw { temperature, top_k, top_p: 1 }), greedy, "the least share");
    if top_k > 0 && draw.validate().is_ok() {
        let before = logits.iter().enumerate().filter(|&(i, l)| *l > logits[token] || *l == logits[token] && i < token);
        assert!(before.count() < top_k as usize, "a token behind the first {top_k}");
    }
    assert!((1..=ONE).contains(&top_p) || draw.validate().is_err());
}
