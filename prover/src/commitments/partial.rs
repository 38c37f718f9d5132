//! Commitments that are already made, in a file beside the manifest to come, so that work that was cut off goes on where it
//! stood.
//!
//! ```text
//! digest of what is being made
//! per finished tensor: number u32 ‖ count u32 ‖ points ‖ BLAKE3 of all that
//! ```
//!
//! A record that was cut off, or is damaged, ends the file.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Encoded points, one a tile.
type Points = Vec<[u8; 32]>;

/// What is already made.
pub struct Partial {
    path: PathBuf,
    file: Option<File>,
    done: BTreeMap<u32, Points>,
}

impl Partial {
    /// Opens the file at `path`, or starts it, for the work that `of` names. Where the file cannot be written, nothing is
    /// kept: the work goes on without.
    pub fn open(path: &Path, of: &[u8; 32]) -> Partial {
        let mut done = BTreeMap::new();
        let mut length = 0;
        let bytes = std::fs::read(path).unwrap_or_default();
        if let Some((head, mut rest)) = bytes.split_first_chunk::<32>()
            && head == of
        {
            length = 32;
            while let Some((number, points, after)) = record(rest) {
                length += rest.len() - after.len();
                rest = after;
                done.insert(number, points);
            }
        }
        let file = OpenOptions::new().create(true).append(true).open(path).and_then(|mut file| {
            file.set_len(length as u64)?;
            if length == 0 {
                file.write_all(of)?;
            }
            Ok(file)
        });
        Partial { path: path.to_owned(), file: file.ok(), done }
    }

    /// Keeps nothing.
    pub const fn none() -> Partial {
        Partial { path: PathBuf::new(), file: None, done: BTreeMap::new() }
    }

    /// Points of tensor `number`, if all `count` are there.
    pub fn take(&mut self, number: u32, count: usize) -> Option<Points> {
        self.done.remove(&number).filter(|points| points.len() == count)
    }

    /// Tensors that were there when the file was opened and were not taken yet.
    pub fn len(&self) -> usize {
        self.done.len()
    }

    /// Whether nothing is left to take.
    pub fn is_empty(&self) -> bool {
        self.done.is_empty()
    }

    /// Keeps the points of tensor `number`.
    pub fn keep(&mut self, number: u32, points: &[[u8; 32]]) {
        let Some(file) = &mut self.file else { return };
        let mut bytes = number.to_le_bytes().to_vec();
        bytes.extend((points.len() as u32).to_le_bytes());
        bytes.extend(points.as_flattened());
        bytes.extend(blake3::hash(&bytes).as_bytes());
        if file.write_all(&bytes).is_err() {
            self.file = None;
        }
    }

    /// Removes the file: the work is done, or must not go on.
    pub fn remove(self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The first record, and what follows it.
fn record(bytes: &[u8]) -> Option<(u32, Points, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    let (count, rest) = rest.split_first_chunk::<4>()?;
    let size = (u32::from_le_bytes(*count) as usize).checked_mul(32)?;
    let (points, rest) = rest.split_at_checked(size)?;
    let (digest, rest) = rest.split_first_chunk::<32>()?;
    (blake3::hash(&bytes[..8 + size]).as_bytes() == digest)
        .then(|| (u32::from_le_bytes(*number), points.as_chunks::<32>().0.to_vec(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_records_of_the_same_work_come_back_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.partial");
        let mut first = Partial::open(&path, &[1; 32]);
        first.keep(4, &[[9; 32], [8; 32]]);
        first.keep(7, &[[7; 32]]);
        drop(first);
        let whole = std::fs::read(&path).unwrap();

        // Cut off within the second record: the first is there, and what follows is written behind it.
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        let mut second = Partial::open(&path, &[1; 32]);
        assert_eq!((second.take(7, 1), second.take(4, 2)), (None, Some(vec![[9; 32], [8; 32]])));
        assert_eq!(Partial::open(&path, &[1; 32]).take(4, 3), None, "a tensor of another number of tiles");
        second.keep(7, &[[7; 32]]);
        drop(second);
        assert_eq!(std::fs::read(&path).unwrap(), whole);

        let mut damaged = whole.clone();
        damaged[50] ^= 1;
        std::fs::write(&path, damaged).unwrap();
        assert!(Partial::open(&path, &[1; 32]).is_empty());
        std::fs::write(&path, &whole).unwrap();
        assert!(Partial::open(&path, &[2; 32]).is_empty(), "other work");
        Partial::open(&path, &[2; 32]).remove();
        assert!(!path.exists());
    }
}
