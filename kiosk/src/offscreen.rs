//! Pictures without a window: for screenshots, tests and measurements.

use std::{
    sync::{Mutex, PoisonError, mpsc},
    time::{Duration, Instant},
};

use gantry_core::{
    scene::{
        Scene,
        sample::{DisplayList, sample},
    },
    time::Moment,
};
use image::RgbaImage;
use wgpu::{
    BufferUsages, Extent3d, PollType, Texture, TextureDescriptor, TextureDimension, TextureFormat,
    TextureUsages,
};

use crate::{
    gpu::{Gpu, GpuError},
    painter::{ImageSource, NoImages, Painter},
};

const FORMAT: TextureFormat = TextureFormat::Rgba8Unorm;

/// A GPU that draws into memory. It keeps its glyphs and shaped lines from picture to picture.
pub struct Offscreen {
    gpu: Gpu,
    painter: Painter,
    target: Option<Texture>,
}

/// Why a picture could not be made.
#[derive(Debug, thiserror::Error)]
pub enum OffscreenError {
    /// There is no usable graphics adapter.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The size is nothing or more than the adapter can hold.
    #[error("cannot draw a picture of {width}x{height} pixels; each side may be 1 to {limit}")]
    Size {
        /// Asked width.
        width: u32,
        /// Asked height.
        height: u32,
        /// The adapter's longest side.
        limit: u32,
    },
    /// The pixels did not come back from the GPU.
    #[error("cannot read the picture back: {0}")]
    ReadBack(String),
}

/// What drawing one frame cost.
#[derive(Clone, Copy, Debug)]
pub struct FrameCost {
    /// The CPU's share: sampling, shaping, ordering, uploading and encoding.
    pub cpu: Duration,
    /// All of it, until the GPU had finished.
    pub total: Duration,
}

/// The picture of `scene` at the server time `at`, from one GPU that the whole process shares.
pub fn render(
    scene: &Scene,
    at: Moment,
    width: u32,
    height: u32,
) -> Result<RgbaImage, OffscreenError> {
    static SHARED: Mutex<Option<Offscreen>> = Mutex::new(None);
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let offscreen = match &mut *shared {
        Some(offscreen) => offscreen,
        none => none.insert(Offscreen::new()?),
    };
    offscreen.render(scene, at, width, height)
}

impl Offscreen {
    /// Opens the best adapter of the machine.
    pub fn new() -> Result<Self, GpuError> {
        let gpu = Gpu::headless()?;
        let painter = Painter::new(&gpu.device, &gpu.queue, FORMAT);
        Ok(Self {
            gpu,
            painter,
            target: None,
        })
    }

    /// The adapter's name.
    pub fn adapter(&self) -> String {
        self.gpu.name()
    }

    /// The picture of `scene` at the server time `at`, `width` × `height` pixels, without its images.
    pub fn render(
        &mut self,
        scene: &Scene,
        at: Moment,
        width: u32,
        height: u32,
    ) -> Result<RgbaImage, OffscreenError> {
        self.render_list(&sample(scene, at), (width, height), &NoImages)
    }

    /// The picture of a display list.
    pub fn render_list(
        &mut self,
        list: &DisplayList,
        size: (u32, u32),
        images: &dyn ImageSource,
    ) -> Result<RgbaImage, OffscreenError> {
        let target = self.target(size)?;
        self.draw(&target, list, images);
        self.read_back(&target)
    }

    /// Draws a frame, waits for it and says what it cost; the picture is thrown away.
    pub fn measure(
        &mut self,
        scene: &Scene,
        at: Moment,
        width: u32,
        height: u32,
    ) -> Result<FrameCost, OffscreenError> {
        let target = self.target((width, height))?;
        let start = Instant::now();
        self.draw(&target, &sample(scene, at), &NoImages);
        let cpu = start.elapsed();
        self.wait()?;
        let total = start.elapsed();
        Ok(FrameCost { cpu, total })
    }

    fn draw(&mut self, target: &Texture, list: &DisplayList, images: &dyn ImageSource) {
        let Gpu { device, queue, .. } = &self.gpu;
        let size = (target.width(), target.height());
        self.painter.prepare(device, queue, list, size, images);
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let view = target.create_view(&wgpu::TextureViewDescriptor::default());
        self.painter.render(&mut encoder, &view);
        queue.submit([encoder.finish()]);
    }

    fn target(&mut self, (width, height): (u32, u32)) -> Result<Texture, OffscreenError> {
        let limit = self.gpu.device.limits().max_texture_dimension_2d;
        if !(1..=limit).contains(&width) || !(1..=limit).contains(&height) {
            return Err(OffscreenError::Size {
                width,
                height,
                limit,
            });
        }
        let fits = |target: &Texture| (target.width(), target.height()) == (width, height);
        let target = match self.target.take().filter(fits) {
            Some(target) => target,
            None => self.gpu.device.create_texture(&TextureDescriptor {
                label: Some("picture"),
                size: Extent3d {
                    width,
                    height,
                    depth_or_array_layers: 1,
                },
                mip_level_count: 1,
                sample_count: 1,
                dimension: TextureDimension::D2,
                format: FORMAT,
                usage: TextureUsages::RENDER_ATTACHMENT | TextureUsages::COPY_SRC,
                view_formats: &[],
            }),
        };
        self.target = Some(target.clone());
        Ok(target)
    }

    fn read_back(&self, target: &Texture) -> Result<RgbaImage, OffscreenError> {
        let Gpu { device, queue, .. } = &self.gpu;
        let (width, height) = (target.width(), target.height());
        let row_bytes = (width * 4).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("read back"),
            size: u64::from(row_bytes) * u64::from(height),
            usage: BufferUsages::COPY_DST | BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_texture_to_buffer(
            target.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &buffer,
                layout: wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(row_bytes),
                    rows_per_image: None,
                },
            },
            target.size(),
        );
        queue.submit([encoder.finish()]);
        let (mapped, outcome) = mpsc::sync_channel(1);
        buffer.map_async(wgpu::MapMode::Read, .., move |result| {
            mapped.send(result).ok();
        });
        self.wait()?;
        outcome
            .recv()
            .map_err(|error| read_back_error(&error))?
            .map_err(|error| read_back_error(&error))?;
        let bytes = buffer
            .get_mapped_range(..)
            .map_err(|error| read_back_error(&error))?;
        let pixels = bytes
            .chunks_exact(row_bytes as usize)
            .flat_map(|row| &row[..width as usize * 4])
            .copied()
            .collect();
        RgbaImage::from_raw(width, height, pixels)
            .ok_or_else(|| OffscreenError::ReadBack("too few bytes came back".to_owned()))
    }

    fn wait(&self) -> Result<(), OffscreenError> {
        self.gpu
            .device
            .poll(PollType::wait_indefinitely())
            .map_err(|error| read_back_error(&error))?;
        Ok(())
    }
}

fn read_back_error(error: &dyn std::error::Error) -> OffscreenError {
    OffscreenError::ReadBack(error.to_string())
}
