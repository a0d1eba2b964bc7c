//! Paints a scene into a buffer of cells.

use gantry_core::{
    scene::{
        Canvas, Fill, Layer, Property, Rect as SceneRect, Scene, TextStyle, Weight,
        color::Color,
        sample::{Item, Paint, RectF, sample},
    },
    text::fonts::CAP_HEIGHT,
    time::Moment,
};
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
};

use crate::{
    paint::{
        color::Rgb,
        line::{Kind, Wish},
        pixels::{Pixels, intersection},
        text::{self, Placed},
    },
    terminal::Depth,
};

/// The part of `area` that a picture of this shape takes: as large as fits, at the top and in the middle.
pub fn fitted(canvas: Canvas, area: Rect) -> Rect {
    let (width, height) = (canvas.width.max(1) as f32, canvas.height.max(1) as f32);
    let scale = (f32::from(area.width) / width).min(f32::from(area.height) * 2.0 / height);
    let columns = ((width * scale).round() as u16).clamp(1.min(area.width), area.width);
    let rows = ((height * scale / 2.0).round() as u16).clamp(1.min(area.height), area.height);
    Rect {
        x: area.x + (area.width - columns) / 2,
        y: area.y,
        width: columns,
        height: rows,
    }
}

/// Paints the scene as it is at `at` into [`fitted`] of `area`; the cells around it stay as they are. False, and nothing is painted,
/// where there are too few cells for a true picture.
#[must_use]
pub fn paint(scene: &Scene, at: Moment, area: Rect, depth: Depth, buffer: &mut Buffer) -> bool {
    let area = fitted(scene.canvas, area).intersection(buffer.area);
    if area.is_empty() {
        return false;
    }
    let grid = Grid::new(scene.canvas, area);
    let mut pixels = Pixels::new(
        usize::from(area.width),
        usize::from(area.height) * 2,
        Rgb::solid(scene.background),
    );
    let mut texts: Vec<Text> = Vec::new();
    for (place, layer) in scene.layers.iter().enumerate() {
        if is_leaving(layer) {
            continue;
        }
        let alone = Scene {
            layers: vec![arrived(layer)],
            ..*scene
        };
        let origin = Origin { place, layer };
        for item in sample(&alone, at).items {
            match &item.paint {
                Paint::Box { radius, fill } => {
                    grid.paint_box(&mut pixels, &mut texts, &item, *radius, *fill);
                }
                Paint::Image { radius, .. } => {
                    grid.paint_box(&mut pixels, &mut texts, &item, *radius, Fill::Solid(IMAGE));
                }
                Paint::Text {
                    baseline,
                    text,
                    style,
                } => texts.extend(grid.text(&origin, &item, *baseline, text, *style)),
            }
        }
    }
    let wishes: Vec<Wish> = texts.iter().map(|text| text.wish.clone()).collect();
    let Some(placed) = text::place(&wishes, area.height) else {
        return false;
    };
    put_pixels(&pixels, area, depth, buffer);
    put_texts(&texts, &placed, &pixels, area, depth, buffer);
    true
}

/// Whether a layer moves away from its place to be gone there.
fn is_leaving(layer: &Layer) -> bool {
    layer
        .tweens
        .iter()
        .any(|tween| tween.property != Property::Opacity && tween.to != 0)
}

/// The layer where it comes to rest. Half a row of a way would put a text beside another's, so in cells everything is where it
/// belongs at once.
fn arrived(layer: &Layer) -> Layer {
    Layer {
        tweens: Vec::new(),
        ..layer.clone()
    }
}

/// What stands for a picture, whose pixels would say nothing at this size.
const IMAGE: Color = Color::rgb(0x80_80_80).with_alpha(0x60);

/// A cover that leaves nothing to read beneath it.
const HIDING: f32 = 0.5;

/// The faintest text that is worth a cell.
const FAINTEST: f32 = 0.25;

/// Text that is lower than this part of the canvas is small print.
const SMALL_PRINT: f32 = 1.0 / 27.0;

/// The layer that a text comes from, and its place in the scene.
struct Origin<'l> {
    place: usize,
    layer: &'l Layer,
}

impl Origin<'_> {
    /// The rows of a list are layers of one name and the row's own.
    fn kind(&self, item: &Item) -> Kind {
        let name = self.layer.key.split('/').next().unwrap_or_default();
        let x = item.rect.x - self.layer.x as f32;
        let y = item.rect.y - self.layer.y as f32;
        Kind {
            name: name.to_owned(),
            place: (x.round() as i32, y.round() as i32, item.rect.w as i32),
        }
    }
}

struct Text {
    wish: Wish,
    style: TextStyle,
    opacity: f32,
}

/// From canvas units to pixels of a half cell.
struct Grid {
    x_scale: f32,
    y_scale: f32,
    area: Rect,
    small_print: f32,
}

impl Grid {
    fn new(canvas: Canvas, area: Rect) -> Self {
        Self {
            x_scale: f32::from(area.width) / canvas.width.max(1) as f32,
            y_scale: f32::from(area.height) * 2.0 / canvas.height.max(1) as f32,
            area,
            small_print: canvas.width.min(canvas.height) as f32 * SMALL_PRINT,
        }
    }

    fn pixel_rect(&self, rect: RectF) -> RectF {
        RectF {
            x: rect.x * self.x_scale,
            y: rect.y * self.y_scale,
            w: rect.w * self.x_scale,
            h: rect.h * self.y_scale,
        }
    }

    fn clip(&self, clip: Option<SceneRect>) -> Option<RectF> {
        clip.map(|clip| {
            self.pixel_rect(RectF {
                x: clip.x as f32,
                y: clip.y as f32,
                w: clip.w as f32,
                h: clip.h as f32,
            })
        })
    }

    /// Blends a box in; texts that it covers are gone.
    fn paint_box(
        &self,
        pixels: &mut Pixels,
        texts: &mut Vec<Text>,
        item: &Item,
        radius: f32,
        fill: Fill,
    ) {
        let rect = self.pixel_rect(item.rect);
        let clip = self.clip(item.clip);
        pixels.fill(rect, clip, radius * self.x_scale, fill, item.opacity);
        if item.opacity * f32::from(alpha(fill)) / 255.0 >= HIDING {
            let shown = clip.map_or(rect, |clip| intersection(rect, clip));
            texts.retain(|text| !covers(shown, &text.wish));
        }
    }

    fn text(
        &self,
        origin: &Origin<'_>,
        item: &Item,
        baseline: f32,
        text: &str,
        style: TextStyle,
    ) -> Option<Text> {
        let rect = self.pixel_rect(item.rect);
        let shown = RectF {
            x: 0.0,
            y: 0.0,
            w: f32::from(self.area.width),
            h: f32::from(self.area.height) * 2.0,
        };
        let shown = self
            .clip(item.clip)
            .map_or(shown, |clip| intersection(shown, clip));
        let middle = middle(item.rect, baseline, style.size()) * self.y_scale;
        let opacity = item.opacity * f32::from(style.color.a) / 255.0;
        let is_shown = middle >= shown.y && middle < shown.y + shown.h;
        if !is_shown || opacity < FAINTEST || text.trim().is_empty() {
            return None;
        }
        let column = |x: f32| x.clamp(shown.x.max(0.0), (shown.x + shown.w).max(0.0)) as u16;
        let columns = column(rect.x.round())..column((rect.x + rect.w).round());
        (columns.start < columns.end).then(|| Text {
            wish: Wish {
                text: printable(text),
                row: middle / 2.0,
                reach: style.size() * CAP_HEIGHT / 2.0 * self.y_scale / 2.0,
                columns,
                align: style.align,
                // A cell that is shown in part is shown.
                limits: column(shown.x)..(shown.x + shown.w).max(0.0).ceil() as u16,
                layer: origin.place,
                kind: origin.kind(item),
                is_small_print: style.size() < self.small_print,
            },
            style,
            opacity,
        })
    }
}

/// Where the middle of a line of capital letters lies, in canvas units.
///
/// Texts that are centred in boxes of the same height have the middle of their box in common, whatever their size; their baselines,
/// which are whole units, would put some of them into the row above.
fn middle(rect: RectF, baseline: f32, size: f32) -> f32 {
    let of_letters = baseline - size * CAP_HEIGHT / 2.0;
    let of_box = rect.y + rect.h / 2.0;
    if (of_letters - of_box).abs() <= size * 0.1 {
        of_box
    } else {
        of_letters
    }
}

/// Control characters would move the terminal's cursor.
fn printable(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).collect()
}

fn alpha(fill: Fill) -> u8 {
    match fill {
        Fill::Solid(color) => color.a,
        Fill::Across { from, to } | Fill::Down { from, to } => from.a.min(to.a),
    }
}

fn covers(rect: RectF, wish: &Wish) -> bool {
    let y = wish.row * 2.0;
    let x = f32::from(wish.columns.start + wish.columns.end) / 2.0;
    (rect.y..rect.y + rect.h).contains(&y) && (rect.x..rect.x + rect.w).contains(&x)
}

fn put_pixels(pixels: &Pixels, area: Rect, depth: Depth, buffer: &mut Buffer) {
    for y in 0..area.height {
        for x in 0..area.width {
            let (column, row) = (usize::from(x), usize::from(y) * 2);
            let (upper, lower) = (pixels.at(column, row), pixels.at(column, row + 1));
            let cell = &mut buffer[(area.x + x, area.y + y)];
            cell.reset();
            let (upper, lower) = (upper.shown(depth), lower.shown(depth));
            if upper == lower {
                cell.set_symbol(" ").set_bg(lower);
            } else {
                cell.set_symbol("▀").set_fg(upper).set_bg(lower);
            }
        }
    }
}

fn put_texts(
    texts: &[Text],
    placed: &[Placed],
    pixels: &Pixels,
    area: Rect,
    depth: Depth,
    buffer: &mut Buffer,
) {
    for placed in placed {
        let (x, y) = (area.x + placed.column, area.y + placed.row);
        let room = usize::from(area.right() - x.min(area.right()));
        let (end, _) = buffer.set_stringn(x, y, &placed.text, room, Style::new());
        for x in x..end {
            let below = behind(pixels, x - area.x, placed.row);
            buffer[(x, y)].set_style(letter_style(&texts[placed.wish], below, depth));
        }
    }
}

/// What is behind a letter: a cell with a letter has one background, so its two pixels become one.
fn behind(pixels: &Pixels, column: u16, row: u16) -> Rgb {
    let (x, y) = (usize::from(column), usize::from(row) * 2);
    pixels.at(x, y).under(pixels.at(x, y + 1), 0.5)
}

fn letter_style(text: &Text, below: Rgb, depth: Depth) -> Style {
    let color = below.under(Rgb::solid(text.style.color), text.opacity);
    let background = below.shown(depth);
    let style = Style::new().bg(background).fg(match color.shown(depth) {
        // Few colours may make two shades one; a letter must still be seen.
        same if same == background && depth != Depth::Mono => below.opposite().shown(depth),
        other => other,
    });
    match text.style.weight {
        Weight::Medium => style,
        Weight::Bold | Weight::Heavy => style.add_modifier(Modifier::BOLD),
    }
}

#[cfg(test)]
mod tests {
    use gantry_core::scene::{Canvas, Ease, Node, Tween};
    use ratatui::style::Color as Shown;

    use super::*;
    use crate::testing::{NOW, layer, scene};

    fn painted(width: u16, height: u16, depth: Depth) -> Buffer {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        assert!(paint(&scene(), NOW, area, depth, &mut buffer));
        buffer
    }

    fn line(buffer: &Buffer, y: u16) -> String {
        let symbols = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol());
        symbols.collect::<String>().replace('▀', " ")
    }

    /// The row that holds `text`, and the column where it starts.
    fn find(buffer: &Buffer, text: &str) -> Option<(u16, u16)> {
        (0..buffer.area.height).find_map(|y| {
            let line = line(buffer, y);
            let start = line.find(text)?;
            Some((y, line[..start].chars().count() as u16))
        })
    }

    #[test]
    fn texts_are_found_where_the_scene_has_them() {
        // 96 by 27 cells: 20 canvas units to a column and 40 to a row.
        let buffer = painted(96, 27, Depth::True);
        assert_eq!(find(&buffer, "Harbour Half"), Some((1, 3)));
        assert_eq!(
            find(&buffer, "1:02:03"),
            Some((1, 86)),
            "the clock ends at column 93"
        );
        assert_eq!(find(&buffer, "Zoë Łukaszewicz"), Some((7, 11)));
        assert_eq!(find(&buffer, "1:01:02"), Some((7, 86)));
        assert_eq!(find(&buffer, "1:01:40"), Some((11, 86)));
    }

    #[test]
    fn wide_characters_take_two_cells() {
        let buffer = painted(96, 27, Depth::True);
        assert_eq!(buffer[(11, 11)].symbol(), "山");
        assert_eq!(buffer[(13, 11)].symbol(), "本");
        assert_eq!(buffer[(16, 11)].symbol(), "太");
    }

    #[test]
    fn a_small_picture_keeps_times_whole_and_cuts_names() {
        let buffer = painted(40, 12, Depth::True);
        for time in ["1:01:02", "1:01:40", "1:02:03"] {
            assert!(find(&buffer, time).is_some(), "{time}");
        }
        assert_eq!(
            line(&buffer, 6).trim_end(),
            "  3  Maximiliane von Hohenzoll… 1:02:03"
        );
    }

    #[test]
    fn boxes_colour_both_halves_of_a_cell() {
        let buffer = painted(96, 27, Depth::True);
        assert_eq!(
            buffer[(0, 0)].bg,
            Shown::Rgb(0, 80, 120),
            "the band at its left edge"
        );
        assert_eq!(
            buffer[(95, 0)].bg,
            Shown::Rgb(0, 32, 64),
            "and at its right edge"
        );
        assert_eq!(
            buffer[(0, 26)].bg,
            Shown::Rgb(0x0b, 0x0f, 0x17),
            "the background"
        );
        let edge = &buffer[(0, 3)];
        assert_eq!(
            (edge.symbol(), edge.bg),
            ("▀", Shown::Rgb(0x0b, 0x0f, 0x17)),
            "the band ends in the middle"
        );
        assert_eq!(buffer[(4, 1)].symbol(), "a");
        assert!(buffer[(4, 1)].modifier.contains(Modifier::BOLD));
    }

    #[test]
    fn the_picture_keeps_its_shape_and_leaves_the_rest_alone() {
        let area = Rect::new(2, 1, 96, 40);
        let canvas = Canvas {
            width: 1920,
            height: 1080,
        };
        assert_eq!(fitted(canvas, area), Rect::new(2, 1, 96, 27));
        let totem = Canvas {
            width: 1080,
            height: 1920,
        };
        assert_eq!(fitted(totem, area), Rect::new(27, 1, 45, 40));
        for (width, height) in [(0, 0), (1, 1), (200, 1), (1, 200)] {
            let area = Rect::new(0, 0, width, height);
            assert!(fitted(totem, area).intersection(area) == fitted(totem, area));
        }
    }

    #[test]
    fn a_box_over_a_text_hides_it() {
        let mut scene = scene();
        let cover = Node::Box {
            rect: SceneRect::new(0, 0, 1920, 150),
            radius: 0,
            fill: Fill::Solid(Color::rgb(0xff_00_00)),
        };
        scene.layers.push(layer("z", 0, vec![cover]));
        let area = Rect::new(0, 0, 96, 27);
        let mut buffer = Buffer::empty(area);
        assert!(paint(&scene, NOW, area, Depth::True, &mut buffer));
        assert_eq!(find(&buffer, "Harbour Half"), None);
        assert!(find(&buffer, "Zoë").is_some());
    }

    #[test]
    fn what_moves_is_where_it_belongs_at_once() {
        let mut moving = scene();
        let way = |from, to| Tween {
            property: Property::Y,
            from,
            to,
            start: NOW,
            length_ms: 400,
            ease: Ease::Out,
        };
        moving.layers[1].tweens = vec![way(-160, 0)];
        let mut leaving = moving.layers[1].clone();
        leaving.tweens = vec![way(0, 900)];
        moving.layers.push(leaving);
        let area = Rect::new(0, 0, 96, 27);
        let mut buffer = Buffer::empty(area);
        assert!(paint(&moving, NOW, area, Depth::True, &mut buffer));
        assert_eq!(buffer, painted(96, 27, Depth::True));
    }

    #[test]
    fn a_clip_hides_what_is_outside() {
        let mut scene = scene();
        scene.layers[0].clip = Some(SceneRect::new(0, 0, 400, 400));
        let area = Rect::new(0, 0, 96, 27);
        let mut buffer = Buffer::empty(area);
        assert!(paint(&scene, NOW, area, Depth::True, &mut buffer));
        assert_eq!(find(&buffer, "Harbour Half"), Some((1, 3)));
        assert_eq!(
            buffer[(30, 0)].bg,
            Shown::Rgb(0x0b, 0x0f, 0x17),
            "the band is cut"
        );
        assert!(
            find(&buffer, "1:02:03").is_none_or(|(row, _)| row > 1),
            "so is the clock"
        );
    }

    #[test]
    fn few_colours_still_show_letters() {
        for depth in [Depth::Mono, Depth::Ansi16, Depth::Ansi256] {
            let buffer = painted(96, 27, depth);
            let (row, column) = find(&buffer, "Zoë").expect("it is there");
            let cell = &buffer[(column, row)];
            assert!(depth == Depth::Mono || cell.fg != cell.bg, "{depth:?}");
        }
    }
}
