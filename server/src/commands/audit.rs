//! `gantry-server audit`: reading the audit log, and writing down what is done from the shell.

use std::io::{self, BufWriter, ErrorKind, Write};

use anyhow::Context;
use serde_json::Value;

use super::{open_store, partners::any_named};
use crate::{
    clock,
    config::manage::Audit,
    store::{
        PartnerId, Store,
        audit::{Action, Entry, Extent, Logged, SHELL},
    },
};

/// Entries that are read at once.
const PAGE: usize = 500;

/// Writes the log to standard output, newest first, until whoever reads it has enough.
pub(super) async fn read(audit: &Audit) -> anyhow::Result<()> {
    let store = open_store(&audit.config).await?;
    let partner = match &audit.partner {
        Some(name) => Some(any_named(&store, name).await?.id),
        None => None,
    };
    let mut extent = Extent {
        partner,
        since: audit.since,
        before: None,
    };
    loop {
        let page = store.logged(extent, PAGE).await?;
        let Some(last) = page.last() else { break };
        extent.before = Some(last.id);
        match write(&page) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
            written => written.context("cannot write to standard output")?,
        }
    }
    store.close().await;
    Ok(())
}

fn write(page: &[Logged]) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for entry in page {
        writeln!(out, "{}", line(entry))?;
    }
    out.flush()
}

/// When, whose, who and from where, what, to what, and what else is known: with tabs between, and a dash for what is empty.
fn line(entry: &Logged) -> String {
    let said = |text: &str| match text {
        "" => "-".to_owned(),
        text => text.replace(|unseen: char| unseen.is_control(), " "),
    };
    [
        entry.at.to_rfc3339(),
        said(entry.partner.as_deref().unwrap_or_default()),
        said(&entry.who),
        said(&entry.address),
        said(&entry.action),
        said(&entry.subject),
        said(&entry.detail),
    ]
    .join("\t")
}

/// Adds to the audit log what was done from the shell.
pub(super) async fn note(
    store: &Store,
    partner: Option<PartnerId>,
    action: Action,
    subject: &str,
    detail: Value,
) -> anyhow::Result<()> {
    let entry = Entry {
        at: clock::now(),
        partner,
        user: None,
        who: SHELL.to_owned(),
        action,
        subject: subject.to_owned(),
        address: String::new(),
        detail,
    };
    Ok(store.record(&entry).await?)
}

#[cfg(test)]
mod tests {
    use gantry_core::time::Moment;

    use super::*;

    #[test]
    fn an_entry_is_a_line_whatever_it_says() {
        let entry = Logged {
            id: uuid::Uuid::nil(),
            partner: None,
            at: Moment(1_620_460_701_950),
            who: SHELL.to_owned(),
            action: "partner_added".to_owned(),
            subject: "Ac\tme\n".to_owned(),
            address: String::new(),
            detail: "{}".to_owned(),
        };
        let fields: Vec<_> = line(&entry).split('\t').map(str::to_owned).collect();
        let at = "2021-05-08T07:58:21.95Z";
        assert_eq!(
            fields,
            [at, "-", "shell", "-", "partner_added", "Ac me ", "{}"]
        );
    }
}
