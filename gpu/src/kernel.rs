//! A compiled kernel: one entry point, its storage buffers, its parameters.

use crate::card::{Gpu, IMMEDIATES};
use crate::error::GpuError;

/// How a kernel uses a storage buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `var<storage, read>`
    Read,
    /// `var<storage, read_write>`
    Write,
}

/// A compute pipeline and the layout of its buffers, which are bindings 0, 1, … of group 0.
#[derive(Debug)]
pub struct Kernel {
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    label: String,
}

impl Kernel {
    /// Compiles the entry point `main` of `source`.
    ///
    /// # Errors
    /// If the shader or the pipeline is refused.
    pub fn new(gpu: &Gpu, label: &str, source: &str, buffers: &[Access]) -> Result<Kernel, GpuError> {
        let device = gpu.device();
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let internal = device.push_error_scope(wgpu::ErrorFilter::Internal);
        let source = wgpu::ShaderSource::Wgsl(source.into());
        let descriptor = wgpu::ShaderModuleDescriptor { label: Some(label), source };
        // SAFETY: kernels index inside the buffers that their callers size, which the tests of each kernel pin at the
        // shapes' boundaries; every loop has a bound that does not depend on buffer contents.
        let module = unsafe { device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked()) };
        let entries: Vec<_> = (0..).zip(buffers).map(|(binding, &access)| entry(binding, access)).collect();
        let layout =
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries: &entries });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(label),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: IMMEDIATES,
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(label),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: gpu.pipelines().map(|p| p.cache()),
        });
        for scope in [internal, scope] {
            if let Some(error) = pollster::block_on(scope.pop()) {
                let reason = error.to_string();
                return Err(GpuError::Kernel { card: gpu.name().into(), kernel: label.into(), reason });
            }
        }
        Ok(Kernel { pipeline, layout, label: label.into() })
    }

    /// Binds whole buffers in order.
    pub fn bind(&self, gpu: &Gpu, buffers: &[&wgpu::Buffer]) -> wgpu::BindGroup {
        let entries: Vec<_> = (0..)
            .zip(buffers)
            .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        gpu.device().create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(&self.label),
            layout: &self.layout,
            entries: &entries,
        })
    }

    /// Adds a dispatch of `groups` workgroups with `parameters`.
    pub fn dispatch(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        buffers: &wgpu::BindGroup,
        parameters: &[u32],
        groups: [u32; 3],
    ) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, buffers, &[]);
        // Drivers may refuse ranges that were never set, so all of it is.
        let mut all = [0; IMMEDIATES as usize / 4];
        all[..parameters.len()].copy_from_slice(parameters);
        pass.set_immediates(0, bytemuck::cast_slice(&all));
        pass.dispatch_workgroups(groups[0], groups[1], groups[2]);
    }

    /// Runs one dispatch alone and waits; for tests and self-tests.
    ///
    /// # Errors
    /// If the card is lost or does not finish.
    pub fn run(
        &self,
        gpu: &Gpu,
        buffers: &[&wgpu::Buffer],
        parameters: &[u32],
        groups: [u32; 3],
    ) -> Result<(), GpuError> {
        let bound = self.bind(gpu, buffers);
        let mut encoder = gpu.encoder();
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            self.dispatch(&mut pass, &bound, parameters, groups);
        }
        gpu.run(encoder)
    }
}

fn entry(binding: u32, access: Access) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Storage { read_only: access == Access::Read },
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    }
}
