//! What the program was asked to do: flags and their environment twins, checked before anything starts.

use std::{ffi::OsString, path::PathBuf, str::FromStr, time::Duration};

use clap::{Parser, builder::BoolishValueParser};
use gantry_core::time::Moment;

use crate::address::{Address, BadAddress};

/// The longest that a screenshot may be put off, in seconds.
const LONGEST_AFTER: f64 = 86_400.0;

/// The longest side of a picture or window, in pixels.
const LONGEST_SIDE: u32 = 16_384;

/// What the help says of the log.
const LOG_HELP: &str = "RUST_LOG says how much is logged to standard error, for example RUST_LOG=debug; \
    by default warnings, and the kiosk's own news.";

/// Shows a Gantry display fullscreen, and keeps showing it.
///
/// It reconnects by itself for ever, and says on the screen how old the picture is while there is no connection.
/// In a window, Esc and q quit.
#[derive(Debug, Parser)]
#[command(name = "gantry-kiosk", version, about, after_help = LOG_HELP)]
pub struct Args {
    /// The display: its URL (https://HOST/display/CODE), or its code of 8 letters and digits together with --server.
    #[arg(value_name = "URL|CODE", env = "GANTRY_DISPLAY")]
    display: Option<String>,

    /// The server's URL, for a display given by its code.
    #[arg(long, value_name = "URL", env = "GANTRY_SERVER")]
    server: Option<String>,

    /// Show it in a window of this size instead of fullscreen.
    #[arg(long, value_name = "WxH", env = "GANTRY_WINDOWED")]
    windowed: Option<Size>,

    /// The monitor to fill, counted from 1; the primary one by default.
    #[arg(long, value_name = "N", env = "GANTRY_MONITOR", value_parser = monitor)]
    monitor: Option<usize>,

    /// Write one picture as PNG to this file and exit; needs no screen. It fails when no scene comes within 30 seconds.
    #[arg(long, value_name = "FILE", env = "GANTRY_SCREENSHOT")]
    screenshot: Option<PathBuf>,

    /// How long to wait after the first scene came before the screenshot is taken.
    #[arg(long, value_name = "SECONDS", env = "GANTRY_AFTER", value_parser = seconds, requires = "screenshot", allow_negative_numbers = true)]
    after: Option<Duration>,

    /// The screenshot's size in pixels; the scene's own size by default.
    #[arg(long, value_name = "WxH", env = "GANTRY_SIZE", requires = "screenshot")]
    size: Option<Size>,

    /// Take the screenshot of a scene in this JSON file instead of a display's.
    #[arg(long, value_name = "FILE.json", env = "GANTRY_SCENE", requires = "screenshot", conflicts_with_all = ["display", "server", "after"])]
    scene: Option<PathBuf>,

    /// The moment at which the scene of --scene is drawn, in milliseconds since 1970; now by default.
    #[arg(
        long,
        value_name = "UNIX_MS",
        env = "GANTRY_AT",
        requires = "scene",
        allow_negative_numbers = true
    )]
    at: Option<i64>,

    /// Print what drawing costs as one JSON line every 10 seconds and at the end.
    #[arg(long, env = "GANTRY_STATS", value_parser = BoolishValueParser::new())]
    stats: bool,
}

/// Everything the program needs to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Config {
    /// Show a display on a screen.
    Window {
        /// Which.
        address: Address,
        /// Where.
        place: Place,
        /// Whether to print what drawing costs.
        stats: bool,
    },
    /// Write one picture.
    Screenshot(Screenshot),
}

/// Where the picture goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All of a monitor, counted from 1; the primary one when none is named.
    Fullscreen(Option<usize>),
    /// A window of its own.
    Windowed(Size),
}

/// A picture for a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Screenshot {
    /// Of what.
    pub subject: Subject,
    /// Where it is written.
    pub file: PathBuf,
    /// In pixels; the canvas's own when absent.
    pub size: Option<Size>,
}

/// What a screenshot shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// A display, some time after its first scene came.
    Display {
        /// Which.
        address: Address,
        /// How long after.
        after: Duration,
    },
    /// A scene in a file.
    Scene {
        /// Its JSON.
        file: PathBuf,
        /// Drawn as at this server time; now when absent.
        at: Option<Moment>,
    },
}

/// A size in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// 1 to 16,384.
    pub width: u32,
    /// 1 to 16,384.
    pub height: u32,
}

/// A setting that cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum BadConfig {
    /// `clap` refused it, or answered `--help` or `--version`.
    #[error(transparent)]
    Args(#[from] clap::Error),
    /// The display cannot be found by what was given.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// Nothing says what to show.
    #[error(
        "no display was given; name one by its URL (https://HOST/display/CODE) or by its code together with --server https://HOST"
    )]
    NoDisplay,
}

impl Config {
    /// Reads the command line (the program's name first) and the environment.
    pub fn read(args: impl IntoIterator<Item = OsString>) -> Result<Self, BadConfig> {
        Self::of(Args::try_parse_from(args)?)
    }

    fn of(args: Args) -> Result<Self, BadConfig> {
        if let (Some(file), Some(scene)) = (&args.screenshot, &args.scene) {
            return Ok(Self::Screenshot(Screenshot {
                subject: Subject::Scene {
                    file: scene.clone(),
                    at: args.at.map(Moment),
                },
                file: file.clone(),
                size: args.size,
            }));
        }
        let display = args.display.ok_or(BadConfig::NoDisplay)?;
        let address = Address::parse(&display, args.server.as_deref())?;
        Ok(match args.screenshot {
            Some(file) => Self::Screenshot(Screenshot {
                subject: Subject::Display {
                    address,
                    after: args.after.unwrap_or_default(),
                },
                file,
                size: args.size,
            }),
            None => Self::Window {
                address,
                place: args
                    .windowed
                    .map_or(Place::Fullscreen(args.monitor), Place::Windowed),
                stats: args.stats,
            },
        })
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let side = |text: &str| {
            let side = text.parse().ok()?;
            (1..=LONGEST_SIDE).contains(&side).then_some(side)
        };
        text.split_once(['x', 'X', '×'])
            .and_then(|(width, height)| {
                Some(Self {
                    width: side(width)?,
                    height: side(height)?,
                })
            })
            .ok_or_else(|| {
                format!(
                    "a size is written WIDTHxHEIGHT in pixels, each 1 to {LONGEST_SIDE}, for example 1280x720"
                )
            })
    }
}

fn monitor(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| (1..=64).contains(number))
        .ok_or_else(|| "a monitor is a number from 1 to 64".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .filter(|seconds| (0.0..=LONGEST_AFTER).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| format!("seconds are a number from 0 to {LONGEST_AFTER}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Config, String> {
        let words = line.split_whitespace().map(OsString::from);
        Config::read(std::iter::once("gantry-kiosk".into()).chain(words))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_code_and_a_server_fill_the_screen() {
        let config = read("A1B2C3D4 --server http://x:1 --monitor 2 --stats");
        let address = Address::parse("http://x:1/display/a1b2c3d4", None).expect("an address");
        let place = Place::Fullscreen(Some(2));
        let stats = true;
        assert_eq!(
            config,
            Ok(Config::Window {
                address,
                place,
                stats
            })
        );
    }

    #[test]
    fn a_scene_file_needs_no_display() {
        let config = read("--screenshot a.png --scene s.json --at -5 --size 10x20");
        let subject = Subject::Scene {
            file: "s.json".into(),
            at: Some(Moment(-5)),
        };
        let size = Some(Size {
            width: 10,
            height: 20,
        });
        let file = "a.png".into();
        assert_eq!(
            config,
            Ok(Config::Screenshot(Screenshot {
                subject,
                file,
                size
            }))
        );
    }

    #[test]
    fn bad_values_are_named_with_what_would_do() {
        for (line, named) in [
            ("", ["no display", "--server"]),
            ("a1b2c3d4", ["\"a1b2c3d4\"", "--server"]),
            ("nonsense!", ["\"nonsense!\"", "https://HOST/display/CODE"]),
            (
                "http://x/display/a1b2c3d4 --windowed 0x5",
                ["'0x5' for '--windowed", "1280x720"],
            ),
            (
                "http://x/display/a1b2c3d4 --monitor 0",
                ["'0' for '--monitor", "from 1"],
            ),
            (
                "http://x/display/a1b2c3d4 --screenshot a --after -1",
                ["'-1' for '--after", "from 0"],
            ),
            (
                "http://x/display/a1b2c3d4 --screenshot a --after=1e9",
                ["'1e9' for '--after", "from 0"],
            ),
            (
                "http://x/display/a1b2c3d4 --after 1",
                ["--screenshot", "required"],
            ),
        ] {
            let message = read(line).expect_err(line);
            assert!(
                named.iter().all(|part| message.contains(part)),
                "{line}: {message}"
            );
        }
    }
}
