//! Lines of text, shaped once and drawn by glyphon from an atlas of glyphs.
//!
//! A line is shaped at its size in canvas units and scaled while it is drawn: without hinting its advances scale evenly, so one
//! shaping serves every target size, and the line stands where the browser puts it.

use std::collections::HashMap;

use gantry_core::{
    scene::{Align, TextStyle, Weight},
    text::fonts,
};
use glyphon::{
    Attrs, Buffer, Cache, Color, ColorMode, FontSystem, Metrics, Resolution, Shaping, SwashCache,
    TextArea, TextAtlas, TextBounds, TextRenderer, Viewport, Wrap, cosmic_text::CacheKeyFlags,
};
use wgpu::{Device, MultisampleState, Queue, RenderPass, TextureFormat};

use crate::painter::{fit::PixelRect, quads::faded};

/// How many shaped lines are kept, beyond those of the frame.
const KEPT: usize = 2048;

/// The largest type that is drawn, in pixels; larger glyphs do not fit the atlas of every GPU.
const LARGEST: f32 = 1500.0;

/// Draws lines of text.
pub(super) struct Texts {
    fonts: FontSystem,
    glyphs: SwashCache,
    atlas: TextAtlas,
    viewport: Viewport,
    /// One for each phase: glyphon draws all that a renderer holds at once.
    renderers: Vec<TextRenderer>,
    lines: HashMap<(u16, Weight), HashMap<String, Line>>,
    line_count: usize,
    frame: u64,
}

/// A shaped line.
struct Line {
    buffer: Buffer,
    /// From the left edge of the first glyph to the right edge of the last, in canvas units.
    width: f32,
    /// Where the first glyph starts.
    left: f32,
    /// Where glyphon puts the baseline.
    baseline: f32,
    /// The last frame that drew it.
    frame: u64,
}

/// A line to draw, in target pixels.
pub(super) struct Placed<'a> {
    pub(super) text: &'a str,
    pub(super) style: TextStyle,
    /// The box within which it is aligned.
    pub(super) rect: PixelRect,
    pub(super) baseline: f32,
    pub(super) clip: PixelRect,
    pub(super) opacity: f32,
    /// Pixels for each canvas unit.
    pub(super) scale: f32,
    pub(super) phase: usize,
}

impl Texts {
    pub(super) fn new(device: &Device, queue: &Queue, format: TextureFormat) -> Self {
        let cache = Cache::new(device);
        Self {
            fonts: fonts::font_system(),
            glyphs: SwashCache::new(),
            atlas: TextAtlas::with_color_mode(device, queue, &cache, format, ColorMode::Web),
            viewport: Viewport::new(device, &cache),
            renderers: Vec::new(),
            lines: HashMap::new(),
            line_count: 0,
            frame: 0,
        }
    }

    /// Shapes what is new and uploads this frame's glyphs; `placed` is sorted by phase.
    pub(super) fn prepare(
        &mut self,
        device: &Device,
        queue: &Queue,
        placed: &[Placed<'_>],
        (width, height): (u32, u32),
        phases: usize,
    ) {
        self.forget_unused();
        self.atlas.trim();
        self.viewport.update(queue, Resolution { width, height });
        for text in placed {
            self.shape(text);
        }
        while self.renderers.len() < phases {
            let renderer =
                TextRenderer::new(&mut self.atlas, device, MultisampleState::default(), None);
            self.renderers.push(renderer);
        }
        for (phase, renderer) in self.renderers.iter_mut().enumerate() {
            let areas = placed
                .iter()
                .filter(|text| text.phase == phase)
                .filter_map(|text| area(&self.lines, text));
            let prepared = renderer.prepare(
                device,
                queue,
                &mut self.fonts,
                &mut self.atlas,
                &self.viewport,
                areas,
                &mut self.glyphs,
            );
            if let Err(error) = prepared {
                tracing::warn!("some text is not drawn: {error}");
            }
        }
    }

    /// Draws the text of one phase.
    pub(super) fn render(&self, pass: &mut RenderPass<'_>, phase: usize) {
        let Some(renderer) = self.renderers.get(phase) else {
            return;
        };
        if let Err(error) = renderer.render(&self.atlas, &self.viewport, pass) {
            tracing::warn!("text is not drawn: {error}");
        }
    }

    fn shape(&mut self, placed: &Placed<'_>) {
        let key = (placed.style.size_halves, placed.style.weight);
        let lines = self.lines.entry(key).or_default();
        if let Some(line) = lines.get_mut(placed.text) {
            line.frame = self.frame;
            return;
        }
        let line = Line::new(&mut self.fonts, placed.text, placed.style, self.frame);
        lines.insert(placed.text.to_owned(), line);
        self.line_count += 1;
    }

    /// Running clocks leave a line behind each second, so once there are many, those of the last frame are enough to keep.
    fn forget_unused(&mut self) {
        if self.line_count > KEPT {
            let last = self.frame;
            for lines in self.lines.values_mut() {
                lines.retain(|_, line| line.frame == last);
            }
            self.lines.retain(|_, lines| !lines.is_empty());
            self.line_count = self.lines.values().map(HashMap::len).sum();
        }
        self.frame += 1;
    }
}

impl Line {
    fn new(fonts: &mut FontSystem, text: &str, style: TextStyle, frame: u64) -> Self {
        let size = style.size();
        let mut buffer = Buffer::new(fonts, Metrics::new(size, size * 2.0));
        // A buffer without a width never wraps; `Wrap::None` would lose a number that begins a line of Arabic or Hebrew.
        buffer.set_wrap(Wrap::Word);
        buffer.set_text(text, &attrs(style.weight), Shaping::Advanced, None);
        buffer.shape_until_scroll(fonts, false);
        let (mut left, mut right) = (f32::INFINITY, f32::NEG_INFINITY);
        let mut baseline = 0.0;
        for run in buffer.layout_runs().take(1) {
            baseline = run.line_y;
            for glyph in run.glyphs {
                left = left.min(glyph.x);
                right = right.max(glyph.x + glyph.w);
            }
        }
        Self {
            width: (right - left).max(0.0),
            left: if left.is_finite() { left } else { 0.0 },
            baseline,
            buffer,
            frame,
        }
    }
}

/// True for type that can be drawn at all.
pub(super) fn is_drawable(style: TextStyle, scale: f32) -> bool {
    style.size_halves > 0 && style.size() * scale <= LARGEST
}

fn attrs(weight: Weight) -> Attrs<'static> {
    fonts::attrs(weight).cache_key_flags(CacheKeyFlags::DISABLE_HINTING)
}

/// The line as glyphon takes it.
fn area<'a>(
    lines: &'a HashMap<(u16, Weight), HashMap<String, Line>>,
    placed: &Placed<'_>,
) -> Option<TextArea<'a>> {
    let style = placed.style;
    let line = lines
        .get(&(style.size_halves, style.weight))?
        .get(placed.text)?;
    let spare = (placed.rect.right - placed.rect.left) - line.width * placed.scale;
    let indent = match style.align {
        Align::Left => 0.0,
        Align::Center => spare / 2.0,
        Align::Right => spare,
    };
    let [r, g, b, a] = faded(style.color, placed.opacity);
    Some(TextArea {
        buffer: &line.buffer,
        left: placed.rect.left + indent - line.left * placed.scale,
        // Glyphon rounds the baseline within the buffer by itself and cuts the rest, so only a whole number lands on the row.
        top: placed.baseline.round() - (line.baseline * placed.scale).round(),
        scale: placed.scale,
        bounds: TextBounds {
            left: placed.clip.left as i32,
            top: placed.clip.top as i32,
            right: placed.clip.right as i32,
            bottom: placed.clip.bottom as i32,
        },
        default_color: Color::rgba(r, g, b, a),
        custom_glyphs: &[],
    })
}
