//! The console where there is no terminal.

use std::process::{Command, Stdio};

#[test]
fn without_a_terminal_it_says_what_it_needs() {
    let output = Command::new(env!("CARGO_BIN_EXE_gantry"))
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    assert!(!output.status.success());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("run it in a terminal window"), "{told}");
    assert!(!told.contains("os error"), "{told}");
}
