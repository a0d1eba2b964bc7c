// A picture inside a frame whose corners may be rounded. The texture is premultiplied and has the picture's size in pixels.

@group(1) @binding(0) var picture: texture_2d<f32>;
@group(1) @binding(1) var picture_sampler: sampler;

struct Image {
    @location(0) rect: vec4<f32>,
    @location(1) frame: vec4<f32>,
    @location(2) clip: vec4<f32>,
    @location(3) radius: f32,
    @location(4) opacity: f32,
}

struct Fragment {
    @builtin(position) position: vec4<f32>,
    @location(0) @interpolate(flat) rect: vec4<f32>,
    @location(1) @interpolate(flat) frame: vec4<f32>,
    @location(2) @interpolate(flat) radius_and_opacity: vec2<f32>,
}

@vertex
fn vertex(@builtin(vertex_index) index: u32, image: Image) -> Fragment {
    let position = clip_space(clipped_corner(index, image.rect, image.clip));
    return Fragment(position, image.rect, image.frame, vec2<f32>(image.radius, image.opacity));
}

@fragment
fn fragment(in: Fragment) -> @location(0) vec4<f32> {
    let pixel = in.position.xy;
    let inside = (pixel - in.rect.xy) / (in.rect.zw - in.rect.xy);
    let color = textureSampleLevel(picture, picture_sampler, inside, 0.0);
    let edge = coverage(pixel, in.rect, 0.0) * coverage(pixel, in.frame, in.radius_and_opacity.x);
    return color * (edge * in.radius_and_opacity.y);
}
