//! Memory maps: the one place where the model crate steps outside safe Rust.

#![expect(unsafe_code, reason = "mapping a file is unsafe because its bytes can change behind the map")]

use std::fs::File;
use std::io;

use memmap2::{Mmap, MmapOptions};

/// Maps `len` bytes of `file` from `start` on, read only; dropping the map unmaps them.
pub(super) fn map(file: &File, start: u64, len: usize) -> io::Result<Mmap> {
    // SAFETY: the map is private to this process and read only, and nothing here writes to the file. What remains is
    // another process that changes or truncates the file during the load. The bytes are only ever read as plain
    // integers, so a change gives wrong weights, which the manifest's hashes show, and a truncation ends the process
    // with SIGBUS. Whoever can write to the model file of a running process can do either anyway.
    unsafe { MmapOptions::new().offset(start).len(len).map(file) }
}
