//! The program `gantry-server`.

fn main() {}
