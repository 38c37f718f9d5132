//! A canary as the last dispatch of a submission.
//!
//! A driver that resets a hung ring may report success and leave results half written. The canary mixes every word w_i of
//! the report with its place i and a nonce n that is used once:
//!
//! c_k = m(m(len) ⊕ n_k) + Σ_i m(m(w_i ⊕ m(i)) ⊕ n_k) mod 2^32, for k = 0..3
//!
//! where m is a bijection that mixes 32 bits. The host computes the same of what it read back. The slot is cleared before
//! the dispatches, so a canary that did not run, ran for another submission, or ran before the report was complete leaves
//! another value. It guards against faults, not against an operator, who can compute it too.

use crate::card::Gpu;
use crate::error::GpuError;
use crate::kernel::{Access, Kernel};
use crate::shader::Shader;

/// Words of a canary.
pub const CANARY: u32 = 4;
/// Lanes of a workgroup.
const GROUP: u32 = 64;
/// Words that a lane adds up before it meets the others at the slot.
const WORDS_OF_LANE: u32 = 16;
/// Most workgroups, which every card takes in one dimension.
const MOST_GROUPS: u32 = 1024;

/// Makes a submission's result known as its own.
pub type Nonce = [u32; CANARY as usize];

/// What a canary over `report` leaves in its slot.
pub fn expected(report: &[u32], nonce: Nonce) -> [u32; CANARY as usize] {
    let mut sum = nonce.map(|n| mix(mix(report.len() as u32) ^ n));
    for (place, word) in (0..).zip(report) {
        let mixed = mix(word ^ mix(place));
        for (sum, n) in sum.iter_mut().zip(nonce) {
            *sum = sum.wrapping_add(mix(mixed ^ n));
        }
    }
    sum
}

const fn mix(x: u32) -> u32 {
    let x = (x ^ (x >> 16)).wrapping_mul(0x21f0_aaad);
    let x = (x ^ (x >> 15)).wrapping_mul(0x735a_2d97);
    x ^ (x >> 15)
}

/// Text of the kernel.
pub fn source() -> String {
    Shader::new().constant("GROUP", GROUP).file(include_str!("kernels/canary.wgsl")).text().into()
}

/// Writes canaries.
#[derive(Debug)]
pub struct Canary(Kernel);

impl Canary {
    /// Compiles the kernel.
    ///
    /// # Errors
    /// If the driver refuses it.
    pub fn new(gpu: &Gpu) -> Result<Canary, GpuError> {
        Canary::of(gpu, &source())
    }

    fn of(gpu: &Gpu, source: &str) -> Result<Canary, GpuError> {
        Ok(Canary(Kernel::new(gpu, "canary", source, &[Access::Read, Access::Write])?))
    }

    /// Binds the report and the buffer that holds the slots, [`CANARY`] words each.
    pub fn bind(&self, gpu: &Gpu, report: &wgpu::Buffer, slots: &wgpu::Buffer) -> wgpu::BindGroup {
        self.0.bind(gpu, &[report, slots])
    }

    /// Clears a slot; belongs before the pass whose last dispatch is the canary.
    pub fn clear(encoder: &mut wgpu::CommandEncoder, slots: &wgpu::Buffer, slot: u32) {
        let bytes = u64::from(CANARY) * 4;
        encoder.clear_buffer(slots, u64::from(slot) * bytes, Some(bytes));
    }

    /// Adds the canary over the first `words` words of the report; belongs after all other dispatches.
    pub fn encode(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bound: &wgpu::BindGroup,
        words: u32,
        nonce: Nonce,
        slot: u32,
    ) {
        let groups = words.div_ceil(GROUP * WORDS_OF_LANE).clamp(1, MOST_GROUPS);
        let [a, b, c, d] = nonce;
        self.0.dispatch(pass, bound, &[a, b, c, d, words, groups * GROUP, slot * CANARY], [groups, 1, 1]);
    }
}

/// Compares with the host's canary.
///
/// # Errors
/// If the canary is another, or the card fails.
pub fn self_test(gpu: &Gpu) -> Result<(), GpuError> {
    self_test_with(gpu, &source())
}

/// [`self_test`] of a kernel with another text.
///
/// # Errors
/// As [`self_test`].
pub fn self_test_with(gpu: &Gpu, source: &str) -> Result<(), GpuError> {
    let canary = Canary::of(gpu, source)?;
    let slots = gpu.storage("canaries", u64::from(2 * CANARY));
    for (words, nonce) in [(1, [0; 4]), (1023, [1, 2, 3, 4]), (1025, [u32::MAX; 4]), (100_000, [5, 0, 7, 1 << 31])] {
        for input in [vec![0; words as usize], vec![u32::MAX; words as usize], crate::hash::cycle(words, 9)] {
            let bound = canary.bind(gpu, &gpu.upload("report", &input), &slots);
            let mut encoder = gpu.encoder();
            Canary::clear(&mut encoder, &slots, 1);
            {
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
                canary.encode(&mut pass, &bound, words, nonce, 1);
            }
            gpu.run(encoder)?;
            if gpu.read(&slots, CANARY.into(), CANARY.into())? != expected(&input, nonce) {
                return Err(gpu.wrong(format!("the canary over {words} words")));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::cycle;
    use crate::testing;

    const WORDS: u32 = 3000;

    /// What is in the slot after a submission over `report` that leaves out its canary if `dropped`.
    fn submitted(gpu: &Gpu, slots: &wgpu::Buffer, report: &[u32], nonce: Nonce, dropped: bool) -> Vec<u32> {
        let canary = Canary::new(gpu).unwrap();
        let bound = canary.bind(gpu, &gpu.upload("report", report), slots);
        let mut encoder = gpu.encoder();
        Canary::clear(&mut encoder, slots, 0);
        if !dropped {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            canary.encode(&mut pass, &bound, report.len() as u32, nonce, 0);
        }
        gpu.run(encoder).unwrap();
        gpu.read(slots, 0, CANARY.into()).unwrap()
    }

    #[test]
    fn a_dropped_canary_a_stale_nonce_and_a_changed_report_are_found() {
        let Some(gpu) = testing::gpu() else { return };
        let slots = gpu.storage("canaries", CANARY.into());
        let report = cycle(WORDS, 1);
        let nonce = [9, 8, 7, 6];
        let wanted = expected(&report, nonce);
        assert_eq!(submitted(&gpu, &slots, &report, nonce, false), wanted);
        assert_ne!(submitted(&gpu, &slots, &report, nonce, true), wanted);
        for stale in [[9, 8, 7, 5], [8, 8, 7, 6], [0; 4]] {
            assert_ne!(submitted(&gpu, &slots, &report, stale, false), wanted);
        }
        for (word, flip) in [(0, 1), (1500, 1 << 31), (WORDS as usize - 1, u32::MAX)] {
            let mut changed = report.clone();
            changed[word] ^= flip;
            assert_ne!(submitted(&gpu, &slots, &changed, nonce, false), wanted);
        }
        assert_ne!(submitted(&gpu, &slots, &report[1..], nonce, false), wanted);
    }

    #[test]
    fn swapped_moved_and_missing_words_change_all_four_sums() {
        let report = cycle(WORDS, 1);
        let wanted = expected(&report, [0; 4]);
        let mut swapped = report.clone();
        swapped.swap(10, 2000);
        let mut moved = report.clone();
        moved.rotate_left(1);
        let mut longer = report.clone();
        longer.push(0);
        for other in [&swapped, &moved, &longer, &report[..WORDS as usize - 1].to_vec()] {
            let found = expected(other, [0; 4]);
            assert!(found.iter().zip(wanted).all(|(&a, b)| a != b));
        }
    }

    #[test]
    fn no_report_and_no_nonce_still_leave_a_mark() {
        assert_ne!(expected(&[0], [0; 4]), [0; 4]);
        assert_ne!(expected(&[], [1; 4]), [0; 4]);
    }

    #[test]
    fn planted_errors_are_caught() {
        let Some(gpu) = testing::gpu() else { return };
        self_test(&gpu).unwrap();
        testing::assert_caught(
            &gpu,
            &source(),
            self_test_with,
            &[
                ("0x21f0aaadu", "0x21f0aaafu"),
                ("15u))) *", "14u))) *"),
                ("^ mix(vec4<u32>(place))", ""),
                ("^ p.nonce);\n}", ");\n}"),
                ("i += p.lanes", "i += p.lanes + 1u"),
                ("id.x == 0u", "false"),
                ("p.slot + 3u], sum.w", "p.slot + 3u], sum.z"),
            ],
        );
    }
}
