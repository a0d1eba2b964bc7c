//! One passing or marker: `t=13:11:30.904|c=0000041|d=120606|…`.

use jiff::civil::Date;

use crate::{
    dating::WireTime,
    decoder::{Output, fault, fingerprint::fingerprint},
    read::{ReadKind, WireRead},
};

/// Characters of a field that is kept; real ones have a few.
const LONGEST_FIELD: usize = 64;

/// The parameters of a record that mean something to us; empty where they are missing.
#[derive(Debug, Default)]
pub(super) struct Record {
    time: String,
    date: String,
    chip: String,
    bib: String,
    bib_text: String,
    lap: String,
    device: String,
    reader: String,
    antenna: String,
    marker: String,
}

impl Record {
    /// Takes what is known and passes over the rest.
    pub(super) fn parse(text: &str) -> Self {
        let mut record = Self::default();
        for (name, value) in text.split('|').filter_map(|pair| pair.split_once('=')) {
            let field = match name.trim().to_ascii_lowercase().as_str() {
                "t" => &mut record.time,
                "d" => &mut record.date,
                "c" => &mut record.chip,
                "b" => &mut record.bib,
                "n" => &mut record.bib_text,
                "l" => &mut record.lap,
                "dv" => &mut record.device,
                "re" => &mut record.reader,
                "an" => &mut record.antenna,
                "mt" => &mut record.marker,
                _ => continue,
            };
            *field = value.trim().chars().take(LONGEST_FIELD).collect();
        }
        record
    }

    /// What the record means for the store; `raw` is its text with its location.
    pub(super) fn understand(
        self,
        kind: ReadKind,
        connection: &str,
        location: &str,
        raw: Vec<u8>,
    ) -> Output {
        if kind == ReadKind::Gun && !self.marker.eq_ignore_ascii_case("gunshot") {
            return Output::Line(raw);
        }
        let tag = match kind {
            ReadKind::Gun => "GUNTIME",
            ReadKind::Chip => self.tag(),
        };
        if tag.is_empty() {
            return fault("the passing has neither a chip nor a bib", raw);
        }
        let wire_time = self.wire_time();
        match WireTime::parse(&wire_time) {
            Err(error) => fault(error.to_string(), raw),
            Ok(time) => Output::Read(WireRead {
                kind,
                connection: connection.to_owned(),
                location: location.to_owned(),
                sequence: self.number(),
                tag: tag.to_owned(),
                time,
                lap: self.lap.parse().ok().filter(|&lap| lap > 0),
                reader: self.reader_name(),
                gator: self.antenna,
                wire_time,
                raw,
            }),
        }
    }

    /// The bib, which the exporter knows of chips that are assigned; otherwise the chip.
    fn tag(&self) -> &str {
        let is_assigned = |bib: &&&str| !bib.is_empty() && **bib != "0";
        let bibs = [self.bib.as_str(), self.bib_text.as_str()];
        bibs.iter().find(is_assigned).copied().unwrap_or(&self.chip)
    }

    /// With its date, unless it has none: an exporter whose clock was never set says `000000`.
    fn wire_time(&self) -> String {
        match self.day() {
            Some(date) => format!("{date}T{}", self.time),
            None => self.time.clone(),
        }
    }

    /// `yymmdd` of this century.
    fn day(&self) -> Option<Date> {
        let digits = self.date.bytes().all(|byte| byte.is_ascii_digit());
        let is_date = digits && self.date.len() == 6;
        let date = is_date.then(|| Date::strptime("%Y%m%d", format!("20{}", self.date)))?;
        date.ok()
    }

    /// The device and its reader, as far as they are told: `4/0`.
    fn reader_name(&self) -> String {
        let told = [self.device.as_str(), self.reader.as_str()];
        let told: Vec<&str> = told.into_iter().filter(|text| !text.is_empty()).collect();
        told.join("/")
    }

    /// A number by what stays the same when a record is sent again; its lap and its bib an operator may have changed meanwhile.
    fn number(&self) -> u64 {
        let identity = if self.chip.is_empty() {
            [&self.bib, &self.bib_text]
        } else {
            [&self.chip, &self.marker]
        };
        let words = [
            &self.time,
            &self.date,
            identity[0],
            identity[1],
            &self.device,
            &self.reader,
            &self.antenna,
        ];
        fingerprint(words.map(String::as_str).join("|").as_bytes())
    }
}
