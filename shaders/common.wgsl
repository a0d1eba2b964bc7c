// Shared by every shader here: it is put in front of each of them.
// Positions are target pixels, y down; rectangles are (left, top, right, bottom).

struct Screen {
    // Width and height of the target in pixels.
    size: vec2<f32>,
    // Uniforms come in units of 16 bytes on some drivers.
    unused: vec2<f32>,
}

@group(0) @binding(0) var<uniform> screen: Screen;

// Corner 0 to 3 of the whole pixels that `rect` touches inside `clip`. What lies outside the clip collapses to nothing.
fn clipped_corner(index: u32, rect: vec4<f32>, clip: vec4<f32>) -> vec2<f32> {
    let corner = vec2<f32>(f32(index & 1u), f32(index >> 1u));
    return clamp(mix(floor(rect.xy), ceil(rect.zw), corner), clip.xy, clip.zw);
}

fn clip_space(pixel: vec2<f32>) -> vec4<f32> {
    let unit = pixel / screen.size;
    return vec4<f32>(unit.x * 2.0 - 1.0, 1.0 - unit.y * 2.0, 0.0, 1.0);
}

// How much of the pixel around `pixel` the rounded rectangle covers, 0 to 1.
// Straight edges are exact by area; corners are softened over one pixel by their distance.
fn coverage(pixel: vec2<f32>, rect: vec4<f32>, radius: f32) -> f32 {
    let overlap = clamp(min(pixel + 0.5, rect.zw) - max(pixel - 0.5, rect.xy), vec2<f32>(0.0), vec2<f32>(1.0));
    let area = overlap.x * overlap.y;
    let half_size = (rect.zw - rect.xy) * 0.5;
    let r = min(radius, min(half_size.x, half_size.y));
    if r <= 0.0 {
        return area;
    }
    let q = abs(pixel - (rect.xy + half_size)) - half_size + r;
    let distance = length(max(q, vec2<f32>(0.0))) + min(max(q.x, q.y), 0.0) - r;
    return min(area, clamp(0.5 - distance, 0.0, 1.0));
}
