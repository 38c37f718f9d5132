//! Cards for tests.

use std::sync::OnceLock;

use crate::adapters;
use crate::card::Gpu;
use crate::error::GpuError;

/// A card to test on: the first real one, otherwise the software one. Without any, prints SKIPPED and returns `None`.
pub fn gpu() -> Option<Gpu> {
    static OPENED: OnceLock<Option<Gpu>> = OnceLock::new();
    let open = || {
        let mut found = adapters::all();
        found.sort_by_key(adapters::Adapter::is_software);
        found.first().map(|a| a.open().expect("the adapter opens"))
    };
    let gpu = OPENED.get_or_init(open).clone();
    if gpu.is_none() {
        println!("SKIPPED: no Vulkan adapter");
    }
    gpu
}

/// `count` logical devices of that card; each can be lost alone.
pub fn gpus(count: usize) -> Option<Vec<Gpu>> {
    gpu()?;
    let mut found = adapters::all();
    found.sort_by_key(adapters::Adapter::is_software);
    let open = |_| found[0].open().expect("the adapter opens once more");
    Some((0..count).map(open).collect())
}

/// Asserts that `self_test` of the text catches each of `mutations`: a string of it, and what to replace it by.
///
/// # Panics
/// If a string is not in the text, or an error is not caught.
pub fn assert_caught(
    gpu: &Gpu,
    source: &str,
    self_test: impl Fn(&Gpu, &str) -> Result<(), GpuError>,
    mutations: &[(&str, &str)],
) {
    for (right, planted) in mutations {
        assert!(source.contains(right), "{right} is not in the kernel");
        let found = self_test(gpu, &source.replace(right, planted));
        assert!(matches!(found, Err(GpuError::Wrong { .. })), "{right} -> {planted}: {found:?}");
    }
}
