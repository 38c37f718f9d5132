//! One opened card: device, queue, memory, and the only places that wait for it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::error::GpuError;
use crate::pipelines::Pipelines;

/// Bytes of parameters that every Vulkan driver takes with a dispatch.
pub const IMMEDIATES: u32 = 128;
/// Longest wait for a submission before the card counts as hung. Submissions are kept far below it.
const PATIENCE: Duration = Duration::from_secs(60);

/// An opened card.
#[derive(Clone, Debug)]
pub struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
    info: wgpu::AdapterInfo,
    name: String,
    pipelines: Option<Pipelines>,
    lost: Arc<Mutex<Option<String>>>,
}

/// Features that kernels have variants for.
const WANTED: wgpu::Features =
    wgpu::Features::SUBGROUP.union(wgpu::Features::SHADER_INT64).union(wgpu::Features::PIPELINE_CACHE);

impl Gpu {
    /// Opens `adapter`; `name` is what messages call it.
    ///
    /// # Errors
    /// If it lacks something that every kernel needs, or the driver refuses.
    pub fn open(adapter: &wgpu::Adapter, name: String) -> Result<Gpu, GpuError> {
        if !adapter.features().contains(wgpu::Features::IMMEDIATES) {
            return Err(GpuError::Unsupported { card: name, what: "passing parameters with a dispatch".into() });
        }
        let limits = adapter.limits();
        let wanted = wgpu::DeviceDescriptor {
            label: Some("assay"),
            required_features: wgpu::Features::IMMEDIATES | (adapter.features() & WANTED),
            required_limits: wgpu::Limits { max_immediate_size: IMMEDIATES, ..limits },
            ..Default::default()
        };
        let opened = pollster::block_on(adapter.request_device(&wanted));
        let (device, queue) = opened.map_err(|e| GpuError::Open { card: name.clone(), reason: e.to_string() })?;
        let lost = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&lost);
        device.set_device_lost_callback(move |reason, message| {
            *slot.lock().unwrap_or_else(|e| e.into_inner()) = Some(format!("{reason:?}: {message}"));
        });
        // Such as work for a card that is gone. Without a handler the process would end.
        let slot = Arc::clone(&lost);
        device.on_uncaptured_error(Arc::new(move |error| {
            slot.lock().unwrap_or_else(|e| e.into_inner()).get_or_insert(error.to_string());
        }));
        let info = adapter.get_info();
        let pipelines = Pipelines::open(&device, &info);
        Ok(Gpu { device, queue, info, name, pipelines, lost })
    }

    /// What messages call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the driver says of it.
    pub const fn info(&self) -> &wgpu::AdapterInfo {
        &self.info
    }

    /// Whether the device was opened with a feature.
    pub fn has(&self, feature: wgpu::Features) -> bool {
        self.device.features().contains(feature)
    }

    /// What the driver keeps of compiled kernels, if it can.
    pub const fn pipelines(&self) -> Option<&Pipelines> {
        self.pipelines.as_ref()
    }

    /// Limits of the device.
    pub fn limits(&self) -> wgpu::Limits {
        self.device.limits()
    }

    /// The device.
    pub const fn device(&self) -> &wgpu::Device {
        &self.device
    }

    /// The queue.
    pub const fn queue(&self) -> &wgpu::Queue {
        &self.queue
    }

    /// A storage buffer of `words` 32-bit words, all zero.
    pub fn storage(&self, label: &str, words: u64) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: words.max(4) * 4,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    }

    /// As [`storage`](Self::storage), where the memory may not suffice.
    ///
    /// # Errors
    /// If the driver has no memory left.
    pub fn try_storage(&self, what: &str, words: u64) -> Result<wgpu::Buffer, GpuError> {
        let memory = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let validation = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let buffer = self.storage(what, words);
        let failed = [validation, memory].map(|scope| pollster::block_on(scope.pop()).is_some());
        if failed.contains(&true) {
            let needed = words * 4 / 1_000_000 + 1;
            return Err(GpuError::Memory { card: self.name.clone(), what: what.into(), needed, free: 0 });
        }
        Ok(buffer)
    }

    /// Writes `words` to the start of a buffer, in pieces that slow slots take in their stride.
    pub fn write(&self, buffer: &wgpu::Buffer, words: &[u32]) {
        const PIECE: usize = 16 << 20;
        for (i, piece) in words.chunks(PIECE).enumerate() {
            self.queue.write_buffer(buffer, (i * PIECE * 4) as u64, bytemuck::cast_slice(piece));
            self.queue.submit([]);
        }
    }

    /// A storage buffer that holds `words`.
    pub fn upload(&self, label: &str, words: &[u32]) -> wgpu::Buffer {
        let buffer = self.storage(label, words.len() as u64);
        self.queue.write_buffer(&buffer, 0, bytemuck::cast_slice(words));
        buffer
    }

    /// A buffer that the host can read after a copy into it.
    pub fn readback(&self, label: &str, words: u64) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: words.max(4) * 4,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    }

    /// A command encoder.
    pub fn encoder(&self) -> wgpu::CommandEncoder {
        self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default())
    }

    /// Submits without waiting.
    ///
    /// # Errors
    /// If the card is lost.
    pub fn submit(&self, encoder: wgpu::CommandEncoder) -> Result<(), GpuError> {
        self.check()?;
        self.queue.submit([encoder.finish()]);
        Ok(())
    }

    /// Submits and waits for the end.
    ///
    /// # Errors
    /// If the card is lost or does not finish.
    pub fn run(&self, encoder: wgpu::CommandEncoder) -> Result<(), GpuError> {
        self.check()?;
        let index = self.queue.submit([encoder.finish()]);
        self.wait(Some(index))
    }

    /// Waits for a submission, or for the last one.
    ///
    /// # Errors
    /// If the card is lost or does not finish.
    pub fn wait(&self, index: Option<wgpu::SubmissionIndex>) -> Result<(), GpuError> {
        let waited = self.device.poll(wgpu::PollType::Wait { submission_index: index, timeout: Some(PATIENCE) });
        self.check()?;
        let card = || self.name.clone();
        waited.map(|_| ()).map_err(|error| match error {
            wgpu::PollError::Timeout => GpuError::Timeout { card: card(), seconds: PATIENCE.as_secs() },
            // Such as that of work which a lost card never took.
            other => GpuError::Lost { card: card(), reason: other.to_string() },
        })
    }

    /// The first `words` words of a [`readback`](Self::readback) buffer that earlier submissions copied into.
    ///
    /// # Errors
    /// If the card is lost or does not finish.
    pub fn mapped(&self, buffer: &wgpu::Buffer, words: u64) -> Result<Vec<u32>, GpuError> {
        let failed = Arc::new(Mutex::new(false));
        let flag = Arc::clone(&failed);
        buffer.map_async(wgpu::MapMode::Read, ..words * 4, move |mapped| {
            *flag.lock().unwrap_or_else(|e| e.into_inner()) = mapped.is_err();
        });
        self.wait(None)?;
        let lost = |reason: &str| GpuError::Lost { card: self.name.clone(), reason: reason.into() };
        if *failed.lock().unwrap_or_else(|e| e.into_inner()) {
            return Err(lost("its memory cannot be read"));
        }
        let range = buffer.get_mapped_range(..words * 4).map_err(|_| lost("its memory cannot be read"))?;
        let out = bytemuck::pod_collect_to_vec(&range);
        drop(range);
        buffer.unmap();
        Ok(out)
    }

    /// Words `first..first + words` of a storage buffer; for tests, replays and load time, not for every token.
    ///
    /// # Errors
    /// If the card is lost or does not finish.
    pub fn read(&self, buffer: &wgpu::Buffer, first: u64, words: u64) -> Result<Vec<u32>, GpuError> {
        let staging = self.readback("read", words);
        let mut encoder = self.encoder();
        encoder.copy_buffer_to_buffer(buffer, first * 4, &staging, 0, words * 4);
        self.run(encoder)?;
        self.mapped(&staging, words)
    }

    /// Reports the card as wrong.
    pub fn wrong(&self, what: impl Into<String>) -> GpuError {
        GpuError::Wrong { card: self.name.clone(), what: what.into() }
    }

    fn check(&self) -> Result<(), GpuError> {
        match self.lost.lock().unwrap_or_else(|e| e.into_inner()).as_ref() {
            Some(reason) => Err(GpuError::Lost { card: self.name.clone(), reason: reason.clone() }),
            None => Ok(()),
        }
    }
}
