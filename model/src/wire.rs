//! Bytes on the wire: one writer, and one total, bounded reader.
//!
//! Every file starts with the magic `assay`, a kind byte and a format version. Integers are little-endian; a list is
//! a `u32` count and its elements. A count is checked against the bytes that are left before anything is allocated;
//! bytes after the end are an error. `docs/wire.md` gives every layout.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FileKind {
    /// A model's public description.
    Manifest = b'M',
    /// A job's terms.
    Job = b'J',
    /// What a rig signed.
    Receipt = b'R',
    /// Tokens and position roots beside a receipt.
    Output = b'O',
    /// A question.
    Challenge = b'C',
    /// An answer.
    Proof = b'P',
}

impl FileKind {
    /// All kinds.
    pub const ALL: [FileKind; 6] =
        [FileKind::Manifest, FileKind::Job, FileKind::Receipt, FileKind::Output, FileKind::Challenge, FileKind::Proof];

    /// Name as users meet it.
    pub const fn name(self) -> &'static str {
        match self {
            FileKind::Manifest => "manifest",
            FileKind::Job => "job",
            FileKind::Receipt => "receipt",
            FileKind::Output => "output",
            FileKind::Challenge => "challenge",
            FileKind::Proof => "proof",
        }
    }

    const fn byte(self) -> u8 {
        match self {
            FileKind::Manifest => b'M',
            FileKind::Job => b'J',
            FileKind::Receipt => b'R',
            FileKind::Output => b'O',
            FileKind::Challenge => b'C',
            FileKind::Proof => b'P',
        }
    }

    /// Kind of a file from its first bytes.
    pub fn of(bytes: &[u8]) -> Option<FileKind> {
        let (magic, rest) = bytes.split_first_chunk::<5>()?;
        let kind = rest.first()?;
        FileKind::ALL.into_iter().find(|k| magic == MAGIC && k.byte() == *kind)
    }
}

const MAGIC: &[u8; 5] = b"assay";
/// Format version of every file.
pub const VERSION: u8 = 1;

/// Why bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The magic or kind byte is another one.
    #[error("not an assay {} file", .0.name())]
    Kind(FileKind),
    /// A version this build does not read.
    #[error("format version {0}; this build reads version {VERSION}")]
    Version(u8),
    /// Bytes end within `what`.
    #[error("truncated within {what} at byte {at}")]
    Truncated {
        /// Field.
        what: &'static str,
        /// Offset of the field.
        at: usize,
    },
    /// A count larger than the bytes left or than the format allows.
    #[error("{what} at byte {at} announces {count} elements")]
    Count {
        /// Field.
        what: &'static str,
        /// Offset of the count.
        at: usize,
        /// The count.
        count: u64,
    },
    /// A value outside its range or not in its canonical form.
    #[error("{what} at byte {at} is out of range or not canonical")]
    Value {
        /// Field.
        what: &'static str,
        /// Offset just behind the field.
        at: usize,
    },
    /// Bytes follow the end.
    #[error("{0} bytes follow the end")]
    Trailing(usize),
}

impl WireError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            WireError::Kind(_) => "wire-kind",
            WireError::Version(_) => "wire-version",
            WireError::Truncated { .. } => "wire-truncated",
            WireError::Count { .. } => "wire-count",
            WireError::Value { .. } => "wire-value",
            WireError::Trailing(_) => "wire-trailing",
        }
    }
}

/// A cursor over untrusted bytes.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    len: usize,
}

impl<'a> Reader<'a> {
    /// Over bare bytes, without a file header.
    pub const fn bare(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes, len: bytes.len() }
    }

    /// Over a file: checks magic, kind and version.
    ///
    /// # Errors
    /// [`WireError::Kind`] or [`WireError::Version`].
    pub fn file(kind: FileKind, bytes: &'a [u8]) -> Result<Self, WireError> {
        if FileKind::of(bytes) != Some(kind) {
            return Err(WireError::Kind(kind));
        }
        let mut reader = Reader::bare(bytes);
        reader.take(6, "magic")?;
        match reader.u8("version")? {
            VERSION => Ok(reader),
            other => Err(WireError::Version(other)),
        }
    }

    /// Offset of the next byte.
    pub const fn at(&self) -> usize {
        self.len.saturating_sub(self.rest.len())
    }

    /// Next `n` bytes.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn take(&mut self, n: usize, what: &'static str) -> Result<&'a [u8], WireError> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(WireError::Truncated { what, at: self.at() })?;
        self.rest = rest;
        Ok(head)
    }

    /// Next `N` bytes.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], WireError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(WireError::Truncated { what, at: self.at() })?;
        self.rest = rest;
        Ok(*head)
    }

    /// A byte.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn u8(&mut self, what: &'static str) -> Result<u8, WireError> {
        self.array(what).map(u8::from_le_bytes)
    }

    /// A `u32`.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn u32(&mut self, what: &'static str) -> Result<u32, WireError> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// A `u64`.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn u64(&mut self, what: &'static str) -> Result<u64, WireError> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// A count of elements of at least `size` bytes each, no more than `max`.
    ///
    /// # Errors
    /// [`WireError::Count`] if that many cannot follow.
    pub fn count(&mut self, size: usize, max: usize, what: &'static str) -> Result<usize, WireError> {
        let at = self.at();
        let count = self.u32(what)?;
        let refuse = WireError::Count { what, at, count: u64::from(count) };
        let n = usize::try_from(count).map_err(|_| refuse)?;
        let fits = n.checked_mul(size).is_some_and(|bytes| bytes <= self.rest.len());
        if n <= max && fits { Ok(n) } else { Err(refuse) }
    }

    /// A list of at most `max` values of `u32`.
    ///
    /// # Errors
    /// As [`Reader::count`].
    pub fn u32s(&mut self, max: usize, what: &'static str) -> Result<Vec<u32>, WireError> {
        let n = self.count(4, max, what)?;
        (0..n).map(|_| self.u32(what)).collect()
    }

    /// A list of at most `max` digests.
    ///
    /// # Errors
    /// As [`Reader::count`].
    pub fn digests(&mut self, max: usize, what: &'static str) -> Result<Vec<[u8; 32]>, WireError> {
        let n = self.count(32, max, what)?;
        (0..n).map(|_| self.array(what)).collect()
    }

    /// Bytes behind their length, at most `max`.
    ///
    /// # Errors
    /// As [`Reader::count`].
    pub fn framed(&mut self, max: usize, what: &'static str) -> Result<&'a [u8], WireError> {
        let n = self.count(1, max, what)?;
        self.take(n, what)
    }

    /// UTF-8 text behind its length, at most `max` bytes.
    ///
    /// # Errors
    /// As [`Reader::count`], or [`WireError::Value`].
    pub fn text(&mut self, max: usize, what: &'static str) -> Result<&'a str, WireError> {
        let bytes = self.framed(max, what)?;
        std::str::from_utf8(bytes).map_err(|_| self.value(what))
    }

    /// The error of a field that was just read and is not acceptable.
    pub const fn value(&self, what: &'static str) -> WireError {
        WireError::Value { what, at: self.at() }
    }

    /// Checks that a field that was just read is acceptable.
    ///
    /// # Errors
    /// [`WireError::Value`] if not.
    pub fn require(&self, acceptable: bool, what: &'static str) -> Result<(), WireError> {
        if acceptable { Ok(()) } else { Err(self.value(what)) }
    }

    /// Checks that nothing follows.
    ///
    /// # Errors
    /// [`WireError::Trailing`].
    pub const fn end(self) -> Result<(), WireError> {
        if self.rest.is_empty() { Ok(()) } else { Err(WireError::Trailing(self.rest.len())) }
    }
}

/// Bytes in the making.
#[derive(Clone, Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Bare bytes.
    pub const fn bare() -> Self {
        Writer(Vec::new())
    }

    /// Behind bytes that are there already.
    pub const fn after(bytes: Vec<u8>) -> Self {
        Writer(bytes)
    }

    /// A file of `kind`.
    pub fn file(kind: FileKind) -> Self {
        let mut w = Writer(MAGIC.to_vec());
        w.0.extend([kind.byte(), VERSION]);
        w
    }

    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// A byte.
    pub fn u8(&mut self, v: u8) -> &mut Self {
        self.raw(&[v])
    }

    /// A `u32`.
    pub fn u32(&mut self, v: u32) -> &mut Self {
        self.raw(&v.to_le_bytes())
    }

    /// A `u64`.
    pub fn u64(&mut self, v: u64) -> &mut Self {
        self.raw(&v.to_le_bytes())
    }

    /// A count; lists of more than u32 elements are not written by this program.
    pub fn count(&mut self, n: usize) -> &mut Self {
        self.u32(u32::try_from(n).unwrap_or(u32::MAX))
    }

    /// A list of `u32`.
    pub fn u32s(&mut self, values: &[u32]) -> &mut Self {
        self.count(values.len());
        for v in values {
            self.u32(*v);
        }
        self
    }

    /// A list of digests.
    pub fn digests(&mut self, values: &[[u8; 32]]) -> &mut Self {
        self.count(values.len());
        for v in values {
            self.raw(v);
        }
        self
    }

    /// Bytes behind their length.
    pub fn framed(&mut self, bytes: &[u8]) -> &mut Self {
        self.count(bytes.len()).raw(bytes)
    }

    /// The bytes.
    pub fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_beyond_the_bytes_left_is_refused_before_it_allocates() {
        let bytes = Writer::bare().u32(u32::MAX).raw(&[0; 8]).finish();
        let err = Reader::bare(&bytes).u32s(usize::MAX, "list").unwrap_err();
        assert_eq!(err, WireError::Count { what: "list", at: 0, count: u64::from(u32::MAX) });
        let err = Reader::bare(&bytes).framed(usize::MAX, "blob").unwrap_err();
        assert_eq!(err.code(), "wire-count");
    }

    #[test]
    fn a_count_beyond_the_formats_limit_is_refused() {
        let bytes = Writer::bare().u32s(&[1, 2, 3]).finish();
        assert_eq!(Reader::bare(&bytes).u32s(3, "list"), Ok(vec![1, 2, 3]));
        assert_eq!(Reader::bare(&bytes).u32s(2, "list").unwrap_err().code(), "wire-count");
    }

    #[test]
    fn another_kind_version_or_length_is_refused() {
        let bytes = Writer::file(FileKind::Job).u8(9).finish();
        assert_eq!(Reader::file(FileKind::Receipt, &bytes).unwrap_err(), WireError::Kind(FileKind::Receipt));
        let mut newer = bytes.clone();
        newer[6] = 2;
        assert_eq!(Reader::file(FileKind::Job, &newer).unwrap_err(), WireError::Version(2));
        assert_eq!(Reader::file(FileKind::Job, &bytes).unwrap().end(), Err(WireError::Trailing(1)));
        for len in 0..6 {
            assert_eq!(Reader::file(FileKind::Job, &bytes[..len]).unwrap_err().code(), "wire-kind");
        }
        assert_eq!(Reader::file(FileKind::Job, &bytes[..6]).unwrap_err().code(), "wire-truncated");
    }
}
