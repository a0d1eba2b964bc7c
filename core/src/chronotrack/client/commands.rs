//! The server's commands, obeyed and refused in the real software's own words, misspelling included.

use super::{Client, Reply, say};
use crate::chronotrack::log::SessionLog;

impl Client {
    pub(super) fn obey(&mut self, line: &str, log: &SessionLog) -> Vec<Reply> {
        let fields: Vec<&str> = line.split('~').collect();
        let answer = match (fields[0].to_ascii_lowercase().as_str(), &fields[1..]) {
            ("ping", []) => Some("ack~ping".to_owned()),
            ("getconnectionid", []) => {
                self.asked_for_id = true;
                Some(format!("ack~getconnectionid~{}", log.connection_id))
            }
            ("geteventinfo", []) => {
                let event = &log.event;
                let (name, id, description) = (&event.name, &event.id, &event.description);
                Some(format!("ack~geteventinfo~{name}~{id}~{description}"))
            }
            ("getlocations", []) => Some(
                log.locations()
                    .iter()
                    .fold("ack~getlocations".to_owned(), |answer, location| {
                        answer + "~" + &location.name
                    }),
            ),
            ("start", arguments) => match self.start(arguments, log) {
                Ok(()) => (self.options.acknowledges_start && arguments.is_empty())
                    .then(|| "ack~start".to_owned()),
                Err(refusal) => Some(format!("err~start~{refusal}")),
            },
            ("stop", arguments) => self
                .stop(arguments, log)
                .err()
                .map(|refusal| format!("err~stop~{refusal}")),
            ("getdata", arguments) => return self.get_data(arguments, log),
            // Real software passes over what it does not know, in silence.
            _ => None,
        };
        answer.map(|line| say(&line)).into_iter().collect()
    }

    fn start(&mut self, arguments: &[&str], log: &SessionLog) -> Result<(), &'static str> {
        if !self.options.is_push {
            return Err("command unavailable in pull mode");
        }
        match *arguments {
            [] | [""] => {
                for place in 0..log.locations().len() {
                    self.streams.entry(place).or_insert(1);
                }
            }
            [location] => {
                let place = log.find(location).ok_or("invalid location requested")?;
                self.streams.entry(place).or_insert(1);
            }
            [location, sequence] => {
                let place = log.find(location).ok_or("invalid location requested")?;
                let sequence = sequence.parse().ok().filter(|&sequence: &u64| sequence > 0);
                let sequence = sequence.ok_or("invalid start sequence number requested")?;
                self.streams.insert(place, sequence);
            }
            _ => return Err("invalid paramater count"),
        }
        Ok(())
    }

    fn stop(&mut self, arguments: &[&str], log: &SessionLog) -> Result<(), &'static str> {
        if !self.options.is_push {
            return Err("command unavailable in pull mode");
        }
        match *arguments {
            [] | [""] => self.streams.clear(),
            [location] => {
                let place = log.find(location).ok_or("invalid location requested")?;
                self.streams.remove(&place);
            }
            _ => return Err("invalid paramater count"),
        }
        Ok(())
    }

    /// Pull mode: the lines asked for, and then an acknowledgement that counts nothing.
    fn get_data(&self, arguments: &[&str], log: &SessionLog) -> Vec<Reply> {
        match self.pull(arguments, log) {
            Ok(lines) => vec![Reply::Send(lines), say("ack~getdata~0")],
            Err(refusal) => vec![say(&format!("err~getdata~{refusal}"))],
        }
    }

    fn pull(&self, arguments: &[&str], log: &SessionLog) -> Result<Vec<u8>, &'static str> {
        if self.options.is_push {
            return Err("command unavailable in push mode");
        }
        let number = |text: &str| {
            text.parse::<u64>()
                .map_err(|_not_digits| "invalid seqnr parameter")
        };
        let most = number(arguments.first().copied().unwrap_or_default())?;
        let sequence = arguments.get(2).map_or(Ok(1), |text| number(text))?.max(1);
        let places = match arguments.get(1) {
            Some(location) if !location.is_empty() => {
                let place = log.find(location).ok_or("unknown location")?;
                place..place + 1
            }
            _ => 0..log.locations().len(),
        };
        let mut lines = Vec::new();
        for place in places {
            self.write_from(log, place, sequence, most as usize, &mut lines);
        }
        Ok(lines)
    }
}
