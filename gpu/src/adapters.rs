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
        self.open_as(self.name())
    }

    /// Opens it under a name of its own, for a card that is opened several times.
    ///
    /// # Errors
    /// As [`Gpu::open`].
    pub fn open_as(&self, name: String) -> Result<Gpu, GpuError> {
        Gpu::open(&self.adapter, name)
    }

    /// Whether it has 64-bit integers.
    pub fn has_int64(&self) -> bool {
        self.adapter.features().contains(wgpu::Features::SHADER_INT64)
    }

    /// Sizes of its subgroups, if it has any.
    pub fn subgroups(&self) -> Option<[u32; 2]> {
        let sizes = [self.info.subgroup_min_size, self.info.subgroup_max_size];
        self.adapter.features().contains(wgpu::Features::SUBGROUP).then_some(sizes)
    }

    /// What it takes at most.
    pub fn limits(&self) -> wgpu::Limits {
        self.adapter.limits()
    }

    /// Bytes of its largest memory of its own.
    pub fn memory(&self) -> Option<u64> {
        // SAFETY: the handles are only asked what the driver knows of them, and outlive the question.
        let driver = unsafe { self.adapter.as_hal::<wgpu::hal::api::Vulkan>() }?;
        // SAFETY: as above.
        let heaps = unsafe {
            let instance = driver.shared_instance().raw_instance();
            instance.get_physical_device_memory_properties(driver.raw_physical_device())
        };
        // Bit 0 of the flags: local to the device.
        let own = heaps.memory_heaps_as_slice().iter().filter(|heap| heap.flags.as_raw() & 1 != 0);
        own.map(|heap| heap.size).max()
    }
}
