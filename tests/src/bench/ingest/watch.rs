//! What is committed, as somebody sees it who looks into the database beside the server.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use sqlx::{ConnectOptions as _, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use super::{MATS, mats, senders::Written};
use crate::{database::Database, wait::PATIENCE};

/// How often it is looked; a delay is told too long by so much.
const LOOK: Duration = Duration::from_millis(1);

/// The last number of each stream changes in the transaction that stores the reads.
const STREAMS: &str = "select connection, last_sequence from timing_streams";

/// A connection of its own to the server's database.
pub(super) enum Watch {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Watch {
    /// Opens it.
    pub(super) async fn open(database: &Database) -> Result<Self> {
        Ok(match database {
            Database::Sqlite(file) => {
                let options = SqliteConnectOptions::new().filename(file).read_only(true);
                Self::Sqlite(options.connect().await.context("open the file")?)
            }
            Database::Postgres(options) => {
                Self::Postgres(options.connect().await.context("open the database")?)
            }
        })
    }

    /// The number up to which each mat's reads are committed.
    async fn committed(&mut self) -> Result<[u64; MATS]> {
        let streams: Vec<(String, i64)> = match self {
            Self::Sqlite(connection) => sqlx::query_as(STREAMS).fetch_all(connection).await,
            Self::Postgres(connection) => sqlx::query_as(STREAMS).fetch_all(connection).await,
        }
        .context("ask how far the streams are")?;
        let mut committed = [0; MATS];
        for (mat, last) in mats().zip(&mut committed) {
            let connection = mat.connection();
            let stream = streams.iter().find(|(name, _)| *name == connection);
            *last = stream.map_or(0, |(_, last)| last.cast_unsigned());
        }
        Ok(committed)
    }

    /// Waits until so many reads of each mat are committed. It gives up when nothing happens for long.
    pub(super) async fn until(mut self, each: u64) -> Result<()> {
        let mut before = [0; MATS];
        let mut changed = Instant::now();
        loop {
            let committed = self.committed().await?;
            if committed.iter().all(|last| *last >= each) {
                return Ok(());
            }
            if committed != before {
                (before, changed) = (committed, Instant::now());
            }
            anyhow::ensure!(
                changed.elapsed() < PATIENCE,
                "no more is stored: {committed:?}"
            );
            sleep(10 * LOOK).await;
        }
    }

    /// Takes how long after it was written each read is committed, until all are.
    pub(super) async fn delays(
        mut self,
        mut told: mpsc::Receiver<Written>,
        mut micros: Histogram<u64>,
    ) -> Result<Histogram<u64>> {
        let mut waiting: [VecDeque<Written>; MATS] = Default::default();
        let mut is_open = true;
        while is_open || waiting.iter().any(|mat| !mat.is_empty()) {
            while let Ok(written) = told.try_recv() {
                waiting[written.mat].push_back(written);
            }
            is_open = !(told.is_closed() && told.is_empty());
            let committed = timeout(PATIENCE, self.committed())
                .await
                .context("the database does not answer")??;
            let now = Instant::now();
            for (waiting, last) in waiting.iter_mut().zip(committed) {
                while let Some(written) = waiting.pop_front_if(|written| written.last <= last) {
                    let delay = now.duration_since(written.at).as_micros() as u64;
                    micros.record_n(delay.max(1), written.count)?;
                }
            }
            sleep(LOOK).await;
        }
        Ok(micros)
    }
}
