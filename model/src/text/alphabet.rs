//! The byte-level alphabet: every byte as one printable character, as GPT-2 defined it.
//!
//! Printable Latin-1 bytes stand for themselves; the other 68, in order, are the characters from U+0100 on.

const fn prints(b: u8) -> bool {
    matches!(b, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff)
}

/// Character of every byte.
pub const CHARS: [char; 256] = {
    let mut chars = ['\0'; 256];
    let (mut b, mut next) = (0, 0x100u32);
    while b < 256 {
        chars[b] = if prints(b as u8) {
            b as u8 as char
        } else {
            next += 1;
            match char::from_u32(next - 1) {
                Some(c) => c,
                None => unreachable!(),
            }
        };
        b += 1;
    }
    chars
};

/// Byte of every character below U+0144; 256 where there is none.
const BYTES: [u16; 0x144] = {
    let mut bytes = [256u16; 0x144];
    let mut b = 0;
    while b < 256 {
        bytes[CHARS[b] as usize] = b as u16;
        b += 1;
    }
    bytes
};

/// `text`, each byte as its character.
pub fn spell(text: &str) -> String {
    text.bytes().map(|b| CHARS[b as usize]).collect()
}

/// The bytes that `spelled` stands for, added to `out`; a character outside the alphabet stands for its own UTF-8.
pub fn unspell(spelled: &str, out: &mut Vec<u8>) {
    for c in spelled.chars() {
        match BYTES.get(c as usize).and_then(|b| u8::try_from(*b).ok()) {
            Some(b) => out.push(b),
            None => out.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_newlines_have_their_well_known_letters() {
        assert_eq!(spell(" \n\t\r\0\u{a0}a"), "ĠĊĉčĀÂła");
        assert_eq!(spell("é😀"), "Ã©ðŁĺĢ");
    }

    #[test]
    fn every_byte_comes_back() {
        for b in 0..=255u8 {
            let mut out = Vec::new();
            unspell(&CHARS[b as usize].to_string(), &mut out);
            assert_eq!(out, [b]);
        }
    }

    #[test]
    fn a_foreign_character_stands_for_itself() {
        let mut out = Vec::new();
        unspell("Ġ好", &mut out);
        assert_eq!(out, " 好".as_bytes());
    }
}
