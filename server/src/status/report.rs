//! The answer to `GET /status`, which `gantry-server doctor` reads as well.

use gantry_core::{dating::ClockOffset, time::Moment};
use serde::{Deserialize, Serialize};

use super::uptime_seconds;
use crate::{
    alarms::{Alarm, Subject},
    clock,
    collector::{clocks::Clock, feeds::Known, registry::Connection},
    config::Config,
    http::moment::Rfc3339,
    room::{self, Room},
    services::Services,
    store::Totals,
};

/// How the server is.
#[derive(Debug, Serialize, Deserialize)]
pub struct Report {
    /// `gantry-server`.
    pub service: String,
    /// `ok`, or `degraded` while an alarm stands or the database does not answer.
    pub status: String,
    /// The port for ChronoTrack hardware.
    pub tcp_port: u16,
    /// Connections of timing hardware.
    pub connections: usize,
    /// Reads in the database.
    pub total_reads: i64,
    /// Timing sessions in the database.
    pub sessions: i64,
    /// Whether the database answers.
    pub database_connected: bool,
    /// Seconds since the server started.
    pub uptime_seconds: i64,
    /// The program's version.
    pub version: String,
    /// What somebody has to know now.
    pub alarms: Vec<Alarmed>,
    /// What the way of reads to the disk costs.
    pub ingest: Ingest,
    /// The disk that the server's data is on, if it can be asked.
    pub disk: Option<Disk>,
    /// Each connection of timing hardware, the oldest first.
    pub timing_connections: Vec<TimingConnection>,
}

/// An alarm that stands.
#[derive(Debug, Serialize, Deserialize)]
pub struct Alarmed {
    /// What it is about: `disk`, `database`, `room`, `feeds`.
    pub name: String,
    /// Since when it stands.
    pub since: Rfc3339,
    /// What is wrong; elsewhere than on the machine only what the alarm means.
    pub words: String,
    /// What to do about it.
    pub advice: String,
}

/// The way of reads to the disk, all connections together.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Ingest {
    /// Half of all reads were safe on disk within so many milliseconds of their receipt, rounded up.
    pub commit_delay_p50_ms: Option<u64>,
    /// And ninety-nine of a hundred within so many.
    pub commit_delay_p99_ms: Option<u64>,
    /// Reads that are safe on disk and wait for the database.
    pub spooled_reads: u64,
    /// When the oldest of them was received.
    pub oldest_spooled_at: Option<Rfc3339>,
}

/// A disk.
#[derive(Debug, Serialize, Deserialize)]
pub struct Disk {
    /// Bytes that can still be written.
    pub free_bytes: u64,
    /// Bytes that it has.
    pub total_bytes: u64,
}

/// One connection of timing hardware.
#[derive(Debug, Serialize, Deserialize)]
pub struct TimingConnection {
    /// Where it comes from.
    pub peer: String,
    /// The feed by which its owner is known; told to the machine itself only.
    pub feed: Option<String>,
    /// The id of the timing session that its reads go to, once there is one; told to the machine itself only.
    pub session: Option<String>,
    /// What it speaks.
    pub protocol: String,
    /// What the client calls itself, once it has; told to the machine itself only.
    pub program: Option<String>,
    /// The event that it times; told to the machine itself only.
    pub event: Option<String>,
    /// Its mats; told to the machine itself only.
    pub locations: Vec<String>,
    /// Reads received, repeats counted.
    pub reads: u64,
    /// When the newest came.
    pub last_read_at: Option<Rfc3339>,
    /// How long after it happened the newest came, in milliseconds, by its reader's own clock.
    pub lag_ms: Option<i64>,
    /// Its readers' clocks, as far as they are known.
    pub clocks: Vec<Clocked>,
    /// What an operator may want to put right about its days, in words; told to the machine itself only.
    pub suggestions: Vec<String>,
    /// Lines that could not be understood, and other misbehaviour.
    pub faults: u64,
    /// The newest fault; told to the machine itself only, because it may repeat what the hardware said.
    pub last_fault: Option<String>,
    /// When it was accepted.
    pub since: Rfc3339,
}

/// A reader's clock.
#[derive(Debug, Serialize, Deserialize)]
pub struct Clocked {
    /// Where the reader stands; told to the machine itself only.
    pub location: String,
    /// Which one it is; told to the machine itself only, because it may be called like its mat.
    pub reader: String,
    /// How far its clock is ahead of the server's, in milliseconds; negative when it is behind.
    pub ahead_ms: i64,
    /// The same in words.
    pub words: String,
}

impl Report {
    /// How the server is now; `totals` are the database's, if it answers.
    pub(super) fn of(services: &Services, tcp_port: u16, totals: Option<Totals>) -> Self {
        let Totals { reads, sessions } = totals.unwrap_or_default();
        let alarms = services.alarms.list();
        let is_well = alarms.is_empty() && totals.is_some();
        let connections = services.registry.connections();
        let known = services.feeds.known();
        Self {
            service: "gantry-server".to_owned(),
            status: if is_well { "ok" } else { "degraded" }.to_owned(),
            tcp_port,
            connections: connections.len(),
            total_reads: reads,
            sessions,
            database_connected: totals.is_some(),
            uptime_seconds: uptime_seconds(services),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            alarms: alarms.into_iter().map(Alarmed::from).collect(),
            ingest: Ingest::of(services),
            disk: Disk::of(&services.config),
            timing_connections: connections
                .into_iter()
                .map(|connection| TimingConnection::of(connection, &known))
                .collect(),
        }
    }

    /// How a server is that waits for its database since then.
    pub(super) fn waiting(config: &Config, alarms: Vec<Alarm>, since: Moment) -> Self {
        Self {
            service: "gantry-server".to_owned(),
            status: "degraded".to_owned(),
            tcp_port: config.timing.port(),
            connections: 0,
            total_reads: 0,
            sessions: 0,
            database_connected: false,
            uptime_seconds: clock::now().since_ms(since) / 1_000,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            alarms: alarms.into_iter().map(Alarmed::from).collect(),
            ingest: Ingest::default(),
            disk: Disk::of(config),
            timing_connections: Vec::new(),
        }
    }

    /// The same for somebody who is not on the machine.
    pub(super) fn without_names(mut self) -> Self {
        self.alarms = Subject::ALL
            .into_iter()
            .filter_map(|subject| Alarmed::meaning(subject, &self.alarms))
            .collect();
        for connection in &mut self.timing_connections {
            connection.feed = None;
            connection.session = None;
            connection.program = None;
            connection.event = None;
            connection.locations = Vec::new();
            connection.suggestions = Vec::new();
            connection.last_fault = None;
            for clock in &mut connection.clocks {
                clock.location = String::new();
                clock.reader = String::new();
                clock.words = ClockOffset {
                    ahead_ms: clock.ahead_ms,
                }
                .to_string();
            }
        }
        self
    }
}

impl Ingest {
    fn of(services: &Services) -> Self {
        let (delay, spool) = (&services.ingest.commit_delay, services.ingest.spool());
        Self {
            commit_delay_p50_ms: delay.within_ms(0.5),
            commit_delay_p99_ms: delay.within_ms(0.99),
            spooled_reads: spool.reads,
            oldest_spooled_at: spool.oldest.map(Rfc3339),
        }
    }
}

impl Disk {
    fn of(config: &Config) -> Option<Self> {
        let room = Room::of(&room::folder(config)).ok()?;
        Some(Self {
            free_bytes: room.free,
            total_bytes: room.total,
        })
    }
}

impl Alarmed {
    /// What may be told of the alarms about a subject where nobody is to be named, if any stands.
    fn meaning(subject: Subject, alarms: &[Self]) -> Option<Self> {
        let about = alarms.iter().filter(|alarm| alarm.name == subject.name());
        Some(Self {
            name: subject.name().to_owned(),
            since: about.map(|alarm| alarm.since).min_by_key(|since| since.0)?,
            words: subject.meaning().to_owned(),
            advice: subject.advice().to_owned(),
        })
    }
}

impl From<Alarm> for Alarmed {
    fn from(alarm: Alarm) -> Self {
        Self {
            name: alarm.subject.name().to_owned(),
            since: Rfc3339(alarm.since),
            words: alarm.words,
            advice: alarm.subject.advice().to_owned(),
        }
    }
}

impl TimingConnection {
    fn of(connection: Connection, known: &Known) -> Self {
        let session = connection.session().map(|(_, session)| session);
        Self {
            peer: connection.peer.to_string(),
            feed: known.name(&connection).map(str::to_owned),
            session: session.map(|session| session.to_string()),
            protocol: connection.protocol.to_string(),
            program: connection.program,
            event: connection.event,
            locations: connection.locations,
            reads: connection.reads,
            last_read_at: connection.last_read_at.map(Rfc3339),
            lag_ms: connection.late_ms,
            clocks: connection.clocks.into_iter().map(Clocked::from).collect(),
            suggestions: connection
                .suggestions
                .iter()
                .map(ToString::to_string)
                .collect(),
            faults: connection.faults,
            last_fault: connection.last_fault,
            since: Rfc3339(connection.since),
        }
    }
}

impl From<Clock> for Clocked {
    fn from(clock: Clock) -> Self {
        Self {
            words: clock.to_string(),
            location: clock.location,
            reader: clock.reader,
            ahead_ms: clock.offset.ahead_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use gantry_core::decoder::protocol::Protocol;
    use serde_json::json;

    use super::*;
    use crate::{
        alarms::Subject,
        edge::networks::Networks,
        store::{
            FeedId, FeedTerms, PartnerId,
            testing::{self, NOW},
        },
    };

    /// A feed with a port of its own, which the collector knows of.
    async fn northerns_own(services: &Services) -> FeedId {
        let store = &services.store;
        let partner = store.add_partner("Northern", NOW).await;
        let partner = partner.expect("adds").expect("is new");
        let terms = FeedTerms {
            name: "Northern's own".to_owned(),
            protocol: Protocol::ChronoTrack,
            port: Some(61_612),
            call_address: None,
            networks: Networks::default(),
            event: None,
            connection: None,
            location: None,
            login: None,
            time_zone: None,
        };
        let added = store.add_feed(partner.id, &terms, Some(NOW), 1, NOW).await;
        services.feeds.renew(store).await.expect("reads");
        added.expect("adds").expect("there is room").id
    }

    #[tokio::test]
    async fn each_connection_is_told_and_names_only_to_the_machine_itself() {
        let (store, _place) = testing::store().await;
        let services = Services::new(Config::for_tests(), store);
        let feed = northerns_own(&services).await;
        let peer = ([192, 0, 2, 7], 9).into();
        let presence = services.registry.enter(peer, Protocol::ChronoTrack, NOW);
        let presence = presence.expect("there is room");
        presence.update(|connection| {
            connection.event = Some("Secret Mile".to_owned());
            connection.program = Some("Northern's mats 2.0".to_owned());
            connection.by = Some(feed);
            connection.locations = vec!["FINISH".to_owned()];
            connection.clocks = vec![Clock {
                location: "FINISH".to_owned(),
                reader: "11FD4E".to_owned(),
                offset: ClockOffset { ahead_ms: 3_200 },
            }];
        });
        presence.count_read(NOW, NOW + 150);
        presence.count_fault("it said \"Secret Mile\"");
        let totals = Some(Totals::default());

        let report = Report::of(&services, 61611, totals);
        assert_eq!((report.status.as_str(), report.connections), ("ok", 1));
        let told = serde_json::to_value(&report).expect("JSON");
        let connection = &told["timing_connections"][0];
        assert_eq!(connection["peer"], "192.0.2.7:9");
        assert_eq!(connection["event"], "Secret Mile");
        assert_eq!(connection["feed"], "Northern's own");
        assert_eq!(connection["lag_ms"], 150);
        assert_eq!(
            connection["clocks"],
            json!([{"location": "FINISH", "reader": "11FD4E", "ahead_ms": 3200,
                    "words": "reader 11FD4E at FINISH is 3.2 s ahead"}])
        );

        let elsewhere = serde_json::to_string(&report.without_names()).expect("JSON");
        assert!(elsewhere.contains("3.2 s ahead"));
        for name in ["Secret", "Northern", "FINISH", "11FD4E"] {
            assert!(!elsewhere.contains(name), "{name}");
        }

        services.alarms.raise(Subject::Room, "little room");
        let report = Report::of(&services, 61611, totals);
        assert_eq!(report.status, "degraded");
        assert_eq!(report.alarms[0].name, "room");
        assert_eq!(report.alarms[0].words, "little room");
        assert!(report.alarms[0].since.0 > Moment(0));
    }

    #[tokio::test]
    async fn only_the_machine_itself_is_told_what_exactly_is_wrong() {
        let (store, _place) = testing::store().await;
        let services = Services::new(Config::for_tests(), store);
        let troubles = ["the feed Northern's own", "the feed Secret Mile"];
        let troubles = troubles.map(|words| (PartnerId::new(), words.to_owned()));
        services.alarms.concern(Subject::Feeds, troubles.into());
        let report = || Report::of(&services, 61611, None);
        assert_eq!(report().alarms.len(), 2);
        let since = report().alarms[0].since.0.min(report().alarms[1].since.0);

        let [alarm] = &report().without_names().alarms[..] else {
            panic!("how many partners there are is nobody's business");
        };
        assert_eq!(alarm.words, "Some timing hardware cannot reach the server.");
        assert_eq!((alarm.name.as_str(), alarm.since.0), ("feeds", since));
    }
}
