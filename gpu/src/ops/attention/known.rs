//! Known answers of attention: sequences made to reach every bound, against the scalar reference.

use assay_model::steps::attention::head;
use assay_model::steps::kv::{Block, KeyValue, MAX_KEY_SHIFT, MAX_ROTATED, MAX_VALUE_SHIFT};
use assay_model::tables::Tables;

use super::{Attention, Buffers, Parameters, Plan, exp_words};
use crate::card::Gpu;
use crate::error::GpuError;

/// Shape of the numbers in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Scores that differ by a few nats, queries of this shift.
    Spread(u8),
    /// All scores equal, the largest values, heads of either sign in turn.
    Flat,
    /// One score towers above the others, all at the ends of their ranges.
    Towering,
    /// Two scores 2^53 apart for hd 64: times c that is a multiple of 2^64.
    Apart,
}

/// One row: its own sequence of `positions` positions, of which it is the last.
#[derive(Clone, Debug)]
pub(super) struct Row {
    queries: Vec<Block>,
    /// `[position][key/value head]`.
    past: Vec<Vec<KeyValue>>,
}

/// xorshift64.
#[derive(Clone, Debug)]
pub(super) struct Numbers(pub u64);

impl Numbers {
    /// An integer in `-range..=range`.
    fn within(&mut self, range: i16) -> i16 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let range = i64::from(range);
        ((self.0 >> 11) as i64 % (2 * range + 1) - range) as i16
    }

    fn shift(&mut self, largest: u8) -> u8 {
        self.within(i16::from(largest)).unsigned_abs() as u8
    }
}

impl Row {
    /// A row of `kind`.
    pub(super) fn new(plan: &Plan, kind: Kind, positions: usize, numbers: &mut Numbers) -> Row {
        let hd = plan.head_dim as usize;
        let queries = (0..plan.heads).map(|_| query(kind, hd, numbers)).collect();
        let entry = |j: usize| (0..plan.kv_heads).map(|g| entry(kind, hd, j, g, numbers)).collect();
        Row { queries, past: (0..positions).map(entry).collect() }
    }

    /// What the reference says.
    fn answer(&self, plan: &Plan, tables: &Tables) -> Vec<i32> {
        let sharing = (plan.heads / plan.kv_heads) as usize;
        let of = |(q, query): (usize, &Block)| head(query, self.past.iter().map(move |p| &p[q / sharing]), tables);
        self.queries.iter().enumerate().flat_map(of).collect()
    }
}

fn query(kind: Kind, hd: usize, n: &mut Numbers) -> Block {
    match kind {
        Kind::Spread(shift) => {
            // Scores of mantissas of 14 bits are spread well at shift 6.
            let largest = MAX_ROTATED >> shift.saturating_sub(6).min(13);
            Block { x: (0..hd).map(|_| n.within(largest)).collect(), shift }
        }
        Kind::Flat | Kind::Towering => Block { x: vec![MAX_ROTATED; hd], shift: MAX_KEY_SHIFT },
        Kind::Apart => Block { x: vec![1 << 14; hd], shift: MAX_KEY_SHIFT },
    }
}

fn entry(kind: Kind, hd: usize, position: usize, head: u32, n: &mut Numbers) -> KeyValue {
    let values = |n: &mut Numbers| (0..hd).map(|_| n.within(i16::MAX)).collect::<Vec<_>>();
    let (key, value) = match kind {
        Kind::Spread(sq) => {
            let key = Block {
                x: (0..hd).map(|_| n.within(MAX_ROTATED)).collect(),
                shift: n.shift(2) + 6u8.saturating_sub(sq),
            };
            (key, Block { x: values(n), shift: n.shift(MAX_VALUE_SHIFT) / 2 })
        }
        Kind::Flat => {
            let value = if head.is_multiple_of(2) { i16::MAX } else { -i16::MAX };
            let key = Block { x: vec![-MAX_ROTATED; hd], shift: MAX_KEY_SHIFT };
            (key, Block { x: vec![value; hd], shift: MAX_VALUE_SHIFT })
        }
        Kind::Towering => {
            let sign = if position == 1 { 1 } else { -1 };
            let key = Block { x: vec![sign * MAX_ROTATED; hd], shift: MAX_KEY_SHIFT };
            (key, Block { x: values(n), shift: n.shift(MAX_VALUE_SHIFT) })
        }
        Kind::Apart => {
            let sign = if position == 0 { 1 } else { -1 };
            (Block { x: vec![sign << 14; hd], shift: MAX_KEY_SHIFT }, Block { x: values(n), shift: 3 })
        }
    };
    KeyValue { key, value }
}

fn packed(x: &[i16]) -> impl Iterator<Item = u32> + '_ {
    x.chunks(2).map(|p| u32::from(p[0] as u16) | u32::from(p[1] as u16) << 16)
}

/// Rows on a card.
struct Loaded {
    meta: wgpu::Buffer,
    queries: wgpu::Buffer,
    query_shifts: wgpu::Buffer,
    cache: wgpu::Buffer,
    cache_shifts: wgpu::Buffer,
    exp: wgpu::Buffer,
    scores: wgpu::Buffer,
    arena: wgpu::Buffer,
    parameters: Parameters,
}

impl Loaded {
    fn new(gpu: &Gpu, plan: &Plan, rows: &[Row], tables: &Tables) -> Loaded {
        let longest = rows.iter().map(|r| r.past.len()).max().unwrap_or(1) as u32;
        let parameters = Parameters {
            arena_row: plan.heads * plan.head_dim + 11,
            offset: 7,
            capacity: longest + 3,
            scale: tables.score_scale as u32,
        };
        let (mut meta, mut queries, mut query_shifts) = (Vec::new(), Vec::new(), Vec::new());
        // The first sequence does not begin at entry 0.
        let mut cache = vec![0x7fff_7fff; (plan.kv_heads * plan.head_dim * 2) as usize];
        let mut cache_shifts = vec![0; plan.kv_heads as usize * 2];
        for row in rows {
            meta.extend([0, row.past.len() as u32 - 1, cache_shifts.len() as u32 / plan.kv_heads, 0]);
            queries.extend(row.queries.iter().flat_map(|q| packed(&q.x)));
            query_shifts.extend(row.queries.iter().map(|q| u32::from(q.shift)));
            for kv in row.past.iter().flatten() {
                cache.extend(packed(&kv.key.x).chain(packed(&kv.value.x)));
                cache_shifts.push(u32::from(kv.key.shift) | u32::from(kv.value.shift) << 8);
            }
        }
        let up = |words: &[u32]| gpu.upload("known answers", words);
        let count = rows.len() as u32;
        Loaded {
            meta: up(&meta),
            queries: up(&queries),
            query_shifts: up(&query_shifts),
            cache: up(&cache),
            cache_shifts: up(&cache_shifts),
            exp: up(&exp_words(tables)),
            scores: gpu.storage("known answers", plan.score_words(count, parameters.capacity)),
            arena: gpu.storage("known answers", u64::from(parameters.arena_row) * u64::from(count)),
            parameters,
        }
    }

    fn buffers(&self) -> Buffers<'_> {
        Buffers {
            rows: &self.meta,
            queries: &self.queries,
            query_shifts: &self.query_shifts,
            cache: &self.cache,
            cache_shifts: &self.cache_shifts,
            exp: &self.exp,
            scores: &self.scores,
            arena: &self.arena,
        }
    }

    /// Computes all rows, `times` times in one submission.
    fn run(&self, gpu: &Gpu, attention: &Attention, rows: u32, times: u32) -> Result<(), GpuError> {
        let bound = attention.bind(gpu, &self.buffers());
        let mut encoder = gpu.encoder();
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            for _ in 0..times {
                attention.dispatch(&mut pass, &bound, &self.parameters, rows);
            }
        }
        gpu.run(encoder)
    }
}

/// Runs all `rows` in one dispatch and compares every word of the output.
pub(super) fn compare(gpu: &Gpu, attention: &Attention, rows: &[Row], tables: &Tables) -> Result<(), GpuError> {
    let plan = &attention.plan;
    let loaded = Loaded::new(gpu, plan, rows, tables);
    loaded.run(gpu, attention, rows.len() as u32, 1)?;
    let p = &loaded.parameters;
    let got = gpu.read(&loaded.arena, 0, u64::from(p.arena_row) * rows.len() as u64)?;
    for (i, (row, got)) in rows.iter().zip(got.chunks(p.arena_row as usize)).enumerate() {
        let mut expected = vec![0; p.arena_row as usize];
        let answer = row.answer(plan, tables);
        expected[p.offset as usize..][..answer.len()].copy_from_slice(&answer);
        if let Some(at) = expected.iter().zip(got).position(|(&e, &g)| e as u32 != g) {
            let (e, g) = (expected[at], got[at] as i32);
            return Err(gpu.wrong(format!("attention of row {i}, {plan:?}, word {at}: {g} instead of {e}")));
        }
    }
    Ok(())
}

/// Known answers of `plan`.
///
/// # Errors
/// If the card gives others, is lost, or refuses the kernel.
pub fn self_test(gpu: &Gpu, plan: Plan, tables: &Tables) -> Result<(), GpuError> {
    self_test_with(gpu, plan, tables, &plan.text())
}

/// [`self_test`] of a given text of the kernel.
///
/// # Errors
/// As [`self_test`].
pub fn self_test_with(gpu: &Gpu, plan: Plan, tables: &Tables, text: &str) -> Result<(), GpuError> {
    let attention = Attention::from_text(gpu, plan, text)?;
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let kinds = [
        (Kind::Spread(0), 70),
        (Kind::Spread(5), 64),
        (Kind::Spread(6), 131),
        (Kind::Spread(7), 1),
        (Kind::Spread(9), 67),
        (Kind::Spread(18), 37),
        (Kind::Flat, 65),
        (Kind::Towering, 3),
        (Kind::Apart, 2),
    ];
    let rows: Vec<Row> = kinds.iter().map(|&(kind, n)| Row::new(&plan, kind, n, &mut numbers)).collect();
    compare(gpu, &attention, &rows, tables)
}
