//! Which cards there are, and which of them an operator means.

use crate::card::Gpu;
use crate::error::GpuError;

/// An adapter and the names under which it can be asked for.
#[derive(Clone, Debug)]
pub struct Adapter {
    adapter: wgpu::Adapter,
    /// What the driver says of it.
    pub info: wgpu::AdapterInfo,
    /// Place among all adapters; changes when a card falls out.
    pub index: usize,
}

/// All adapters of this machine, software ones included.
pub fn all() -> Vec<Adapter> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::VULKAN;
    descriptor.flags = wgpu::InstanceFlags::empty();
    let instance = wgpu::Instance::new(descriptor);
    let found = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::VULKAN));
    let with_info = |(index, adapter): (usize, wgpu::Adapter)| Adapter { info: adapter.get_info(), adapter, index };
    found.into_iter().enumerate().map(with_info).collect()
}

impl Adapter {
    /// Whether the processor plays the card.
    pub fn is_software(&self) -> bool {
        self.info.device_type == wgpu::DeviceType::Cpu
    }

    /// The PCI bus id, if the driver tells it.
    pub fn bus(&self) -> Option<&str> {
        Some(self.info.device_pci_bus_id.as_str()).filter(|id| !id.is_empty())
    }

    /// What messages call the card: its bus id, or its place, and its name.
    pub fn name(&self) -> String {
        let place = self.bus().map_or_else(|| self.index.to_string(), str::to_owned);
        format!("GPU {place} ({})", self.info.name)
    }

    /// Opens it.
    ///
    /// # Errors
    /// As [`Gpu::open`].
    pub fn open(&self) -> Result<Gpu, GpuError> {
        Gpu::open(&self.adapter, self.name())
    }
}
