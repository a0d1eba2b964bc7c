//! Filled rectangles, all of a phase in one draw call.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};
use gantry_core::scene::{Fill, color::Color};
use wgpu::{Device, Queue, RenderPass, RenderPipeline, TextureFormat};

use crate::painter::{
    fit::PixelRect,
    pipeline::{Instances, ScreenUniform, instanced},
    shaders,
};

/// Draws rounded rectangles.
pub(super) struct Quads {
    pipeline: RenderPipeline,
    instances: Instances<Quad>,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Quad {
    rect: [f32; 4],
    clip: [f32; 4],
    start: [u8; 4],
    end: [u8; 4],
    slope: [f32; 2],
    radius: f32,
}

impl Quads {
    pub(super) fn new(device: &Device, format: TextureFormat, screen: &ScreenUniform) -> Self {
        let attributes = wgpu::vertex_attr_array![
            0 => Float32x4, 1 => Float32x4, 2 => Unorm8x4, 3 => Unorm8x4, 4 => Float32x2, 5 => Float32
        ];
        let pipeline = instanced::<Quad>(
            device,
            format,
            &shaders::QUAD,
            &[&screen.layout],
            &attributes,
        );
        Self {
            pipeline,
            instances: Instances::new(),
        }
    }

    /// Starts a new frame.
    pub(super) fn clear(&mut self) {
        self.instances.list.clear();
    }

    /// Adds a rectangle; `radius` is in pixels.
    pub(super) fn push(
        &mut self,
        rect: PixelRect,
        clip: PixelRect,
        radius: f32,
        fill: Fill,
        opacity: f32,
    ) {
        let (start, end, slope) = match fill {
            Fill::Solid(color) => (color, color, [0.0, 0.0]),
            Fill::Across { from, to } => (from, to, [1.0 / (rect.right - rect.left), 0.0]),
            Fill::Down { from, to } => (from, to, [0.0, 1.0 / (rect.bottom - rect.top)]),
        };
        self.instances.list.push(Quad {
            rect: rect.to_array(),
            clip: clip.to_array(),
            start: faded(start, opacity),
            end: faded(end, opacity),
            slope,
            radius,
        });
    }

    /// How many rectangles were added since the frame started.
    pub(super) fn len(&self) -> u32 {
        self.instances.list.len() as u32
    }

    pub(super) fn upload(&mut self, device: &Device, queue: &Queue) {
        self.instances.upload(device, queue);
    }

    /// Draws the rectangles of that range, in the order in which they were added.
    pub(super) fn render(
        &self,
        pass: &mut RenderPass<'_>,
        screen: &ScreenUniform,
        range: Range<u32>,
    ) {
        if range.is_empty() || self.instances.bind(pass).is_none() {
            return;
        }
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &screen.bind_group, &[]);
        pass.draw(0..4, range);
    }
}

/// The colour's bytes with its alpha multiplied by `opacity`.
pub(super) fn faded(color: Color, opacity: f32) -> [u8; 4] {
    let alpha = (f32::from(color.a) * opacity).round();
    [color.r, color.g, color.b, alpha as u8]
}
