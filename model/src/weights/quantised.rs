//! Quantised matrices: codes are stored as they are, scales become integers D and M.
//!
//! The codes do not depend on k, so one pass over the file packs them and notes, per group, D24, M24 and the smallest
//! and largest code. W is linear in q, so these two decide every bound; k and the scales then come from the notes alone.

use super::blocks::{self, MAX_BLOCK};
use super::{MAX_K, MIN_K, Source, WeightError, Width, par};
use crate::gguf::TensorType;
use crate::matrix::{Codes, Matrix, Scales, TILE_ROWS};

/// What a group of columns of one row is known by.
#[derive(Clone, Copy, Default)]
struct Group {
    /// D24; 0 if all codes are 0.
    d24: i64,
    /// M24.
    m24: i64,
    /// Smallest code.
    lo: i8,
    /// Largest code.
    hi: i8,
}

/// The scales of a group at one k.
#[derive(Clone, Copy)]
struct Scale {
    d: i64,
    m: i64,
    max_abs: i64,
}

impl Group {
    #[inline]
    fn at(&self, k: i32) -> Scale {
        let (d, m) = (rsr(self.d24, MAX_K - k), rsr(self.m24, MAX_K - k));
        let max_abs = (i64::from(self.lo) * d + m).abs().max((i64::from(self.hi) * d + m).abs());
        Scale { d, m, max_abs }
    }
}

/// RSR for `0 ≤ s ≤ 48` and |x| < 2^62.
#[inline]
const fn rsr(x: i64, s: i32) -> i64 {
    (x + ((1 << s) >> 1)) >> s
}

/// Packs a matrix of a block format.
pub(super) fn pack(source: &Source<'_>, width: Width) -> Result<Matrix, WeightError> {
    let Source { rows, cols, kind, .. } = *source;
    let slots = rows.div_ceil(TILE_ROWS) * TILE_ROWS;
    let group = blocks::group_len(kind);
    let mut groups = vec![Group::default(); slots * (cols / group)];
    let groups_tile = TILE_ROWS * (cols / group);
    let codes = if matches!(kind, TensorType::Q4_0 | TensorType::Q4_1 | TensorType::Q4_K) {
        let mut out = vec![0u32; slots * (cols / 8)];
        par::zip_chunks((&mut out, TILE_ROWS * (cols / 8)), (&mut groups, groups_tile), |tile, out, groups| {
            let bias = blocks::bias(kind) as u8;
            each_block(source, tile, groups, |row, col, q| {
                for (i, octet) in q.chunks_exact(8).enumerate() {
                    out[(col / 8 + i) * TILE_ROWS + row] = pack_octet(octet, bias);
                }
            })
        })?;
        Codes::U4(out)
    } else {
        let mut out = vec![[0i8; 2]; slots * (cols / 2)];
        par::zip_chunks((&mut out, TILE_ROWS * (cols / 2)), (&mut groups, groups_tile), |tile, out, groups| {
            each_block(source, tile, groups, |row, col, q| {
                let slots = out[col / 2 * TILE_ROWS..].chunks_exact_mut(TILE_ROWS);
                slots.zip(q.chunks_exact(2)).for_each(|(slot, pair)| slot[row] = [pair[0], pair[1]]);
            })
        })?;
        Codes::I8(out)
    };
    let (k, max_abs) =
        exponent(&groups, kind, width).ok_or_else(|| WeightError::TooLarge { tensor: source.name.to_owned() })?;
    let offset = match kind {
        TensorType::Q4_0 => scales(&groups, width, |g| -blocks::bias(kind) * g.at(k).d),
        _ if blocks::has_offset(kind) => scales(&groups, width, |g| g.at(k).m),
        _ => Scales::None,
    };
    Ok(Matrix { rows, cols, k, group, codes, scale: scales(&groups, width, |g| g.at(k).d), offset, max_abs })
}

/// Decodes the blocks of a tile, notes their groups and calls `put` with row in the tile, first column and codes.
#[inline]
fn each_block(
    source: &Source<'_>,
    tile: usize,
    groups: &mut [Group],
    mut put: impl FnMut(usize, usize, &[i8]),
) -> Result<(), WeightError> {
    let kind = source.kind;
    let (len, group) = (kind.block_len(), blocks::group_len(kind));
    let mut codes = [0i8; MAX_BLOCK];
    let mut scales = [(0i64, 0i64); 16];
    for (row, bytes) in source.tile(tile).chunks_exact(source.row_bytes()).enumerate() {
        for (b, block) in bytes.chunks_exact(kind.block_bytes()).enumerate() {
            let col = b * len;
            blocks::codes(kind, block, &mut codes);
            blocks::scales(kind, block, &mut scales).ok_or_else(|| source.non_finite(tile * TILE_ROWS + row, col))?;
            for (g, (q, &(d24, m24))) in codes[..len].chunks_exact(group).zip(&scales).enumerate() {
                let (lo, hi) = q.iter().fold((i8::MAX, i8::MIN), |(lo, hi), &q| (lo.min(q), hi.max(q)));
                let idle = lo == 0 && hi == 0;
                groups[(col / group + g) * TILE_ROWS + row] = Group { d24: if idle { 0 } else { d24 }, m24, lo, hi };
            }
            put(row, col, &codes[..len]);
        }
    }
    Ok(())
}

/// Eight codes as [`Codes::U4`] has them: even columns in the low half, odd ones in the high half.
#[inline]
fn pack_octet(q: &[i8], bias: u8) -> u32 {
    let squeeze = |lanes: u64| (lanes | lanes >> 12 | lanes >> 24 | lanes >> 36) as u32 & 0xffff;
    let bytes = std::array::from_fn(|i| (q[i] as u8).wrapping_add(bias));
    let v = u64::from_le_bytes(bytes);
    let lanes = 0x000f_000f_000f_000f;
    squeeze(v & lanes) | squeeze(v >> 8 & lanes) << 16
}

/// The largest k within the bounds, and the largest |W| at that k.
fn exponent(groups: &[Group], kind: TensorType, width: Width) -> Option<(i32, u32)> {
    let (bound, bias) = (width.bound(), blocks::bias(kind).max(1));
    (MIN_K..=MAX_K).rev().find_map(|k| {
        let mut max = 0;
        for g in groups {
            let Scale { d, m, max_abs } = g.at(k);
            // Where there is a bias, −b·D is the offset.
            if (bias * d).abs() >= bound || m.abs() >= bound || max_abs >= bound {
                return None;
            }
            max = max.max(max_abs);
        }
        Some((k, max as u32))
    })
}

fn scales(groups: &[Group], width: Width, f: impl Fn(&Group) -> i64) -> Scales {
    match width {
        Width::Bits16 => Scales::I16(groups.iter().map(|g| f(g) as i16).collect()),
        Width::Bits20 => Scales::I32(groups.iter().map(|g| f(g) as i32).collect()),
    }
}
