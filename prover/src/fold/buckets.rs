//! Multi-scalar multiplication over fixed bases, by buckets of affine points.
//!
//! A scalar is cut into signed digits, `s = Σ_w 2^{cw} d_w` with |d_w| ≤ 2^{c−1}; a [`Table`] holds `2^{cw} P_i`, so that all
//! digits go into one set of 2^{c−1} buckets: `Σ s_i P_i = Σ_b b·(sum of bucket b)`. Buckets are summed pairwise, many pairs
//! to one field inversion, which makes an addition of affine points five multiplications and a square.

use ark_bn254::{Fq, Fr, G1Affine, G1Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, Field, PrimeField};
use rayon::prelude::*;

/// Pairs to an inversion: their products stay in L1.
const BATCH: usize = 256;

/// Multiples `2^{cw} P_i` of bases P_i, `[w][i]`.
pub struct Table {
    bits: u32,
    bases: usize,
    points: Vec<G1Affine>,
}

/// A point of a table on its way to a bucket.
#[derive(Clone, Copy)]
struct Entry {
    bucket: u32,
    point: u32,
    negative: bool,
}

/// What a multiplication keeps for the next one.
#[derive(Default)]
pub struct Scratch {
    entries: Vec<Entry>,
    points: Vec<G1Affine>,
    /// Where each bucket begins, and how many points are left in it.
    buckets: Vec<(u32, u32)>,
    pairs: Vec<Pair>,
    differences: Vec<Fq>,
    products: Vec<Fq>,
}

/// Two neighbouring points, or the last one of an odd number, and where their sum goes.
#[derive(Clone, Copy)]
struct Pair {
    from: u32,
    to: u32,
    single: bool,
}

impl Table {
    /// Multiples of `bases` for `windows` digits of `bits` bits.
    pub fn new(bases: &[G1Affine], bits: u32, windows: usize) -> Table {
        let mut points = bases.to_vec();
        for w in 1..windows {
            let multiply = |p: &G1Affine| (0..bits).fold(p.into_group(), |p, _| p.double());
            let last = &points[(w - 1) * bases.len()..];
            // In chunks: one inversion for many points, and work for all threads.
            let next = last
                .par_chunks(1024)
                .flat_map_iter(|chunk| G1Projective::normalize_batch(&chunk.iter().map(multiply).collect::<Vec<_>>()));
            let next: Vec<_> = next.collect();
            points.extend(next);
        }
        Table { bits, bases: bases.len(), points }
    }

    /// For scalars of absolute value up to `max_abs`: two digits of half the bits do for the most, a third for the rest.
    pub fn for_small(bases: &[G1Affine], max_abs: u32) -> Table {
        let bits = (max_abs.max(1).ilog2() + 2).div_ceil(2).max(4);
        let reach = |windows: usize| (0..windows).fold(0u64, |r, _| (r << bits) + (1 << (bits - 1)) - 1);
        let windows = (1..).find(|w| reach(*w) >= u64::from(max_abs)).unwrap_or(1);
        Table::new(bases, bits, windows)
    }

    /// For any scalars.
    pub fn for_field(bases: &[G1Affine], bits: u32) -> Table {
        // One bit more for the last carry.
        Table::new(bases, bits, (Fr::MODULUS_BIT_SIZE + 1).div_ceil(bits) as usize)
    }

    /// `Σ s_i P_i` of small scalars.
    ///
    /// # Panics
    /// If there are more scalars than bases, or one needs more digits than the table has.
    pub fn small(&self, scalars: &[i32], scratch: &mut Scratch) -> G1Projective {
        assert!(scalars.len() <= self.bases, "bases of a table");
        scratch.entries.clear();
        for (i, &s) in scalars.iter().enumerate() {
            let mut rest = i64::from(s);
            let mut w = 0;
            while rest != 0 {
                let digit = ((rest + self.half()) & (2 * self.half() - 1)) - self.half();
                rest = (rest - digit) >> self.bits;
                self.push(&mut scratch.entries, i, w, digit);
                w += 1;
            }
        }
        self.sum(scratch)
    }

    /// `Σ s_i P_i` of field elements.
    ///
    /// # Panics
    /// As [`Table::small`].
    pub fn field(&self, scalars: &[Fr], scratch: &mut Scratch) -> G1Projective {
        assert!(scalars.len() <= self.bases, "bases of a table");
        scratch.entries.clear();
        for (i, s) in scalars.iter().enumerate() {
            let words = s.into_bigint().0;
            let mut carry = 0;
            for w in 0..self.points.len() / self.bases {
                let (word, shift) = (w * self.bits as usize / 64, w * self.bits as usize % 64);
                let part = |i: usize| u128::from(words.get(i).copied().unwrap_or(0));
                let bits = (part(word) | part(word + 1) << 64) >> shift;
                let value = (bits & (2 * self.half() as u128 - 1)) as i64 + carry;
                carry = i64::from(value >= self.half());
                self.push(&mut scratch.entries, i, w, value - carry * 2 * self.half());
            }
        }
        self.sum(scratch)
    }

    const fn half(&self) -> i64 {
        1 << (self.bits - 1)
    }

    fn push(&self, entries: &mut Vec<Entry>, i: usize, window: usize, digit: i64) {
        if digit != 0 {
            let point = (window * self.bases + i) as u32;
            entries.push(Entry { bucket: digit.unsigned_abs() as u32 - 1, point, negative: digit < 0 });
        }
    }

    /// `Σ_b (b + 1)·(sum of bucket b)`.
    fn sum(&self, scratch: &mut Scratch) -> G1Projective {
        scratch.sort(&self.points, self.half() as usize);
        scratch.reduce();
        let (mut sum, mut total) = (G1Projective::ZERO, G1Projective::ZERO);
        for &(start, len) in scratch.buckets.iter().rev() {
            if len > 0 {
                sum += scratch.points[start as usize];
            }
            total += sum;
        }
        total
    }
}

impl Scratch {
    /// Puts the entries' points in the order of their buckets.
    fn sort(&mut self, table: &[G1Affine], buckets: usize) {
        self.buckets.clear();
        self.buckets.resize(buckets, (0, 0));
        self.entries.iter().for_each(|e| self.buckets[e.bucket as usize].1 += 1);
        let mut start = 0;
        for bucket in &mut self.buckets {
            let len = std::mem::take(&mut bucket.1);
            bucket.0 = start;
            start += len;
        }
        self.points.resize(self.entries.len(), G1Affine::identity());
        for e in &self.entries {
            let (start, len) = &mut self.buckets[e.bucket as usize];
            let point = table[e.point as usize];
            self.points[(*start + *len) as usize] = if e.negative { -point } else { point };
            *len += 1;
        }
    }

    /// Adds neighbours until no bucket has more than one point.
    fn reduce(&mut self) {
        while self.buckets.iter().any(|b| b.1 > 1) {
            for b in 0..self.buckets.len() {
                let (start, len) = self.buckets[b];
                if len > 1 {
                    for i in 0..len.div_ceil(2) {
                        self.pairs.push(Pair { from: start + 2 * i, to: start + i, single: 2 * i + 1 == len });
                    }
                    self.buckets[b].1 = len.div_ceil(2);
                }
                if self.pairs.len() >= BATCH {
                    self.add_pairs();
                }
            }
            self.add_pairs();
        }
    }

    /// Adds the pairs, in order: a sum may go where a pair before it was, never where one after it is.
    fn add_pairs(&mut self) {
        let operands =
            |points: &[G1Affine], p: &Pair| (points[p.from as usize], points[p.from as usize + !p.single as usize]);
        self.differences.clear();
        self.differences.extend(self.pairs.iter().map(|p| {
            let (a, b) = operands(&self.points, p);
            if p.single { Fq::ONE } else { difference(&a, &b) }
        }));
        // products[i] is the product of all differences after i.
        self.products.resize(self.pairs.len(), Fq::ONE);
        let mut product = Fq::ONE;
        for (out, d) in self.products.iter_mut().zip(&self.differences).rev() {
            *out = product;
            product *= d;
        }
        // No factor is zero, so there is an inverse.
        let mut inverse = product.inverse().unwrap_or(Fq::ONE);
        for ((p, d), after) in self.pairs.iter().zip(&self.differences).zip(&self.products) {
            let (a, b) = operands(&self.points, p);
            self.points[p.to as usize] = if p.single { a } else { add(&a, &b, inverse * after) };
            inverse *= d;
        }
        self.pairs.clear();
    }
}

/// What the slope of the line through a and b is divided by; 1 where it is not needed.
fn difference(a: &G1Affine, b: &G1Affine) -> Fq {
    if a.is_zero() || b.is_zero() {
        Fq::ONE
    } else if a.x != b.x {
        b.x - a.x
    } else if a.y == b.y {
        // No point of the curve has y = 0.
        a.y.double()
    } else {
        Fq::ONE
    }
}

/// a + b, given the inverse of their [`difference`].
fn add(a: &G1Affine, b: &G1Affine, inverse: Fq) -> G1Affine {
    let slope = if a.is_zero() {
        return *b;
    } else if b.is_zero() {
        return *a;
    } else if a.x != b.x {
        (b.y - a.y) * inverse
    } else if a.y == b.y {
        let square = a.x.square();
        (square.double() + square) * inverse
    } else {
        return G1Affine::identity();
    };
    let x = slope.square() - a.x - b.x;
    G1Affine::new_unchecked(x, slope * (a.x - x) - a.y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::tests::Numbers;
    use ark_ec::VariableBaseMSM;
    use assay_circuits::srs::development::powers;

    #[test]
    fn small_scalars_of_every_size_give_the_sum_of_multiples() {
        let (bases, mut n) = (powers(300), Numbers(1));
        let mut scratch = Scratch::default();
        for max in [1, 2, 7, 127, 128, 255, 32767, 32768, (1 << 19) - 1, 1 << 19, 1 << 20] {
            let table = Table::for_small(&bases, max as u32);
            let mixed: Vec<i32> = bases.iter().map(|_| n.within(max) as i32).collect();
            for scalars in [mixed, vec![max as i32; 300], vec![-max as i32; 299], vec![0; 5], vec![]] {
                let expected: Vec<_> = scalars.iter().map(|&s| Fr::from(s)).collect();
                let expected = G1Projective::msm_unchecked(&bases, &expected);
                assert_eq!(table.small(&scalars, &mut scratch), expected, "up to {max}");
            }
        }
    }

    #[test]
    fn field_elements_give_the_sum_of_multiples() {
        let (bases, mut n) = (powers(70), Numbers(1));
        let mut scratch = Scratch::default();
        for bits in [3, 8, 11, 16] {
            let table = Table::for_field(&bases, bits);
            let mixed: Vec<_> = bases.iter().map(|_| Fr::from(n.next()).inverse().unwrap_or_default()).collect();
            let edges = vec![-Fr::ONE, Fr::ONE, Fr::ZERO, -Fr::from(2u8), Fr::from(u64::MAX).square()];
            for scalars in [mixed, edges] {
                let expected = G1Projective::msm_unchecked(&bases, &scalars);
                assert_eq!(table.field(&scalars, &mut scratch), expected, "{bits} bits");
            }
        }
    }

    #[test]
    fn equal_opposite_and_missing_points_add_up() {
        let p = powers(3);
        let (a, b, none) = (p[1], p[2], G1Affine::identity());
        let bases = [a, a, -a, none, b, -a, a, a, none, -b, a];
        let table = Table::for_small(&bases, 3);
        for scalars in [vec![1; 11], vec![3, 3, 3, 3, 3, 3], vec![1, 0, 1], vec![2, 2, -2, 1, 0, 2, -2, 3, 3, -1]] {
            let expected: Vec<_> = scalars.iter().map(|&s| Fr::from(s)).collect();
            assert_eq!(table.small(&scalars, &mut Scratch::default()), G1Projective::msm_unchecked(&bases, &expected));
        }
    }
}
