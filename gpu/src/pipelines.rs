//! What a driver made of kernels, kept on disk: compiling them takes longer than testing them.
//!
//! A file is a digest and what the driver gave. The driver checks that it is its own; the digest, that it is whole.

use crate::store::Store;

/// Bytes of the digest.
const DIGEST: usize = 32;

/// A driver's compiled pipelines.
#[derive(Clone, Debug)]
pub struct Pipelines {
    cache: wgpu::PipelineCache,
    store: Store,
    file: String,
}

impl Pipelines {
    /// Of a device, with what earlier runs left; `None` if the driver keeps nothing.
    pub(crate) fn open(device: &wgpu::Device, info: &wgpu::AdapterInfo) -> Option<Pipelines> {
        Pipelines::open_in(device, info, Store::of_user())
    }

    fn open_in(device: &wgpu::Device, info: &wgpu::AdapterInfo, store: Store) -> Option<Pipelines> {
        if !device.features().contains(wgpu::Features::PIPELINE_CACHE) {
            return None;
        }
        let driver = blake3::hash(format!("{} {}", info.driver, info.driver_info).as_bytes());
        let file = format!("{}-{}.pipelines", wgpu::util::pipeline_cache_key(info)?, &driver.to_hex()[..16]);
        let content = store.read(&file);
        let data = content.as_deref().and_then(whole);
        // SAFETY: data is what `get_data` gave for this card and driver, whose names are in the file's; the digest shows
        // that it is whole.
        let cache = unsafe {
            device.create_pipeline_cache(&wgpu::PipelineCacheDescriptor {
                label: Some("pipelines"),
                data,
                fallback: true,
            })
        };
        Some(Pipelines { cache, store, file })
    }

    pub(crate) const fn cache(&self) -> &wgpu::PipelineCache {
        &self.cache
    }

    /// Writes what is new to disk.
    pub fn save(&self) {
        let Some(data) = self.cache.get_data() else { return };
        let content = [blake3::hash(&data).as_bytes().as_slice(), &data].concat();
        if self.store.read(&self.file).is_none_or(|old| old != content) {
            self.store.write(&self.file, &content);
        }
    }
}

/// The data of a file that is whole.
fn whole(content: &[u8]) -> Option<&[u8]> {
    let (digest, data) = content.split_at_checked(DIGEST)?;
    (*blake3::hash(data).as_bytes() == *digest).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn what_is_damaged_or_short_is_not_given_to_the_driver() {
        let content = [blake3::hash(b"data").as_bytes().as_slice(), b"data"].concat();
        assert_eq!(whole(&content), Some(b"data".as_slice()));
        let mut damaged = content.clone();
        damaged[33] ^= 1;
        for bad in [damaged.as_slice(), &content[..content.len() - 1], &content[..31], &[]] {
            assert_eq!(whole(bad), None);
        }
    }

    #[test]
    fn a_damaged_file_is_replaced() {
        let Some(gpu) = testing::gpu() else { return };
        let directory = std::env::temp_dir().join(format!("assay-pipelines-{}", std::process::id()));
        let store = Store::at(directory.clone());
        let Some(first) = Pipelines::open_in(gpu.device(), gpu.info(), store.clone()) else { return };
        store.write(&first.file, b"nothing that a driver wrote");
        let second = Pipelines::open_in(gpu.device(), gpu.info(), store.clone()).unwrap();
        second.save();
        assert!(store.read(&second.file).is_some_and(|content| whole(&content).is_some()));
        std::fs::remove_dir_all(directory).unwrap();
    }
}
