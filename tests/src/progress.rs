//! What a command says while it works, for whoever waits for its end.

use std::{fmt::Display, io::Write};

use anyhow::{Context as _, Result};

/// Says how far it is, at once, whatever the words are written to.
pub fn tell(out: &mut impl Write, words: impl Display) -> Result<()> {
    writeln!(out, "{words}")
        .and_then(|()| out.flush())
        .context("say how far it is")
}
