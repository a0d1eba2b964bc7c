//! An installation that has grown: years of results and a month of reads, written straight into the database.

use anyhow::Result;

use crate::database::Database;

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

/// Timing sessions that a partner's reads are spread over.
const TIMING_SESSIONS: usize = 20;

/// Participants of an event.
const PARTICIPANTS: usize = 200;

/// The name of a partner by its number.
pub fn partner(number: usize) -> String {
    format!("Company {number:02}")
}

/// How a database makes rows out of nothing.
struct Dialect {
    /// Statements that make writing fast. The data is worth nothing until all of it is there.
    before: &'static str,
    after: &'static str,
    /// A table `n` of the numbers below a bound: what stands before the bound, and what after.
    numbers: (&'static str, &'static str),
    /// An id out of a number: what stands before the number, and what after.
    id: (&'static str, &'static str),
    no_bytes: &'static str,
}

const SQLITE: Dialect = Dialect {
    before: "pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -400000;",
    after: "pragma wal_checkpoint(truncate); analyze;",
    numbers: (
        "(with recursive n(n) as (select 0 union all select n + 1 from n where n < ",
        " - 1) select n from n) n",
    ),
    id: ("unhex(printf('%032x', ", "))"),
    no_bytes: "zeroblob(60)",
};

const POSTGRES: Dialect = Dialect {
    before: "set synchronous_commit = off;",
    after: "analyze;",
    numbers: ("(select n from generate_series(0, ", " - 1) n) n"),
    id: ("lpad(to_hex((", ")::bigint), 32, '0')::uuid"),
    no_bytes: "decode(repeat('00', 60), 'hex')",
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
    /// Fills a database whose partners are there and nothing else.
    pub async fn fill(&self, database: &Database) -> Result<()> {
        let dialect = match database {
            Database::Sqlite(_) => SQLITE,
            Database::Postgres(_) => POSTGRES,
        };
        for number in 0..self.partners {
            let statements = [
                dialect.before.to_owned(),
                "begin;".to_owned(),
                self.results_of(number, &dialect),
                self.reads_of(number, &dialect),
                "commit;".to_owned(),
            ];
            database.execute(statements.join("\n")).await?;
        }
        database.execute(dialect.after.to_owned()).await
    }

    fn results_of(&self, number: usize, dialect: &Dialect) -> String {
        let whose = format!(
            "(select id as partner_id from timing_partners where name = '{}') p",
            partner(number)
        );
        let participants = self.results / self.partners / 4;
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
        let whose = format!(
            "(select id as partner_id from timing_partners where name = '{}') p",
            partner(number)
        );
        let reads = self.reads / self.partners;
        let each = reads.div_ceil(TIMING_SESSIONS);
        let base = number * 1_000 + 1;
        let session = dialect.id(&format!("{base} + n.n"));
        let session_of = dialect.id(&format!("{base} + n.n / {each}"));
        let (sessions, rows) = (dialect.numbers(TIMING_SESSIONS), dialect.numbers(reads));
        let (first, bytes) = (number * reads + 1, dialect.no_bytes);
        format!(
            "insert into timing_sessions (id, partner_id, name, event_name, race_day, created_at)
                 select {session}, partner_id, 'Race ' || n.n, 'race-' || n.n, '2026-05-08', 1 from {sessions}, {whose};
             insert into timing_locations (timing_session_id, name, partner_id, created_at)
                 select {session}, 'FINISH', partner_id, 1 from {sessions}, {whose};
             insert into timing_streams (id, partner_id, timing_session_id, connection, location, last_sequence, reads,
                                         first_read_at, last_read_at, created_at)
                 select {session}, partner_id, {session}, '255F', 'FINISH', {each}, {each}, 1, 1, 1 from {sessions}, {whose};
             insert into timing_reads (position, partner_id, timing_session_id, stream_id, location, sequence, tag, kind, at,
                                       wire_time, lap, reader, gator, received_at, raw)
                 select {first} + n.n, partner_id, {session_of}, {session_of}, 'FINISH', n.n % {each} + 1,
                        cast(n.n % 5000 as text), 'chip', 1, '09:30:00.00', 1, '11FD4E', '4', 1, {bytes}
                 from {rows}, {whose};"
        )
    }
}
