//! Bounded reading of little-endian values.

use super::GgufError;

/// A position in the file's bytes.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Cursor { bytes, at: 0 }
    }

    pub fn at(&self) -> u64 {
        self.at as u64
    }

    /// The next `need` bytes.
    pub fn take(&mut self, need: u64, what: &'static str) -> Result<&'a [u8], GgufError> {
        let rest = &self.bytes[self.at..];
        match usize::try_from(need).ok().and_then(|n| rest.get(..n)) {
            Some(taken) => {
                self.at += taken.len();
                Ok(taken)
            }
            None => Err(GgufError::Truncated { what, at: self.at(), need, have: rest.len() as u64 }),
        }
    }

    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], GgufError> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N as u64, what)?);
        Ok(out)
    }

    pub fn u32(&mut self, what: &'static str) -> Result<u32, GgufError> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    pub fn u64(&mut self, what: &'static str) -> Result<u64, GgufError> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }

    /// A count of items of at least `min_size` bytes each, checked to fit into the rest of the file, so that it may
    /// size an allocation.
    pub fn count(&mut self, min_size: u64, what: &'static str) -> Result<usize, GgufError> {
        let count = self.u64(what)?;
        let have = (self.bytes.len() - self.at) as u64;
        let need = count.saturating_mul(min_size);
        if need > have {
            return Err(GgufError::Truncated { what, at: self.at(), need, have });
        }
        // `count ≤ have`, and `have` is the length of a slice.
        Ok(count as usize)
    }

    pub fn string(&mut self, what: &'static str) -> Result<&'a str, GgufError> {
        let length = self.u64(what)?;
        let at = self.at();
        std::str::from_utf8(self.take(length, what)?).map_err(|_| GgufError::Utf8 { what, at })
    }

    /// A string of 1 to `max` bytes.
    pub fn name(&mut self, max: u64, what: &'static str) -> Result<&'a str, GgufError> {
        let at = self.at();
        let text = self.string(what)?;
        let length = text.len() as u64;
        if length == 0 || length > max {
            return Err(GgufError::NameLength { what, at, length, max });
        }
        Ok(text)
    }
}
