use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use gantry_core::{
    chronotrack::peer::Peer,
    dating::Resolver,
    decoder::{Decoder, Output},
    demo::{Demo, LOCATIONS},
    roster::csv,
    time::Moment,
};
use jiff::{civil, tz::TimeZone};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use super::{
    replay::{replay, scripts},
    simulate::{SimulateOptions, Simulation},
};
use crate::clock;

/// A read's place in the stream, and its tag and time.
type Read = ((String, u64), (String, Moment));

/// A server that keeps nothing but the last sequence of each location, like one whose store is sound.
struct Server {
    address: String,
    reads: mpsc::Receiver<Read>,
}

impl Server {
    /// Hangs up on every connection after `patience` reads, so that resuming is put to the test.
    async fn listen(zone: TimeZone, patience: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (sender, reads) = mpsc::channel(100_000);
        tokio::spawn(async move {
            let last = Arc::new(Mutex::new(BTreeMap::new()));
            while let Ok((socket, _)) = listener.accept().await {
                let serving = serve(socket, zone.clone(), sender.clone(), last.clone(), patience);
                tokio::spawn(serving);
            }
        });
        Self { address, reads }
    }

    /// Everything received, each once; a read that came twice fails the test.
    fn received(mut self) -> BTreeMap<(String, u64), (String, Moment)> {
        let mut received = BTreeMap::new();
        while let Ok((place, read)) = self.reads.try_recv() {
            assert_eq!(
                received.insert(place.clone(), read),
                None,
                "{place:?} came twice"
            );
        }
        received
    }
}

async fn serve(
    mut socket: TcpStream,
    zone: TimeZone,
    reads: mpsc::Sender<Read>,
    last: Arc<Mutex<BTreeMap<String, u64>>>,
    patience: usize,
) {
    let mut peer = Peer::new("nameless".to_owned(), clock::steady());
    let mut resolver = Resolver::new(zone);
    let mut buffer = [0; 4096];
    let mut taken = 0;
    loop {
        let Ok(count @ 1..) = socket.read(&mut buffer).await else {
            return;
        };
        let mut bytes = &buffer[..count];
        while let Some(outputs) = peer.receive(&mut bytes, clock::steady()) {
            for output in outputs {
                let outputs = match output {
                    Output::Location(location) => {
                        let known = last.lock().expect("a lock").get(&location).copied();
                        peer.resume(&location, known)
                    }
                    output => vec![output],
                };
                for output in outputs {
                    match output {
                        Output::Send(bytes) => {
                            // A client that hung up meanwhile comes back.
                            let _ = socket.write_all(&bytes).await;
                        }
                        Output::Read(_) if taken == patience => {
                            // Lost with what it had read, as when the machine fails.
                            socket.set_zero_linger().expect("is open");
                            return;
                        }
                        Output::Read(read) => {
                            taken += 1;
                            let read = resolver.date(read, clock::now()).expect("a date");
                            let mut last = last.lock().expect("a lock");
                            last.insert(read.location.clone(), read.sequence);
                            let place = (read.location, read.sequence);
                            reads.try_send((place, (read.tag, read.at))).expect("room");
                        }
                        Output::Fault { .. } | Output::Close { .. } => panic!("{output:?}"),
                        _ => {}
                    }
                }
            }
        }
    }
}

fn options(zone: &TimeZone) -> SimulateOptions {
    SimulateOptions {
        runners: 120,
        speed: 20_000.0,
        seed: 3,
        start: None,
        roster_out: None,
        zone: zone.clone(),
        stay: false,
    }
}

#[tokio::test]
async fn every_read_of_the_race_arrives_once() {
    let zone = TimeZone::get("America/New_York").expect("a zone");
    let server = Server::listen(zone.clone(), 150).await;
    let directory = tempfile::tempdir().expect("a directory");
    let roster_out = directory.path().join("roster.csv");
    let options = SimulateOptions {
        roster_out: Some(roster_out.clone()),
        ..options(&zone)
    };
    let simulation = Simulation::prepare(options, clock::now()).expect("is usable");
    let roster = simulation.roster();
    let first_start = roster.race("Half Marathon").and_then(|race| race.start);
    let first_start = first_start.expect("is scheduled");
    let demo = Demo::generate(120, 3);

    let summary = simulation
        .run(&server.address, CancellationToken::new())
        .await
        .expect("runs");

    let expected: BTreeMap<_, _> = demo
        .hardware
        .iter()
        .flat_map(|mat| {
            mat.records.iter().zip(1..).map(|(record, sequence)| {
                let tag = record.tag.clone().unwrap_or_else(|| "GUNTIME".to_owned());
                let place = (mat.location.to_owned(), sequence);
                (place, (tag, first_start + record.at_ms))
            })
        })
        .collect();
    let received = server.received();
    assert_eq!(received.len(), expected.len());
    assert_eq!(received, expected);
    assert_eq!(summary.recorded, expected.len());
    assert!(summary.connections > LOCATIONS.len(), "{summary:?}");
    let written = std::fs::read_to_string(roster_out).expect("was written");
    assert_eq!(csv::import(&written, None).roster, roster);
}

#[test]
fn a_race_is_put_where_it_can_be_watched() {
    let zone = TimeZone::get("Europe/Vienna").expect("a zone");
    let now = Moment::from(
        "2026-06-07T10:00:30Z"
            .parse::<jiff::Timestamp>()
            .expect("a time"),
    );
    let first_gun = |start| {
        let options = SimulateOptions {
            start,
            ..options(&zone)
        };
        let simulation = Simulation::prepare(options, now).expect("is usable");
        let race = simulation.roster().race("Half Marathon").cloned();
        race.and_then(|race| race.start).expect("is scheduled")
    };
    let under_way = now.since_ms(first_gun(None));
    let opening_ms = Demo::generate(120, 3).opening_ms;
    assert!(
        (opening_ms..opening_ms + 60_000).contains(&under_way),
        "{under_way}"
    );
    assert_eq!(
        first_gun(Some(civil::time(23, 50, 0, 0))).to_rfc3339(),
        "2026-06-06T21:50:00Z"
    );
    assert_eq!(
        first_gun(Some(civil::time(8, 0, 0, 0))).to_rfc3339(),
        "2026-06-07T06:00:00Z"
    );
    for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let options = SimulateOptions {
            speed,
            ..options(&zone)
        };
        assert!(Simulation::prepare(options, now).is_err());
    }
}

#[tokio::test]
async fn a_stopped_simulation_ends_at_once() {
    let server = Server::listen(TimeZone::UTC, usize::MAX).await;
    let options = SimulateOptions {
        speed: 1.0,
        stay: true,
        ..options(&TimeZone::UTC)
    };
    let simulation = Simulation::prepare(options, clock::now()).expect("is usable");
    let shutdown = CancellationToken::new();
    let running = tokio::spawn({
        let (address, shutdown) = (server.address.clone(), shutdown.clone());
        async move { simulation.run(&address, shutdown).await }
    });
    let mut reads = server.reads;
    reads.recv().await.expect("the backlog arrives");
    shutdown.cancel();
    let summary = running.await.expect("ends").expect("runs");
    assert!(
        summary.connections >= 1 && summary.recorded > 0,
        "{summary:?}"
    );
}

const RECORDING: &[u8] = b"SimpleClient~0.6.0~CTP01\r\n\
    CT01_33~0~FINISH1~newlocation~00:00:00.00~0~0~0\r\n\
    ack~getconnectionid~255F34CC\r\nack~geteventinfo~21ROTM~0~21ROTM\r\nack~getlocations~FINISH1\r\n\
    CT01_33~1~FINISH1~GUNTIME~2021-05-08T08:00:55.16~0~I11A9D~0\r\n\
    CT01_33~2~FINISH1~GUNTIME~2021-05-08T08:05:55.52~0~I11A9D~0\r\n\
    CT01_33~3~FINISH1~3848~2021-05-08T08:16:08.37~2~120044~1\r\n\
    garbage\r\n\
    CT01_33~4~FINISH1~7~2021-05-08T08:16:06.00~1~120044~1\r\n\
    CT01_33~3~FINISH1~3848~2021-05-08T08:16:08.37~2~120044~1\r\n\
    CT01_33~5~FINISH1~8~2021-05-08T08:16:10.00~1~120044~2";

#[test]
fn a_recording_is_due_as_it_happened() {
    let today = civil::date(2026, 1, 1);
    let due: Vec<(i64, String)> = scripts(RECORDING, today)
        .into_iter()
        .flat_map(|script| script.steps)
        .map(|step| (step.due_ms, step.entry.tag))
        .collect();
    let expected = [
        (0, "GUNTIME"),
        (0, "GUNTIME"),
        (0, "3848"),
        (0, "7"),
        (1630, "8"),
    ];
    assert_eq!(due, expected.map(|(due_ms, tag)| (due_ms, tag.to_owned())));

    let mut scripts = scripts(
        b"CT01_33~1~9K~1~23:59:59.50~1~A~4\nCT01_33~2~9K~2~24:00:00.50~1~A~4",
        today,
    );
    let script = scripts.pop().expect("a program");
    let last = script.steps.back().expect("two reads");
    assert_eq!(last.due_ms, 1000);
    assert_eq!(
        last.entry.at,
        civil::datetime(2026, 1, 2, 0, 0, 0, 500_000_000)
    );
}

#[tokio::test]
async fn a_recording_arrives_as_it_was() {
    let server = Server::listen(TimeZone::UTC, 3).await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("recording.txt");
    std::fs::write(&file, RECORDING).expect("is written");
    let summary = replay(&file, &server.address, 100.0, CancellationToken::new())
        .await
        .expect("is replayed");
    assert_eq!(summary.recorded, 5);
    let received: Vec<_> = server
        .received()
        .into_values()
        .map(|(tag, _)| tag)
        .collect();
    assert_eq!(received, ["GUNTIME", "GUNTIME", "3848", "7", "8"]);

    std::fs::write(&file, "nothing\n").expect("is written");
    for speed in [1.0, f64::INFINITY] {
        let error = replay(&file, "127.0.0.1:1", speed, CancellationToken::new()).await;
        let error = error.expect_err("is refused").to_string();
        assert!(error.contains("is a read like"), "{error}");
    }
}

#[tokio::test]
async fn a_recording_arrives_as_fast_as_it_can() {
    let server = Server::listen(TimeZone::UTC, 3).await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("recording.txt");
    let recording = "C: ack~geteventinfo~21ROTM~0~21ROTM\n\
        C: CT01_33~0~9K~newlocation~00:00:00.00~0~0~0\nS: ping\n\
        C: CT01_33~1~9K~1~2021-05-08T08:16:08.37~1~A~4\n\
        C: CT01_33~1~10K~2~2021-05-08T08:16:08.38~1~B~4\n\
        C: CT01_33~2~9K~3~2021-05-08T08:16:08.39~1~A~4\n\
        C: CT01_33~2~10K~4~2021-05-08T08:16:08.40~1~B~4\n\
        C: CT01_13,3,9K,5,2021-05-08T08:16:08.41,1,A,4";
    std::fs::write(&file, recording).expect("is written");
    let replayed = replay(
        &file,
        &server.address,
        f64::INFINITY,
        CancellationToken::new(),
    );
    let summary = replayed.await.expect("is replayed");
    assert_eq!(summary.recorded, 5);
    assert!(summary.connections > 1, "{summary:?}");
    let received: Vec<_> = server
        .received()
        .into_values()
        .map(|(tag, _)| tag)
        .collect();
    assert_eq!(received, ["2", "4", "1", "3", "5"]);
}
