//! Words of 32 bits: sums modulo 2^32, exclusive ors, rotations.
//!
//! A sum of k words is s + 2^32·c with c < k. Its bits s_i are variables, and c is no variable at all: it is
//! `(Σ words − Σ 2^i s_i)/2^32`, of which one constraint (two for k = 3) says that it is below k. So a sum costs 33 (34)
//! constraints, and an exclusive or 32; rotations, and everything with constants, are free.

use super::{Bit, Group, Num, System, system::power_of_two};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};

/// Bits of a word.
pub const BITS: usize = 32;

/// 32 bits, lowest first.
#[derive(Clone, Debug)]
pub struct Word([Bit; BITS]);

impl Word {
    /// A constant.
    pub fn constant(word: u32) -> Word {
        Word(std::array::from_fn(|i| Bit::constant(word >> i & 1 == 1)))
    }

    /// Of up to 32 bits, lowest first; zeros above them.
    pub fn of_bits(bits: &[Bit]) -> Word {
        Word(std::array::from_fn(|i| bits.get(i).copied().unwrap_or(Bit::constant(false))))
    }

    /// Its bits, lowest first.
    pub const fn bits(&self) -> &[Bit; BITS] {
        &self.0
    }

    /// The integer that it is.
    pub fn num(&self) -> Num {
        Num::of_bits(&self.0)
    }

    /// Rotated to the right.
    pub fn rotate_right(mut self, n: usize) -> Word {
        self.0.rotate_left(n);
        self
    }

    fn as_constant(&self) -> Option<u32> {
        if self.0.iter().any(|b| !b.is_constant()) {
            return None;
        }
        Some(self.0.iter().rev().fold(0, |word, b| word << 1 | u32::from(b.value() == Fr::ONE)))
    }
}

impl System {
    /// The exclusive or of two words.
    pub fn xor(&mut self, a: &Word, b: &Word) -> Word {
        Word(std::array::from_fn(|i| self.xor_bits(a.0[i], b.0[i])))
    }

    fn xor_bits(&mut self, a: Bit, b: Bit) -> Bit {
        match (a.is_constant(), b.is_constant()) {
            (true, _) if a.value() == Fr::ZERO => b,
            (true, _) => b.complement(),
            (_, true) => self.xor_bits(b, a),
            (false, false) => {
                // r = a + b − 2ab, which is a bit if a and b are.
                let r = self.unconstrained_bit(Group::Xor, a.value() != b.value());
                let (a, b) = (Num::from(a), Num::from(b));
                let c = a.clone().plus(&b).minus(&r.into());
                self.enforce(Group::Xor, a.times(Fr::from(2u8)), b, c);
                r
            }
        }
    }

    /// The sum modulo 2^32 of words, and of a number that stands for one.
    ///
    /// That number may be any integer up to some multiples of 2^32 from a word: the sum is what it is modulo 2^32.
    pub fn sum(&mut self, words: [&Word; 2], number: Option<&Num>) -> Word {
        let mut constant = 0u32;
        let mut total = Num::default();
        let mut operands = 0;
        for word in words {
            match word.as_constant() {
                Some(c) => constant = constant.wrapping_add(c),
                None => {
                    total.add(Fr::ONE, &word.num());
                    operands += 1;
                }
            }
        }
        if let Some(number) = number {
            total.add(Fr::ONE, number);
            operands += 1;
        }
        if operands == 0 {
            return Word::constant(constant);
        }
        if constant != 0 {
            total.add(Fr::ONE, &Num::constant(constant.into()));
            operands += 1;
        }
        let bits = self.bits(Group::Sum, total.low(), BITS);
        let mut carry = total.minus(&Num::of_bits(&bits)).times(self.word_inverse());
        if operands > 2 {
            let high = self.bit(Group::Carry, carry.low() & 2 == 2);
            carry.add_bit(-Fr::from(2u8), high);
        }
        self.boolean(Group::Carry, &carry);
        Word::of_bits(&bits)
    }

    /// 1/2^32.
    fn word_inverse(&mut self) -> Fr {
        *self.word_inverse.get_or_insert_with(|| power_of_two(BITS).inverse().unwrap_or(Fr::ZERO))
    }
}
