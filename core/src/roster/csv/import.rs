//! A file in, a roster and the reasons for what was left out.

use std::collections::HashSet;

use ::csv::{ReaderBuilder, StringRecord, Trim};

use crate::{
    roster::{
        Entries, Participant, Race, Roster, Sex,
        csv::{
            columns::Columns,
            quotes,
            start::{self, StartTimes},
        },
    },
    text::hidden::is_hidden,
};

/// What a file held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Everybody whose row was good.
    pub roster: Roster,
    /// The rows left out, and each start or age that cannot be read at its first row, in the file's order.
    pub rejected: Vec<Rejected>,
}

/// A row that was left out, or a start.
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
/// A row needs a bib; spaces and `#` are taken off it and leading zeros kept. A race's scheduled start is the earliest `start` of
/// its rows: RFC 3339 with an offset, or local time where `local` tells what that is.
pub fn import(text: &str, local: Option<&StartTimes>) -> Import {
    let text = text.trim_start_matches('\u{feff}');
    // Nobody is left out for what some program put round their name and nobody sees.
    let seen: String;
    let text = if text.contains(is_hidden) {
        seen = text.replace(is_hidden, "");
        seen.as_str()
    } else {
        text
    };
    let delimiter = delimiter_of(text);
    if let Some(line) = quotes::unclosed(text, delimiter) {
        return Import::unclosed(line);
    }
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let (columns, width) = match reader.headers() {
        Ok(header) => (Columns::find(header), header.len()),
        Err(error) => return Import::refused(1, format!("the header cannot be read: {error}")),
    };
    let Some(bib) = columns.bib else {
        return Import::refused(
            1,
            "no column holds the bib; name one \"bib\", \"bib number\" or \"number\"".to_owned(),
        );
    };
    let mut rows = Rows::new(local);
    for record in reader.records() {
        match record {
            Ok(record) => {
                let row = Row {
                    columns: &columns,
                    line: record.position().map_or(0, |at| line_of(text, at)),
                    record: &record,
                    bib,
                    width,
                };
                if let Some(line) = row.unclosed() {
                    return Import::unclosed(line);
                }
                rows.add(&row);
            }
            Err(error) => rows.reject(
                error.position().map_or(0, |at| line_of(text, at)),
                format!("the row cannot be read: {error}"),
            ),
        }
    }
    Import {
        roster: Roster::new(rows.races, rows.entries.into_participants()),
        rejected: rows.rejected,
    }
}

impl Import {
    fn unclosed(line: u64) -> Self {
        Self::refused(
            line,
            format!("the quote that opens on line {line} is not closed"),
        )
    }

    /// Nobody, because of something that is wrong with the whole file.
    fn refused(line: u64, reason: String) -> Self {
        Self {
            roster: Roster::default(),
            rejected: vec![Rejected { line, reason }],
        }
    }
}

/// What has been read so far.
struct Rows<'a> {
    races: Vec<Race>,
    entries: Entries,
    rejected: Vec<Rejected>,
    local: Option<&'a StartTimes>,
    /// What is wrong with single cells, told once: most rows of a race say the same.
    told: HashSet<String>,
}

impl<'a> Rows<'a> {
    fn new(local: Option<&'a StartTimes>) -> Self {
        Self {
            races: Vec::new(),
            entries: Entries::new("line"),
            rejected: Vec::new(),
            local,
            told: HashSet::new(),
        }
    }

    fn add(&mut self, row: &Row<'_>) {
        let added = match (row.withdrawn(), row.surplus()) {
            (Some(status), _) => Err(format!("the entry is withdrawn (\"{status}\")")),
            (None, Some(cell)) => Err(format!(
                "\"{cell}\" stands behind the last column: is a text with the delimiter in it not in quotes?"
            )),
            (None, None) => self.entries.add(row.line, row.participant()),
        };
        let read = added.and_then(|()| self.schedule(row));
        if let Err(reason) = read.and_then(|()| self.look_at_age(row)) {
            self.reject(row.line, reason);
        }
    }

    fn reject(&mut self, line: u64, reason: String) {
        self.rejected.push(Rejected { line, reason });
    }

    /// Says for the first time what is wrong with an age. Nobody is left out for it.
    fn look_at_age(&mut self, row: &Row<'_>) -> Result<(), String> {
        let age = row.text(row.columns.age);
        let reason = format!("the age \"{age}\" is no whole number; the runner is in, without it");
        let is_fine = age.is_empty() || age.parse::<u16>().is_ok();
        if is_fine || !self.told.insert(reason.clone()) {
            return Ok(());
        }
        Err(reason)
    }

    /// Makes the row's race known and moves its start to the earliest seen; or says for the first time what is wrong with a start.
    fn schedule(&mut self, row: &Row<'_>) -> Result<(), String> {
        let (name, start) = (row.text(row.columns.race), row.text(row.columns.start));
        if !name.is_empty() && !self.races.iter().any(|race| race.name == name) {
            self.races.push(Race::named(name));
        }
        if start.is_empty() {
            return Ok(());
        }
        let race = self.races.iter_mut().find(|race| race.name == name);
        let scheduled = start::read(start, self.local).and_then(|at| {
            let race = race.ok_or_else(|| format!("the start \"{start}\" is of no race"))?;
            race.start = race.start.into_iter().chain([at]).min();
            Ok(())
        });
        match scheduled {
            Err(reason) if self.told.insert(reason.clone()) => Err(reason),
            _ => Ok(()),
        }
    }
}

/// One line of the file.
struct Row<'a> {
    columns: &'a Columns,
    record: &'a StringRecord,
    line: u64,
    bib: usize,
    /// The columns that the header names.
    width: usize,
}

impl Row<'_> {
    fn participant(&self) -> Participant {
        let (first_name, last_name) = self.name();
        Participant {
            bib: self.owned(Some(self.bib)),
            tags: self.tags(),
            first_name,
            last_name,
            sex: sex(self.text(self.columns.sex)),
            age: self.text(self.columns.age).parse().ok(),
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
        self.columns
            .tags
            .iter()
            .flat_map(|&column| self.text(Some(column)).split([',', ';', '|', ' ']))
            .map(str::to_owned)
            .collect()
    }

    /// The line of a cell that we read and that goes over lines: none of them does so in earnest, so a quote was left open and
    /// met another.
    fn unclosed(&self) -> Option<u64> {
        let breaks = |column: usize| self.text(Some(column)).matches('\n').count() as u64;
        let broken = self.columns.all().filter(|&column| breaks(column) > 0);
        let before = 0..broken.min()?;
        Some(self.line + before.map(breaks).sum::<u64>())
    }

    /// What stands behind the last column that the header names. Empty cells there are a habit of some programs.
    fn surplus(&self) -> Option<&str> {
        self.record
            .iter()
            .skip(self.width)
            .find(|cell| !cell.is_empty())
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
    use crate::time::Moment;

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
    fn what_does_not_fit_is_told_and_costs_no_more_than_it_must() {
        let import = import(
            "bib,name,age\n1,Ann,abc\n2,López, Jr,38\n3,Ben,40,,\n4,Cem,abc\n5,Dee\n",
            None,
        );
        assert_eq!(bibs(&import), ["1", "3", "4", "5"]);
        assert_eq!(
            reasons(&import),
            [
                (
                    2,
                    "the age \"abc\" is no whole number; the runner is in, without it"
                ),
                (
                    3,
                    "\"38\" stands behind the last column: is a text with the delimiter in it not in quotes?"
                ),
            ]
        );
    }

    #[test]
    fn any_delimiter_and_a_byte_order_mark_are_taken() {
        for text in [
            "\u{feff}Bib,First Name,Last Name\r\n12,Ana,\"López, Jr\"\r\n",
            "Bib;First Name;Last Name\n12;Ana;López, Jr\n",
            "Bib\tFirst Name\tLast Name\n12\tAna\tLópez, Jr",
            "Bib|First Name|Last Name\n12|Ana|López, Jr",
        ] {
            let import = import(text, None);
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
        let import = import("bib\n #007 \nA12\n", None);
        assert_eq!(bibs(&import), ["007", "A12"]);
    }

    #[test]
    fn rows_without_a_bib_of_their_own_are_told_with_their_line() {
        let import = import(
            "bib,name,chip,status\n7,A,,\n,B,,\n0,C,,\n-,D,,\nn/a,E,,\n8,F,X1,\n7,G,,\n9,H,X1,\n10,I,,Cancelled\n",
            None,
        );
        assert_eq!(bibs(&import), ["7", "8"]);
        assert_eq!(
            reasons(&import),
            [
                (3, "no bib"),
                (4, "no bib"),
                (5, "no bib"),
                (6, "no bib"),
                (8, "bib \"7\" is already at line 2"),
                (9, "tag \"X1\" already belongs to bib \"8\""),
                (10, "the entry is withdrawn (\"Cancelled\")"),
            ]
        );
    }

    #[test]
    fn lines_are_counted_through_quoted_line_breaks_and_blank_lines() {
        let text = "bib,notes\n1,\"Two\nlines\"\n\n,nobody\n-,\n";
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            assert_eq!(
                reasons(&import(&text, None)),
                [(5, "no bib"), (6, "no bib")],
                "{text:?}"
            );
        }
    }

    #[test]
    fn whole_names_are_split() {
        let import = import(
            "No.,Name\n1,María José Núñez\n2,\"Whitlock, Dana\"\n3,王小明\n",
            None,
        );
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
            None,
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
            "bib,race,wave start\n1,10K,2026-05-08T09:10:00+02:00\n2,10K,2026-05-08T07:00:00Z\n3,10K,\n4,5K,\n",
            None,
        );
        let race = import.roster.race("10K").expect("is known");
        assert_eq!(
            race.start.map(Moment::to_rfc3339).as_deref(),
            Some("2026-05-08T07:00:00Z")
        );
        assert_eq!(import.roster.race("5K").expect("is known").start, None);
    }

    #[test]
    fn starts_in_local_time_are_taken_or_told() {
        let text = "bib,race,start\n1,10K,09:00\n2,10K,09:00\n3,5K,2026-11-23 09:30\n4,,09:00\n";
        let told = import(text, None);
        assert_eq!(bibs(&told), ["1", "2", "3", "4"]);
        let lines: Vec<_> = told.rejected.iter().map(|row| row.line).collect();
        assert_eq!(lines, [2, 4]);

        let local = StartTimes {
            zone: jiff::tz::TimeZone::get("Europe/Vienna").expect("a zone"),
            day: jiff::civil::date(2026, 11, 22),
        };
        let taken = import(text, Some(&local));
        let start = |race| taken.roster.race(race).and_then(|race| race.start);
        assert_eq!(
            ["10K", "5K"].map(|race| start(race).map(Moment::to_rfc3339)),
            [
                Some("2026-11-22T08:00:00Z".to_owned()),
                Some("2026-11-23T08:30:00Z".to_owned())
            ]
        );
        assert_eq!(reasons(&taken), [(5, "the start \"09:00\" is of no race")]);
    }

    #[test]
    fn a_file_with_an_unclosed_quote_is_refused() {
        for text in [
            "bib,first,last,race\n1,Ann,\"Broken,10 km\n2,Bo,Good,10 km\n3,Cy,Good,10 km\n",
            // A quote at the end of a later line ends the field, which is then no name.
            "bib,first,last,race\n1,Ann,\"Broken,10 km\n2,Bo,Tall,5'11\"\n3,Cy,Good,10 km\n",
        ] {
            let import = import(text, None);
            assert_eq!(import.roster, Roster::default());
            assert_eq!(
                reasons(&import),
                [(2, "the quote that opens on line 2 is not closed")]
            );
        }
    }

    #[test]
    fn a_file_that_names_no_bib_is_refused() {
        let import = import("name,age\nDana,38\n", None);
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
            import(&text, None);
        }
    }
}
