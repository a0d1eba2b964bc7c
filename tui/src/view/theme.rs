//! The few styles that the console is drawn in.
//!
//! The terminal's own foreground and background are kept, so light and dark themes both work; the accent and the signal colours are of
//! middle lightness and read on either.

use ratatui::style::{Color, Modifier, Style};

use crate::terminal::Depth;

/// The styles of one terminal.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    depth: Depth,
}

impl Theme {
    /// The styles for a terminal that shows this many colours.
    pub fn new(depth: Depth) -> Self {
        Self { depth }
    }

    /// What is said.
    pub fn text(self) -> Style {
        Style::new().fg(Color::Reset)
    }

    /// What is said beside it.
    pub fn dim(self) -> Style {
        match self.depth {
            Depth::Mono => Style::new().add_modifier(Modifier::DIM),
            Depth::Ansi16 => Style::new().fg(Color::DarkGray),
            _ => Style::new().fg(Color::Indexed(244)),
        }
    }

    /// Lines that divide.
    pub fn rule(self) -> Style {
        match self.depth {
            Depth::Ansi256 | Depth::True => Style::new().fg(Color::Indexed(242)),
            _ => self.dim(),
        }
    }

    /// A heading.
    pub fn heading(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What can be done here, and where the operator is.
    pub fn accent(self) -> Style {
        self.colored(Color::Cyan, 31).add_modifier(Modifier::BOLD)
    }

    /// The line or field that has the focus.
    pub fn focus(self) -> Style {
        match self.depth {
            Depth::Mono => Style::new().add_modifier(Modifier::REVERSED),
            Depth::Ansi16 => Style::new().fg(Color::Black).bg(Color::Cyan),
            _ => Style::new().fg(Color::Indexed(231)).bg(Color::Indexed(31)),
        }
    }

    /// All is well.
    pub fn good(self) -> Style {
        self.colored(Color::Green, 28)
    }

    /// Worth a look.
    pub fn warning(self) -> Style {
        self.colored(Color::Yellow, 130)
    }

    /// Something is wrong.
    pub fn bad(self) -> Style {
        self.colored(Color::Red, 160).add_modifier(Modifier::BOLD)
    }

    /// Something is wrong with the server itself.
    pub fn alarm(self) -> Style {
        let style = match self.depth {
            Depth::Mono => Style::new().add_modifier(Modifier::REVERSED),
            Depth::Ansi16 => Style::new().fg(Color::White).bg(Color::Red),
            _ => Style::new().fg(Color::Indexed(231)).bg(Color::Indexed(160)),
        };
        style.add_modifier(Modifier::BOLD)
    }

    /// Dark modules of a QR code on light ones.
    pub fn paper(self) -> Style {
        match self.depth {
            Depth::Mono => Style::new(),
            Depth::Ansi16 => Style::new().fg(Color::Black).bg(Color::White),
            _ => Style::new().fg(Color::Indexed(16)).bg(Color::Indexed(231)),
        }
    }

    fn colored(self, named: Color, indexed: u8) -> Style {
        match self.depth {
            Depth::Mono => Style::new(),
            Depth::Ansi16 => Style::new().fg(named),
            _ => Style::new().fg(Color::Indexed(indexed)),
        }
    }
}
