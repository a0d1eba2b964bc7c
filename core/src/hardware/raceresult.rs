//! A decoder that speaks RACE RESULT's protocol. Programs connect to it.

use jiff::civil::DateTime;

use crate::decoder::{
    framing::{Frame, Framer},
    text,
};

/// A decoder with its file. It outlives connections.
#[derive(Debug, Default)]
pub struct DecoderBox {
    framer: Framer,
    passings: Vec<String>,
}

impl DecoderBox {
    /// Records a passing.
    pub fn record(&mut self, transponder: &str, at: DateTime) {
        let number = self.passings.len() + 1;
        let passing = format!("{number};{transponder};{};0;1;-50", stamp(at));
        self.passings.push(passing);
    }

    /// Begins a new file.
    pub fn clear(&mut self) {
        self.passings.clear();
    }

    /// Takes what the program asked and gives the answer; `shows` is what the decoder's clock shows.
    pub fn receive(&mut self, bytes: &[u8], shows: DateTime) -> Vec<u8> {
        let mut answer = String::new();
        for frame in self.framer.push(bytes) {
            if let Frame::Line(line) = frame {
                answer += &self.answer(&text::decode(&line), shows);
            }
        }
        answer.into_bytes()
    }

    fn answer(&self, question: &str, shows: DateTime) -> String {
        match question {
            "GETPROTOCOL" => "GETPROTOCOL;1.2;1.0;2.6\r\n".to_owned(),
            "GETTIME" => format!("GETTIME;{}\r\n", stamp(shows)),
            "PASSINGS" => format!("PASSINGS;{};0\r\n", self.passings.len()),
            other => match other.split_once(':') {
                Some((first, count)) => self.range(first, count),
                None => format!("{other}\r\n"),
            },
        }
    }

    fn range(&self, first: &str, count: &str) -> String {
        let skipped = first.parse::<usize>().unwrap_or(1).saturating_sub(1);
        let count = count.parse().unwrap_or(0);
        let lines = self.passings.iter().skip(skipped).take(count);
        let lines: String = lines.map(|line| line.clone() + "\r\n").collect();
        lines + "\r\n"
    }
}

/// `YYYY-MM-DD;HH:MM:SS.fff`.
fn stamp(at: DateTime) -> String {
    let millis = at.millisecond();
    format!("{}.{millis:03}", at.strftime("%Y-%m-%d;%H:%M:%S"))
}
