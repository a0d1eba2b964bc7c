//! From a picture file to a texture: decoding, fitting and uploading.

use std::io::Cursor;

use image::{ImageReader, Limits, RgbaImage};
use wgpu::{BindGroup, BindGroupLayout, Device, Queue, Sampler, TextureFormat};

use crate::painter::fit::PixelRect;

/// The longest side of a picture that is decoded, in pixels.
const LONGEST_SIDE: u32 = 16_384;

/// The longest side of a texture, in pixels; a picture shown larger is stretched.
const LONGEST_TEXTURE: f32 = 4096.0;

/// The file's pixels with premultiplied alpha, which is what may be resized and filtered.
pub(super) fn decode(bytes: &[u8]) -> Result<RgbaImage, image::ImageError> {
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
pub(super) fn contained((width, height): (u32, u32), frame: PixelRect) -> PixelRect {
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

/// The size of a texture that fills `rect`.
pub(super) fn texture_size(rect: &PixelRect) -> (u32, u32) {
    let side = |length: f32| length.round().clamp(1.0, LONGEST_TEXTURE) as u32;
    (side(rect.right - rect.left), side(rect.bottom - rect.top))
}

/// The pixels on the GPU, bound for the shader.
pub(super) fn upload(
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

/// What the shader finds in the second bind group.
pub(super) fn picture_layout(device: &Device) -> BindGroupLayout {
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
