//! Pictures: decoded and resized once to the size at which they are shown, then drawn as textures.
//!
//! Resizing on the CPU gives small logos the quality that a GPU's bilinear filter lacks, and no picture needs mipmaps.

use std::{collections::HashMap, io::Cursor, ops::Range, sync::Arc};

use bytemuck::{Pod, Zeroable};
use image::{ImageReader, Limits, RgbaImage, imageops::FilterType};
use wgpu::{
    BindGroup, BindGroupLayout, Device, Queue, RenderPass, RenderPipeline, Sampler, TextureFormat,
};

use crate::painter::{
    fit::PixelRect,
    pipeline::{Instances, ScreenUniform, instanced},
    shaders,
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

/// The longest side of a picture that is decoded, in pixels.
const LONGEST_SIDE: u32 = 16_384;

/// The longest side of a texture, in pixels; a picture shown larger is stretched.
const LONGEST_TEXTURE: f32 = 4096.0;

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

/// The file's pixels with premultiplied alpha, which is what may be resized and filtered.
fn decode(bytes: &[u8]) -> Result<RgbaImage, image::ImageError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    reader.limits(limits);
    let mut picture = reader.decode()?.into_rgba8();
    for pixel in picture.pixels_mut() {
        let alpha = u16::from(pixel.0[3]);
        for channel in &mut pixel.0[..3] {
            *channel = ((u16::from(*channel) * alpha + 127) / 255) as u8;
        }
    }
    Ok(picture)
}

/// The largest rectangle of the picture's proportions inside the frame, in its middle.
fn contained((width, height): (u32, u32), frame: PixelRect) -> PixelRect {
    let (frame_width, frame_height) = (frame.right - frame.left, frame.bottom - frame.top);
    let scale = (frame_width / width as f32).min(frame_height / height as f32);
    let (width, height) = (width as f32 * scale, height as f32 * scale);
    let left = frame.left + (frame_width - width) / 2.0;
    let top = frame.top + (frame_height - height) / 2.0;
    PixelRect {
        left,
        top,
        right: left + width,
        bottom: top + height,
    }
}

fn texture_size(rect: &PixelRect) -> (u32, u32) {
    let side = |length: f32| length.round().clamp(1.0, LONGEST_TEXTURE) as u32;
    (side(rect.right - rect.left), side(rect.bottom - rect.top))
}

fn upload(
    device: &Device,
    queue: &Queue,
    layout: &BindGroupLayout,
    sampler: &Sampler,
    pixels: &RgbaImage,
) -> BindGroup {
    let size = wgpu::Extent3d {
        width: pixels.width(),
        height: pixels.height(),
        depth_or_array_layers: 1,
    };
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("picture"),
        size,
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let rows = wgpu::TexelCopyBufferLayout {
        offset: 0,
        bytes_per_row: Some(pixels.width() * 4),
        rows_per_image: None,
    };
    queue.write_texture(texture.as_image_copy(), pixels.as_raw(), rows, size);
    let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("picture"),
        layout,
        entries: &[
            wgpu::BindGroupEntry {
                binding: 0,
                resource: wgpu::BindingResource::TextureView(&view),
            },
            wgpu::BindGroupEntry {
                binding: 1,
                resource: wgpu::BindingResource::Sampler(sampler),
            },
        ],
    })
}

fn picture_layout(device: &Device) -> BindGroupLayout {
    let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::FRAGMENT,
        ty,
        count: None,
    };
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("picture"),
        entries: &[
            entry(
                0,
                wgpu::BindingType::Texture {
                    sample_type: wgpu::TextureSampleType::Float { filterable: true },
                    view_dimension: wgpu::TextureViewDimension::D2,
                    multisampled: false,
                },
            ),
            entry(
                1,
                wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering),
            ),
        ],
    })
}
