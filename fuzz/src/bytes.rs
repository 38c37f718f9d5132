//! Numbers out of a fuzzer's bytes; zeros follow the end.

/// A position in the bytes.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        let taken = self.take(N);
        out[..taken.len()].copy_from_slice(taken);
        out
    }

    /// Up to `n` of the next bytes.
    pub fn take(&mut self, n: usize) -> &'a [u8] {
        let (head, tail) = self.0.split_at(n.min(self.0.len()));
        self.0 = tail;
        head
    }

    /// A byte.
    pub fn u8(&mut self) -> u8 {
        u8::from_le_bytes(self.array())
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u32) -> u32 {
        u32::from(u16::from_le_bytes(self.array())) % n.max(1)
    }

    /// An `i32`: mostly as it stands, now and then an extreme one.
    pub fn i32(&mut self) -> i32 {
        let v = i32::from_le_bytes(self.array());
        match v & 0xff {
            0x55 => i32::MAX,
            0xaa => i32::MIN,
            // A small one.
            s if s & 1 == 1 => v >> (s >> 3 & 31),
            _ => v,
        }
    }

    /// `n` values of [`Bytes::i32`].
    pub fn i32s(&mut self, n: usize) -> Vec<i32> {
        (0..n).map(|_| self.i32()).collect()
    }
}

/// Asserts that an error's text is one that a terminal can be given: one line, not endless, no control characters.
pub fn readable(error: impl std::fmt::Display) {
    let text = error.to_string();
    assert!(!text.is_empty() && text.len() <= 2048, "an error of {} bytes", text.len());
    assert!(!text.contains(char::is_control), "control characters in {text:?}");
}
