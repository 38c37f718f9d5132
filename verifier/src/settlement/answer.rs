//! What a rig answers to a contract about a drawn unit, as the contract reads it: the ABI's encoding of `LinearAnswer` for a
//! chunk of a linear step, and of `UnitAnswer` for any other (`contracts/src/types/Answers.sol`).

use super::record::{Chunk, KEY_BYTES, Record};
use super::{Word, number};
use crate::sign::word;
use ark_bn254::G2Affine;
use assay_circuits::srs::points::{evm_g1, evm_g2};
use assay_model::domain::Digest;

/// A leaf of the trace under the settlement root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The position's tokens, hidden.
    pub tokens: Digest,
    /// leaf(t, s).
    pub leaf: Digest,
    /// Its path.
    pub path: Vec<Digest>,
}

/// Something of the record, with its place and path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// What stands there.
    pub value: T,
    /// Its place.
    pub index: u32,
    /// Its path.
    pub path: Vec<Digest>,
}

/// An answer about a chunk of a linear step.
#[derive(Clone, Debug)]
pub struct LinearAnswer<'a> {
    /// The model's record.
    pub record: &'a Record,
    /// Leaves of input, output, and, for o and down, residual.
    pub leaves: &'a [Opened],
    /// The chunk.
    pub chunk: &'a Placed<Chunk>,
    /// The circuit's key, \[τ\]₂ and \[τ^D\]₂.
    pub key: &'a Placed<([u8; KEY_BYTES], [G2Affine; 2])>,
    /// Salted digest of the accumulators, big-endian.
    pub accumulators: Word,
    /// Words of the proof.
    pub proof: &'a [Word],
}

impl LinearAnswer<'_> {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut head: Vec<Item> = self.record.words().into_iter().map(Item::Word).collect();
        head.push(Item::Bytes(leaves(self.leaves)));
        head.push(Item::Word(exponent(self.chunk.value.exponent)));
        head.extend(evm_g1(&self.chunk.value.commitment).map(Item::Word));
        head.push(Item::Word(number(self.chunk.index)));
        head.push(Item::Bytes(list(&self.chunk.path)));
        let (key, powers) = &self.key.value;
        head.extend(key.as_chunks::<32>().0.iter().map(|w| Item::Word(*w)));
        head.extend(powers.iter().flat_map(evm_g2).map(Item::Word));
        head.push(Item::Word(number(self.key.index)));
        head.push(Item::Bytes(list(&self.key.path)));
        head.push(Item::Word(self.accumulators));
        head.extend(self.proof.iter().map(|w| Item::Word(*w)));
        behind(head)
    }
}

/// Which part of a unit an answer shows, where the unit alone does not say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Part {
    /// All of it.
    #[default]
    Whole,
    /// First of an attention head.
    Query,
    /// Positions from this one on that an attention head reads.
    Block(u32),
    /// Last of an attention head.
    Mix,
    /// All of a sample; this chunk of logits holds the token.
    Token(u32),
}

impl Part {
    /// Stage of an attention head, chunk of the token, first position of a block.
    const fn numbers(self) -> [u32; 3] {
        match self {
            Part::Whole | Part::Query => [0, 0, 0],
            Part::Block(position) => [1, 0, position],
            Part::Mix => [2, 0, 0],
            Part::Token(chunk) => [0, chunk, 0],
        }
    }
}

/// An answer about any other unit. What the unit has no use for is `None` or zero.
#[derive(Clone, Debug)]
pub struct UnitAnswer<'a> {
    /// The model's record.
    pub record: &'a Record,
    /// Leaves, in the order of the circuit's fields.
    pub leaves: &'a [Opened],
    /// The circuit's key.
    pub key: &'a Placed<[u8; KEY_BYTES]>,
    /// The parameter of the model that the circuit reads.
    pub parameter: Option<&'a Placed<Word>>,
    /// p_t, and its path under the root of the prompt.
    pub prompt_token: Option<&'a (Word, Vec<Digest>)>,
    /// Which part of the unit.
    pub part: Part,
    /// Digests of an attention head's state before and after.
    pub states: [Word; 2],
    /// Digest of the statement.
    pub digest: Word,
    /// Words of the proof.
    pub proof: &'a [Word; PROOF_WORDS],
}

/// Words of a Groth16 proof.
pub const PROOF_WORDS: usize = 8;

impl UnitAnswer<'_> {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut head: Vec<Item> = self.record.words().into_iter().map(Item::Word).collect();
        head.push(Item::Bytes(leaves(self.leaves)));
        head.extend(self.key.value.as_chunks::<32>().0.iter().map(|w| Item::Word(*w)));
        head.push(Item::Word(number(self.key.index)));
        head.push(Item::Bytes(list(&self.key.path)));
        let nothing = Placed { value: [0; 32], index: 0, path: Vec::new() };
        let parameter = self.parameter.unwrap_or(&nothing);
        head.extend([parameter.value, number(parameter.index)].map(Item::Word));
        head.push(Item::Bytes(list(&parameter.path)));
        let nothing = ([0; 32], Vec::new());
        let (token, path) = self.prompt_token.unwrap_or(&nothing);
        head.extend([Item::Word(*token), Item::Bytes(list(path))]);
        head.extend(self.part.numbers().map(number).map(Item::Word));
        head.extend(self.states.map(Item::Word));
        head.push(Item::Word(self.digest));
        head.extend(self.proof.map(Item::Word));
        behind(head)
    }
}

/// `exponent + 128`, as leaves and fields have it.
fn exponent(exponent: i8) -> Word {
    number(u32::try_from(i32::from(exponent).saturating_add(128)).unwrap_or(0))
}

/// A member of a struct: in place, or behind the struct with its offset in place.
enum Item {
    Word(Word),
    Bytes(Vec<u8>),
}

#[derive(Default)]
struct Tail(Vec<u8>);

impl Tail {
    /// Members in place, then what is behind them.
    fn join(&mut self, items: Vec<Item>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let head = items.len().saturating_mul(32);
        for item in items {
            match item {
                Item::Word(word) => bytes.extend(word),
                Item::Bytes(behind) => {
                    bytes.extend(offset(head.saturating_add(self.0.len())));
                    self.0.extend(behind);
                }
            }
        }
        bytes.append(&mut self.0);
        bytes
    }
}

/// A struct that stands alone: behind its offset.
fn behind(members: Vec<Item>) -> Vec<u8> {
    [&offset(32)[..], &Tail::default().join(members)].concat()
}

fn offset(n: usize) -> Word {
    word(&u64::try_from(n).unwrap_or(u64::MAX).to_be_bytes())
}

/// A list of words behind its length.
fn list(words: &[Word]) -> Vec<u8> {
    [&offset(words.len())[..], words.as_flattened()].concat()
}

fn leaves(leaves: &[Opened]) -> Vec<u8> {
    let members = |leaf: &Opened| {
        Tail::default().join(vec![Item::Word(leaf.tokens), Item::Word(leaf.leaf), Item::Bytes(list(&leaf.path))])
    };
    let items = leaves.iter().map(|leaf| Item::Bytes(members(leaf))).collect();
    [offset(leaves.len()).to_vec(), Tail::default().join(items)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settlement::record::Leaves;
    use assay_model::config::Config;

    const CONFIG: Config =
        Config { layers: 1, dim: 6, heads: 2, kv_heads: 1, head_dim: 6, ffn: 20, vocab: 516, context: 16 };

    #[test]
    fn every_member_of_an_answer_about_a_unit_is_in_its_bytes() {
        let trees = Leaves { chunks: &[[1; 32]], keys: &[[2; 32]], parameters: &[[3; 32]] };
        let [record, other_record] = [[1; 32], [2; 32]].map(|id| Record::new(id, [0; 32], CONFIG, &trees));
        let placed = |value: [u8; KEY_BYTES], index, path: &[Digest]| Placed { value, index, path: path.to_vec() };
        let keys = [
            placed([4; KEY_BYTES], 0, &[]),
            placed([5; KEY_BYTES], 0, &[]),
            placed([4; KEY_BYTES], 1, &[]),
            placed([4; KEY_BYTES], 0, &[[1; 32]]),
        ];
        let parameter = |value, index, path: &[Digest]| Placed { value: [value; 32], index, path: path.to_vec() };
        let parameters = [parameter(1, 0, &[]), parameter(0, 1, &[]), parameter(0, 0, &[[1; 32]])];
        let tokens = [([1; 32], vec![]), ([0; 32], vec![[1; 32]])];
        let leaf = Opened { tokens: [6; 32], leaf: [7; 32], path: vec![[8; 32]] };
        let leaves = [
            vec![leaf.clone()],
            vec![leaf.clone(), leaf.clone()],
            vec![Opened { tokens: [0; 32], ..leaf.clone() }],
            vec![Opened { leaf: [0; 32], ..leaf.clone() }],
            vec![Opened { path: vec![], ..leaf }],
        ];
        let plain = UnitAnswer {
            record: &record,
            leaves: &leaves[0],
            key: &keys[0],
            parameter: None,
            prompt_token: None,
            part: Part::Whole,
            states: [[0; 32]; 2],
            digest: [9; 32],
            proof: &[[10; 32]; PROOF_WORDS],
        };
        let mut others = vec![
            UnitAnswer { record: &other_record, ..plain.clone() },
            UnitAnswer { states: [[1; 32], [0; 32]], ..plain.clone() },
            UnitAnswer { states: [[0; 32], [1; 32]], ..plain.clone() },
            UnitAnswer { digest: [8; 32], ..plain.clone() },
            UnitAnswer { proof: &[[11; 32]; PROOF_WORDS], ..plain.clone() },
        ];
        others.extend(leaves[1..].iter().map(|leaves| UnitAnswer { leaves, ..plain.clone() }));
        others.extend(keys[1..].iter().map(|key| UnitAnswer { key, ..plain.clone() }));
        others.extend(parameters.iter().map(|p| UnitAnswer { parameter: Some(p), ..plain.clone() }));
        others.extend(tokens.iter().map(|p| UnitAnswer { prompt_token: Some(p), ..plain.clone() }));
        let parts = [Part::Block(0), Part::Block(4), Part::Mix, Part::Token(1)];
        others.extend(parts.map(|part| UnitAnswer { part, ..plain.clone() }));
        let mut seen = vec![plain.encode()];
        for other in others {
            let bytes = other.encode();
            assert_eq!(bytes.len() % 32, 0);
            assert!(!seen.contains(&bytes), "{other:?}");
            seen.push(bytes);
        }
    }
}
