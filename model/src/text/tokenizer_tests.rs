use super::super::vocabulary::VocabularyParts;
use super::*;

/// All bytes but 0xFF in the byte alphabet, some merges, and markers.
fn byte_vocabulary(pre: &str) -> VocabularyParts {
    let mut tokens: Vec<String> = vec!["<|endoftext|>".into(), "<|im_end|>".into(), "<mark>".into()];
    tokens.extend(alphabet::CHARS[..255].iter().map(char::to_string));
    let merges = ["h e", "l l", "he ll", "hell o", "Ġ w", "Ġ Ġ", "1 2", "12 3", "ð Ł", "' s", "Ġw o"];
    tokens.extend(merges.iter().map(|m| m.replace(' ', "")));
    let mut types = vec![1; tokens.len()];
    types[..3].copy_from_slice(&[3, 3, 4]);
    VocabularyParts {
        model: Some("gpt2".into()),
        pre: Some(pre.into()),
        tokens: Some(tokens.into_iter().map(String::into_bytes).collect()),
        merges: Some(merges.iter().map(|m| m.as_bytes().to_vec()).collect()),
        token_types: Some(types),
        bos: Some(0),
        eos: Some(1),
        ..Default::default()
    }
}

fn build(parts: VocabularyParts) -> Tokenizer {
    Tokenizer::new(Vocabulary::from_parts(parts).unwrap()).unwrap()
}

/// Texts of the tokens of `text`.
fn cut(t: &Tokenizer, text: &str, special: bool) -> Vec<String> {
    let ids = t.encode(text, special).unwrap();
    ids.iter().map(|id| t.vocabulary().tokens.get(*id).unwrap().to_owned()).collect()
}

fn words_of(pre: &str, text: &str) -> Vec<String> {
    let t = build(byte_vocabulary(pre));
    words(text, t.expressions).into_iter().map(|w| text[w].to_owned()).collect()
}

#[test]
fn merges_go_by_rank_inside_words() {
    let t = build(byte_vocabulary("smollm"));
    assert_eq!(cut(&t, "hello world", false), ["hello", "Ġwo", "r", "l", "d"]);
    assert_eq!(cut(&t, "he's 123", false), ["he", "'s", "Ġ", "1", "2", "3"]);
    let t = build(byte_vocabulary("gpt-2"));
    assert_eq!(cut(&t, "he's 123", false), ["he", "'s", "Ġ", "123"]);
    assert_eq!(t.encode("", false).unwrap(), Vec::<u32>::new());
}

#[test]
fn each_pre_tokenizer_cuts_its_own_way() {
    let text = "I'M a12345  b\r\n c!!";
    assert_eq!(words_of("gpt-2", text), ["I", "'", "M", " a", "12345", " ", " b", "\r\n", " c", "!!"]);
    assert_eq!(words_of("smollm", text), ["I", "'", "M", " a", "1", "2", "3", "4", "5", " ", " b", "\r\n", " c", "!!"]);
    assert_eq!(words_of("llama3", text), ["I", "'M", " a", "123", "45", " ", " b", "\r\n", " c", "!!"]);
    assert_eq!(words_of("qwen2", text), ["I", "'M", " a", "1", "2", "3", "4", "5", " ", " b", "\r\n", " c", "!!"]);
    assert_eq!(words_of("default", text), ["I", "'", "M", " a", "123", "45", " ", " b", "\r\n", " c", "!!"]);
}

#[test]
fn llama_3_takes_a_word_whole_where_others_merge() {
    let mut parts = byte_vocabulary("llama3");
    parts.tokens.as_mut().unwrap().push(b"hold".to_vec());
    parts.token_types.as_mut().unwrap().push(1);
    assert_eq!(cut(&build(parts.clone()), "hold", false), ["hold"]);
    parts.pre = Some("gpt-2".into());
    assert_eq!(cut(&build(parts), "hold", false), ["h", "o", "l", "d"]);
}

#[test]
fn control_tokens_need_permission_and_user_tokens_do_not() {
    let t = build(byte_vocabulary("smollm"));
    assert_eq!(t.encode("he<|im_end|><mark>", true).unwrap().len(), 3);
    let plain = t.encode("he<|im_end|><mark>", false).unwrap();
    assert!(!plain.contains(&1) && plain.contains(&2));
    assert_eq!(t.decode(&plain), "he<|im_end|><mark>");
}

#[test]
fn text_cannot_spell_a_control_token_even_as_a_word_or_a_merge() {
    let mut parts = byte_vocabulary("llama3");
    let hello = parts.tokens.as_ref().unwrap().iter().position(|t| t == b"hello").unwrap();
    parts.token_types.as_mut().unwrap()[hello] = 3;
    assert_eq!(cut(&build(parts), "hello", false), ["hell", "o"]);
}

#[test]
fn the_longest_whole_token_wins() {
    let mut parts = byte_vocabulary("smollm");
    parts.tokens.as_mut().unwrap().push(b"<mark>>".to_vec());
    parts.token_types.as_mut().unwrap().push(4);
    assert_eq!(cut(&build(parts), "é<mark>>é<mark>", false).iter().filter(|t| t.starts_with("<mark")).count(), 2);
}

#[test]
fn a_byte_without_token_is_dropped_and_keeps_its_neighbours_apart() {
    let mut parts = byte_vocabulary("gpt-2");
    parts.tokens.as_mut().unwrap()[3] = b"nothing".to_vec();
    assert_eq!(cut(&build(parts), "h\0ello", false), ["h", "e", "ll", "o"]);
}

#[test]
fn prompts_get_bos_and_eos_as_the_file_asks_and_never_two_bos() {
    let mut parts = byte_vocabulary("smollm");
    (parts.add_bos, parts.add_eos) = (Some(true), Some(true));
    let t = build(parts);
    let he = t.encode("he", false).unwrap()[0];
    assert_eq!(t.encode_prompt("he", true).unwrap(), [0, he, 1]);
    assert_eq!(t.encode_prompt("<|endoftext|>he", true).unwrap(), [0, he, 1]);
    assert_eq!(build(byte_vocabulary("smollm")).encode_prompt("he", true).unwrap(), [he]);
}

#[test]
fn decoding_undoes_encoding_and_streams_whole_characters() {
    let t = build(byte_vocabulary("smollm"));
    for text in ["hello  world\n", "naïve 😀 你好", "\u{0}\u{301}", "1234's"] {
        let ids = t.encode(text, false).unwrap();
        assert_eq!(t.decode(&ids), text);
        let mut stream = t.stream();
        let parts: Vec<String> = ids.iter().map(|id| stream.push(*id)).collect();
        assert!(parts.iter().all(|p| !p.contains('\u{fffd}')), "{parts:?}");
        assert_eq!(parts.concat() + &stream.finish(), text);
    }
    assert_eq!(t.decode(&[0, 1]), "");
    assert_eq!(t.decode(&[u32::MAX]), "\u{fffd}");
}

/// Bytes, then pieces whose scores fall with their ids.
fn spm() -> VocabularyParts {
    let mut tokens: Vec<String> = vec!["<unk>".into(), "<s>".into(), "</s>".into()];
    tokens.extend((0..=255).map(|b| format!("<0x{b:02X}>")));
    let pieces =
        ["▁h", "el", "▁hel", "lo", "▁hello", "▁▁", "▁w", "▁", "h", "e", "l", "o", "w", "<", "/", "s", ">", "</", "s>"];
    tokens.extend(pieces.iter().map(|p| (*p).to_owned()));
    let mut types = vec![6; tokens.len()];
    types[..3].copy_from_slice(&[2, 3, 3]);
    types[259..].fill(1);
    let scores = (0..tokens.len()).map(|i| if i < 259 { 0.0 } else { 259.0 - i as f32 }).collect();
    VocabularyParts {
        model: Some("llama".into()),
        tokens: Some(tokens.into_iter().map(String::into_bytes).collect()),
        scores: Some(scores),
        token_types: Some(types),
        bos: Some(1),
        eos: Some(2),
        unk: Some(0),
        ..Default::default()
    }
}

#[test]
fn sentence_piece_merges_by_score_with_a_space_in_front() {
    let t = build(spm());
    assert_eq!(cut(&t, "hello", false), ["▁hello"]);
    assert_eq!(cut(&t, "hello  w", false), ["▁hello", "▁▁", "w"]);
    assert_eq!(cut(&t, "hello</s>hello", true), ["▁hello", "</s>", "▁hello"]);
    assert_eq!(t.encode_prompt("<s>hello", true).unwrap()[0..1], [1]);
    let mut parts = spm();
    parts.add_space_prefix = Some(false);
    assert_eq!(cut(&build(parts), "hello", false), ["h", "el", "lo"]);
}

#[test]
fn sentence_piece_falls_back_to_bytes() {
    let t = build(spm());
    assert_eq!(cut(&t, "hé\n", false), ["▁h", "<0xC3>", "<0xA9>", "<0x0A>"]);
    let text = "hé <0x41>\n";
    let ids = t.encode(text, false).unwrap();
    assert_eq!(t.decode(&ids), text);
    assert_eq!(t.decode(&t.encode(" hello  w", false).unwrap()), " hello  w");
}

#[test]
fn sentence_piece_text_cannot_spell_a_marker() {
    let t = build(spm());
    assert_eq!(cut(&t, "</s>", false), ["▁", "</", "s>"]);
}

#[test]
fn a_vocabulary_that_could_lose_text_or_time_is_refused() {
    let mut parts = spm();
    parts.unk = None;
    parts.token_types.as_mut().unwrap()[100] = 1;
    let error = Tokenizer::new(Vocabulary::from_parts(parts).unwrap()).err().unwrap();
    assert!(matches!(error, TokenizerError::NoFallback));
    let long = (0..2100).map(|i| format!("{i:01024}").into_bytes());
    let parts = VocabularyParts {
        model: Some("llama".into()),
        tokens: Some(long.collect()),
        scores: Some(vec![0.0; 2100]),
        unk: Some(0),
        ..Default::default()
    };
    let error = Tokenizer::new(Vocabulary::from_parts(parts).unwrap()).err().unwrap();
    assert!(matches!(error, TokenizerError::Work(w) if w == 2100 << 20));
}
