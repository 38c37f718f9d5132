//! One check per kind of unit: recompute it from opened inputs, compare with the opened output.
//!
//! Inputs come from the leaves of the steps that the unit reads; weights, gains and tables from the [`Parameters`]. Scalars
//! are range-checked where they are read, before any arithmetic. Units are checked in program order, because the bytes of a
//! derived chunk become known when the units that write it are checked; if they are not the committed ones, the last of these
//! units is named.

use crate::answer::{Opened, Openings};
use crate::job::Job;
use crate::needs::{act_inputs, head_rows, input, outputs, to_usize};
use crate::output::Output;
use crate::parameters::{self, Parameters, Rows};
use crate::reject::{Code, Rejection};
use assay_model::program::{Step, StepKind, Unit};
use assay_model::sampling::{Sampling, sample};
use assay_model::steps::kv::{self, KeyValue};
use assay_model::steps::{attention, embed, i16_bytes, i16_values, i32_bytes, i32_values, norm, pack};
use assay_model::tables::Rotation;
use std::ops::Range;

/// Everything that a unit's check may read.
pub struct Checker<'a> {
    /// The model.
    pub model: &'a dyn Parameters,
    /// The job.
    pub job: &'a Job,
    /// Tokens.
    pub output: &'a Output,
    /// Opened steps.
    pub openings: Openings<'a>,
}

/// A failed check, before its place is added.
type Failure = Code;

impl Checker<'_> {
    /// Checks one unit.
    ///
    /// # Errors
    /// A [`Rejection`] with the unit's place.
    pub fn unit(&mut self, t: u32, step: Step, unit: Unit) -> Result<(), Rejection> {
        self.dispatch(t, step, unit).map_err(|code| Rejection::unit(code, t, step, unit))
    }

    /// Input of a linear step, where it is opened.
    pub fn input(&self, t: u32, step: Step) -> Option<Vec<i16>> {
        let from = Step { kind: input(step), ..step };
        self.i16s(t, from, 0..self.config().shape(from.kind).len).ok()
    }

    /// Drawn chunks of a linear step with their accumulators.
    pub fn products(&self, t: u32, step: Step) -> Option<Vec<(u32, Vec<i64>)>> {
        let opened = self.opened(t, step).ok()?;
        Some(opened.products().map(|(c, acc)| (c, acc.to_vec())).collect())
    }

    fn dispatch(&mut self, t: u32, step: Step, unit: Unit) -> Result<(), Failure> {
        match (step.kind, unit) {
            (StepKind::Embed, unit) => self.embed(t, step, unit),
            (StepKind::AttnNorm | StepKind::FfnNorm | StepKind::FinalNorm, Unit::Header) => self.norm_header(t, step),
            (StepKind::AttnNorm | StepKind::FfnNorm | StepKind::FinalNorm, unit) => self.norm_chunk(t, step, unit),
            (StepKind::Kv, Unit::Head(g)) => self.kv(t, step, g),
            (StepKind::Attention, Unit::Head(h)) => self.attention(t, step, h),
            (StepKind::AttnPack | StepKind::Act, Unit::Header) => self.pack_header(t, step),
            (StepKind::AttnPack, unit) => {
                let wide =
                    self.i32s(t, Step { kind: StepKind::Attention, ..step }, outputs(self.config(), step.kind, unit))?;
                self.packed(t, step, unit, &wide.into_iter().map(i128::from).collect::<Vec<_>>(), Code::WrongPack)
            }
            (StepKind::Act, Unit::Chunk(c)) => self.act(t, step, c),
            (StepKind::Sample, _) => self.sample(t, step),
            (_, Unit::Chunk(c)) => self.linear(t, step, c),
            _ => Err(Code::Opening),
        }
    }

    fn config(&self) -> &assay_model::Config {
        self.model.config()
    }

    fn opened(&self, t: u32, step: Step) -> Result<&Opened<'_>, Failure> {
        self.openings.get(&(t, self.config().step_index(step))).ok_or(Code::Opening)
    }

    fn bytes(&self, t: u32, step: Step, elements: Range<usize>) -> Result<Vec<u8>, Failure> {
        let size = self.config().shape(step.kind).element.size();
        let range = elements.start.saturating_mul(size)..elements.end.saturating_mul(size);
        self.opened(t, step)?.bytes(range).ok_or(Code::Opening)
    }

    fn i32s(&self, t: u32, step: Step, elements: Range<usize>) -> Result<Vec<i32>, Failure> {
        self.bytes(t, step, elements).map(|b| i32_values(&b))
    }

    /// Mantissas; the one i16 that is no mantissa is refused.
    fn i16s(&self, t: u32, step: Step, elements: Range<usize>) -> Result<Vec<i16>, Failure> {
        let v = i16_values(&self.bytes(t, step, elements)?);
        if v.contains(&i16::MIN) { Err(Code::OutOfRange) } else { Ok(v) }
    }

    /// Compares what a unit computes with what was committed.
    fn settle(&mut self, t: u32, step: Step, first: usize, want: &[u8], wrong: Code) -> Result<(), Failure> {
        let at = first.saturating_mul(self.config().shape(step.kind).element.size());
        let index = self.config().step_index(step);
        let opened = self.openings.get_mut(&(t, index)).ok_or(Code::Opening)?;
        if opened.settle(at, want).ok_or(Code::Opening)? { Ok(()) } else { Err(wrong) }
    }

    fn norm_scalars(&self, t: u32, step: Step) -> Result<norm::Header, Failure> {
        norm::Header::decode(self.opened(t, step)?.header()).map_err(|_| Code::OutOfRange)
    }

    fn pack_scalars(&self, t: u32, step: Step) -> Result<pack::Header, Failure> {
        let max = if step.kind == StepKind::Act { pack::MAX_ACT_SHIFT } else { pack::MAX_ATTN_SHIFT };
        pack::Header::decode(self.opened(t, step)?.header(), max).map_err(|_| Code::OutOfRange)
    }

    fn rotations(&self, t: u32) -> Vec<Rotation> {
        let pairs = to_usize(self.config().head_dim).checked_div(2).unwrap_or(0);
        let mut out = vec![Rotation { cos: 0, sin: 0 }; pairs];
        self.model.tables().rotation(t, &mut out);
        out
    }

    fn embed(&mut self, t: u32, step: Step, unit: Unit) -> Result<(), Failure> {
        let token = self.output.token_in(self.job, t).ok_or(Code::Opening)?;
        let (row, k) = self.model.embedding(token)?;
        let elements = outputs(self.config(), step.kind, unit);
        let want = embed::chunk(row.get(elements.clone()).ok_or(Code::Opening)?, k);
        self.settle(t, step, elements.start, &i32_bytes(&want), Code::WrongEmbed)
    }

    fn norm_header(&self, t: u32, step: Step) -> Result<(), Failure> {
        let header = self.norm_scalars(t, step)?;
        let want = norm::Header::derive(&header.partials, &self.model.tables().eps);
        if want == header.scale { Ok(()) } else { Err(Code::WrongHeader) }
    }

    fn norm_chunk(&mut self, t: u32, step: Step, unit: Unit) -> Result<(), Failure> {
        let elements = outputs(self.config(), step.kind, unit);
        let header = self.norm_scalars(t, step)?;
        let h = self.i32s(t, self.config().residual_source(step), elements.clone())?;
        let gamma = self.model.gains(step)?.gamma.get(elements.clone()).ok_or(Code::Opening)?;
        let (partial, x) = norm::chunk(&h, gamma, header.scale.s1, header.scale.s2).map_err(|_| Code::WrongNorm)?;
        if Some(&partial) != header.partials.get(chunk_number(unit)) {
            return Err(Code::WrongNorm);
        }
        self.settle(t, step, elements.start, &i16_bytes(&x), Code::WrongNorm)
    }

    /// The accumulators are those of the weights, or left to a proof; the committed chunk is what they round to.
    fn linear(&mut self, t: u32, step: Step, c: u32) -> Result<(), Failure> {
        let config = self.model.config();
        let elements = outputs(config, step.kind, Unit::Chunk(c));
        let from = Step { kind: input(step), ..step };
        let x = self.i16s(t, from, 0..config.shape(from.kind).len)?;
        let rows = Rows::of_chunk(config, step.kind, c).ok_or(Code::Opening)?;
        let rounding = parameters::rounding(self.model, step, rows.part, self.opened(t, from)?.header())?;
        let acc = self.opened(t, step)?.accumulators(c).ok_or(Code::Opening)?;
        if self.model.product(step, &rows, &x).is_some_and(|exact| exact != acc) {
            return Err(Code::WrongLinear);
        }
        let residual = if matches!(step.kind, StepKind::O | StepKind::Down) {
            self.i32s(t, config.residual_source(step), elements.clone())?
        } else {
            vec![0; rows.count]
        };
        let mut want: Vec<i32> = acc.iter().zip(&residual).map(|(&acc, &h)| rounding.apply(acc, h)).collect();
        let largest = want.iter().max().copied();
        want.resize(elements.len(), 0);
        self.settle(t, step, elements.start, &i32_bytes(&want), Code::WrongLinear)?;
        if step.kind == StepKind::Head { self.maximum(t, step, c, largest) } else { Ok(()) }
    }

    fn maximum(&self, t: u32, step: Step, c: u32, largest: Option<i32>) -> Result<(), Failure> {
        let maxima = i32_values(self.opened(t, step)?.header());
        if maxima.get(to_usize(c)).copied() == largest { Ok(()) } else { Err(Code::WrongMaximum) }
    }

    fn kv(&mut self, t: u32, step: Step, g: u32) -> Result<(), Failure> {
        let qkv = Step { kind: StepKind::Qkv, ..step };
        let k = self.i32s(t, qkv, head_rows(self.config(), 1, g))?;
        let v = self.i32s(t, qkv, head_rows(self.config(), 2, g))?;
        let want = KeyValue::new(&k, &v, &self.rotations(t));
        let shifts = self.opened(t, step)?.header().as_chunks::<2>().0.get(to_usize(g)).ok_or(Code::Opening)?;
        if *shifts != [want.key.shift, want.value.shift] {
            return Err(Code::WrongKv);
        }
        let first = outputs(self.config(), StepKind::Kv, Unit::Head(g)).start;
        self.settle(t, step, first, &want.encode(), Code::WrongKv)
    }

    /// Key/value head `g` as committed at position `t`.
    fn past(&self, t: u32, step: Step, g: u32) -> Result<KeyValue, Failure> {
        let tensor = self.bytes(t, step, outputs(self.config(), StepKind::Kv, Unit::Head(g)))?;
        let shifts = self.opened(t, step)?.header().as_chunks::<2>().0.get(to_usize(g)).ok_or(Code::Opening)?;
        KeyValue::decode(&tensor, *shifts).map_err(|_| Code::OutOfRange)
    }

    fn attention(&mut self, t: u32, step: Step, h: u32) -> Result<(), Failure> {
        let config = self.config();
        let y = self.i32s(t, Step { kind: StepKind::Qkv, ..step }, head_rows(config, 0, h))?;
        let query = kv::rotary(&y, &self.rotations(t));
        let cache = Step { kind: StepKind::Kv, ..step };
        let past = (0..=t).map(|j| self.past(j, cache, config.kv_head_of(h))).collect::<Result<Vec<_>, _>>()?;
        let want = attention::head(&query, &past, self.model.tables());
        let first = outputs(config, step.kind, Unit::Head(h)).start;
        self.settle(t, step, first, &i32_bytes(&want), Code::WrongAttention)
    }

    fn pack_header(&self, t: u32, step: Step) -> Result<(), Failure> {
        let header = self.pack_scalars(t, step)?;
        let want = pack::Header::new(header.chunks.clone());
        if want == header { Ok(()) } else { Err(Code::WrongHeader) }
    }

    fn act(&mut self, t: u32, step: Step, c: u32) -> Result<(), Failure> {
        let from = Step { kind: StepKind::GateUp, ..step };
        let [gate, up] = act_inputs(self.config(), c);
        let (gate, up) = (self.i32s(t, from, gate)?, self.i32s(t, from, up)?);
        let w: Vec<i128> = gate.iter().zip(&up).map(|(&g, &u)| pack::swiglu(g, u, self.model.tables())).collect();
        self.packed(t, step, Unit::Chunk(c), &w, Code::WrongAct)
    }

    /// Chunk of a packed vector: its own minimal shift, and its mantissas under the common one.
    fn packed(&mut self, t: u32, step: Step, unit: Unit, v: &[i128], wrong: Code) -> Result<(), Failure> {
        let header = self.pack_scalars(t, step)?;
        if header.chunks.get(chunk_number(unit)) != Some(&pack::shift(v)) {
            return Err(wrong);
        }
        let want = pack::mantissas(v, header.shift).map_err(|_| wrong)?;
        let first = outputs(self.config(), step.kind, unit).start;
        self.settle(t, step, first, &i16_bytes(&want), wrong)
    }

    fn sample(&self, t: u32, step: Step) -> Result<(), Failure> {
        let token = self.output.token_out(self.job, t).ok_or(Code::Opening)?;
        let committed = self.bytes(t, step, 0..1)?;
        let head = Step { kind: StepKind::Head, layer: 0 };
        let is_sampled = match self.job.sampling {
            Sampling::Greedy => self.is_first_maximum(t, head, token)?,
            Sampling::Draw { .. } => {
                let logits = self.i32s(t, head, 0..self.config().shape(StepKind::Head).len)?;
                token == sample(&logits, &self.job.sampling, &self.job.seed, t, self.model.tables())
            }
        };
        if is_sampled && committed == token.to_le_bytes() { Ok(()) } else { Err(Code::WrongSample) }
    }

    /// Whether `token` is the lowest index of the largest logit, by the chunks' maxima and the token's own chunk.
    fn is_first_maximum(&self, t: u32, head: Step, token: u32) -> Result<bool, Failure> {
        let maxima = i32_values(self.opened(t, head)?.header());
        let max = maxima.iter().max().ok_or(Code::Opening)?;
        let chunk = maxima.iter().position(|m| m == max).ok_or(Code::Opening)?;
        let elements = outputs(self.config(), StepKind::Head, Unit::Chunk(u32::try_from(chunk).unwrap_or(u32::MAX)));
        let token = to_usize(token);
        if !elements.contains(&token) {
            return Ok(false);
        }
        let logits = self.i32s(t, head, elements.clone())?;
        Ok(logits.iter().position(|l| l == max) == token.checked_sub(elements.start))
    }
}

fn chunk_number(unit: Unit) -> usize {
    match unit {
        Unit::Chunk(c) => to_usize(c),
        _ => usize::MAX,
    }
}
