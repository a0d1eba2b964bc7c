//! Moments as they are written over HTTP.

use gantry_core::time::Moment;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use utoipa::ToSchema;

/// A moment as RFC 3339 text; in UTC when we write it, with any offset when we read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Rfc3339(pub Moment);

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339())
    }
}

impl<'de> Deserialize<'de> for Rfc3339 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let at: jiff::Timestamp = text.parse().map_err(|_unspecific: jiff::Error| {
            D::Error::custom(format!(
                "{text:?} is no moment; one like \"2026-05-09T08:00:00Z\" is accepted"
            ))
        })?;
        Ok(Self(at.into()))
    }
}
