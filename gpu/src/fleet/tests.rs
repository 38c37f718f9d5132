//! Several logical devices of the first adapter: the same bits however sequences and layers are dealt out.

use std::collections::BTreeMap;

use assay_model::config::Config;
use assay_model::gguf::{File, TensorType};
use assay_model::load;
use assay_model::reference::Reference;
use assay_model::sampling::Sampling;
use assay_model::testing::{Random, Toy};

use super::*;
use crate::testing::gpus;

fn model() -> Arc<Model> {
    let config = Config { layers: 4, dim: 96, heads: 3, kv_heads: 1, head_dim: 32, ffn: 160, vocab: 300, context: 512 };
    let kinds = vec![TensorType::Q4_1, TensorType::Q8_0, TensorType::F16];
    let bytes = Toy { config, kinds, embedding: TensorType::Q8_0, seed: 9, ..Toy::default() }.gguf();
    Arc::new(load::load(&File::parse(&bytes).unwrap()).unwrap().model)
}

fn cards(gpus: Vec<Gpu>, limit: Option<u64>) -> Vec<Card> {
    gpus.into_iter().map(|gpu| Card { gpu, limit, plan: Plan::PORTABLE }).collect()
}

/// A prompt, and how its continuation is sampled.
struct Story {
    prompt: Vec<u32>,
    sampler: Sampler,
}

const CONTINUED: usize = 6;

fn stories() -> Vec<Story> {
    let mut random = Random::new(4);
    let lengths = [5, 1, 17];
    let samplings = [Sampling::Greedy, Sampling::Draw { temperature: 1 << 16, top_k: 0, top_p: 1 << 16 }];
    let story = |(i, &length): (usize, &usize)| {
        let prompt = (0..length).map(|_| (random.next() % 300) as u32).collect();
        let sampling = samplings[i % 2];
        Story { prompt, sampler: Sampler { sampling, seed: [i as u8; 32], tail_from: length as u32 - 1 } }
    };
    lengths.iter().enumerate().map(story).collect()
}

/// Headers and digests of a story's steps, and its tokens.
type Told = (BTreeMap<(u32, u32), (Vec<u8>, [u8; 32])>, Vec<u32>);

fn told_by_the_reference(model: &Model, story: &Story) -> Told {
    let (mut told, mut reference) = (Told::default(), Reference::new(model));
    let mut next = story.prompt.clone();
    while told.1.len() < CONTINUED {
        let sampled = reference.extend(&next, &story.sampler, &mut |out| {
            let key = (out.position, model.config.step_index(out.step));
            told.0.insert(key, (out.header, *blake3::hash(&out.tensor).as_bytes()));
        });
        let token = sampled.expect("a tail");
        told.1.push(token);
        next = vec![token];
    }
    told
}

/// Tells all stories together, prompts first; `wants` as in [`Work`].
fn told_by(fleet: &mut Fleet, stories: &[Story], wants: &dyn Fn(u32, u32) -> bool) -> Result<Vec<Told>, GpuError> {
    let ids: Vec<u64> = stories.iter().map(|s| fleet.open((s.prompt.len() + CONTINUED) as u32).unwrap()).collect();
    let mut told: Vec<Told> = stories.iter().map(|_| Told::default()).collect();
    let mut next: Vec<Vec<u32>> = stories.iter().map(|s| s.prompt.clone()).collect();
    for _ in 0..CONTINUED {
        let work =
            |i: usize| Work { sequence: ids[i], tokens: &next[i], sampler: &stories[i].sampler, trace: true, wants };
        let works: Vec<Work<'_>> = (0..stories.len()).map(work).collect();
        let done = fleet.forward(&works)?;
        drop(works);
        for (i, done) in done.into_iter().enumerate() {
            for p in done.positions {
                for s in p.steps {
                    let digest = match s.content {
                        Content::Digest(d) => {
                            assert!(!wants(p.position, s.step));
                            d
                        }
                        Content::Bytes(bytes) => *blake3::hash(&bytes).as_bytes(),
                    };
                    told[i].0.insert((p.position, s.step), (s.header, digest));
                }
            }
            let token = done.sampled.expect("a tail");
            told[i].1.push(token);
            next[i] = vec![token];
        }
    }
    ids.into_iter().for_each(|id| fleet.close(id));
    Ok(told)
}

#[test]
fn stories_told_together_on_any_cards_are_the_reference_s() {
    let Some(gpus) = gpus(3) else { return };
    let (model, stories) = (model(), stories());
    let expected: Vec<Told> = stories.iter().map(|s| told_by_the_reference(&model, s)).collect();
    let wanted = |t: u32, step: u32| (t + step).is_multiple_of(5);
    for cuts in [&[0, 4][..], &[0, 1, 4], &[0, 2, 3, 4]] {
        let cuts: Vec<Range<u32>> = cuts.windows(2).map(|w| w[0]..w[1]).collect();
        let some = cards(gpus[..cuts.len()].to_vec(), None);
        let mut fleet = Fleet::divided(&model, some, cuts.clone()).unwrap();
        assert!(told_by(&mut fleet, &stories, &wanted).unwrap() == expected, "{cuts:?}");
        // And once more in the same memory.
        assert!(told_by(&mut fleet, &stories, &|_, _| false).unwrap() == expected, "{cuts:?} again");
    }
    // Three copies of the model, a story each.
    let mut fleet = Fleet::load(&model, cards(gpus, None)).unwrap();
    assert_eq!(fleet.cards().count(), 3);
    assert!(told_by(&mut fleet, &stories, &|_, _| false).unwrap() == expected, "copies");
}

#[test]
fn cards_that_are_too_small_share_the_model() {
    let Some(gpus) = gpus(3) else { return };
    let model = model();
    let whole = Share::whole(&model.config);
    let all = Stage::bytes(&model, &whole, Room { rows: 4, entries: 256, positions: 256 });
    let mut fleet = Fleet::load(&model, cards(gpus.clone(), Some(all * 3 / 4))).unwrap();
    let layers: Vec<_> = fleet.cards().map(|(_, share)| share.layers.clone()).collect();
    assert!(layers.len() >= 2 && layers[0].start == 0 && layers.last().unwrap().end == 4, "{layers:?}");
    let story = &stories()[..1];
    assert!(told_by(&mut fleet, story, &|_, _| false).unwrap()[0] == told_by_the_reference(&model, &story[0]));
    let nothing = Fleet::load(&model, cards(gpus, Some(all / 50)));
    assert!(matches!(nothing, Err(GpuError::Memory { what, .. }) if what == "the model"));
}

#[test]
fn a_sequence_beyond_the_memory_is_refused_and_leaves_room_for_others() {
    let Some(gpus) = gpus(1) else { return };
    let model = model();
    let limit = Stage::bytes(&model, &Share::whole(&model.config), Room { rows: 1, entries: 1024, positions: 1024 });
    let mut fleet = Fleet::load(&model, cards(gpus, Some(limit))).unwrap();
    assert!(matches!(fleet.open(60_000), Err(GpuError::Memory { .. })));
    let first = fleet.open(400).unwrap();
    assert!(matches!(fleet.open(1000), Err(GpuError::Memory { .. })));
    fleet.close(first);
    assert!(fleet.open(1000).is_ok());
}

#[test]
fn room_for_more_positions_is_made_without_losing_what_is_there() {
    let Some(gpus) = gpus(1) else { return };
    let (model, stories) = (model(), stories());
    let mut fleet = Fleet::load(&model, cards(gpus, None)).unwrap();
    let id = fleet.open((stories[2].prompt.len() + 1) as u32).unwrap();
    let (prompt, last) = stories[2].prompt.split_at(12);
    let sampler = &stories[2].sampler;
    let feed = |fleet: &mut Fleet, tokens| {
        let work = Work { sequence: id, tokens, sampler, trace: false, wants: &|_, _| false };
        fleet.forward(&[work]).unwrap().remove(0).sampled
    };
    assert_eq!(feed(&mut fleet, prompt), None);
    let other = fleet.open(3000).unwrap();
    assert_eq!(feed(&mut fleet, last), Some(told_by_the_reference(&model, &stories[2]).1[0]));
    fleet.close(other);
}

#[test]
fn a_lost_card_is_an_error_that_names_it() {
    let Some(gpus) = gpus(2) else { return };
    let (model, stories) = (model(), stories());
    let mut fleet = Fleet::divided(&model, cards(gpus, None), vec![0..2, 2..4]).unwrap();
    fleet.harm(1, Stage::lose);
    match told_by(&mut fleet, &stories, &|_, _| false) {
        Err(GpuError::Lost { card, .. }) => assert!(card.contains("GPU"), "{card}"),
        other => panic!("{:?}", other.map(|t| t.len())),
    }
}

#[test]
fn damaged_weights_are_found_on_the_card_that_has_them() {
    let Some(gpus) = gpus(2) else { return };
    let fleet = Fleet::divided(&model(), cards(gpus, None), vec![0..2, 2..4]).unwrap();
    assert_eq!(fleet.check_weights(), Ok(()));
    fleet.harm(1, Stage::damage_weights);
    assert!(matches!(fleet.check_weights(), Err(GpuError::Wrong { what, .. }) if what.contains("layer 2")));
}
