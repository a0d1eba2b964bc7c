//! A reader that speaks JChip.

use jiff::civil::DateTime;

use crate::decoder::{
    framing::{Frame, Framer},
    text,
};

/// One reader, from connect to close.
#[derive(Debug)]
pub struct Reader {
    framer: Framer,
    is_started: bool,
    counter: u32,
}

impl Reader {
    /// A reader that has connected, and its name to send at once.
    pub fn connect(name: &str) -> (Self, Vec<u8>) {
        let reader = Self {
            framer: Framer::default(),
            is_started: false,
            counter: 0,
        };
        (reader, text::encode(&format!("N0000{name}\r")))
    }

    /// Takes what the program sent and gives the answer; `shows` is what the reader's clock shows.
    pub fn receive(&mut self, bytes: &[u8], shows: DateTime) -> Vec<u8> {
        let mut answer = Vec::new();
        for frame in self.framer.push(bytes) {
            match frame {
                Frame::Line(line) if line == b"GT" => {
                    let hundredths = shows.millisecond() / 10;
                    let date = shows.strftime("%Y%m%d");
                    let time = shows.strftime("%H%M%S");
                    let reply = format!("GT0{time}{hundredths:02} date={date}\r");
                    answer.extend(reply.into_bytes());
                }
                Frame::Line(line) if line == b"S0000" => self.is_started = true,
                _ => {}
            }
        }
        answer
    }

    /// Whether the program wants reads.
    pub fn is_started(&self) -> bool {
        self.is_started
    }

    /// The line of a read.
    pub fn read(&mut self, tag: &str, at: DateTime) -> Vec<u8> {
        self.counter += 1;
        let (time, date) = (at.strftime("%H:%M:%S"), at.strftime("%Y%m%d"));
        let micros = at.subsec_nanosecond() / 1000;
        let counter = self.counter & 0xf_ffff;
        text::encode(&format!(
            "DJ{tag} {time}.{micros:06} 10  {counter:05X}      C7 date={date}\r"
        ))
    }
}
