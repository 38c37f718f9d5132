//! Cards for tests.

use std::sync::OnceLock;

use crate::adapters;
use crate::card::Gpu;

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
