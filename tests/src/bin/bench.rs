//! Measures how fast a read reaches the screens.

fn main() {}
