//! Model files.

use super::alloc;
use super::bytes::readable;
use assay_model::config::RESIDUAL_BITS;
use assay_model::gguf::File;
use assay_model::load;
use assay_model::reference::{Reference, Sampler};
use assay_model::sampling::Sampling;

/// Largest file that is loaded and run.
const SMALL: usize = 16 << 10;

/// The header: tensors lie inside the file, one behind the other.
pub fn parse(data: &[u8]) {
    match alloc::bounded(data.len(), 24, 8192, || File::parse(data)) {
        Ok(file) => {
            let mut end = 0;
            for tensor in file.tensors() {
                let bytes = file.tensor_bytes(tensor).expect("a tensor of this file");
                assert_eq!(bytes.len() as u64, tensor.bytes);
                assert!(tensor.start >= end && tensor.start.is_multiple_of(8), "tensors overlap");
                end = tensor.range().end;
                let weights: u64 = tensor.dims.iter().product();
                assert_eq!(weights / tensor.kind.block_len() as u64 * tensor.kind.block_bytes() as u64, tensor.bytes);
            }
            assert!(end <= data.len() as u64);
        }
        Err(error) => readable(error),
    }
}

/// The whole file: a model that loads runs, whatever its weights and parameters are.
pub fn load(data: &[u8]) {
    let Ok(file) = File::parse(data) else { return };
    if data.len() > SMALL {
        return;
    }
    let model = match load::load(&file) {
        Ok(loaded) => loaded.model,
        Err(error) => return readable(error),
    };
    let c = &model.config;
    assert!(c.is_valid() && RESIDUAL_BITS > 0);
    let sampler = Sampler { sampling: Sampling::Greedy, seed: [0; 32], tail_from: 1 };
    let mut reference = Reference::new(&model);
    let mut steps = 0;
    let token = reference.extend(&[0, c.vocab - 1], &sampler, &mut |out| {
        let shape = c.shape(out.step.kind);
        assert_eq!((out.header.len(), out.tensor.len()), (shape.header, shape.bytes()), "{}", out.step);
        steps += 1;
    });
    assert!(token.is_some_and(|t| t < c.vocab));
    assert_eq!(steps, c.step_count(false) + c.step_count(true));
}
