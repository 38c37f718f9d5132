//! The text of every kernel, so that what was found out of some kernels is not believed of others.

/// Declares the files.
macro_rules! texts {
    ($($name:literal),* $(,)?) => {
        /// Name and text of each file.
        const TEXTS: &[(&str, &str)] = &[$(($name, include_str!(concat!("kernels/", $name)))),*];
    };
}

texts![
    "act.wgsl",
    "attention.wgsl",
    "attention_i64.wgsl",
    "attention_memory.wgsl",
    "attention_pair.wgsl",
    "attention_subgroup.wgsl",
    "blake3.wgsl",
    "blake3_chunk.wgsl",
    "block.wgsl",
    "canary.wgsl",
    "chunks.wgsl",
    "codes_4.wgsl",
    "codes_5.wgsl",
    "codes_6.wgsl",
    "codes_8.wgsl",
    "columns_digits.wgsl",
    "columns_pairs.wgsl",
    "common.wgsl",
    "dense.wgsl",
    "dot_f32.wgsl",
    "dot_int.wgsl",
    "dot_packed.wgsl",
    "embed.wgsl",
    "hash_chunks.wgsl",
    "hash_trees.wgsl",
    "input_digits.wgsl",
    "input_pairs.wgsl",
    "kv.wgsl",
    "linear.wgsl",
    "norm.wgsl",
    "octet_1.wgsl",
    "octet_4.wgsl",
    "pack.wgsl",
    "packed_dot_1.wgsl",
    "packed_dot_4.wgsl",
    "products.wgsl",
    "reduce_memory.wgsl",
    "reduce_none.wgsl",
    "reduce_subgroup.wgsl",
    "rehash.wgsl",
    "root.wgsl",
    "round.wgsl",
    "sample.wgsl",
    "scales_half.wgsl",
    "scales_narrow.wgsl",
    "scales_wide.wgsl",
    "tokens_1.wgsl",
    "tokens_4.wgsl",
    "weight_buffers.wgsl",
    "weight_coded.wgsl",
    "weight_plain.wgsl",
    "wide96.wgsl",
    "wide_i64.wgsl",
    "wide_pair.wgsl",
];

/// Digest of all texts and of the version that composes them.
pub fn digest() -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    for (name, text) in TEXTS {
        hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_kernel_is_left_out() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/kernels");
        let mut names: Vec<String> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".wgsl"))
            .collect();
        names.sort();
        assert_eq!(TEXTS.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
    }
}
