//! An installation that has grown: years of results and a month of reads, written straight into the database.

use std::path::Path;

use anyhow::Result;
use gantry_server::clock;

use super::kept::Kept;
use crate::{
    database::{Database, Kind},
    venue::Venue,
};

/// How much there is, shared evenly among the partners.
#[derive(Clone, Copy, Debug)]
pub struct Grown {
    /// Timing companies.
    pub partners: usize,
    /// Results of all partners; four of each participant.
    pub results: usize,
    /// Reads of all partners.
    pub reads: usize,
}

/// The password of every company's owner.
pub const PASSWORD: &str = "correct horse battery";

/// Timing sessions that a partner's reads are spread over.
const TIMING_SESSIONS: usize = 20;

/// Participants of an event.
const PARTICIPANTS: usize = 200;

/// How far back reads go, in milliseconds: nearly as long as they are kept, so that none goes while questions are asked.
const MONTH_MS: i64 = 28 * 24 * 60 * 60 * 1000;

/// The name of a partner by its number.
pub fn partner(number: usize) -> String {
    format!("Company {number:02}")
}

/// The address of its owner.
pub fn email(partner: usize) -> String {
    format!("owner{partner}@example.org")
}

/// How a database makes rows out of nothing.
struct Dialect {
    /// Statements that make writing fast: nothing is checked, and a crash leaves nothing that could be used.
    before: &'static str,
    /// A table `n` of the numbers below a bound: what stands before the bound, and what after.
    numbers: (&'static str, &'static str),
    /// An id out of a number: what stands before the number, and what after.
    id: (&'static str, &'static str),
    no_bytes: &'static str,
    /// What leaves the database as one that grew slowly.
    after: &'static str,
}

const SQLITE: Dialect = Dialect {
    before: "pragma foreign_keys = off; pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -400000;",
    numbers: (
        "(with recursive n(n) as (select 0 union all select n + 1 from n where n < ",
        " - 1) select n from n) n",
    ),
    id: ("unhex(printf('%032x', ", "))"),
    no_bytes: "zeroblob(60)",
    after: "pragma journal_mode = wal;",
};

const POSTGRES: Dialect = Dialect {
    before: "set session_replication_role = replica; set synchronous_commit = off;",
    numbers: ("(select n from generate_series(0::bigint, ", " - 1) n) n"),
    id: ("lpad(to_hex(", "), 32, '0')::uuid"),
    no_bytes: "decode(repeat('00', 60), 'hex')",
    after: "vacuum analyze; checkpoint;",
};

impl Dialect {
    fn numbers(&self, below: usize) -> String {
        format!("{}{below}{}", self.numbers.0, self.numbers.1)
    }

    fn id(&self, number: &str) -> String {
        format!("{}{number}{}", self.id.0, self.id.1)
    }
}

impl Grown {
    /// A place with such an installation. In a folder that is given it is kept, and taken again by the next one who asks.
    pub async fn venue(&self, kind: Kind, keep: Option<&Path>) -> Result<Venue> {
        let Some(folder) = keep else {
            let venue = Venue::empty(kind).await?;
            self.fill(&venue).await?;
            return Ok(venue);
        };
        let kept = Kept::new(kind, folder, format!("grown_{}", self.results));
        if let Some(venue) = kept.found().await? {
            return Ok(venue);
        }
        let growing = kept.anew().await?;
        self.fill(&growing).await?;
        kept.complete(growing).await
    }

    async fn fill(&self, venue: &Venue) -> Result<()> {
        for number in 0..self.partners {
            let name = partner(number);
            venue.add_partner(&name).await?;
            venue
                .add_user(&email(number), PASSWORD, &name, "owner")
                .await?;
        }
        let database = &venue.database;
        match database {
            // Only one can write at a time.
            Database::Sqlite(_) => {
                self.write(database, &SQLITE, Self::results_of).await?;
                self.write(database, &SQLITE, Self::reads_of).await?;
                database.execute(SQLITE.after.to_owned()).await
            }
            Database::Postgres(_) => {
                tokio::try_join!(
                    self.write(database, &POSTGRES, Self::results_of),
                    self.write(database, &POSTGRES, Self::reads_of),
                )?;
                for statement in POSTGRES.after.split_inclusive(';') {
                    database.execute(statement.to_owned()).await?;
                }
                Ok(())
            }
        }
    }

    /// Writes what each partner has of something, in the order of the ids, so that every index grows at its end.
    async fn write(
        &self,
        database: &Database,
        dialect: &Dialect,
        rows: impl Fn(&Self, usize, &Dialect) -> String,
    ) -> Result<()> {
        for number in 0..self.partners {
            let rows = rows(self, number, dialect);
            let statements = format!("{} begin; {rows} commit;", dialect.before);
            database.execute(statements).await?;
        }
        Ok(())
    }

    fn results_of(&self, number: usize, dialect: &Dialect) -> String {
        let whose = whose(number);
        let participants = self.results.div_ceil(self.partners * 4);
        let events = participants.div_ceil(PARTICIPANTS);
        // Ids are numbers: partner, kind of row, row.
        let (event_base, person_base) = (
            number * 1_000_000_000 + 1,
            number * 1_000_000_000 + 500_000_000,
        );
        let event = dialect.id(&format!("{event_base} + n.n"));
        let event_of = dialect.id(&format!("{event_base} + n.n / {PARTICIPANTS}"));
        let person = dialect.id(&format!("{person_base} + n.n"));
        let (event_numbers, person_numbers) =
            (dialect.numbers(events), dialect.numbers(participants));
        format!(
            "insert into normalized_events (id, partner_id, provider, external_id, name, starts_at, created_at, updated_at)
                 select {event}, partner_id, 'runsignup', cast(n.n as text), 'City run ' || n.n, 1, 1, 1
                 from {event_numbers}, {whose};
             insert into normalized_participants (id, partner_id, event_id, external_id, bib, first_name, last_name, sex, age,
                                                  city, state, country, race, wave, division, team, updated_at)
                 select {person}, partner_id, {event_of}, cast(n.n as text), cast(n.n as text), 'Runner', 'Number ' || n.n,
                        'F', 34, 'Linz', '', 'AUT', '10 km', '1', 'F30-34', '', 1
                 from {person_numbers}, {whose};
             insert into normalized_results (participant_id, point, partner_id, event_id, net_ms, gun_ms, overall_place,
                                             sex_place, division_place, status, updated_at)
                 select {person}, point, partner_id, {event_of}, 2400000 + n.n, 2401000 + n.n, n.n % {PARTICIPANTS},
                        1, 1, 'finished', 1
                 from {person_numbers}, {whose},
                      (select '5 km' as point union select '7 km' union select '9 km' union select 'finish') points;"
        )
    }

    fn reads_of(&self, number: usize, dialect: &Dialect) -> String {
        let whose = whose(number);
        let reads = self.reads.div_ceil(self.partners);
        let each = reads.div_ceil(TIMING_SESSIONS);
        let base = number * 1_000 + 1;
        let session = dialect.id(&format!("{base} + n.n"));
        let session_of = dialect.id(&format!("{base} + n.n / {each}"));
        let (sessions, rows) = (dialect.numbers(TIMING_SESSIONS), dialect.numbers(reads));
        let (first, bytes) = (number * reads + 1, dialect.no_bytes);
        let (month_ago, apart) = (clock::now().0 - MONTH_MS, MONTH_MS / reads.max(1) as i64);
        let at = format!("{month_ago} + n.n * {apart}");
        let opened = format!("{month_ago} + n.n * {each} * {apart}");
        let closed = format!("{month_ago} + (n.n + 1) * {each} * {apart}");
        format!(
            "insert into timing_sessions (id, partner_id, name, event_name, race_day, created_at)
                 select {session}, partner_id, 'Race ' || n.n, 'race-' || n.n, '2026-05-08', {opened}
                 from {sessions}, {whose};
             insert into timing_session_parts (id, partner_id, timing_session_id, recording_id, from_at, until_at,
                                               after_position, up_to_position, counted_to)
                 select {session}, partner_id, {session}, {session}, -9223372036854775807, 9223372036854775807,
                        0, 9223372036854775807, 0
                 from {sessions}, {whose};
             insert into timing_locations (timing_session_id, name, partner_id, created_at)
                 select {session}, 'FINISH', partner_id, {opened} from {sessions}, {whose};
             insert into timing_streams (id, partner_id, timing_session_id, connection, location, last_sequence, reads,
                                         first_read_at, last_read_at, created_at)
                 select {session}, partner_id, {session}, '255F', 'FINISH', {each}, {each}, {opened}, {closed}, {opened}
                 from {sessions}, {whose};
             insert into timing_reads (position, partner_id, timing_session_id, stream_id, location, sequence, tag, kind, at,
                                       wire_time, lap, reader, gator, received_at, raw)
                 select {first} + n.n, partner_id, {session_of}, {session_of}, 'FINISH', n.n % {each} + 1,
                        cast(n.n % 5000 as text), 'chip', {at}, '09:30:00.00', 1, '11FD4E', '4', {at}, {bytes}
                 from {rows}, {whose};"
        )
    }
}

fn whose(number: usize) -> String {
    let name = partner(number);
    format!("(select id as partner_id from timing_partners where name = '{name}') p")
}
