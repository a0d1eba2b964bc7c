//! What the painter's own pipelines have in common: instanced rectangles in target pixels, blended premultiplied.

use bytemuck::{NoUninit, Pod, Zeroable};
use wgpu::{
    BindGroup, BindGroupLayout, Buffer, BufferUsages, Device, Queue, RenderPipeline, ShaderStages,
    TextureFormat, VertexAttribute,
};

use crate::painter::shaders::Shader;

/// The size of the target, as all shaders read it.
pub(super) struct ScreenUniform {
    pub(super) layout: BindGroupLayout,
    pub(super) bind_group: BindGroup,
    buffer: Buffer,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Screen {
    size: [f32; 2],
    unused: [f32; 2],
}

impl ScreenUniform {
    pub(super) fn new(device: &Device) -> Self {
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("screen"),
            size: size_of::<Screen>() as u64,
            usage: BufferUsages::UNIFORM | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("screen"),
            entries: &[wgpu::BindGroupLayoutEntry {
                binding: 0,
                visibility: ShaderStages::VERTEX,
                ty: wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Uniform,
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                count: None,
            }],
        });
        let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("screen"),
            layout: &layout,
            entries: &[wgpu::BindGroupEntry {
                binding: 0,
                resource: buffer.as_entire_binding(),
            }],
        });
        Self {
            layout,
            bind_group,
            buffer,
        }
    }

    pub(super) fn write(&self, queue: &Queue, (width, height): (u32, u32)) {
        let screen = Screen {
            size: [width as f32, height as f32],
            unused: [0.0; 2],
        };
        queue.write_buffer(&self.buffer, 0, bytemuck::bytes_of(&screen));
    }
}

/// A pipeline that draws one four-cornered strip for each instance of type `I`.
pub(super) fn instanced<I>(
    device: &Device,
    format: TextureFormat,
    shader: &Shader,
    groups: &[&BindGroupLayout],
    attributes: &[VertexAttribute],
) -> RenderPipeline {
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(shader.file),
        source: wgpu::ShaderSource::Wgsl(shader.wgsl.into()),
    });
    let groups: Vec<_> = groups.iter().map(|group| Some(*group)).collect();
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(shader.file),
        bind_group_layouts: &groups,
        immediate_size: 0,
    });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(shader.file),
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("vertex"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[Some(wgpu::VertexBufferLayout {
                array_stride: size_of::<I>() as u64,
                step_mode: wgpu::VertexStepMode::Instance,
                attributes,
            })],
        },
        primitive: wgpu::PrimitiveState {
            topology: wgpu::PrimitiveTopology::TriangleStrip,
            ..wgpu::PrimitiveState::default()
        },
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some("fragment"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(wgpu::ColorTargetState {
                format,
                blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                write_mask: wgpu::ColorWrites::ALL,
            })],
        }),
        multiview_mask: None,
        cache: None,
    })
}

/// This frame's instances on the GPU, in a buffer that is kept from frame to frame and grows when it must.
pub(super) struct Instances<I> {
    pub(super) list: Vec<I>,
    buffer: Option<Buffer>,
}

impl<I: NoUninit> Instances<I> {
    pub(super) fn new() -> Self {
        Self {
            list: Vec::new(),
            buffer: None,
        }
    }

    pub(super) fn upload(&mut self, device: &Device, queue: &Queue) {
        let bytes: &[u8] = bytemuck::cast_slice(&self.list);
        if bytes.is_empty() {
            return;
        }
        let fits = |buffer: &Buffer| buffer.size() >= bytes.len() as u64;
        let buffer = match self.buffer.take().filter(fits) {
            Some(buffer) => buffer,
            None => device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("instances"),
                size: (bytes.len() as u64).next_power_of_two(),
                usage: BufferUsages::VERTEX | BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
        };
        queue.write_buffer(&buffer, 0, bytes);
        self.buffer = Some(buffer);
    }

    /// Makes the instances the pass's vertex input; `None` when there are none to draw.
    pub(super) fn bind(&self, pass: &mut wgpu::RenderPass<'_>) -> Option<()> {
        let buffer = self.buffer.as_ref()?;
        pass.set_vertex_buffer(0, buffer.slice(..));
        Some(())
    }
}
