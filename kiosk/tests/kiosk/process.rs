//! The program as a process.

use std::{
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use crate::pause::pause;

/// How long the program may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program with no setting from the environment.
pub(crate) fn kiosk() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gantry-kiosk"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GANTRY_") {
            command.env_remove(name);
        }
    }
    command
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("RUST_LOG")
        .stdin(Stdio::null());
    command
}

/// A process that does not outlive its test.
pub(crate) struct Running(Option<Child>);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()));
        Self(Some(child))
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        self.0.as_mut().expect("a process that runs")
    }

    /// Asks it to end as a service manager does.
    pub(crate) fn terminate(&mut self) {
        let id = self.child().id().to_string();
        let status = Command::new("kill").args(["-TERM", &id]).status();
        assert!(status.expect("kill").success());
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Output {
        let deadline = Instant::now() + PATIENCE;
        while self.child().try_wait().expect("a process").is_none() {
            assert!(Instant::now() < deadline, "the program does not end");
            pause(Duration::from_millis(10));
        }
        let child = self.0.take().expect("a process that ran");
        child.wait_with_output().expect("its output")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}
