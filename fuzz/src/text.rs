//! Tokenizer and chat template, as a manifest or a model file brings them.

use super::alloc;
use super::bytes::readable;
use assay_model::text::{MAX_TEXT, Tokenizer, Vocabulary, chat, codec};

fn decode(data: &[u8]) -> Option<Vocabulary> {
    // Joined texts may grow to their own limit whatever the length of the input.
    match alloc::bounded(data.len(), 256, 2 * MAX_TEXT, || codec::decode(data)) {
        Ok(vocabulary) => Some(vocabulary),
        Err(error) => {
            readable(error);
            None
        }
    }
}

/// A vocabulary has one encoding; what it says about special tokens holds.
pub fn vocabulary(data: &[u8]) {
    let Some(v) = decode(data) else { return };
    assert_eq!(codec::encode(&v), data, "not canonical");
    assert_eq!(v.check(), Ok(()));
    let count = v.tokens.len() as u32;
    assert!(v.types.len() == v.tokens.len() && v.merges.iter().flatten().all(|id| *id < count));
    assert!(v.stop_tokens().iter().all(|id| *id < count));
}

/// A tokenizer of any vocabulary that decodes: it gives tokens of that vocabulary or says why not.
pub fn tokenizer(data: &[u8]) {
    let Some(v) = decode(data) else { return };
    let count = v.tokens.len() as u32;
    let tokenizer = match Tokenizer::new(v) {
        Ok(tokenizer) => tokenizer,
        Err(error) => return readable(error),
    };
    for special in [false, true] {
        match tokenizer.encode_prompt("ab ab\n\u{e9}<|im_end|> 12", special) {
            Ok(ids) => {
                assert!(ids.iter().all(|id| *id < count));
                let mut stream = tokenizer.stream();
                let streamed: String = ids.iter().map(|id| stream.push(*id)).collect::<String>() + &stream.finish();
                assert_eq!(streamed, tokenizer.decode(&ids), "a stream gives what decoding gives");
            }
            Err(error) => readable(error),
        }
    }
    let every: Vec<u32> = (0..count.min(64)).chain([count, u32::MAX]).collect();
    assert!(tokenizer.decode(&every).len() <= 1 << 20);
}

/// A template: a prompt within its limits of length and memory, the same every time, or one line that says why not.
pub fn template(data: &[u8]) {
    let Ok(template) = std::str::from_utf8(data) else { return };
    let messages = [("system", "be brief"), ("user", "hello {{ x }}")];
    // A part of what a prompt may take: a template that uses all of it takes some milliseconds.
    let fuel = chat::FUEL / 64;
    let render = || chat::render_within(fuel, template, &messages, "<s>", "</s>", true);
    let given = data.len() + messages.iter().map(|(role, content)| role.len() + content.len()).sum::<usize>();
    match alloc::bounded(given, chat::PER_BYTE, chat::FREE + fuel as usize * chat::PER_FUEL, render) {
        Ok(prompt) => {
            assert!(prompt.len() <= chat::MAX_PROMPT);
            assert_eq!(render().as_ref(), Ok(&prompt));
        }
        Err(error) => readable(error),
    }
}
