//! What the operator's terminal can do, as far as its environment tells.

/// What a terminal can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// How many colours it shows.
    pub depth: Depth,
    /// What becomes of a copied text.
    pub clipboard: Clipboard,
}

/// How many colours a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None, or none are wanted.
    Mono,
    /// The sixteen that the operator has chosen names for.
    Ansi16,
    /// 256.
    Ansi256,
    /// All.
    True,
}

/// What becomes of a text that is sent to the terminal's clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clipboard {
    /// The terminal may take it; it never says.
    Unconfirmed,
    /// tmux takes it, and passes it on only when it is told to.
    Tmux,
    /// GNU screen does not pass it on.
    Screen,
    /// The terminal is known not to take it.
    Unsupported,
}

impl Terminal {
    /// Reads the environment through `var`, which gives a variable's value.
    pub fn from_env(var: impl Fn(&str) -> Option<String>) -> Self {
        let var = |name| var(name).filter(|value| !value.is_empty());
        Self {
            depth: depth(&var),
            clipboard: clipboard(&var),
        }
    }
}

fn depth(var: &impl Fn(&'static str) -> Option<String>) -> Depth {
    let term = var("TERM").unwrap_or_default();
    let colors = var("COLORTERM").unwrap_or_default();
    if var("NO_COLOR").is_some() || term == "dumb" || term.starts_with("vt1") {
        Depth::Mono
    } else if matches!(colors.as_str(), "truecolor" | "24bit") || term.ends_with("-direct") {
        Depth::True
    } else if term.contains("256color") {
        Depth::Ansi256
    } else {
        Depth::Ansi16
    }
}

fn clipboard(var: &impl Fn(&'static str) -> Option<String>) -> Clipboard {
    let term = var("TERM").unwrap_or_default();
    let program = var("TERM_PROGRAM").unwrap_or_default();
    if var("TMUX").is_some() {
        Clipboard::Tmux
    } else if var("STY").is_some() {
        Clipboard::Screen
    } else if matches!(term.as_str(), "linux" | "dumb") || program == "Apple_Terminal" {
        Clipboard::Unsupported
    } else {
        Clipboard::Unconfirmed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(env: &[(&str, &str)], depth: Depth, clipboard: Clipboard) {
        let var = |name: &str| {
            env.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(
            Terminal::from_env(var),
            Terminal { depth, clipboard },
            "{env:?}"
        );
    }

    #[test]
    fn reads_the_environment() {
        use Clipboard::{Screen, Tmux, Unconfirmed, Unsupported};
        use Depth::{Ansi16, Ansi256, Mono, True};
        check(
            &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")],
            True,
            Unconfirmed,
        );
        check(
            &[("TERM", "tmux-256color"), ("TMUX", "/tmp/x,1,0")],
            Ansi256,
            Tmux,
        );
        check(&[("TERM", "screen"), ("STY", "1.pts")], Ansi16, Screen);
        check(&[("TERM", "linux")], Ansi16, Unsupported);
        check(
            &[("TERM", "xterm-256color"), ("NO_COLOR", "1")],
            Mono,
            Unconfirmed,
        );
        check(
            &[("TERM", "xterm-256color"), ("NO_COLOR", "")],
            Ansi256,
            Unconfirmed,
        );
        check(
            &[
                ("TERM", "xterm-256color"),
                ("TERM_PROGRAM", "Apple_Terminal"),
            ],
            Ansi256,
            Unsupported,
        );
        check(&[], Ansi16, Unconfirmed);
    }
}
