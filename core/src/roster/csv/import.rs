//! A file in, a roster and the reasons for what was left out.

use std::collections::HashMap;

use ::csv::{ReaderBuilder, StringRecord, Trim};

use crate::{
    roster::{Participant, Race, Roster, Sex, csv::columns::Columns},
    time::Moment,
};

/// What a file held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Everybody whose row was good.
    pub roster: Roster,
    /// The rows left out, in the file's order.
    pub rejected: Vec<Rejected>,
}

/// A row that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The line of the file, from 1 (the header's).
    pub line: u64,
    /// Why, for the operator.
    pub reason: String,
}

/// Reads a roster from CSV text with a header line.
///
/// The delimiter is a comma, semicolon, tab or bar, whichever the header holds most of.
/// A row needs a bib; spaces and `#` are taken off it and leading zeros kept. A race's scheduled start is the earliest `start`
/// (RFC 3339 with an offset) of its rows; a start written in any other way is passed over.
pub fn import(text: &str) -> Import {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter_of(text))
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let columns = match reader.headers() {
        Ok(header) => Columns::find(header),
        Err(error) => return Import::refused(format!("the header cannot be read: {error}")),
    };
    let Some(bib) = columns.bib else {
        return Import::refused(
            "no column holds the bib; name one \"bib\", \"bib number\" or \"number\"".to_owned(),
        );
    };
    let mut rows = Rows::default();
    for record in reader.records() {
        match record {
            Ok(record) => rows.add(&Row {
                columns: &columns,
                line: record.position().map_or(0, |at| line_of(text, at)),
                record: &record,
                bib,
            }),
            Err(error) => rows.reject(
                error.position().map_or(0, |at| line_of(text, at)),
                format!("the row cannot be read: {error}"),
            ),
        }
    }
    Import {
        roster: Roster::new(rows.races, rows.participants),
        rejected: rows.rejected,
    }
}

impl Import {
    fn refused(reason: String) -> Self {
        Self {
            roster: Roster::default(),
            rejected: vec![Rejected { line: 1, reason }],
        }
    }
}

/// What has been read so far.
#[derive(Default)]
struct Rows {
    races: Vec<Race>,
    participants: Vec<Participant>,
    rejected: Vec<Rejected>,
    line_by_bib: HashMap<String, u64>,
    bib_by_tag: HashMap<String, String>,
}

impl Rows {
    fn add(&mut self, row: &Row<'_>) {
        match self.judge(row) {
            Err(reason) => self.reject(row.line, reason),
            Ok(participant) => {
                self.line_by_bib.insert(participant.bib.clone(), row.line);
                for tag in &participant.tags {
                    self.bib_by_tag.insert(tag.clone(), participant.bib.clone());
                }
                self.schedule(&participant.race, row.start());
                self.participants.push(participant);
            }
        }
    }

    /// The participant of a row, or why it cannot be taken.
    fn judge(&self, row: &Row<'_>) -> Result<Participant, String> {
        if let Some(status) = row.withdrawn() {
            return Err(format!("the entry is withdrawn (\"{status}\")"));
        }
        let participant = row.participant();
        if participant.bib.is_empty() {
            return Err("no bib".to_owned());
        }
        if let Some(line) = self.line_by_bib.get(&participant.bib) {
            return Err(format!(
                "bib \"{}\" is already on line {line}",
                participant.bib
            ));
        }
        match participant
            .tags
            .iter()
            .find_map(|tag| self.bib_by_tag.get_key_value(tag))
        {
            Some((tag, bib)) => Err(format!("tag \"{tag}\" already belongs to bib \"{bib}\"")),
            None => Ok(participant),
        }
    }

    fn reject(&mut self, line: u64, reason: String) {
        self.rejected.push(Rejected { line, reason });
    }

    /// Makes the race known and moves its start to the earliest seen.
    fn schedule(&mut self, name: &str, start: Option<Moment>) {
        if name.is_empty() {
            return;
        }
        if !self.races.iter().any(|race| race.name == name) {
            self.races.push(Race::named(name));
        }
        if let Some(race) = self.races.iter_mut().find(|race| race.name == name) {
            race.start = race.start.into_iter().chain(start).min();
        }
    }
}

/// One line of the file.
struct Row<'a> {
    columns: &'a Columns,
    record: &'a StringRecord,
    line: u64,
    bib: usize,
}

impl Row<'_> {
    fn participant(&self) -> Participant {
        let (first_name, last_name) = self.name();
        Participant {
            bib: number(self.text(Some(self.bib))),
            tags: self.tags(),
            first_name,
            last_name,
            sex: sex(self.text(self.columns.sex)),
            age: self
                .text(self.columns.age)
                .parse()
                .ok()
                .filter(|&age| age > 0),
            city: self.owned(self.columns.city),
            state: self.owned(self.columns.state),
            country: self.owned(self.columns.country),
            race: self.owned(self.columns.race),
            wave: self.owned(self.columns.wave),
            division: self.owned(self.columns.division),
            team: self.owned(self.columns.team),
        }
    }

    fn text(&self, column: Option<usize>) -> &str {
        column
            .and_then(|column| self.record.get(column))
            .unwrap_or_default()
    }

    fn owned(&self, column: Option<usize>) -> String {
        self.text(column).to_owned()
    }

    fn name(&self) -> (String, String) {
        let first = self.owned(self.columns.first_name);
        let last = self.owned(self.columns.last_name);
        if first.is_empty() && last.is_empty() {
            split_name(self.text(self.columns.full_name))
        } else {
            (first, last)
        }
    }

    fn tags(&self) -> Vec<String> {
        let mut tags: Vec<String> = Vec::new();
        for cell in self
            .columns
            .tags
            .iter()
            .map(|&column| self.text(Some(column)))
        {
            for tag in cell.split([',', ';', '|', ' ']).map(number) {
                if !tag.is_empty() && !tags.contains(&tag) {
                    tags.push(tag);
                }
            }
        }
        tags
    }

    fn start(&self) -> Option<Moment> {
        let start: jiff::Timestamp = self.text(self.columns.start).parse().ok()?;
        Some(Moment::from(start))
    }

    /// The status of an entry that will not start.
    fn withdrawn(&self) -> Option<&str> {
        let status = self.text(self.columns.removed);
        let gone = [
            "true",
            "yes",
            "removed",
            "cancelled",
            "canceled",
            "refunded",
            "not attending",
        ];
        gone.iter()
            .any(|word| status.eq_ignore_ascii_case(word))
            .then_some(status)
    }
}

/// A bib or tag without its decoration; empty where the cell only says that there is none.
fn number(cell: &str) -> String {
    let text = cell.trim_matches(|c: char| c == '#' || c.is_whitespace());
    match text {
        "0" | "-" => String::new(),
        _ if text.eq_ignore_ascii_case("n/a") => String::new(),
        _ => text.to_owned(),
    }
}

fn sex(text: &str) -> Option<Sex> {
    match text.chars().next()?.to_ascii_lowercase() {
        'f' | 'w' => Some(Sex::Female),
        'm' => Some(Sex::Male),
        'x' | 'n' => Some(Sex::NonBinary),
        _ => None,
    }
}

/// Given and family name: `Last, First`, or the last word as the family name.
fn split_name(name: &str) -> (String, String) {
    let (first, last) = match name.split_once(',') {
        Some((last, first)) => (first, last),
        None => name.rsplit_once(' ').unwrap_or(("", name)),
    };
    (first.trim().to_owned(), last.trim().to_owned())
}

/// The line that a row stands on; the reader's own position is before the blank lines that it skipped.
fn line_of(text: &str, at: &::csv::Position) -> u64 {
    let rest = text
        .as_bytes()
        .get(at.byte() as usize..)
        .unwrap_or_default();
    let breaks = rest.iter().take_while(|byte| b"\r\n".contains(byte));
    at.line() + breaks.filter(|&&byte| byte == b'\n').count() as u64
}

/// The delimiter that the header line holds most of.
fn delimiter_of(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |delimiter: u8| header.bytes().filter(|&byte| byte == delimiter).count();
    // `max_by_key` answers the last of equals, so the most likely one stands last.
    [b'|', b'\t', b';', b',']
        .into_iter()
        .max_by_key(|&delimiter| count(delimiter))
        .unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bibs(import: &Import) -> Vec<&str> {
        let people = import.roster.participants().iter();
        people.map(|person| person.bib.as_str()).collect()
    }

    fn reasons(import: &Import) -> Vec<(u64, &str)> {
        let rejected = import.rejected.iter();
        rejected
            .map(|row| (row.line, row.reason.as_str()))
            .collect()
    }

    #[test]
    fn any_delimiter_and_a_byte_order_mark_are_taken() {
        for text in [
            "\u{feff}Bib,First Name,Last Name\r\n12,Ana,\"López, Jr\"\r\n",
            "Bib;First Name;Last Name\n12;Ana;López, Jr\n",
            "Bib\tFirst Name\tLast Name\n12\tAna\tLópez, Jr",
            "Bib|First Name|Last Name\n12|Ana|López, Jr",
        ] {
            let import = import(text);
            let runner = import.roster.by_bib("12").expect("was imported");
            assert_eq!(
                (runner.first_name.as_str(), runner.last_name.as_str()),
                ("Ana", "López, Jr")
            );
            assert_eq!(import.rejected, []);
        }
    }

    #[test]
    fn bibs_lose_their_decoration_and_keep_their_zeros() {
        let import = import("bib\n #007 \nA12\n");
        assert_eq!(bibs(&import), ["007", "A12"]);
    }

    #[test]
    fn rows_without_a_bib_of_their_own_are_told_with_their_line() {
        let import = import(
            "bib,name,chip,status\n7,A,,\n,B,,\n0,C,,\n-,D,,\nn/a,E,,\n8,F,X1,\n7,G,,\n9,H,X1,\n10,I,,Cancelled\n",
        );
        assert_eq!(bibs(&import), ["7", "8"]);
        assert_eq!(
            reasons(&import),
            [
                (3, "no bib"),
                (4, "no bib"),
                (5, "no bib"),
                (6, "no bib"),
                (8, "bib \"7\" is already on line 2"),
                (9, "tag \"X1\" already belongs to bib \"8\""),
                (10, "the entry is withdrawn (\"Cancelled\")"),
            ]
        );
    }

    #[test]
    fn lines_are_counted_through_quoted_line_breaks_and_blank_lines() {
        let text = "bib,team\n1,\"Two\nlines\"\n\n,nobody\n-,\n";
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            assert_eq!(
                reasons(&import(&text)),
                [(5, "no bib"), (6, "no bib")],
                "{text:?}"
            );
        }
    }

    #[test]
    fn whole_names_are_split() {
        let import = import("No.,Name\n1,María José Núñez\n2,\"Whitlock, Dana\"\n3,王小明\n");
        let names: Vec<_> = import
            .roster
            .participants()
            .iter()
            .map(|person| (person.first_name.as_str(), person.last_name.as_str()))
            .collect();
        assert_eq!(
            names,
            [
                ("María José", "Núñez"),
                ("Dana", "Whitlock"),
                ("", "王小明")
            ]
        );
    }

    #[test]
    fn people_are_read_whole() {
        let import = import(
            "Bib,First,Last,Gender,Age,City,State,Country,Race,Wave,Category,Club,Shirt,Tag,Transponder2\n\
             5,Dana,Whitlock,female,38,Saco,ME,US,10 km,B,F35-39,Harriers,L,T5,T6;T7\n",
        );
        let expected = Participant {
            bib: "5".into(),
            tags: vec!["T5".into(), "T6".into(), "T7".into()],
            first_name: "Dana".into(),
            last_name: "Whitlock".into(),
            sex: Some(Sex::Female),
            age: Some(38),
            city: "Saco".into(),
            state: "ME".into(),
            country: "US".into(),
            race: "10 km".into(),
            wave: "B".into(),
            division: "F35-39".into(),
            team: "Harriers".into(),
        };
        assert_eq!(import.roster.participants(), [expected]);
    }

    #[test]
    fn a_race_starts_with_its_first_wave() {
        let import = import(
            "bib,race,wave start\n1,10K,2026-05-08T09:10:00+02:00\n2,10K,2026-05-08T07:00:00Z\n3,10K,8:30\n4,5K,\n",
        );
        let race = import.roster.race("10K").expect("is known");
        assert_eq!(
            race.start.map(Moment::to_rfc3339).as_deref(),
            Some("2026-05-08T07:00:00Z")
        );
        assert_eq!(import.roster.race("5K").expect("is known").start, None);
    }

    #[test]
    fn a_file_that_names_no_bib_is_refused() {
        let import = import("name,age\nDana,38\n");
        assert_eq!(import.roster, Roster::default());
        assert!(
            import.rejected[0]
                .reason
                .contains("no column holds the bib")
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text in "(bib|name)[,;\t|]\\PC*(\n\\PC*){0,5}") {
            import(&text);
        }
    }
}
