use super::*;

/// A byte-level vocabulary small enough to read: letters, a few words, two markers.
pub(in crate::text) fn small_parts() -> VocabularyParts {
    let tokens = ["<|im_start|>", "<|im_end|>", "a", "b", "c", "Ġ", "ab", "abc", "Ġa"];
    VocabularyParts {
        model: Some("gpt2".into()),
        pre: Some("smollm".into()),
        tokens: Some(tokens.iter().map(|t| t.as_bytes().to_vec()).collect()),
        merges: Some(["a b", "ab c", "Ġ a"].iter().map(|t| t.as_bytes().to_vec()).collect()),
        token_types: Some(vec![3, 3, 1, 1, 1, 1, 1, 1, 1]),
        eos: Some(0),
        ..Default::default()
    }
}

fn spm_parts() -> VocabularyParts {
    VocabularyParts {
        model: Some("llama".into()),
        tokens: Some(vec![b"<unk>".to_vec(), b"</s>".to_vec(), b"a".to_vec()]),
        scores: Some(vec![0.0, 0.0, -1.0]),
        token_types: Some(vec![2, 3, 1]),
        ..Default::default()
    }
}

fn refuse(change: impl FnOnce(&mut VocabularyParts)) -> VocabularyError {
    let mut parts = small_parts();
    change(&mut parts);
    Vocabulary::from_parts(parts).unwrap_err()
}

#[test]
fn a_file_becomes_a_vocabulary() {
    let v = Vocabulary::from_parts(small_parts()).unwrap();
    assert_eq!(v.merges, [[2, 3], [6, 4], [5, 2]]);
    assert_eq!(v.tokens.get(7), Some("abc"));
    assert!(!v.add_bos && !v.add_space_prefix);
}

#[test]
fn stop_tokens_are_sorted_distinct_and_only_control_markers() {
    let mut parts = small_parts();
    parts.eot = Some(1);
    assert_eq!(Vocabulary::from_parts(parts.clone()).unwrap().stop_tokens(), [0, 1]);
    parts.eot = None;
    assert_eq!(Vocabulary::from_parts(parts.clone()).unwrap().stop_tokens(), [0, 1]);
    parts.token_types.as_mut().unwrap()[1] = 1;
    assert_eq!(Vocabulary::from_parts(parts).unwrap().stop_tokens(), [0]);
    assert_eq!(Vocabulary::from_parts(spm_parts()).unwrap().stop_tokens(), [1]);
}

#[test]
fn unknown_kinds_are_refused_by_name_with_the_supported_ones() {
    assert_eq!(refuse(|p| p.model = Some("bert".into())), VocabularyError::Model("bert".into()));
    let error = refuse(|p| p.pre = Some("viking".into()));
    assert_eq!(error, VocabularyError::PreTokenizer("viking".into()));
    assert!(error.to_string().contains("smollm, llama3"), "{error}");
}

#[test]
fn absent_fields_are_named() {
    assert_eq!(refuse(|p| p.model = None), VocabularyError::Missing("tokenizer.ggml.model"));
    assert_eq!(refuse(|p| p.tokens = None), VocabularyError::Missing("tokenizer.ggml.tokens"));
    assert_eq!(refuse(|p| p.merges = None), VocabularyError::Missing("tokenizer.ggml.merges"));
    assert_eq!(refuse(|p| p.add_bos = Some(true)), VocabularyError::Missing("tokenizer.ggml.bos_token_id"));
    let mut spm = spm_parts();
    spm.scores = None;
    assert_eq!(Vocabulary::from_parts(spm), Err(VocabularyError::Missing("tokenizer.ggml.scores")));
}

#[test]
fn an_empty_vocabulary_is_refused() {
    let error = refuse(|p| {
        p.tokens = Some(vec![]);
        p.merges = Some(vec![]);
        p.token_types = Some(vec![]);
    });
    assert_eq!(error, VocabularyError::Empty);
}

#[test]
fn hostile_texts_are_refused() {
    assert_eq!(refuse(|p| p.tokens.as_mut().unwrap()[3] = vec![0xff]), VocabularyError::NotUtf8(3));
    let error = refuse(|p| p.tokens.as_mut().unwrap()[3] = vec![b'x'; MAX_TOKEN + 1]);
    assert_eq!(error, VocabularyError::LongToken { token: 3, got: MAX_TOKEN + 1 });
    let error = refuse(|p| p.tokens = Some(vec![vec![b'x'; MAX_TOKEN]; MAX_TEXT / MAX_TOKEN + 1]));
    assert!(matches!(error, VocabularyError::TooMany { what: "bytes of token text", .. }));
    let error = refuse(|p| p.tokens = Some(vec![vec![]; MAX_TOKENS + 1]));
    assert!(matches!(error, VocabularyError::TooMany { what: "tokens", .. }));
    let error = refuse(|p| p.chat_template = Some("x".repeat(MAX_TEMPLATE + 1)));
    assert!(matches!(error, VocabularyError::TooMany { what: "bytes of chat template", .. }));
}

#[test]
fn counts_types_ids_and_scores_are_checked() {
    let error = refuse(|p| p.token_types.as_mut().unwrap().push(1));
    assert_eq!(error, VocabularyError::Count { what: "token types", got: 10, tokens: 9 });
    let error = refuse(|p| p.token_types.as_mut().unwrap()[4] = 7);
    assert_eq!(error, VocabularyError::TokenType { token: 4, got: 7 });
    let error = refuse(|p| p.pad = Some(9));
    assert_eq!(error, VocabularyError::Id { what: "tokenizer.ggml.padding_token_id", got: 9, tokens: 9 });
    let mut spm = spm_parts();
    spm.scores.as_mut().unwrap()[2] = f32::NAN;
    assert_eq!(Vocabulary::from_parts(spm.clone()), Err(VocabularyError::Score(2)));
    spm.scores.as_mut().unwrap().pop();
    let count = VocabularyError::Count { what: "scores", got: 2, tokens: 3 };
    assert_eq!(Vocabulary::from_parts(spm), Err(count));
}

#[test]
fn merges_must_join_two_tokens_into_a_third() {
    let merge = |text: &str| {
        let text = text.as_bytes().to_vec();
        refuse(|p| p.merges.as_mut().unwrap()[1] = text)
    };
    assert_eq!(merge("ab"), VocabularyError::MergeForm(1));
    assert_eq!(merge(" b"), VocabularyError::MergeForm(1));
    assert_eq!(merge("ab x"), VocabularyError::MergePart { merge: 1, text: "x".into() });
    assert_eq!(merge("ab "), VocabularyError::MergePart { merge: 1, text: String::new() });
    assert_eq!(merge("b c"), VocabularyError::MergeProduct(1));
    let error = refuse(|p| p.merges.as_mut().unwrap()[1] = vec![b'a', b' ', 0xff]);
    assert_eq!(error, VocabularyError::MergeForm(1));
}

#[test]
fn of_equal_texts_the_last_encodes_and_a_repeated_merge_counts_once() {
    let mut parts = small_parts();
    parts.tokens.as_mut().unwrap().push(b"ab".to_vec());
    parts.token_types.as_mut().unwrap().push(1);
    parts.merges.as_mut().unwrap().push(b"a b".to_vec());
    let mut v = Vocabulary::from_parts(parts).unwrap();
    assert_eq!(v.merges, [[2, 3], [9, 4], [5, 2]]);
    v.merges[1] = [6, 4];
    assert_eq!(v.check(), Err(VocabularyError::MergeHidden(1)));
    v.merges[1] = [2, 3];
    assert_eq!(v.check(), Err(VocabularyError::MergeTwice(1)));
    v.merges[1] = [2, 10];
    assert_eq!(v.check(), Err(VocabularyError::Id { what: "a part of a merge", got: 10, tokens: 10 }));
}

#[test]
fn data_of_the_other_kind_is_refused() {
    let mut v = Vocabulary::from_parts(small_parts()).unwrap();
    v.scores = vec![0.0; 9];
    assert_eq!(v.check(), Err(VocabularyError::Foreign { kind: v.kind, what: "scores" }));
    let mut v = Vocabulary::from_parts(spm_parts()).unwrap();
    v.merges = vec![[2, 2]];
    assert_eq!(v.check(), Err(VocabularyError::Foreign { kind: v.kind, what: "merges" }));
}
