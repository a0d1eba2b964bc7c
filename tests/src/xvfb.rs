//! An X server without a screen, for programs that open windows.

use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::wait::PATIENCE;

/// A running X server. Dropping it kills it.
pub struct Xvfb {
    /// What programs take as `DISPLAY`.
    pub display: String,
    frame_buffer: TempDir,
    _process: Child,
}

impl Xvfb {
    /// Starts one with a screen of this size, on a display number that is free.
    pub async fn start(width: u32, height: u32) -> Result<Self> {
        let frame_buffer = tempfile::tempdir().context("a folder")?;
        let mut process = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{width}x{height}x24"))
            .arg("-fbdir")
            .arg(frame_buffer.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("start Xvfb")?;
        let stdout = process.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let number = timeout(PATIENCE, lines.next_line())
            .await
            .context("Xvfb does not start")??
            .context("Xvfb ended")?;
        Ok(Self {
            display: format!(":{}", number.trim()),
            frame_buffer,
            _process: process,
        })
    }

    /// The colour of the screen's first pixel, in the top left corner: red, green, blue.
    pub fn corner(&self) -> Result<[u8; 3]> {
        // Xvfb keeps the screen as an XWD file: a header of big-endian words, a palette of 12 bytes a colour, then the pixels.
        let file = std::fs::read(self.frame_buffer.path().join("Xvfb_screen0"))?;
        let word = |index: usize| -> Result<usize> {
            let bytes = file.get(index * 4..index * 4 + 4).context("a header")?;
            Ok(u32::from_be_bytes(bytes.try_into()?) as usize)
        };
        let pixels = word(0)? + word(19)? * 12;
        match file.get(pixels..pixels + 3) {
            Some([blue, green, red]) => Ok([*red, *green, *blue]),
            _ => bail!("a screen without pixels"),
        }
    }
}
