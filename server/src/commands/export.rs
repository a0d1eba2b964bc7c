//! `gantry-server export-reads`

use std::{
    fs::File,
    io::{self, IsTerminal, Write},
    path::Path,
};

use anyhow::{Context, bail};

use super::open_store;
use crate::{
    config::cli::ExportReads,
    export::Export,
    store::{PartnerId, Store, TimingSession, TimingSessionId},
};

/// How many sessions are named to somebody who named none that there is.
const NAMED: usize = 5;

/// Writes the reads of a session, and says on standard error how far it has come.
pub(super) async fn export(arguments: &ExportReads) -> anyhow::Result<()> {
    let store = open_store(&arguments.config).await?;
    let (partner, session) = find(&store, TimingSessionId(arguments.session)).await?;
    let of = session.reads;
    let mut export = Export::new(store.clone(), partner, session, arguments.format);
    match &arguments.out {
        Some(file) => {
            let mut out = create(file)?;
            write(&mut export, &mut out, of).await?;
            // What was said to be written is on the disk.
            out.sync_all()
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        None => write(&mut export, &mut io::stdout(), of).await?,
    }
    store.close().await;
    Ok(())
}

fn create(file: &Path) -> anyhow::Result<File> {
    File::create_new(file).with_context(|| {
        format!(
            "cannot write {}: expected a file that is not there yet",
            file.display()
        )
    })
}

async fn find(store: &Store, id: TimingSessionId) -> anyhow::Result<(PartnerId, TimingSession)> {
    if let Some(partner) = store.owner_of_timing_session(id).await?
        && let Some(session) = store.timing_session(partner, id).await?
    {
        return Ok((partner, session));
    }
    let mut known = Vec::new();
    for partner in store.partners().await? {
        for session in store.timing_sessions(partner.id, None, NAMED).await? {
            known.push(format!(
                "{}  {}, {} of {}",
                session.id, session.name, session.race_day, partner.name
            ));
        }
    }
    if known.is_empty() {
        bail!("there is no timing session {id}, nor any other");
    }
    bail!(
        "there is no timing session {id}; the newest are\n  {}",
        known.join("\n  ")
    )
}

async fn write(export: &mut Export, out: &mut impl Write, of: i64) -> anyhow::Result<()> {
    let mut progress = Progress::of(of);
    while let Some(bytes) = export.next().await? {
        out.write_all(&bytes).context("cannot write the export")?;
        progress.tell(export.done());
    }
    out.flush().context("cannot write the export")?;
    progress.end(export.done());
    Ok(())
}

/// How far an export has come, told in one line of a terminal; a file or a pipe gets the last word only.
struct Progress {
    of: i64,
    is_shown: bool,
}

impl Progress {
    fn of(of: i64) -> Self {
        let is_shown = io::stderr().is_terminal();
        Self { of, is_shown }
    }

    fn tell(&mut self, done: u64) {
        if self.is_shown {
            // Progress that nobody can see is no reason to stop.
            let _ = write!(io::stderr(), "\r{done} of {} reads", self.of);
        }
    }

    fn end(&mut self, done: u64) {
        let begin = if self.is_shown { "\r" } else { "" };
        let _ = writeln!(io::stderr(), "{begin}{done} reads exported     ");
    }
}
