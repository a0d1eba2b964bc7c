//! A read, gun or new location, in any of the formats `CTnn_xy`, and in what other programs make of them.

use std::borrow::Cow;

use super::message::{Malformed, Message, ReadLine};
use crate::{dating::WireTime, read::ReadKind};

/// Characters of what hardware tells: of a read line's field, of which a name of a mat is the longest there is, and of the names of
/// events and connections, of which no more is taken.
pub const LONGEST_FIELD: usize = 64;

/// What may stand between the fields.
pub(super) const SEPARATORS: [char; 5] = ['~', ',', ';', '|', '\t'];

/// The fixed widths of all eight fields.
const WIDTHS: [usize; 8] = [7, 6, 16, 8, 12, 3, 6, 2];

/// The texts of a tag line, without the format id.
struct TagLine<'a> {
    sequence: &'a str,
    location: Cow<'a, str>,
    tag: &'a str,
    time: &'a str,
    /// Lap, reader and gator, as far as they are there.
    rest: &'a [&'a str],
}

/// Whether the line begins with a format id; a greeting may, too.
pub(super) fn is_one(text: &str) -> bool {
    let id = text.split(SEPARATORS).next().unwrap_or_default();
    let is_greeting = || {
        text.rsplit('~')
            .next()
            .is_some_and(|last| last.eq_ignore_ascii_case("CTP01"))
    };
    id.starts_with("CT") && id.contains('_') && !is_greeting()
}

/// Understands the line.
pub(super) fn parse(text: &str) -> Result<Message, Malformed> {
    if let Some(columns) = fixed_columns(text) {
        let fields: Vec<&str> = columns.iter().map(String::as_str).collect();
        return TagLine::find(&fields, "")?.understand();
    }
    // The separator is the one that follows the format id, whatever the id promises.
    let separator = text.find(SEPARATORS).map(|at| &text[at..=at]);
    let separator = separator.ok_or(Malformed::Fields(1))?;
    let fields: Vec<&str> = text.split(separator).collect();
    TagLine::find(&fields, separator)?.understand()
}

impl<'a> TagLine<'a> {
    /// Takes two fields from the left and, with the time, those around it; a location may hold the separator.
    fn find(fields: &'a [&'a str], separator: &str) -> Result<Self, Malformed> {
        let time = time_place(fields).ok_or(Malformed::Fields(fields.len()))?;
        let location = match fields[2..time - 1] {
            [one] => Cow::Borrowed(one),
            ref pieces => Cow::Owned(pieces.join(separator)),
        };
        let line = Self {
            sequence: fields[1].trim(),
            location,
            tag: fields[time - 1].trim(),
            time: fields[time].trim(),
            rest: &fields[time + 1..],
        };
        let longest = [line.sequence, &line.location, line.tag, line.time]
            .map(|field| field.chars().count())
            .into_iter()
            .max();
        match longest.filter(|longest| *longest > LONGEST_FIELD) {
            Some(longest) => Err(Malformed::Long(longest)),
            None => Ok(line),
        }
    }

    fn understand(self) -> Result<Message, Malformed> {
        let location = self.location.trim().to_owned();
        if location.is_empty() {
            return Err(Malformed::Empty("location"));
        }
        if self.tag.eq_ignore_ascii_case("newlocation") {
            return Ok(Message::NewLocation(location));
        }
        if self.tag.is_empty() {
            return Err(Malformed::Empty("tag"));
        }
        let sequence = self
            .sequence
            .parse()
            .ok()
            .filter(|&number: &u64| number >= 1);
        Ok(Message::Read(ReadLine {
            kind: if self.tag.eq_ignore_ascii_case("guntime") {
                ReadKind::Gun
            } else {
                ReadKind::Chip
            },
            sequence: sequence.ok_or_else(|| Malformed::Sequence(self.sequence.to_owned()))?,
            location,
            tag: self.tag.to_owned(),
            time: WireTime::parse(self.time)?,
            time_text: self.time.to_owned(),
            lap: self.after_time(0).parse().ok().filter(|&lap| lap > 0),
            reader: cut(self.after_time(1)),
            gator: cut(self.after_time(2)),
        }))
    }

    fn after_time(&self, place: usize) -> &str {
        self.rest.get(place).map_or("", |field| field.trim())
    }
}

/// Where the time stands: fifth from the right but one, as the protocol has it; where that is none, the first that can be one.
fn time_place(fields: &[&str]) -> Option<usize> {
    let shows_a_clock = |place: usize| {
        let field = fields[place].trim();
        field.contains(':') && WireTime::parse(field).is_ok()
    };
    let usual = fields.len().checked_sub(4).filter(|&place| place >= 4);
    if let Some(usual) = usual.filter(|&place| shows_a_clock(place)) {
        return Some(usual);
    }
    (4..fields.len())
        .find(|&place| shows_a_clock(place))
        .or(usual)
}

/// Some programs put something else into the last fields, and names may be as long as anybody likes. No line is refused for it,
/// and the raw one has it whole.
pub(super) fn cut(field: &str) -> String {
    field.chars().take(LONGEST_FIELD).collect()
}

/// The fields of a line of fixed widths that has no separators, or spaces for them; `None` for all other lines.
///
/// Where the line is longer than all widths, the surplus is of a sequence past six digits, which leaves its column full of
/// digits, or else of a long location.
fn fixed_columns(text: &str) -> Option<Vec<String>> {
    let gap = match text.as_bytes().get(5)? {
        b'0' => 0,
        b'6' => 1,
        _ => return None,
    };
    let whole = WIDTHS.iter().sum::<usize>() + gap * (WIDTHS.len() - 1);
    let characters: Vec<char> = text.chars().collect();
    let surplus = characters.len().checked_sub(whole)?;
    if surplus > 0 && text.contains(SEPARATORS) {
        return None;
    }
    let sequence_at = WIDTHS[0] + gap;
    let sequence = &characters[sequence_at..sequence_at + WIDTHS[1] + surplus];
    let is_long_sequence = sequence.iter().all(char::is_ascii_digit);
    let mut widths = WIDTHS;
    widths[if is_long_sequence { 1 } else { 2 }] += surplus;
    let mut rest = &characters[..];
    let columns = widths.iter().map(|&width| {
        let (field, after) = rest.split_at(width.min(rest.len()));
        rest = after.get(gap..).unwrap_or_default();
        field.iter().collect()
    });
    Some(columns.collect())
}
