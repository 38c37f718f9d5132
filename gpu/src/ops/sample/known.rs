//! Known answers of sampling's part on the card: logits made to reach every corner, against plain sorting.

use assay_model::program::CHUNK;
use assay_model::sampling::Candidate;
use assay_model::tables::Tables;

use super::{LANES, Parameters, Sample, Tail, table_words, text};
use crate::card::Gpu;
use crate::error::GpuError;
use crate::layout::{CANDIDATES, SAMPLE};

/// What the reference says of a row: chunk maxima, and the sample region with its list by index.
fn answer(logits: &[i32], temperature: u32, tables: &Tables) -> (Vec<u32>, Vec<u32>) {
    let maxima = logits.chunks(CHUNK).map(|c| c.iter().copied().max().unwrap_or(0) as u32).collect();
    let largest = logits.iter().copied().max().unwrap_or(0);
    let first = logits.iter().position(|&l| l == largest).unwrap_or(0) as u32;
    let mut words = vec![first, largest as u32, 0, 0, 0, 0, 0, 0];
    if temperature == 0 {
        return (maxima, words);
    }
    let weight = |&(i, &l): &(u32, &i32)| Candidate::weigh(l, i, largest, temperature, tables).map(|c| c.weight());
    let mut candidates: Vec<(u32, &i32)> = (0..).zip(logits).filter(|c| weight(c).is_some()).collect();
    let total: u64 = candidates.iter().filter_map(weight).map(u64::from).sum();
    words[2] = candidates.len() as u32;
    words[4..6].copy_from_slice(&[total as u32, (total >> 32) as u32]);
    candidates.sort_by_key(|&(i, l)| (std::cmp::Reverse(l), i));
    if let Some(&(_, unlisted)) = candidates.get(CANDIDATES as usize) {
        candidates.retain(|&(_, l)| l > unlisted);
    }
    words[3] = candidates.len() as u32;
    candidates.sort();
    words.extend(candidates.iter().flat_map(|&(i, &l)| [i, l as u32]));
    (maxima, words)
}

/// What a row's report says of its logits.
#[derive(Clone, Debug)]
pub(super) struct Report {
    /// Largest logits of the chunks.
    pub maxima: Vec<u32>,
    /// The sample region.
    pub region: Vec<u32>,
}

/// Reports of rows of equally many logits, each with its temperature.
pub(super) fn reports(
    gpu: &Gpu,
    kernel: &Sample,
    rows: &[(Vec<i32>, u32)],
    tables: &Tables,
) -> Result<Vec<Report>, GpuError> {
    let vocab = rows.first().map_or(1, |(l, _)| l.len()) as u32;
    let chunks = vocab.div_ceil(CHUNK as u32);
    let p = Parameters {
        arena_row: vocab + 5,
        logits: 3,
        vocab,
        report_row: chunks + SAMPLE + 9,
        sample: chunks + 6,
        header: 2,
    };
    let mut arena = vec![0x7fff_ffff; p.arena_row as usize * rows.len()];
    for ((logits, _), row) in rows.iter().zip(arena.chunks_mut(p.arena_row as usize)) {
        row[3..][..logits.len()].copy_from_slice(bytemuck::cast_slice(logits));
    }
    // The rows are sampled last first.
    let tail = |(i, (_, temperature)): (usize, &(_, u32))| Tail { row: i as u32, temperature: *temperature }.words();
    let tails: Vec<u32> = rows.iter().enumerate().rev().flat_map(tail).collect();
    let report = gpu.upload("known answers", &vec![0xdead_beef; p.report_row as usize * rows.len()]);
    let up = |words: &[u32]| gpu.upload("known answers", words);
    // What stands behind the tables must not be taken for a weight of zero.
    let weights = [table_words(tables), vec![u32::MAX; 64]].concat();
    let buffers = [&up(&tails), &up(&weights), &up(&arena), &report];
    kernel.0.run(gpu, &buffers, &p.words(), [rows.len() as u32, 1, 1])?;
    let got = gpu.read(&report, 0, u64::from(p.report_row) * rows.len() as u64)?;
    let parts = |row: &[u32]| Report {
        maxima: row[p.header as usize..][..chunks as usize].to_vec(),
        region: row[p.sample as usize..][..SAMPLE as usize].to_vec(),
    };
    Ok(got.chunks(p.report_row as usize).map(parts).collect())
}

/// Compares every row with [`answer`].
pub(super) fn compare(gpu: &Gpu, kernel: &Sample, rows: &[(Vec<i32>, u32)], tables: &Tables) -> Result<(), GpuError> {
    for (i, ((logits, t), Report { maxima, region })) in
        rows.iter().zip(reports(gpu, kernel, rows, tables)?).enumerate()
    {
        let (expected_maxima, expected) = answer(logits, *t, tables);
        let mut words = region[..8].to_vec();
        let listed = words[3].min(CANDIDATES) as usize;
        let mut pairs: Vec<&[u32]> = region[8..][..2 * listed].chunks(2).collect();
        pairs.sort();
        words.extend(pairs.concat());
        let wrong = |what: &str| {
            Err(gpu.wrong(format!("sampling of row {i}, {} logits at temperature {t}: {what}", logits.len())))
        };
        if maxima != expected_maxima {
            return wrong("largest logits of chunks");
        }
        if words[..8] != expected[..8] {
            return wrong(&format!("{:?} instead of {:?}", &words[..8], &expected[..8]));
        }
        if words != expected {
            return wrong("listed candidates");
        }
    }
    Ok(())
}

/// xorshift64.
#[derive(Clone, Debug)]
pub(super) struct Numbers(pub u64);

impl Numbers {
    /// Any word.
    pub(super) fn word(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as u32
    }

    /// About normal, of this deviation in Q16.
    pub(super) fn normal(&mut self, deviation: f64) -> i32 {
        let sum: f64 = (0..12).map(|_| f64::from(self.word()) / 4_294_967_296.0).sum();
        ((sum - 6.0) * deviation * 65536.0) as i32
    }
}

/// Rows of `vocab` logits that reach the corners.
pub(super) fn corners(vocab: usize, n: &mut Numbers) -> Vec<(Vec<i32>, u32)> {
    let mut of = |temperature: u32, logit: &mut dyn FnMut(usize, &mut Numbers) -> i32| {
        ((0..vocab).map(|i| logit(i, n)).collect::<Vec<i32>>(), temperature)
    };
    let ends = |i: usize, n: &mut Numbers| [i32::MIN, i32::MAX, 0, n.word() as i32][(n.word() as usize + i) % 4];
    vec![
        of(0, &mut |_, n| n.normal(4.0)),
        of(1 << 16, &mut |_, n| n.normal(4.0)),
        // The largest is a late one, and again an earlier one.
        of(1 << 15, &mut |i, n| if i + 3 >= vocab { 1 << 20 } else { n.normal(2.0) }),
        of(52429, &mut |_, n| n.word() as i32 % 3),
        of(1 << 16, &mut |_, _| -5),
        of(1, &mut |_, n| n.word() as i32 % 40),
        of(3, &mut |_, n| n.word() as i32 % 200),
        of(u32::MAX, &mut |_, n| n.word() as i32),
        of(0xc000_0001, &mut |i, n| ends(i, n)),
        of(1 << 31, &mut |_, n| n.word() as i32),
        // All of 32 bits count: below spreads over its whole range.
        of(1 << 28, &mut |_, n| n.word() as i32),
        of(0x0fff_ffff, &mut |i, n| if i % 7 == 0 { i32::MAX } else { n.word() as i32 }),
        of(77777, &mut |_, n| n.word() as i32 >> 9),
        // The largest at the end, and as the second of every chunk.
        of(1 << 16, &mut |i, _| i as i32),
        of(0, &mut |i, _| i32::from(i % CHUNK == 1)),
        // One candidate more than fits.
        of(1 << 16, &mut |i, _| if i <= CANDIDATES as usize { -(i as i32) } else { -(99 << 16) }),
        // below·2^12 = k·T + r with T + r ≥ 2^32 and r so small that the first guess at the quotient is k − 1.
        of(u32::MAX - 2, &mut |i, _| {
            let k = 1367 + i as i64 % 270;
            let below = (k * i64::from(u32::MAX - 2) + 3 * k % 4096) >> 12;
            (i64::from(i32::MAX) - if i == 0 { 0 } else { below }) as i32
        }),
    ]
}

/// Known answers.
///
/// # Errors
/// If the card gives others, is lost, or refuses the kernel.
pub fn self_test(gpu: &Gpu, tables: &Tables) -> Result<(), GpuError> {
    self_test_with(gpu, tables, &text())
}

/// [`self_test`] of a given text of the kernel.
///
/// # Errors
/// As [`self_test`].
pub fn self_test_with(gpu: &Gpu, tables: &Tables, text: &str) -> Result<(), GpuError> {
    let kernel = Sample::from_text(gpu, text)?;
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for vocab in [300, 4321] {
        compare(gpu, &kernel, &corners(vocab, &mut numbers), tables)?;
    }
    // More chunks than lanes.
    let many = (LANES as usize + 2) * CHUNK;
    compare(gpu, &kernel, &[(vec![-1; many], 0), ((0..many as i32).collect(), 0)], tables)
}
