//! Rows of the embedding in their tree, and tokens of the prompt, without leaves: beside the tree outside of circuits, and for
//! each group a lie that it alone refuses.

use crate::r1cs::octal::{ARITY, Siblings, node};
use crate::r1cs::poseidon::{self, Use};
use crate::r1cs::tests::{only, refused_only, satisfied, satisfied_by};
use crate::r1cs::{Group, Num, System};
use crate::settlement::embed::prompt_token;
use crate::settlement::embedding::{Tree, chunks, depth, elements, leaf};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use assay_model::config::Config;
use assay_model::program::CHUNK;
use assay_model::steps::embed;
use proptest::prelude::*;

/// Rows of two chunks, the second of them short; 4 levels, as 8^3 < 520 ≤ 8^4.
const WIDE: Config =
    Config { layers: 1, dim: 260, heads: 2, kv_heads: 1, head_dim: 6, ffn: 20, vocab: 260, context: 64 };
/// Rows of one chunk that is short, in a tree of one level with a missing child.
const SMALL: Config = Config { dim: 10, vocab: 7, ..WIDE };
/// Places in more than one block.
const DEEP: Config = Config { dim: 10, vocab: 1100, ..WIDE };

fn row(config: &Config) -> impl Fn(u32) -> Vec<i32> + Copy {
    let dim = config.dim as usize;
    move |token| {
        let at = |i: usize| (token as i64 * 7919 + i as i64 * 104_729 + 11) % 60_013 - 30_000;
        (0..dim).map(|i| if i % 50 == 3 { [i32::MIN, i32::MAX][i / 50 % 2] } else { at(i) as i32 }).collect()
    }
}

/// All leaves, all levels: the tree by its definition.
fn by_definition(config: &Config) -> Fr {
    let missing = ARITY.pow(depth(config) as u32) - config.vocab as usize * chunks(config);
    let mut level: Vec<Fr> =
        (0..config.vocab).flat_map(|t| row(config)(t).chunks(CHUNK).map(leaf).collect::<Vec<_>>()).collect();
    level.extend(vec![Fr::ZERO; missing]);
    while level.len() > 1 {
        let zero = |children: &[Fr]| children.iter().all(|c| *c == Fr::ZERO);
        let parent = |c: &[Fr]| if zero(c) { Fr::ZERO } else { poseidon::hash(Use::Node, c) };
        level = level.chunks(ARITY).map(parent).collect();
    }
    level[0]
}

/// A chunk of a token's row, as a circuit without leaves.
#[derive(Clone)]
struct Row {
    config: Config,
    values: Vec<i32>,
    chunk: u32,
    token: Fr,
    path: Vec<Siblings>,
    root: Fr,
}

impl Row {
    fn new(config: &Config, token: u32, chunk: u32) -> Row {
        let tree = Tree::new(config, row(config));
        let values = row(config)(token)[elements(config, chunk)].to_vec();
        let path = tree.path(token, chunk, row(config)).unwrap();
        Row { config: config.clone(), values, chunk, token: token.into(), path, root: tree.root() }
    }

    fn circuit(&self) -> impl Fn(&mut System) + use<> {
        let own = self.clone();
        move |system| {
            let values: Vec<Num> = own.values.iter().map(|v| Num::constant(Fr::from(*v))).collect();
            let [chunk, token] = [own.chunk.into(), own.token].map(Num::constant);
            let root = system.row(&own.config, &values, &chunk, &token, &own.path);
            system.equal(Group::Public, &root, &Num::constant(own.root));
        }
    }

    fn shown(&self) -> bool {
        satisfied(&[], None, self.circuit())
    }
}

#[test]
fn a_tree_is_that_of_all_its_leaves() {
    assert_eq!([&WIDE, &SMALL, &DEEP].map(depth), [4, 1, 4]);
    for config in [WIDE, SMALL, DEEP] {
        assert_eq!(Tree::new(&config, row(&config)).root(), by_definition(&config));
    }
}

#[test]
fn a_tree_is_as_deep_as_its_places_ask_for() {
    let of = |dim, vocab| depth(&Config { dim, vocab, ..WIDE });
    assert_eq!([of(1, 1), of(1, 8), of(256, 8), of(257, 8), of(1, 9), of(256, 64), of(256, 65)], [1, 1, 1, 2, 2, 2, 3]);
    assert_eq!([of(576, 49_152), of(4096, 128_256), of(1 << 16, 1 << 20)], [6, 7, 10]);
}

#[test]
fn chunks_of_first_and_last_token_are_shown() {
    for config in [WIDE, SMALL, DEEP] {
        for token in [0, 1, config.vocab / 2, config.vocab - 1] {
            for chunk in 0..chunks(&config) as u32 {
                assert!(Row::new(&config, token, chunk).shown(), "chunk {chunk} of token {token}");
            }
        }
        let tree = Tree::new(&config, row(&config));
        assert_eq!(tree.path(config.vocab, 0, row(&config)), None);
        assert_eq!(tree.path(0, chunks(&config) as u32, row(&config)), None);
    }
}

#[test]
fn a_leaf_is_that_of_the_values_at_their_ends() {
    let ends = [i32::MIN, i32::MAX, 0, -1, 1, i32::MIN, i32::MAX, i32::MIN];
    let shifted = ends.map(|v| Fr::from((i64::from(v) + (1 << 31)) as u64));
    let base = Fr::from(1u64 << 32);
    let first = shifted[..7].iter().rev().fold(Fr::ZERO, |sum, v| sum * base + v);
    assert_eq!(leaf(&ends), poseidon::hash(Use::Row, &[first, shifted[7]]));
    assert_ne!(leaf(&ends), leaf(&ends[..7]), "a value of −2^31 is not a missing one");
    let mut config = SMALL;
    config.dim = 8;
    let path = Tree::new(&config, |_| ends.to_vec()).path(3, 0, |_| ends.to_vec()).unwrap();
    let root = Tree::new(&config, |_| ends.to_vec()).root();
    let shown = Row { config, values: ends.to_vec(), chunk: 0, token: Fr::from(3u8), path, root };
    assert!(shown.shown());
    for i in 0..8 {
        let mut other = shown.clone();
        other.values[i] = other.values[i].wrapping_add(1);
        assert!(!other.shown(), "value {i}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn any_row_is_the_models_and_no_neighbour(
        weights in proptest::collection::vec(-(1 << 19)..1i32 << 19, 30), k in -8i32..40, token in 0u32..3, at in 0usize..10,
    ) {
        let config = Config { vocab: 3, ..SMALL };
        let rows: Vec<Vec<i32>> = weights.chunks(10).map(|row| embed::chunk(row, k)).collect();
        let row = |token: u32| rows[token as usize].clone();
        let tree = Tree::new(&config, row);
        let path = tree.path(token, 0, row).unwrap();
        let honest = Row { config, values: row(token), chunk: 0, token: token.into(), path, root: tree.root() };
        prop_assert!(honest.shown());
        let mut other = honest.clone();
        other.values[at] = other.values[at].wrapping_sub(1);
        prop_assert!(!other.shown());
        let next = (token + 1) % 3;
        prop_assert_eq!(Row { token: next.into(), ..honest }.shown(), row(next) == row(token));
    }
}

#[test]
fn a_row_of_another_token_or_chunk_is_refused() {
    let honest = Row::new(&WIDE, 77, 0);
    let other = Row::new(&WIDE, 78, 0);
    assert!(!Row { values: other.values.clone(), ..honest.clone() }.shown());
    assert!(!Row { root: honest.root + Fr::ONE, ..honest.clone() }.shown());
    // As child 4 of the parent whose child 2 it is, and as child 3; both places have another row.
    for (token, chunk, child) in [(78, 0, 4), (77, 1, 3)] {
        let place = Row::new(&WIDE, token, chunk);
        let own = [&place, &honest].map(|row| leaf(&row.values));
        let circuit = Row { values: honest.values.clone(), ..place }.circuit();
        let lie = [(Group::Path, 12 + child, own[0] - own[1])];
        assert!(!satisfied_by(&lie, None, &circuit));
        assert!(satisfied_by(&lie, Some(Group::Path), &circuit), "chunk {chunk} of token {token}");
    }
}

#[test]
fn a_place_is_that_of_its_bits() {
    // Token 77 at place 154, 0o232: its second bit for its third, with another sibling at each.
    let honest = Row::new(&WIDE, 77, 0).circuit();
    only(Group::Path, &[(Group::Path, 1, -1), (Group::Path, 0, 2)], honest);
}

#[test]
fn a_place_is_no_fraction() {
    // 2·token + 0 is the place of chunk 1 of token 77 for the token 77 + 1/2, which no 32 bits are.
    let own = Row::new(&WIDE, 77, 1);
    let token = own.token + Fr::from(2u8).inverse().unwrap();
    let lie = Row { chunk: 0, token, ..own };
    assert!(lie.shown(), "so the token's bits have to refuse it");
}

#[test]
fn every_child_and_choice_is_constrained() {
    let honest = Row::new(&WIDE, 77, 0).circuit();
    // Behind twelve bits: eight children, then seven products a level. The node's own child is number 2 of level 0.
    let own = 12 + 2;
    assert!(!satisfied(&[(Group::Path, own, 1)], None, &honest));
    assert!(!satisfied(&[(Group::Path, own + 1, 1)], None, &honest), "a sibling makes another root");
    for product in 12 + 8..12 + 15 {
        only(Group::Path, &[(Group::Path, product, 1)], &honest);
    }
}

#[test]
fn a_place_without_a_row_has_no_leaf() {
    // Place 7 of a tree of seven leaves: its child is 0, and no row hashes to that.
    let last = Row::new(&SMALL, 6, 0);
    let mut path = last.path.clone();
    (0..6).for_each(|token| path[0][token] = leaf(&row(&SMALL)(token as u32)));
    path[0][6] = leaf(&last.values);
    let beyond = Row { token: Fr::from(7u8), path, ..last };
    assert!(!beyond.shown());
    // Were the leaf 0, it would be: nothing but the hash stands before it.
    let circuit = |value: Fr| {
        let beyond = beyond.clone();
        move |system: &mut System| {
            let place = system.bits(Group::Path, 7, 3);
            let root = system.climb_octal(Num::constant(value), &place, &beyond.path);
            system.equal(Group::Public, &root, &Num::constant(beyond.root));
        }
    };
    assert!(satisfied(&[], None, circuit(Fr::ZERO)));
    assert!(!satisfied(&[], None, circuit(leaf(&beyond.values))));
    // A place past the tree has no bits.
    refused_only(Group::Path, &[], Row { token: Fr::from(8u8), ..Row::new(&SMALL, 0, 0) }.circuit());
}

#[test]
fn a_row_costs_what_the_documentation_says() {
    let cost = |row: Row| {
        let mut system = System::counting();
        row.circuit()(&mut system);
        let counts = system.finish().unwrap();
        [Group::Poseidon, Group::Path].map(|group| counts.of(group))
    };
    assert_eq!(cost(Row::new(&WIDE, 77, 0)), [405 * (5 + 4), 11 * 4 + 1]);
    assert_eq!(cost(Row::new(&WIDE, 77, 1)), [405 * (1 + 4), 11 * 4 + 1]);
}

#[test]
fn nodes_with_nothing_under_them_are_zero() {
    assert_eq!(node(&[Fr::ZERO; ARITY]), Fr::ZERO);
    let mut children = [Fr::ZERO; ARITY];
    children[7] = Fr::ONE;
    assert_eq!(node(&children), poseidon::hash(Use::Node, &children));
}

#[test]
fn a_token_of_the_prompt_is_behind_its_salt() {
    let circuit = |salt: u64, token: u32| {
        move |system: &mut System| {
            let (token, prompt) = system.prompt_token(salt.into(), token);
            system.equal(Group::Public, &prompt, &Num::constant(prompt_token(Fr::from(9u8), 2)));
            system.equal(Group::Evaluation, &token, &Num::constant(Fr::from(2u8)));
        }
    };
    assert!(satisfied(&[], None, circuit(9, 2)));
    assert!(!satisfied(&[], None, circuit(8, 2)), "another salt");
    assert!(!satisfied(&[], None, circuit(9, 3)), "another token");
    // Bits of 2 and 0 are the token 2 as well.
    only(Group::Unit, &[(Group::Unit, 0, 2), (Group::Unit, 1, -1)], circuit(9, 2));
    only(Group::Poseidon, &[(Group::Poseidon, 404, 1)], |s| drop(s.prompt_token(Fr::from(9u8), 2)));
    assert_ne!(prompt_token(Fr::ZERO, 1), prompt_token(Fr::ONE, 0));
    assert_ne!(prompt_token(Fr::ZERO, u32::MAX), prompt_token(Fr::ZERO, 0));
}

#[test]
fn roots_are_frozen() {
    let digests = [prompt_token(Fr::from(5u8), 7), leaf(&[1, -2, 3]), Tree::new(&WIDE, row(&WIDE)).root()];
    let want = [
        "21035346533681633117244421357534570863387211462675939676445004662908928362474",
        "20649871750093589922031933898958020860090061994999088117358665651729352519320",
        "10238515997081220041016378995331952027038362070843048531558265461777671284683",
    ];
    assert_eq!(digests.map(|d| d.to_string()), want);
}
