//! The terminal, taken over and given back as it was.

use std::{
    fs::File,
    io::{self, IsTerminal, Stdout, Write, stdin, stdout},
    panic, process,
};

use crossterm::{
    clipboard::CopyToClipboard,
    cursor::Show,
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture},
    execute,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use ratatui::{Terminal, backend::CrosstermBackend};

use crate::{app::model::Model, view, view::hits::Hits};

/// The exit code of a program that panicked, as Rust's own.
const PANICKED: i32 = 101;

/// Whether there is a terminal to draw on and to read keys from, if need be past a redirected input.
pub fn is_there() -> bool {
    stdout().is_terminal() && (stdin().is_terminal() || File::open("/dev/tty").is_ok())
}

/// The terminal while the console has it. Dropping it gives the terminal back.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the terminal over. A panic in any thread gives it back, prints its message and ends the program: a console of which a
    /// part is missing would look alive and not be.
    pub fn open() -> io::Result<Self> {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            restore();
            report(info);
            process::exit(PANICKED);
        }));
        enable_raw_mode()?;
        let opened = execute!(
            stdout(),
            EnterAlternateScreen,
            EnableMouseCapture,
            EnableBracketedPaste
        )
        .and_then(|()| Terminal::new(CrosstermBackend::new(stdout())));
        match opened {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    /// Draws the model. Only cells that changed are written.
    pub fn draw(&mut self, model: &Model) -> io::Result<Hits> {
        let mut hits = Hits::default();
        self.terminal
            .draw(|frame| hits = view::draw(model, frame))?;
        Ok(hits)
    }

    /// Forgets what the terminal shows, so that the next drawing writes every cell.
    pub fn forget(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }

    /// Offers a text to the operator's clipboard through the terminal (OSC 52).
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(stdout(), CopyToClipboard::to_clipboard_from(text))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back. What fails here fails because the terminal is gone, and then nothing is left to restore.
fn restore() {
    disable_raw_mode().ok();
    execute!(
        stdout(),
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        Show
    )
    .ok();
    stdout().flush().ok();
}
