//! Known answers: buffers before and after some dispatches, compared whole, so that stray writes are found too.

use crate::card::Gpu;
use crate::error::GpuError;
use crate::kernel::Kernel;

/// What stands where nothing is to be written, and where nothing is to be read.
pub const UNTOUCHED: u32 = 0xa5c3_96e1;

/// A buffer of a test.
#[derive(Clone, Debug)]
pub struct Memory {
    name: &'static str,
    /// Words before.
    pub before: Vec<u32>,
    /// Words that have to be there afterwards.
    pub after: Vec<u32>,
}

impl Memory {
    /// `words` words that nothing has written to.
    pub fn untouched(name: &'static str, words: usize) -> Memory {
        Memory { name, before: vec![UNTOUCHED; words], after: vec![UNTOUCHED; words] }
    }

    /// What is only read.
    pub fn read(name: &'static str, words: Vec<u32>) -> Memory {
        Memory { name, after: words.clone(), before: words }
    }

    /// Input from word `first` on.
    pub fn given(&mut self, first: usize, words: &[u32]) {
        self.before[first..][..words.len()].copy_from_slice(words);
        self.expected(first, words);
    }

    /// Output from word `first` on.
    pub fn expected(&mut self, first: usize, words: &[u32]) {
        self.after[first..][..words.len()].copy_from_slice(words);
    }
}

/// A dispatch: parameters and workgroups.
pub type Dispatch = (Vec<u32>, [u32; 3]);

/// Runs `dispatches` in one submission and compares every buffer.
pub fn check(
    gpu: &Gpu,
    what: &str,
    kernel: &Kernel,
    memories: &[Memory],
    dispatches: &[Dispatch],
) -> Result<(), GpuError> {
    let buffers: Vec<_> = memories.iter().map(|m| gpu.upload(m.name, &m.before)).collect();
    let bound = kernel.bind(gpu, &buffers.iter().collect::<Vec<_>>());
    let total: usize = memories.iter().map(|m| m.before.len()).sum();
    let staging = gpu.readback("answers", total as u64);
    let mut encoder = gpu.encoder();
    {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        for (parameters, groups) in dispatches {
            kernel.dispatch(&mut pass, &bound, parameters, *groups);
        }
    }
    let mut at = 0;
    for (memory, buffer) in memories.iter().zip(&buffers) {
        let bytes = memory.before.len() as u64 * 4;
        encoder.copy_buffer_to_buffer(buffer, 0, &staging, at, bytes);
        at += bytes;
    }
    gpu.run(encoder)?;
    let found = gpu.mapped(&staging, total as u64)?;
    let mut found = found.as_slice();
    for memory in memories {
        let (mine, rest) = found.split_at(memory.after.len());
        found = rest;
        if let Some(i) = (0..mine.len()).find(|&i| mine[i] != memory.after[i]) {
            let (is, should) = (mine[i], memory.after[i]);
            return Err(gpu.wrong(format!("{what}: word {i} of {} is {is:#010x}, not {should:#010x}", memory.name)));
        }
    }
    Ok(())
}

/// Values as words.
pub fn words(v: &[i32]) -> Vec<u32> {
    v.iter().map(|&v| v as u32).collect()
}

/// 16-bit values as they are committed, two a word.
pub fn pairs(v: &[i16]) -> Vec<u32> {
    v.as_chunks::<2>().0.iter().map(|&[a, b]| u32::from(a as u16) | u32::from(b as u16) << 16).collect()
}
