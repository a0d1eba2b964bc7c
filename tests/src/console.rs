//! The real console in a real pseudo-terminal, read as the cells that an operator sees.

use std::{
    io::{Read as _, Write},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context as _, Result};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::{programs, wait};

const COLUMNS: u16 = 140;
const ROWS: u16 = 40;

/// A running `gantry`. Dropping it kills it.
pub struct Console {
    terminal: Arc<Mutex<vt100::Parser<Clipboard>>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
}

/// What programs in the terminal have put on its clipboard (OSC 52).
#[derive(Default)]
struct Clipboard {
    copied: Vec<Vec<u8>>,
}

impl vt100::Callbacks for Clipboard {
    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _kind: &[u8], data: &[u8]) {
        self.copied.push(data.to_vec());
    }
}

impl Console {
    /// Starts the console for a server.
    pub fn start(server: &str) -> Result<Self> {
        let size = PtySize {
            rows: ROWS,
            cols: COLUMNS,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pty = native_pty_system().openpty(size)?;
        let mut command = CommandBuilder::new(programs::path("gantry")?);
        command.args(["--server", server]);
        for (variable, _) in std::env::vars() {
            if variable.starts_with("GANTRY_") || variable.starts_with("TMUX") {
                command.env_remove(variable);
            }
        }
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.env("LANG", "C.UTF-8");
        let child = pty.slave.spawn_command(command).context("start gantry")?;
        let mut output = pty.master.try_clone_reader()?;
        let keys = pty.master.take_writer()?;
        let clipboard = Clipboard::default();
        let terminal = vt100::Parser::new_with_callbacks(ROWS, COLUMNS, 0, clipboard);
        let terminal = Arc::new(Mutex::new(terminal));
        let written = Arc::clone(&terminal);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let mut terminal = written.lock().unwrap_or_else(PoisonError::into_inner);
                terminal.process(&bytes[..count]);
            }
        });
        Ok(Self {
            terminal,
            keys,
            child,
            _master: pty.master,
        })
    }

    /// Types; `\r` is Enter, `\t` is Tab.
    pub fn keys(&mut self, keys: &str) -> Result<()> {
        self.keys.write_all(keys.as_bytes())?;
        self.keys.flush().context("type")
    }

    /// The cells, row by row.
    pub fn text(&self) -> String {
        let terminal = self.terminal.lock().unwrap_or_else(PoisonError::into_inner);
        let rows: Vec<String> = terminal.screen().rows(0, COLUMNS).collect();
        rows.join("\n")
    }

    /// Waits until some text stands on the screen.
    pub async fn shows(&self, text: &str) -> Result<()> {
        wait::until(&format!("{text:?} in the console"), async || {
            Ok(self.text().contains(text).then_some(()))
        })
        .await
        .with_context(|| format!("the console shows:\n{}", self.text()))
    }

    /// Waits until the text is gone.
    pub async fn hides(&self, text: &str) -> Result<()> {
        wait::until(&format!("{text:?} to leave the console"), async || {
            Ok((!self.text().contains(text)).then_some(()))
        })
        .await
        .with_context(|| format!("the console shows:\n{}", self.text()))
    }

    /// The first row that has some text in it; empty while there is none.
    pub fn line(&self, text: &str) -> String {
        let screen = self.text();
        let line = screen.lines().find(|line| line.contains(text));
        line.unwrap_or_default().to_owned()
    }

    /// What was put on the terminal's clipboard last, as OSC 52 carries it: base 64.
    pub fn copied(&self) -> Option<Vec<u8>> {
        let terminal = self.terminal.lock().unwrap_or_else(PoisonError::into_inner);
        terminal.callbacks().copied.last().cloned()
    }

    /// Waits until the console has ended; its exit code.
    pub async fn ended(&mut self) -> Result<u32> {
        let child = &mut self.child;
        wait::until("the end of the console", async || {
            Ok(child.try_wait()?.map(|status| status.exit_code()))
        })
        .await
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // It has ended by itself when that fails.
        self.child.kill().ok();
    }
}
