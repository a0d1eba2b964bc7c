//! Every shader file is used, parses and is valid.

use std::{collections::BTreeSet, fs, path::Path};

use gantry_kiosk::painter::shaders;
use wgpu::naga::{
    front::wgsl,
    valid::{Capabilities, ValidationFlags, Validator},
};

/// What stands in front of every other shader and is none by itself.
const SHARED: &str = "common.wgsl";

#[test]
fn every_shader_is_valid_as_the_gpu_gets_it() {
    assert!(!shaders::ALL.is_empty());
    for shader in shaders::ALL {
        let module = wgsl::parse_str(shader.wgsl)
            .unwrap_or_else(|error| panic!("{}", error.emit_to_string(shader.wgsl)));
        Validator::new(ValidationFlags::all(), Capabilities::empty())
            .validate(&module)
            .unwrap_or_else(|error| panic!("{}: {error:?}", shader.file));
        assert_eq!(module.entry_points.len(), 2, "{}", shader.file);
    }
}

#[test]
fn no_shader_file_is_left_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shaders");
    let files: BTreeSet<String> = fs::read_dir(folder)
        .expect("the folder of shaders")
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.into_string().expect("a plain name"))
        .collect();
    let used = shaders::ALL
        .iter()
        .map(|shader| shader.file)
        .chain([SHARED])
        .map(str::to_owned)
        .collect();
    assert_eq!(files, used);
}
