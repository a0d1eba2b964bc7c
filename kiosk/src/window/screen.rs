//! A window's surface with the GPU and the painter that fill it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use gantry_core::scene::{Canvas, sample::DisplayList};
use wgpu::{
    CurrentSurfaceTexture, DeviceLostReason, Instance, InstanceDescriptor, PresentMode, Surface,
    SurfaceConfiguration, SurfaceTexture, TextureFormat, TextureUsages, TextureViewDescriptor,
};
use winit::{dpi::PhysicalSize, event_loop::OwnedDisplayHandle, window::Window};

use crate::{
    gpu::Gpu,
    painter::{NoImages, Painter},
};

/// A window that can be painted.
pub(super) struct Screen {
    surface: Surface<'static>,
    gpu: Gpu,
    painter: Painter,
    config: SurfaceConfiguration,
    /// The surface's format without sRGB conversion.
    format: TextureFormat,
    window: Arc<Window>,
}

/// What became of a frame.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is on its way to the screen.
    Drawn {
        /// The CPU's share.
        cpu: Duration,
    },
    /// The screen takes none at the moment.
    Skipped,
    /// The surface is gone; open the screen anew.
    Lost,
}

impl Screen {
    /// Opens the best adapter for the window. `lost` is called, on any thread, when the device goes away.
    pub(super) fn open(
        window: Arc<Window>,
        display: OwnedDisplayHandle,
        lost: impl Fn() + Send + 'static,
    ) -> anyhow::Result<Self> {
        let instance = Instance::new(InstanceDescriptor::new_with_display_handle_from_env(
            Box::new(display),
        ));
        let surface = instance
            .create_surface(window.clone())
            .context("cannot draw into the window")?;
        let gpu = Gpu::open(&instance, Some(&surface))?;
        watch_device(&gpu, lost);
        let (config, format) = configuration(&surface, &gpu, window.inner_size())?;
        surface.configure(&gpu.device, &config);
        let painter = Painter::new(&gpu.device, &gpu.queue, format);
        Ok(Self {
            surface,
            gpu,
            painter,
            config,
            format,
            window,
        })
    }

    /// The adapter's name.
    pub(super) fn adapter(&self) -> String {
        self.gpu.name()
    }

    /// The size of the window as a canvas.
    pub(super) fn canvas(&self) -> Canvas {
        Canvas {
            width: self.config.width as i32,
            height: self.config.height as i32,
        }
    }

    /// Takes the window's new size; one without pixels waits for the next.
    pub(super) fn resize(&mut self, size: PhysicalSize<u32>) {
        if size.width > 0 && size.height > 0 {
            let longest = self.gpu.device.limits().max_texture_dimension_2d;
            self.config.width = size.width.min(longest);
            self.config.height = size.height.min(longest);
            self.configure();
        }
    }

    /// Draws a frame.
    pub(super) fn draw(&mut self, list: &DisplayList) -> Outcome {
        let frame = match self.surface.get_current_texture() {
            CurrentSurfaceTexture::Success(frame) => frame,
            CurrentSurfaceTexture::Suboptimal(frame) => {
                drop(frame);
                self.configure();
                return Outcome::Skipped;
            }
            CurrentSurfaceTexture::Outdated => {
                self.configure();
                return Outcome::Skipped;
            }
            CurrentSurfaceTexture::Timeout | CurrentSurfaceTexture::Occluded => {
                return Outcome::Skipped;
            }
            CurrentSurfaceTexture::Lost | CurrentSurfaceTexture::Validation => {
                return Outcome::Lost;
            }
        };
        let cpu = self.paint(&frame, list);
        self.window.pre_present_notify();
        self.gpu.queue.present(frame);
        Outcome::Drawn { cpu }
    }

    fn paint(&mut self, frame: &SurfaceTexture, list: &DisplayList) -> Duration {
        let start = Instant::now();
        let Gpu { device, queue, .. } = &self.gpu;
        let size = (self.config.width, self.config.height);
        self.painter.prepare(device, queue, list, size, &NoImages);
        let view = frame.texture.create_view(&TextureViewDescriptor {
            format: Some(self.format),
            ..TextureViewDescriptor::default()
        });
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        self.painter.render(&mut encoder, &view);
        queue.submit([encoder.finish()]);
        start.elapsed()
    }

    fn configure(&self) {
        self.surface.configure(&self.gpu.device, &self.config);
    }
}

/// A surface that stores colours as they are, or can be seen so.
fn configuration(
    surface: &Surface<'_>,
    gpu: &Gpu,
    size: PhysicalSize<u32>,
) -> anyhow::Result<(SurfaceConfiguration, TextureFormat)> {
    let capabilities = surface.get_capabilities(&gpu.adapter);
    let plain = |format: &&TextureFormat| {
        matches!(
            format,
            TextureFormat::Bgra8Unorm | TextureFormat::Rgba8Unorm
        )
    };
    let format = *capabilities
        .formats
        .iter()
        .find(plain)
        .or(capabilities.formats.first())
        .context("the graphics adapter cannot draw into this window")?;
    let seen_as = format.remove_srgb_suffix();
    let config = SurfaceConfiguration {
        usage: TextureUsages::RENDER_ATTACHMENT,
        format,
        color_space: wgpu::SurfaceColorSpace::Auto,
        width: size.width.max(1),
        height: size.height.max(1),
        present_mode: PresentMode::Fifo,
        desired_maximum_frame_latency: 2,
        alpha_mode: wgpu::CompositeAlphaMode::Auto,
        view_formats: if seen_as == format {
            Vec::new()
        } else {
            vec![seen_as]
        },
    };
    Ok((config, seen_as))
}

fn watch_device(gpu: &Gpu, lost: impl Fn() + Send + 'static) {
    gpu.device.set_device_lost_callback(move |reason, message| {
        if reason != DeviceLostReason::Destroyed {
            tracing::error!("the graphics device is lost: {message}");
            lost();
        }
    });
    gpu.device.on_uncaptured_error(Arc::new(|error| {
        tracing::error!("the graphics device refused work: {error}");
    }));
}
