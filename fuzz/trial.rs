//! One input, held against what every decoder promises.

use std::collections::BTreeSet;

use gantry_core::{
    dating::{Resolver, WireTime},
    decoder::{
        Decoder, Output,
        framing::LONGEST_MESSAGE,
        protocol::{Opening, Protocol},
    },
    read::WireRead,
    time::Moment,
};
use jiff::tz::TimeZone;

const T0: Moment = Moment(1_783_850_400_000);

/// Deadlines after which a peer that says nothing more must have been let go, if it ever is.
const MOST_DEADLINES: usize = 64;

/// Feeds a decoder an input and panics where it breaks a promise. The first byte says how the rest is cut up.
pub(crate) fn try_out(protocol: Protocol, input: &[u8]) {
    let Some((&cut, bytes)) = input.split_first() else {
        return;
    };
    let (mut decoder, at_once) = converse(protocol, [bytes]);
    let cut_up = converse(protocol, bytes.chunks(usize::from(cut) + 1)).1;
    assert_eq!(
        cut_up,
        at_once,
        "cut into pieces of {} bytes",
        usize::from(cut) + 1
    );
    check(&at_once);
    end(&mut *decoder, &at_once);
}

/// A whole connection's input, with a store that knows some streams and others not.
fn converse<'a>(
    protocol: Protocol,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Box<dyn Decoder>, Vec<Output>) {
    let mut decoder = protocol.decoder(Opening {
        nameless: "nameless-1".to_owned(),
        location: "FINISH".to_owned(),
        login: None,
        now: T0,
    });
    let mut all = decoder.open(T0);
    for mut piece in pieces {
        while let Some(outputs) = decoder.receive(&mut piece, T0) {
            for output in outputs {
                let answer = match &output {
                    Output::Location(name) => {
                        let last = (name.len() % 2 == 0).then_some(name.len() as u64);
                        decoder.resume(name, last)
                    }
                    _ => vec![],
                };
                all.push(output);
                all.extend(answer);
            }
        }
        assert!(piece.is_empty(), "not all is taken");
    }
    (decoder, all)
}

/// What is to be done must make sense to whoever does it.
fn check(outputs: &[Output]) {
    let mut resolver = Resolver::new(TimeZone::UTC);
    let mut locations = BTreeSet::new();
    let mut is_connected = false;
    for (place, output) in outputs.iter().enumerate() {
        check_text(output);
        match output {
            Output::Connection(name) => {
                assert!(!name.is_empty());
                is_connected = true;
            }
            Output::Location(name) => {
                assert!(is_connected, "a location before the connection's name");
                assert!(
                    !name.is_empty() && locations.insert(name),
                    "{name:?} is told twice"
                );
                assert!(locations.len() <= 64);
            }
            Output::Read(read) => {
                assert!(is_connected, "a read before the connection's name");
                check_read(read, &mut resolver);
            }
            Output::Clock(reading) => resolver.note_clock(reading, T0),
            Output::Send(bytes) | Output::SendOnceStored(bytes) => {
                assert!(!bytes.is_empty() && bytes.len() < 1_000);
            }
            Output::Line(raw) | Output::Fault { raw, .. } => assert!(raw.len() <= LONGEST_MESSAGE),
            Output::Program(name) => assert!(name.len() <= LONGEST_MESSAGE),
            Output::Event(name) => assert!(!name.is_empty()),
            Output::Close { .. } => {
                assert_eq!(place, outputs.len() - 1, "it goes on after a close");
            }
        }
    }
    for clock in resolver.clocks() {
        assert!(!clock.offset.to_string().is_empty());
    }
}

/// Whatever is kept as text is text to every database.
fn check_text(output: &Output) {
    let texts = match output {
        Output::Program(text)
        | Output::Event(text)
        | Output::Connection(text)
        | Output::Location(text)
        | Output::Fault { reason: text, .. } => vec![text],
        Output::Clock(reading) => vec![&reading.location, &reading.reader],
        Output::Read(read) => vec![
            &read.connection,
            &read.location,
            &read.tag,
            &read.wire_time,
            &read.reader,
            &read.gator,
        ],
        _ => vec![],
    };
    for text in texts {
        assert!(!text.contains('\0'), "a NUL in {text:?}");
    }
}

fn check_read(read: &WireRead, resolver: &mut Resolver) {
    assert!(read.sequence > 0);
    assert!(!read.tag.is_empty() && !read.location.is_empty() && !read.connection.is_empty());
    assert!(!read.raw.is_empty() && read.raw.len() <= LONGEST_MESSAGE);
    for text in [
        &read.tag,
        &read.location,
        &read.reader,
        &read.gator,
        &read.wire_time,
    ] {
        assert!(text.chars().count() <= 300, "a long field: {text:?}");
    }
    // A stream is resolved again from what is stored of it.
    assert_eq!(WireTime::parse(&read.wire_time), Ok(read.time));
    match resolver.date(read.clone(), T0) {
        Ok(dated) => assert_eq!(dated.raw, read.raw),
        Err(undatable) => assert_eq!(undatable.raw, read.raw),
    }
}

/// Nobody says anything any more.
fn end(decoder: &mut dyn Decoder, outputs: &[Output]) {
    let was_closed = matches!(outputs.last(), Some(Output::Close { .. }));
    assert!(!was_closed || decoder.next_deadline().is_none());
    let mut last = T0;
    for _ in 0..MOST_DEADLINES {
        let Some(deadline) = decoder.next_deadline() else {
            return;
        };
        assert!(deadline >= last, "a deadline in the past");
        last = deadline;
        decoder.tick(deadline);
    }
    panic!("deadlines without end");
}
