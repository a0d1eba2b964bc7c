//! Pictures: decoded and resized once to the size at which they are shown, then drawn as textures.
//!
//! Resizing on the CPU gives small logos the quality that a GPU's bilinear filter lacks, and no picture needs mipmaps.

use std::{collections::HashMap, ops::Range, sync::Arc};

use bytemuck::{Pod, Zeroable};
use image::{RgbaImage, imageops::FilterType};
use wgpu::{
    BindGroup, BindGroupLayout, Device, Queue, RenderPass, RenderPipeline, Sampler, TextureFormat,
};

use crate::painter::{
    fit::PixelRect,
    pipeline::{Instances, ScreenUniform, instanced},
    shaders,
    texture::{contained, decode, picture_layout, texture_size, upload},
};

/// Where pictures come from.
pub trait ImageSource {
    /// The bytes of a picture file (PNG or JPEG) by its id; `None` while it is not there, and then nothing is drawn.
    fn bytes(&self, id: &str) -> Option<Arc<[u8]>>;
}

/// A source that has no pictures.
pub struct NoImages;

impl ImageSource for NoImages {
    fn bytes(&self, _id: &str) -> Option<Arc<[u8]>> {
        None
    }
}

/// Decoded pictures are kept while they are shown, and this many more.
const KEPT: usize = 32;

/// Draws pictures.
pub(super) struct Images {
    pipeline: RenderPipeline,
    layout: BindGroupLayout,
    sampler: Sampler,
    instances: Instances<Instance>,
    drawn: Vec<Arc<BindGroup>>,
    /// The decoded files; `None` for one that cannot be read.
    decoded: HashMap<String, Option<RgbaImage>>,
    textures: HashMap<TextureKey, Kept>,
    frame: u64,
}

/// A picture's id and its width and height in pixels as it is shown.
type TextureKey = (String, u32, u32);

struct Kept {
    bind_group: Arc<BindGroup>,
    frame: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Instance {
    rect: [f32; 4],
    frame: [f32; 4],
    clip: [f32; 4],
    radius: f32,
    opacity: f32,
}

/// A picture to draw, in target pixels.
pub(super) struct Placed<'a> {
    pub(super) id: &'a str,
    pub(super) frame: PixelRect,
    pub(super) clip: PixelRect,
    pub(super) radius: f32,
    pub(super) opacity: f32,
}

impl Images {
    pub(super) fn new(device: &Device, format: TextureFormat, screen: &ScreenUniform) -> Self {
        let layout = picture_layout(device);
        let attributes = wgpu::vertex_attr_array![
            0 => Float32x4, 1 => Float32x4, 2 => Float32x4, 3 => Float32, 4 => Float32
        ];
        let groups = [&screen.layout, &layout];
        let pipeline = instanced::<Instance>(device, format, &shaders::IMAGE, &groups, &attributes);
        let sampler = device.create_sampler(&wgpu::SamplerDescriptor {
            label: Some("picture"),
            mag_filter: wgpu::FilterMode::Linear,
            min_filter: wgpu::FilterMode::Linear,
            ..wgpu::SamplerDescriptor::default()
        });
        Self {
            pipeline,
            layout,
            sampler,
            instances: Instances::new(),
            drawn: Vec::new(),
            decoded: HashMap::new(),
            textures: HashMap::new(),
            frame: 0,
        }
    }

    /// Starts a new frame and forgets pictures that have not been shown for long.
    pub(super) fn clear(&mut self) {
        self.instances.list.clear();
        self.drawn.clear();
        if self.textures.len() > KEPT {
            let last = self.frame;
            self.textures.retain(|_, kept| kept.frame == last);
            let textures = &self.textures;
            self.decoded
                .retain(|id, _| textures.keys().any(|(shown, _, _)| shown == id));
        }
        self.frame += 1;
    }

    /// Adds a picture, if the source has it and it can be read.
    pub(super) fn push(
        &mut self,
        device: &Device,
        queue: &Queue,
        source: &dyn ImageSource,
        placed: &Placed<'_>,
    ) {
        let Some(picture) = self.decoded(source, placed.id) else {
            return;
        };
        let rect = contained((picture.width(), picture.height()), placed.frame);
        let size = texture_size(&rect);
        let bind_group = self.texture(device, queue, placed.id, size);
        self.drawn.push(bind_group);
        self.instances.list.push(Instance {
            rect: rect.to_array(),
            frame: placed.frame.to_array(),
            clip: placed.clip.to_array(),
            radius: placed.radius,
            opacity: placed.opacity,
        });
    }

    /// How many pictures were added since the frame started.
    pub(super) fn len(&self) -> u32 {
        self.instances.list.len() as u32
    }

    pub(super) fn upload(&mut self, device: &Device, queue: &Queue) {
        self.instances.upload(device, queue);
    }

    /// Draws the pictures of that range, in the order in which they were added.
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
        for index in range {
            pass.set_bind_group(1, &*self.drawn[index as usize], &[]);
            pass.draw(0..4, index..index + 1);
        }
    }

    fn decoded(&mut self, source: &dyn ImageSource, id: &str) -> Option<&RgbaImage> {
        if !self.decoded.contains_key(id) {
            let picture = decode(&source.bytes(id)?)
                .inspect_err(|error| tracing::warn!("cannot read picture {id:?}: {error}"))
                .ok();
            self.decoded.insert(id.to_owned(), picture);
        }
        self.decoded.get(id)?.as_ref()
    }

    fn texture(
        &mut self,
        device: &Device,
        queue: &Queue,
        id: &str,
        (width, height): (u32, u32),
    ) -> Arc<BindGroup> {
        let key = (id.to_owned(), width, height);
        let Self {
            decoded,
            textures,
            layout,
            sampler,
            frame,
            ..
        } = self;
        let kept = textures.entry(key).or_insert_with(|| {
            let picture = decoded.get(id).and_then(Option::as_ref);
            let resized = picture.map(|picture| {
                image::imageops::resize(picture, width, height, FilterType::CatmullRom)
            });
            let pixels = resized.unwrap_or_else(|| RgbaImage::new(width, height));
            Kept {
                bind_group: Arc::new(upload(device, queue, layout, sampler, &pixels)),
                frame: *frame,
            }
        });
        kept.frame = *frame;
        kept.bind_group.clone()
    }
}
