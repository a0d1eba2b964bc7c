//! The painter itself: sorts a display list into phases, fills the three kinds' buffers and draws them.

use std::ops::Range;

use gantry_core::scene::{
    color::Color,
    sample::{DisplayList, Item, Paint},
};
use wgpu::{CommandEncoder, Device, Queue, RenderPass, TextureFormat, TextureView};

use crate::painter::{
    fit::{Fit, PixelRect},
    images::{self, ImageSource, Images},
    order::{Kind, Phases},
    pipeline::ScreenUniform,
    quads::Quads,
    text::{self, Texts},
};

/// Draws display lists into textures of one format.
pub struct Painter {
    screen: ScreenUniform,
    quads: Quads,
    images: Images,
    texts: Texts,
    phases: Vec<Phase>,
    background: Color,
}

/// What one phase draws: its share of each kind's buffer.
#[derive(Debug, Default, PartialEq)]
struct Phase {
    quads: Range<u32>,
    images: Range<u32>,
}

/// An item that is at least partly to be seen.
struct Visible<'a> {
    item: &'a Item,
    rect: PixelRect,
    clip: PixelRect,
    phase: usize,
}

impl Painter {
    /// A painter for targets of `format`, which must store colours without sRGB conversion.
    pub fn new(device: &Device, queue: &Queue, format: TextureFormat) -> Self {
        let screen = ScreenUniform::new(device);
        Self {
            quads: Quads::new(device, format, &screen),
            images: Images::new(device, format, &screen),
            texts: Texts::new(device, queue, format),
            screen,
            phases: Vec::new(),
            background: Color::rgb(0),
        }
    }

    /// Uploads all that is needed to draw `list` into a target of `size` pixels.
    pub fn prepare(
        &mut self,
        device: &Device,
        queue: &Queue,
        list: &DisplayList,
        size: (u32, u32),
        source: &dyn ImageSource,
    ) {
        self.background = list.background;
        self.screen.write(queue, size);
        let fit = Fit::new(list.canvas, size);
        let (visible, phase_count) = in_phases(list, &fit);
        self.fill_phases(device, queue, source, &visible, phase_count, fit.scale);
        let texts: Vec<_> = visible
            .iter()
            .filter_map(|visible| placed_text(visible, &fit))
            .collect();
        self.texts.prepare(device, queue, &texts, size, phase_count);
        self.quads.upload(device, queue);
        self.images.upload(device, queue);
    }

    /// Draws what was prepared, letterbox bars included.
    pub fn render(&self, encoder: &mut CommandEncoder, target: &TextureView) {
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("picture"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: target,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(clear_color(self.background)),
                    store: wgpu::StoreOp::Store,
                },
            })],
            depth_stencil_attachment: None,
            timestamp_writes: None,
            occlusion_query_set: None,
            multiview_mask: None,
        });
        self.draw(&mut pass);
    }

    fn draw(&self, pass: &mut RenderPass<'_>) {
        for (index, phase) in self.phases.iter().enumerate() {
            self.quads.render(pass, &self.screen, phase.quads.clone());
            self.images.render(pass, &self.screen, phase.images.clone());
            self.texts.render(pass, index);
        }
    }

    /// Fills the buffers of rectangles and pictures, phase by phase.
    fn fill_phases(
        &mut self,
        device: &Device,
        queue: &Queue,
        source: &dyn ImageSource,
        visible: &[Visible<'_>],
        phase_count: usize,
        scale: f32,
    ) {
        self.quads.clear();
        self.images.clear();
        self.phases.clear();
        for phase in 0..phase_count {
            let (quads, images) = (self.quads.len(), self.images.len());
            for visible in visible.iter().filter(|visible| visible.phase == phase) {
                let Visible {
                    item, rect, clip, ..
                } = *visible;
                match &item.paint {
                    Paint::Box { radius, fill } => {
                        let radius = radius * scale;
                        self.quads.push(rect, clip, radius, *fill, item.opacity);
                    }
                    Paint::Image { radius, image } => {
                        let placed = images::Placed {
                            id: image,
                            frame: rect,
                            clip,
                            radius: radius * scale,
                            opacity: item.opacity,
                        };
                        self.images.push(device, queue, source, &placed);
                    }
                    Paint::Text { .. } => {}
                }
            }
            self.phases.push(Phase {
                quads: quads..self.quads.len(),
                images: images..self.images.len(),
            });
        }
    }
}

/// The items that are to be seen, and how many phases it takes to draw them.
fn in_phases<'a>(list: &'a DisplayList, fit: &Fit) -> (Vec<Visible<'a>>, usize) {
    let mut phases = Phases::default();
    let visible = list
        .items
        .iter()
        .filter_map(|item| {
            let (rect, clip) = (fit.rect(item.rect), fit.clip(item.clip));
            let (kind, reach) = reach(item, rect, fit)?;
            let bounds = reach.intersection(&clip);
            (!bounds.is_empty()).then(|| Visible {
                item,
                rect,
                clip,
                phase: phases.place(kind, bounds),
            })
        })
        .collect();
    (visible, phases.len())
}

/// What kind of item it is and where at most it paints; `None` for one that paints nothing.
fn reach(item: &Item, rect: PixelRect, fit: &Fit) -> Option<(Kind, PixelRect)> {
    match &item.paint {
        Paint::Box { .. } => Some((Kind::Quad, whole_pixels(rect))),
        Paint::Image { .. } => Some((Kind::Image, whole_pixels(rect))),
        Paint::Text {
            baseline,
            text,
            style,
        } => {
            let drawable = !text.is_empty() && text::is_drawable(*style, fit.scale);
            let size = style.size() * fit.scale;
            let baseline = fit.y(*baseline);
            drawable.then_some((
                Kind::Text,
                PixelRect {
                    left: rect.left - size / 2.0,
                    top: baseline - size * 1.25,
                    right: rect.right + size / 2.0,
                    bottom: baseline + size / 2.0,
                },
            ))
        }
    }
}

fn whole_pixels(rect: PixelRect) -> PixelRect {
    PixelRect {
        left: rect.left.floor(),
        top: rect.top.floor(),
        right: rect.right.ceil(),
        bottom: rect.bottom.ceil(),
    }
}

fn placed_text<'a>(visible: &Visible<'a>, fit: &Fit) -> Option<text::Placed<'a>> {
    let Paint::Text {
        baseline,
        text,
        style,
    } = &visible.item.paint
    else {
        return None;
    };
    Some(text::Placed {
        text,
        style: *style,
        rect: visible.rect,
        baseline: fit.y(*baseline),
        clip: visible.clip,
        opacity: visible.item.opacity,
        scale: fit.scale,
        phase: visible.phase,
    })
}

fn clear_color(color: Color) -> wgpu::Color {
    let channel = |value: u8| f64::from(value) / 255.0;
    wgpu::Color {
        r: channel(color.r),
        g: channel(color.g),
        b: channel(color.b),
        a: 1.0,
    }
}
