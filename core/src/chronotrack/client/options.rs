//! What the server chose in the handshake.

use crate::chronotrack::{format::TagFormat, login::Method, time_format::TimeFormat};

#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of the protocol that is true or false"
)]
pub(super) struct Options {
    pub(super) is_push: bool,
    pub(super) acknowledges_start: bool,
    pub(super) new_locations: bool,
    pub(super) connection_id: bool,
    pub(super) authentication: Option<Method>,
    pub(super) seed: String,
    pub(super) time_format: TimeFormat,
    pub(super) format: TagFormat,
}

/// An option whose value makes the software hang up.
pub(super) struct Unsupported;

impl Options {
    /// Takes an option line; options that are not known are passed over.
    pub(super) fn set(&mut self, line: &str) -> Result<(), Unsupported> {
        let Some((name, value)) = line.split_once('=') else {
            return Ok(());
        };
        let text = value.to_owned();
        let value = value.to_ascii_lowercase();
        let is_true = value == "true";
        match name.to_ascii_lowercase().as_str() {
            "stream-mode" => self.is_push = value == "push",
            "pushmode-ack" => self.acknowledges_start = is_true,
            "newlocations" => self.new_locations = is_true,
            "connection-id" => self.connection_id = is_true,
            "time-format" => self.time_format = TimeFormat::named(&value).ok_or(Unsupported)?,
            "tagevent-format" => {
                let id = value.to_ascii_uppercase();
                self.format = TagFormat::parse(&id).ok_or(Unsupported)?;
            }
            "location" if !["single", "multi"].contains(&value.as_str()) => {
                return Err(Unsupported);
            }
            "authentication" if value == "none" => self.authentication = None,
            "authentication" => {
                self.authentication = Some(Method::named(&value).ok_or(Unsupported)?);
            }
            "authentication-seed" => self.seed = text,
            _ => {}
        }
        Ok(())
    }
}
