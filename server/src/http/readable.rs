//! What holds for every text of every body, whatever it means: it is not endless, and there is nothing in it that nobody sees.

use std::fmt;

use gantry_core::text::hidden::is_hidden;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

/// Characters of any one text. What is said of a single field is often less.
const LONGEST_TEXT: usize = 1_000;

/// Any JSON whose texts can be read by people, keys included.
pub(super) struct Readable;

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Readable;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Readable, E> {
        if text.contains(is_hidden) {
            return Err(E::custom(
                "control characters and controls of text direction are not accepted",
            ));
        }
        if text.len() > LONGEST_TEXT && text.chars().count() > LONGEST_TEXT {
            let detail = format!("at most {LONGEST_TEXT} characters are accepted");
            return Err(E::custom(detail));
        }
        Ok(Readable)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Readable, A::Error> {
        while let Some(Readable) = items.next_element()? {}
        Ok(Readable)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Readable, A::Error> {
        while let Some(Readable) = fields.next_key()? {
            let Readable = fields.next_value()?;
        }
        Ok(Readable)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_unit<E>(self) -> Result<Readable, E> {
        Ok(Readable)
    }
}
