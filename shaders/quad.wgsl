// Rounded rectangles filled with one colour or a straight gradient, one instance each.

struct Quad {
    @location(0) rect: vec4<f32>,
    @location(1) clip: vec4<f32>,
    // Straight alpha, gamma-encoded as screens and browsers mix colours.
    @location(2) start: vec4<f32>,
    @location(3) end: vec4<f32>,
    // How far the gradient gets with each pixel to the right and down; zero for one colour.
    @location(4) slope: vec2<f32>,
    @location(5) radius: f32,
}

struct Fragment {
    @builtin(position) position: vec4<f32>,
    @location(0) @interpolate(flat) rect: vec4<f32>,
    @location(1) @interpolate(flat) start: vec4<f32>,
    @location(2) @interpolate(flat) end: vec4<f32>,
    @location(3) @interpolate(flat) slope_and_radius: vec3<f32>,
}

@vertex
fn vertex(@builtin(vertex_index) index: u32, quad: Quad) -> Fragment {
    let position = clip_space(clipped_corner(index, quad.rect, quad.clip));
    return Fragment(position, quad.rect, quad.start, quad.end, vec3<f32>(quad.slope, quad.radius));
}

@fragment
fn fragment(in: Fragment) -> @location(0) vec4<f32> {
    let pixel = in.position.xy;
    let along = clamp(dot(pixel - in.rect.xy, in.slope_and_radius.xy), 0.0, 1.0);
    let color = mix(in.start, in.end, along);
    let alpha = color.a * coverage(pixel, in.rect, in.slope_and_radius.z);
    return vec4<f32>(color.rgb * alpha, alpha);
}
