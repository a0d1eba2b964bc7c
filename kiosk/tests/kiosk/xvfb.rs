//! An X server that draws into a file.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::Command,
    time::{Duration, Instant},
};

use gantry_core::scene::color::Color;
use tempfile::TempDir;

use crate::{pause::pause, process::Running};

/// How long something may take to appear.
const PATIENCE: Duration = Duration::from_secs(30);

/// An X server with one screen.
pub(crate) struct Xvfb {
    display: String,
    folder: TempDir,
    _server: Running,
}

/// What the X server shows.
pub(crate) struct Shown {
    width: usize,
    height: usize,
    bytes_per_row: usize,
    pixels: Vec<u8>,
}

impl Xvfb {
    pub(crate) fn start(width: u32, height: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new("Xvfb");
        command
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{width}x{height}x24"))
            .arg("-fbdir")
            .arg(folder.path());
        let mut server = Running::start(&mut command);
        let output = server.child().stdout.take().expect("its output");
        let mut number = String::new();
        BufReader::new(output)
            .read_line(&mut number)
            .expect("a display number");
        Self {
            display: format!(":{}", number.trim()),
            folder,
            _server: server,
        }
    }

    /// What programs take as `DISPLAY`.
    pub(crate) fn display(&self) -> &str {
        &self.display
    }

    /// Waits until the screen shows what is wanted.
    pub(crate) fn wait(&self, what: &str, will_do: impl Fn(&Shown) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !will_do(&self.shown()) {
            assert!(Instant::now() < deadline, "the screen never showed {what}");
            pause(Duration::from_millis(20));
        }
    }

    /// The frame buffer, which Xvfb keeps as an XWD file.
    fn shown(&self) -> Shown {
        let file = fs::read(self.folder.path().join("Xvfb_screen0")).expect("a frame buffer");
        let word = |index: usize| {
            let bytes = file[index * 4..index * 4 + 4]
                .try_into()
                .expect("four bytes");
            u32::from_be_bytes(bytes) as usize
        };
        let (header_size, width, height) = (word(0), word(4), word(5));
        let (bits_per_pixel, bytes_per_row, colors) = (word(11), word(12), word(19));
        assert_eq!(bits_per_pixel, 32);
        Shown {
            width,
            height,
            bytes_per_row,
            pixels: file[header_size + colors * 12..].to_vec(),
        }
    }
}

impl Shown {
    /// The colour of a pixel; negative positions count from the far edge.
    pub(crate) fn at(&self, x: i32, y: i32) -> Color {
        let from_edge = |position: i32, length: usize| {
            if position < 0 {
                length - position.unsigned_abs() as usize
            } else {
                position as usize
            }
        };
        let start = from_edge(y, self.height) * self.bytes_per_row + from_edge(x, self.width) * 4;
        Color {
            r: self.pixels[start + 2],
            g: self.pixels[start + 1],
            b: self.pixels[start],
            a: 255,
        }
    }

    /// True when all four corners have that colour.
    pub(crate) fn is_filled_with(&self, color: Color) -> bool {
        [(0, 0), (-1, 0), (0, -1), (-1, -1)]
            .iter()
            .all(|(x, y)| self.at(*x, *y) == color)
    }
}
