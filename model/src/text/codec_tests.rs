use super::super::vocabulary::VocabularyParts;
use super::super::vocabulary::tests::small_parts;
use super::*;
use proptest::prelude::*;

fn small() -> Vocabulary {
    Vocabulary::from_parts(VocabularyParts { chat_template: Some("{{ x }}".into()), ..small_parts() }).unwrap()
}

fn spm() -> Vocabulary {
    let texts = ["<unk>", "<s>", "</s>", "\u{2581}", "a", "\u{2581}a"];
    Vocabulary::from_parts(VocabularyParts {
        model: Some("llama".into()),
        tokens: Some(texts.iter().map(|t| t.as_bytes().to_vec()).collect()),
        scores: Some(vec![0.0, -0.0, 0.0, -1.5, -2.25, -0.5]),
        token_types: Some(vec![2, 3, 3, 1, 1, 1]),
        bos: Some(1),
        eos: Some(2),
        unk: Some(0),
        ..Default::default()
    })
    .unwrap()
}

/// Frozen: these bytes are part of model ids.
#[test]
fn the_layout_is_frozen() {
    let expected = [
        &[1u8, 0, 2, 0b1000, 0, 1, 0, 0, 0, 9, 3][..],
        &[2, 3, 6, 4, 5, 2],
        &[0, 6, 12],
        b"<|im_start|>",
        &[10],
        b"<|im_end|>",
        b"\x01a\x01b\x01c\x02\xc4\xa0",
        &[3, 0],
        &[2, 3, 7, 1],
        b"\x07{{ x }}",
    ];
    assert_eq!(encode(&small()), expected.concat());
}

#[test]
fn decoding_undoes_encoding() {
    for v in [small(), spm()] {
        let bytes = encode(&v);
        let back = decode(&bytes).unwrap();
        assert_eq!(back, v);
        assert_eq!(
            back.scores.iter().map(|s| s.to_bits()).collect::<Vec<_>>(),
            v.scores.iter().map(|s| s.to_bits()).collect::<Vec<_>>()
        );
    }
}

#[test]
fn several_merges_of_one_token_are_passed_together() {
    let mut parts = small_parts();
    let tokens = parts.tokens.as_mut().unwrap();
    tokens.insert(7, b"bc".to_vec());
    parts.token_types.as_mut().unwrap().push(1);
    parts.merges = Some(["a b", "b c", "ab c", "a bc", "Ġ a"].iter().map(|t| t.as_bytes().to_vec()).collect());
    let v = Vocabulary::from_parts(parts).unwrap();
    let bytes = encode(&v);
    assert_eq!(decode(&bytes).unwrap(), v);
    // Four joined tokens, no literal one: "ab", "bc", "abc" and "Ġa".
    assert!(bytes.windows(2).any(|w| w == [4, 0]));
}

#[test]
fn every_prefix_and_every_extension_is_refused() {
    for v in [small(), spm()] {
        let mut bytes = encode(&v);
        for n in 0..bytes.len() {
            assert!(decode(&bytes[..n]).is_err(), "{n}");
        }
        bytes.push(0);
        assert_eq!(decode(&bytes), Err(CodecError::NotCanonical));
    }
    assert_eq!(decode(&[]), Err(CodecError::Truncated("version")));
}

#[test]
fn a_declared_count_is_compared_with_the_bytes_left() {
    let head = [1, 0, 2, 0, 0, 0, 0, 0, 0];
    let tokens = [&head[..], &[0xff, 0xff, 0x3f, 0, 0]].concat();
    assert_eq!(decode(&tokens), Err(CodecError::TooMany { field: "tokens", got: 0xfffff, max: 2 }));
    let merges = [&head[..], &[1, 9, 0, 0]].concat();
    assert_eq!(decode(&merges), Err(CodecError::TooMany { field: "merges", got: 9, max: 1 }));
}

#[test]
fn meaningless_values_are_named() {
    let with = |at: usize, value: u8| {
        let mut bytes = encode(&small());
        bytes[at] = value;
        decode(&bytes).unwrap_err()
    };
    assert_eq!(with(0, 2), CodecError::Value { field: "version", got: 2 });
    assert_eq!(with(1, 2), CodecError::Value { field: "kind", got: 2 });
    assert_eq!(with(2, 9), CodecError::Value { field: "pre-tokenizer", got: 9 });
    assert_eq!(with(3, 16), CodecError::Value { field: "switches", got: 16 });
    assert_eq!(with(11, 8), CodecError::Join(6));
    assert_eq!(with(20, 0xff), CodecError::NotUtf8("token"));
    let at = encode(&small()).len() - 9;
    assert_eq!(with(at, 7), CodecError::Value { field: "token type", got: 7 });
}

#[test]
fn a_longer_form_of_the_same_vocabulary_is_refused() {
    let bytes = encode(&small());
    // The count of tokens as a two-byte number.
    let padded = [&bytes[..9], &[0x89, 0x00], &bytes[10..]].concat();
    assert_eq!(decode(&padded), Err(CodecError::NotCanonical));
    // "Ġa" written out instead of joined.
    let end = bytes.len() - 14;
    assert_eq!(bytes[end..end + 2], [3, 0]);
    let literal = [&bytes[..end], &[2, 1, 3], "Ġa".as_bytes(), &bytes[end + 2..]].concat();
    assert_eq!(decode(&literal), Err(CodecError::NotCanonical));
    // A number that does not fit 32 bits.
    let wide = [&bytes[..4], &[0xff, 0xff, 0xff, 0xff, 0x7f], &bytes[5..]].concat();
    assert_eq!(decode(&wide), Err(CodecError::NotCanonical));
}

/// Token k is token k−1 twice: 2^40 bytes of text in 200 bytes of input.
#[test]
fn doubling_texts_stop_at_the_limit() {
    let mut bytes = vec![1, 0, 2, 0, 0, 0, 0, 0, 0, 41, 40];
    bytes.extend((0..40).flat_map(|k| [k, k]));
    bytes.extend([0, 1, 1, b'x', 40, 0, 41, 1]);
    let error = VocabularyError::LongToken { token: 11, got: 1 << 11 };
    assert_eq!(decode(&bytes), Err(CodecError::Vocabulary(error)));
}

proptest! {
    #[test]
    fn any_bytes_are_an_error_or_canonical(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(v) = decode(&bytes) {
            prop_assert_eq!(encode(&v), bytes);
        }
    }

    #[test]
    fn damage_is_an_error_or_canonical(at in 0usize..70, value in any::<u8>(), which in any::<bool>()) {
        let mut bytes = encode(&if which { small() } else { spm() });
        let at = at % bytes.len();
        bytes[at] = value;
        if let Ok(v) = decode(&bytes) {
            prop_assert_eq!(encode(&v), bytes);
        }
    }
}
