//! A display session's settings, as operators read and change them.

use std::collections::BTreeMap;

use gantry_core::{
    board::{event::SessionEvent, settings::Settings},
    scoring::locations::Role,
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::{
    moment::Rfc3339,
    problem::{InputError, Problem},
};
use crate::store::DisplaySession;

/// What an operator sets besides mode and template.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettingsView {
    /// The title on the screens.
    event_name: String,
    /// Midnight of the event's day at its place; a clock of the time of day counts from it.
    midnight: Option<Rfc3339>,
    /// What a mat is for, where its name does not say so: `start`, `split` or `finish`.
    #[schema(value_type = BTreeMap<String, String>)]
    locations: BTreeMap<String, Role>,
    /// How long a runner is shown when nobody else is due.
    show_ms: i64,
    /// How long a runner is shown at least when others wait.
    show_at_least_ms: i64,
}

/// A change of settings: what is absent stays as it is.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsChange {
    /// At most 120 characters.
    event_name: Option<String>,
    /// `null` shows no time of day.
    #[expect(
        clippy::option_option,
        reason = "absent, null and a moment are three different wishes"
    )]
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = DateTime)]
    midnight: Option<Option<Rfc3339>>,
    /// Replaces all of them.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    locations: Option<BTreeMap<String, Role>>,
    /// 1,000 to 60,000.
    show_ms: Option<i64>,
    /// 500 to `show_ms`.
    show_at_least_ms: Option<i64>,
}

/// Tells a field that is `null` from one that is absent.
pub(super) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The settings in force.
pub fn current(session: &DisplaySession) -> Result<Settings, Problem> {
    let Some(body) = &session.settings else {
        return Ok(Settings::default());
    };
    match serde_json::from_str(body) {
        Ok(SessionEvent::SettingsV1 { settings }) => Ok(settings),
        Ok(other) => Err(Problem::internal(&format!(
            "the settings event of session {} is another: {other:?}",
            session.id
        ))),
        Err(error) => Err(Problem::internal(&error)),
    }
}

/// The event by which settings are stored.
pub fn event(settings: Settings) -> Result<String, Problem> {
    serde_json::to_string(&SessionEvent::SettingsV1 { settings })
        .map_err(|error| Problem::internal(&error))
}

impl SettingsChange {
    /// Makes the change, and says below `/settings` what of it cannot be accepted.
    pub fn apply(self, settings: &mut Settings) -> Vec<InputError> {
        if let Some(event_name) = self.event_name {
            event_name.trim().clone_into(&mut settings.event_name);
        }
        if let Some(midnight) = self.midnight {
            settings.midnight = midnight.map(|at| at.0);
        }
        if let Some(locations) = self.locations {
            settings.locations = locations;
        }
        settings.show_ms = self.show_ms.unwrap_or(settings.show_ms);
        settings.show_at_least_ms = self.show_at_least_ms.unwrap_or(settings.show_at_least_ms);
        check(settings)
    }
}

fn check(settings: &Settings) -> Vec<InputError> {
    let mut errors = Vec::new();
    let mut expect = |is_good: bool, field: &str, accepted: &str| {
        if !is_good {
            errors.push(InputError::new(format!("/settings/{field}"), accepted));
        }
    };
    let event_name = settings.event_name.chars().count();
    expect(
        event_name <= 120,
        "event_name",
        "at most 120 characters are accepted",
    );
    expect(
        settings.locations.len() <= 200,
        "locations",
        "at most 200 mats are accepted",
    );
    let is_shown_well = (1_000..=60_000).contains(&settings.show_ms);
    expect(is_shown_well, "show_ms", "1000 to 60000 is accepted");
    // Without a good `show_ms` there is nothing to measure the other by.
    let at_least = 500..=settings.show_ms;
    expect(
        !is_shown_well || at_least.contains(&settings.show_at_least_ms),
        "show_at_least_ms",
        "500 to show_ms is accepted",
    );
    errors
}

impl From<Settings> for SettingsView {
    fn from(settings: Settings) -> Self {
        Self {
            event_name: settings.event_name,
            midnight: settings.midnight.map(Rfc3339),
            locations: settings.locations,
            show_ms: settings.show_ms,
            show_at_least_ms: settings.show_at_least_ms,
        }
    }
}
