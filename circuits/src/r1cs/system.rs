//! A constraint system in the making.
//!
//! A [`Num`] is a linear combination of variables with its value, so sums and multiples cost nothing; a [`Bit`] is one of at
//! most one variable. Only [`System`] makes variables and constraints.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, PrimeField};
use ark_relations::gr1cs::{ConstraintSystemRef, LinearCombination, SynthesisError, Variable};

/// What a constraint is for: the groups of `docs/settlement-circuit.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Group {
    /// A bit of committed bytes is 0 or 1.
    Data,
    /// A bit of a sum modulo 2^32 is 0 or 1.
    Sum,
    /// A sum modulo 2^32 leaves out a multiple of 2^32.
    Carry,
    /// Exclusive or.
    Xor,
    /// Left and right of a parent in a tree, by the path.
    Path,
    /// The statement's scalars have the widths that they are read with.
    Unit,
    /// Header scalars are in range.
    Header,
    /// Mantissas are in their range.
    Mantissa,
    /// The powers of two that a shift stands for.
    Shift,
    /// A remainder is below 2^shift.
    Remainder,
    /// An excess is no negative number.
    Excess,
    /// acc, output and remainder belong together.
    Rounding,
    /// What exceeds an i32 has saturated, on its own side.
    Saturation,
    /// The largest logit of a chunk is the header's.
    Maximum,
    /// A vector's value at a point.
    Evaluation,
    /// Poseidon.
    Poseidon,
    /// The public inputs are those of the statement.
    Public,
    /// A block's shift is the least that it could be.
    Minimal,
    /// Pairs are rotated by the constants of their position.
    Rotation,
    /// What a header says of one head.
    Select,
    /// Which places of a block of positions count.
    Places,
    /// A score, and what it lacks of the largest in units of the table.
    Score,
    /// An entry of a table.
    Lookup,
    /// Sums of weights, and of weighted values.
    Mix,
    /// Gains of a norm have the bits that they are packed with.
    Gain,
    /// Products of elements.
    Product,
    /// The reciprocal root of a norm's sum.
    Root,
}

impl Group {
    /// All groups, in order.
    pub const ALL: [Group; 27] = [
        Group::Data,
        Group::Sum,
        Group::Carry,
        Group::Xor,
        Group::Path,
        Group::Unit,
        Group::Header,
        Group::Mantissa,
        Group::Shift,
        Group::Remainder,
        Group::Excess,
        Group::Rounding,
        Group::Saturation,
        Group::Maximum,
        Group::Evaluation,
        Group::Poseidon,
        Group::Public,
        Group::Minimal,
        Group::Rotation,
        Group::Select,
        Group::Places,
        Group::Score,
        Group::Lookup,
        Group::Mix,
        Group::Gain,
        Group::Product,
        Group::Root,
    ];

    #[allow(clippy::as_conversions, reason = "the discriminant is the place in a table")]
    const fn index(self) -> usize {
        self as usize
    }
}

/// Constraints of each group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([usize; Group::ALL.len()]);

impl Counts {
    /// Constraints of a group.
    pub const fn of(&self, group: Group) -> usize {
        self.0[group.index()]
    }

    /// Constraints of all groups.
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }
}

/// A linear combination of variables, with its value.
#[derive(Clone, Debug, Default)]
pub struct Num {
    terms: Vec<(Fr, Variable)>,
    value: Fr,
}

impl Num {
    /// A constant.
    pub fn constant(value: Fr) -> Num {
        let terms = if value == Fr::ZERO { Vec::new() } else { vec![(value, Variable::One)] };
        Num { terms, value }
    }

    /// One.
    pub fn one() -> Num {
        Num::constant(Fr::ONE)
    }

    /// `Σ coefficient · term`.
    pub fn sum<'a>(terms: impl IntoIterator<Item = (Fr, &'a Num)>) -> Num {
        let mut sum = Num::default();
        terms.into_iter().for_each(|(coefficient, term)| sum.add(coefficient, term));
        sum
    }

    /// The integer whose bits these are, lowest first.
    pub fn of_bits(bits: &[Bit]) -> Num {
        let mut sum = Num::default();
        let mut weight = Fr::ONE;
        for bit in bits {
            sum.add_bit(weight, *bit);
            weight.double_in_place();
        }
        sum
    }

    /// The signed integer whose bits in two's complement these are, lowest first.
    pub fn of_signed_bits(bits: &[Bit]) -> Num {
        let mut sum = Num::of_bits(bits);
        if let Some(sign) = bits.last() {
            sum.add_bit(-power_of_two(bits.len()), *sign);
        }
        sum
    }

    /// Its value.
    pub const fn value(&self) -> Fr {
        self.value
    }

    /// The lowest 128 bits of its value, which is all of it unless a prover lies.
    pub fn low(&self) -> u128 {
        let [a, b, ..] = self.value.into_bigint().0;
        u128::from(a) | u128::from(b) << 64
    }

    /// Its value as the signed integer that it is, unless a prover lies: below 2^127 in magnitude.
    pub fn signed(&self) -> i128 {
        let magnitude = |num: Fr| {
            let [a, b, c, d] = num.into_bigint().0;
            (c == 0 && d == 0).then_some(u128::from(a) | u128::from(b) << 64)
        };
        let positive = magnitude(self.value).and_then(|m| i128::try_from(m).ok());
        let negative = magnitude(-self.value).and_then(|m| i128::try_from(m).ok());
        positive.or(negative.map(i128::wrapping_neg)).unwrap_or(0)
    }

    /// Adds `coefficient · other`.
    pub fn add(&mut self, coefficient: Fr, other: &Num) {
        if coefficient == Fr::ONE {
            self.terms.extend_from_slice(&other.terms);
        } else {
            self.terms.extend(other.terms.iter().map(|(c, v)| (coefficient * c, *v)));
        }
        self.value += coefficient * other.value;
    }

    /// Adds `coefficient · bit`.
    pub fn add_bit(&mut self, coefficient: Fr, bit: Bit) {
        if let Some(variable) = bit.variable {
            self.terms.push((if bit.negated { -coefficient } else { coefficient }, variable));
        }
        if bit.constant_term() {
            self.terms.push((coefficient, Variable::One));
        }
        self.value += coefficient * bit.value;
    }

    /// `self + other`.
    pub fn plus(mut self, other: &Num) -> Num {
        self.add(Fr::ONE, other);
        self
    }

    /// `self − other`.
    pub fn minus(mut self, other: &Num) -> Num {
        self.add(-Fr::ONE, other);
        self
    }

    /// `self · factor`.
    pub fn times(mut self, factor: Fr) -> Num {
        self.terms.iter_mut().for_each(|(c, _)| *c *= factor);
        self.value *= factor;
        self
    }

    /// The same with one term a variable: sums of sums otherwise grow without end.
    pub fn compact(self) -> Num {
        let mut lc = LinearCombination(self.terms);
        lc.compactify();
        Num { terms: lc.0, value: self.value }
    }

    fn lc(self) -> LinearCombination<Fr> {
        LinearCombination(self.terms)
    }
}

/// Something that is 0 or 1: a constant, a variable, or one less a variable.
///
/// Its value is a field element like any other, so that a test can see what becomes of one that is neither.
#[derive(Clone, Copy, Debug)]
pub struct Bit {
    variable: Option<Variable>,
    negated: bool,
    value: Fr,
}

impl Bit {
    /// A constant.
    pub const fn constant(bit: bool) -> Bit {
        Bit { variable: None, negated: false, value: if bit { Fr::ONE } else { Fr::ZERO } }
    }

    /// Whether it is the same in every assignment.
    pub const fn is_constant(&self) -> bool {
        self.variable.is_none()
    }

    /// Its value.
    pub const fn value(&self) -> Fr {
        self.value
    }

    /// One less it.
    pub fn complement(self) -> Bit {
        Bit { negated: self.variable.is_some() && !self.negated, value: Fr::ONE - self.value, ..self }
    }

    fn constant_term(&self) -> bool {
        if self.is_constant() { self.value != Fr::ZERO } else { self.negated }
    }
}

impl From<Bit> for Num {
    fn from(bit: Bit) -> Num {
        let mut num = Num::default();
        num.add_bit(Fr::ONE, bit);
        num
    }
}

/// 2^n.
pub fn power_of_two(n: usize) -> Fr {
    Fr::from(2u64).pow([u64::try_from(n).unwrap_or(u64::MAX)])
}

/// Variables and constraints in the making.
pub struct System {
    cs: Option<ConstraintSystemRef<Fr>>,
    counts: Counts,
    error: Option<SynthesisError>,
    witnesses: usize,
    /// 1/2^32, once it has been asked for.
    pub(super) word_inverse: Option<Fr>,
    #[cfg(test)]
    pub(crate) lies: super::tests::Lies,
}

impl System {
    /// Writes into `cs`.
    pub fn new(cs: ConstraintSystemRef<Fr>) -> System {
        System { cs: Some(cs), ..System::counting() }
    }

    /// Only counts.
    pub fn counting() -> System {
        System {
            cs: None,
            counts: Counts::default(),
            error: None,
            witnesses: 0,
            word_inverse: None,
            #[cfg(test)]
            lies: Default::default(),
        }
    }

    /// Constraints so far.
    ///
    /// # Errors
    /// What went wrong first in the underlying system.
    pub fn finish(self) -> Result<Counts, SynthesisError> {
        self.error.map_or(Ok(self.counts), Err)
    }

    /// A public input.
    pub fn input(&mut self, value: Fr) -> Num {
        #[cfg(test)]
        let value = self.lies.told(Group::Public, value);
        let variable = match &self.cs {
            Some(cs) => cs.new_input_variable(|| Ok(value)),
            None => Ok(Variable::instance(1)),
        };
        self.variable(variable, value)
    }

    /// A variable that nothing is known of yet.
    pub fn witness(&mut self, group: Group, value: Fr) -> Num {
        #[cfg(test)]
        let value = self.lies.told(group, value);
        #[cfg(not(test))]
        let _ = group;
        let variable = match &self.cs {
            Some(cs) => cs.new_witness_variable(|| Ok(value)),
            None => Ok(Variable::witness(self.witnesses)),
        };
        self.witnesses += 1;
        self.variable(variable, value)
    }

    fn variable(&mut self, variable: Result<Variable, SynthesisError>, value: Fr) -> Num {
        match variable {
            Ok(variable) => Num { terms: vec![(Fr::ONE, variable)], value },
            Err(e) => {
                self.error.get_or_insert(e);
                Num::constant(value)
            }
        }
    }

    /// `a · b = c`.
    pub fn enforce(&mut self, group: Group, a: Num, b: Num, c: Num) {
        #[cfg(test)]
        if self.lies.dropped == Some(group) {
            return;
        }
        self.counts.0[group.index()] += 1;
        if let Some(cs) = &self.cs
            && let Err(e) = cs.enforce_r1cs_constraint(|| a.lc(), || b.lc(), || c.lc())
        {
            self.error.get_or_insert(e);
        }
    }

    /// `a = b`.
    pub fn equal(&mut self, group: Group, a: &Num, b: &Num) {
        self.enforce(group, a.clone().minus(b), Num::one(), Num::default());
    }

    /// A variable that is `a · b`.
    pub fn product(&mut self, group: Group, a: &Num, b: &Num) -> Num {
        let product = self.witness(group, a.value * b.value);
        self.enforce(group, a.clone(), b.clone(), product.clone());
        product
    }

    /// A variable that is 0 or 1.
    pub fn bit(&mut self, group: Group, value: bool) -> Bit {
        let bit = self.unconstrained_bit(group, value);
        self.boolean(group, &bit.into());
        bit
    }

    /// A variable that something else makes 0 or 1.
    pub fn unconstrained_bit(&mut self, group: Group, value: bool) -> Bit {
        let num = self.witness(group, Fr::from(value));
        Bit { variable: num.terms.first().map(|t| t.1), negated: false, value: num.value }
    }

    /// `num` is 0 or 1.
    pub fn boolean(&mut self, group: Group, num: &Num) {
        self.enforce(group, num.clone(), num.clone().minus(&Num::one()), Num::default());
    }

    /// Variables for the `n` lowest bits of `value`, lowest first.
    pub fn bits(&mut self, group: Group, value: u128, n: usize) -> Vec<Bit> {
        (0u32..).take(n).map(|i| self.bit(group, value.checked_shr(i).unwrap_or(0) & 1 == 1)).collect()
    }

    /// The bits of `num`, which is an integer below 2^n.
    pub fn decompose(&mut self, group: Group, num: &Num, n: usize) -> Vec<Bit> {
        let bits = self.bits(group, num.low(), n);
        self.equal(group, &Num::of_bits(&bits), num);
        bits
    }
}
