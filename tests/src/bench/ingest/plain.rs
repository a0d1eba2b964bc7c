//! The floor under the server: a loop that inserts the same rows into the same tables and does nothing else.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use uuid::Uuid;

use super::{EVENT, GROUP, MATS, mats};
use crate::{
    database::{Database, Kind},
    mat::{Mat, Passing},
    venue::Venue,
};

/// Rows in one statement: as many as the server puts into its largest.
const ROWS: usize = 1_024;

/// Pages after which SQLite brings its log into the database: as many as the server has it wait for.
const LOG_PAGES: &str = "16384";

const COLUMNS: usize = 15;

/// Inserts so many rows and answers how long that took.
pub(super) async fn run(kind: Kind, reads: u64) -> Result<Duration> {
    // The tables are those that the server makes.
    let venue = Venue::on(kind).await?;
    let began = Instant::now();
    match &venue.database {
        Database::Sqlite(file) => {
            let options = SqliteConnectOptions::new()
                .filename(file)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .pragma("wal_autocheckpoint", LOG_PAGES)
                .foreign_keys(true);
            insert!(options.connect().await?, reads, |_| "?".to_owned());
        }
        Database::Postgres(options) => {
            insert!(options.connect().await?, reads, |value| format!("${value}"));
        }
    }
    let took = began.elapsed();
    venue.database.clone().remove().await?;
    Ok(took)
}

/// What the rows of all mats have in common.
struct Race {
    partner: Uuid,
    session: Uuid,
    streams: Vec<Uuid>,
    mats: Vec<Mat>,
}

/// The loop itself, on a connection to either database.
macro_rules! insert {
    ($connection:expr, $reads:expr, $placeholder:expr) => {{
        let mut connection = $connection;
        let partner = sqlx::query_scalar("select id from timing_partners")
            .fetch_one(&mut connection)
            .await
            .context("find the partner")?;
        let race = Race::new(partner);
        sqlx::query("insert into timing_sessions (id, partner_id, name, event_name, race_day, created_at) values ($1, $2, $3, $3, $3, 0)")
            .bind(race.session)
            .bind(partner)
            .bind(EVENT)
            .execute(&mut connection)
            .await?;
        for (mat, stream) in race.mats.iter().zip(&race.streams) {
            sqlx::query("insert into timing_locations (timing_session_id, name, partner_id, created_at) values ($1, $2, $3, 0)")
                .bind(race.session)
                .bind(mat.location())
                .bind(partner)
                .execute(&mut connection)
                .await?;
            sqlx::query("insert into timing_streams (id, partner_id, timing_session_id, connection, location, last_sequence, reads, created_at) values ($1, $2, $3, $4, $5, 0, 0, 0)")
                .bind(stream)
                .bind(partner)
                .bind(race.session)
                .bind(mat.connection())
                .bind(mat.location())
                .execute(&mut connection)
                .await?;
        }
        let full = statement(ROWS, $placeholder);
        let mut next = 0;
        while next < $reads {
            let mut transaction = connection.begin().await?;
            let end = (next + GROUP as u64).min($reads);
            while next < end {
                let rows = ROWS.min((end - next) as usize);
                let text = if rows == ROWS { Arc::clone(&full) } else { statement(rows, $placeholder) };
                let mut query = sqlx::query(AssertSqlSafe(text));
                for number in next..next + rows as u64 {
                    let (mat, sequence) = ((number as usize) % MATS, number / MATS as u64 + 1);
                    let Passing { tag, wire_time, at } = Mat::passing(sequence);
                    let mut raw = Vec::with_capacity(64);
                    race.mats[mat].write_line(sequence, &mut raw)?;
                    query = query
                        .bind(number as i64 + 1)
                        .bind(race.partner)
                        .bind(race.session)
                        .bind(race.streams[mat])
                        .bind(race.mats[mat].location())
                        .bind(sequence as i64)
                        .bind(tag)
                        .bind("chip")
                        .bind(at)
                        .bind(wire_time)
                        .bind(1_i64)
                        .bind(race.mats[mat].reader())
                        .bind("1")
                        .bind(at)
                        .bind(raw);
                }
                query.execute(&mut *transaction).await.context("insert")?;
                next += rows as u64;
            }
            transaction.commit().await?;
        }
        connection.close().await?;
    }};
}
use insert;

impl Race {
    fn new(partner: Uuid) -> Self {
        Self {
            partner,
            session: Uuid::now_v7(),
            streams: (0..MATS).map(|_| Uuid::now_v7()).collect(),
            mats: mats().collect(),
        }
    }
}

/// SQLite looks up names of placeholders one by one, so there they have none.
fn statement(rows: usize, placeholder: impl Fn(usize) -> String) -> Arc<str> {
    let row = |row: usize| {
        let values: Vec<String> = (1..=COLUMNS)
            .map(|column| placeholder(row * COLUMNS + column))
            .collect();
        format!("({})", values.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    let columns = "position, partner_id, timing_session_id, stream_id, location, sequence, tag, kind, at, wire_time, lap, reader, gator, received_at, raw";
    format!(
        "insert into timing_reads ({columns}) values {}",
        rows.join(", ")
    )
    .into()
}
