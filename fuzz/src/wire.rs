//! The reader's primitives, driven by a list of operations.

use super::bytes::readable;
use assay_model::wire::{FileKind, Reader, WireError, Writer};

/// The first half of the input says what to read, the second half is read.
pub fn primitives(data: &[u8]) {
    let (ops, bytes) = data.split_at(data.len() / 2);
    let mut r = Reader::bare(bytes);
    for op in ops.chunks(2) {
        let (kind, n) = (op[0] % 9, usize::from(op.get(1).copied().unwrap_or(0)));
        let at = r.at();
        assert!(at <= bytes.len());
        match one(&mut r, kind, n) {
            // What was read, written again, is what stands there.
            Ok(again) => assert_eq!(bytes[at..r.at()], again[..], "operation {kind}"),
            Err(error) => {
                readable(error);
                assert!(error.code().starts_with("wire-"));
                break;
            }
        }
    }
    let left = bytes.len() - r.at();
    assert_eq!(r.end(), if left == 0 { Ok(()) } else { Err(WireError::Trailing(left)) });
    for kind in FileKind::ALL {
        let opened = Reader::file(kind, bytes);
        let begins = bytes.starts_with(&Writer::file(kind).finish());
        assert_eq!(opened.is_ok(), begins, "{}", kind.name());
        assert!(!begins || FileKind::of(bytes) == Some(kind));
    }
}

fn one(r: &mut Reader<'_>, kind: u8, n: usize) -> Result<Vec<u8>, WireError> {
    let mut w = Writer::bare();
    match kind {
        0 => w.raw(r.take(n, "take")?),
        1 => w.raw(&r.array::<20>("array")?),
        2 => w.u8(r.u8("u8")?),
        3 => w.u32(r.u32("u32")?),
        4 => w.u64(r.u64("u64")?),
        5 => w.u32s(&r.u32s(n, "u32s")?),
        6 => w.digests(&r.digests(n, "digests")?),
        7 => w.framed(r.framed(n, "framed")?),
        _ => w.framed(r.text(n, "text")?.as_bytes()),
    };
    Ok(w.finish())
}
