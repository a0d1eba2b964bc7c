//! Feeds: by what the partner's hardware is known.

use gantry_core::decoder::protocol::Protocol;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::api::{request::Password, types::Identified};

/// A partner's feeds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Feeds {
    /// Oldest first.
    pub feeds: Vec<Feed>,
}

/// By what some hardware is known to be the partner's.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Feed {
    /// Its id.
    pub id: String,
    /// Counts its changes; a change names the one that it builds on.
    pub revision: u64,
    /// Its name.
    pub name: String,
    /// How the hardware speaks.
    pub protocol: String,
    /// Its own port on the server.
    #[serde(default)]
    pub port: Option<u16>,
    /// Where the server calls its hardware.
    #[serde(default)]
    pub call_address: Option<String>,
    /// Where its hardware comes from; none: from anywhere.
    #[serde(default)]
    pub networks: Vec<String>,
    /// The event that its hardware tells.
    #[serde(default)]
    pub event: Option<String>,
    /// The connection that its hardware tells.
    #[serde(default)]
    pub connection: Option<String>,
    /// The mat, for hardware that tells none.
    #[serde(default)]
    pub location: Option<String>,
    /// What its hardware has to know.
    #[serde(default)]
    pub login: Option<Login>,
    /// Where its hardware's clock is; the server's zone without it.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Whether it works.
    pub state: FeedState,
    /// What is wrong, when something is.
    #[serde(default)]
    pub trouble: Option<String>,
    /// What is connected now and known by it.
    #[serde(default)]
    pub connected: Vec<Connected>,
}

/// Whether a feed works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedState {
    /// Until whoever runs the server confirms it.
    Waiting,
    /// Whoever runs the server does not want it.
    Refused,
    /// On the shared port.
    InForce,
    /// In a moment.
    Opening,
    /// On its own port.
    Listening,
    /// Its hardware has not answered yet.
    Calling,
    /// Its hardware has answered.
    Connected,
    /// Not, and something has to be done.
    Trouble,
    /// A state that this console does not know.
    #[serde(other)]
    Unknown,
}

/// What ChronoTrack software has to know, but for the password, which is never told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Login {
    /// How it proves that it does.
    pub method: String,
    /// Its name.
    pub user: String,
}

/// Hardware that is connected now.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Connected {
    /// Where it comes from.
    pub peer: String,
    /// What it calls itself.
    #[serde(default)]
    pub program: Option<String>,
    /// The event that it times.
    #[serde(default)]
    pub event: Option<String>,
    /// Its mats.
    #[serde(default)]
    pub locations: Vec<String>,
    /// Reads received, repeats counted.
    #[serde(default)]
    pub reads: u64,
    /// When the newest came.
    #[serde(default)]
    pub last_read_at: Option<Timestamp>,
}

/// What an owner decides about a feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// Its name.
    pub name: String,
    /// How the hardware speaks.
    pub protocol: Protocol,
    /// Its own port.
    pub port: Option<i64>,
    /// Where the hardware is called.
    pub call_address: Option<String>,
    /// Where it comes from.
    pub networks: Vec<String>,
    /// The event that it tells.
    pub event: Option<String>,
    /// The connection that it tells.
    pub connection: Option<String>,
    /// Its mat, where it tells none.
    pub location: Option<String>,
    /// What it has to know.
    pub login: LoginTerms,
    /// Where its clock is.
    pub time_zone: Option<String>,
}

/// What an owner decides about a login.
#[derive(Clone, Debug, PartialEq)]
pub enum LoginTerms {
    /// Nobody has to log in.
    Nobody,
    /// It stays as it is.
    AsItIs,
    /// This is it from now on.
    New {
        /// How it is proved.
        method: String,
        /// The name.
        user: String,
        /// The password.
        password: Password,
    },
}

impl Identified for Feed {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Feed {
    /// By what its hardware is known, in a few words.
    pub fn known_by(&self) -> String {
        let parts = [
            ("port", self.port.map(|port| port.to_string())),
            ("calls", self.call_address.clone()),
            ("connection", self.connection.clone()),
            ("event", self.event.clone()),
            ("from", self.from()),
        ];
        let parts = parts.into_iter();
        let parts = parts.filter_map(|(what, value)| Some(format!("{what} {}", value?)));
        parts.collect::<Vec<_>>().join(" · ")
    }

    /// The networks that its hardware comes from, the first of very many.
    fn from(&self) -> Option<String> {
        const SHOWN: usize = 6;
        let shown = self.networks.iter().take(SHOWN).cloned();
        let shown = shown.collect::<Vec<_>>().join(", ");
        match self.networks.len() {
            0 => None,
            count if count > SHOWN => Some(format!("{shown} and {} more", count - SHOWN)),
            _ => Some(shown),
        }
    }

    /// What whoever runs the server types to confirm it.
    pub fn confirmation(&self) -> String {
        format!("gantry-server feed confirm {}", self.id)
    }

    /// Whether it does nothing until whoever runs the server says another word.
    pub fn awaits_a_word(&self) -> bool {
        matches!(self.state, FeedState::Waiting | FeedState::Refused)
    }

    /// What `other`, a newer state, has different, in words; empty when nothing that an owner decides.
    pub fn changed_in(&self, other: &Self) -> Vec<&'static str> {
        let parts = [
            ("name", self.name != other.name),
            ("protocol", self.protocol != other.protocol),
            ("port", self.port != other.port),
            ("address", self.call_address != other.call_address),
            ("networks", self.networks != other.networks),
            ("event", self.event != other.event),
            ("connection", self.connection != other.connection),
            ("mat", self.location != other.location),
            ("login", self.login != other.login),
            ("time zone", self.time_zone != other.time_zone),
        ];
        let changed = parts.into_iter().filter(|(_, differs)| *differs);
        changed.map(|(part, _)| part).collect()
    }
}

impl Terms {
    /// The body of a request that makes or changes a feed: everything, so that what is left empty is taken away.
    pub fn body(&self) -> Value {
        let mut body = Map::new();
        let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
        put("name", json!(self.name));
        put("protocol", json!(self.protocol.name()));
        put("port", json!(self.port));
        put("call_address", json!(self.call_address));
        put("networks", json!(self.networks));
        put("event", json!(self.event));
        put("connection", json!(self.connection));
        put("location", json!(self.location));
        put("time_zone", json!(self.time_zone));
        match &self.login {
            LoginTerms::AsItIs => {}
            LoginTerms::Nobody => {
                put("login", Value::Null);
            }
            LoginTerms::New {
                method,
                user,
                password,
            } => {
                put(
                    "login",
                    json!({"method": method, "user": user, "password": password.0}),
                );
            }
        }
        Value::Object(body)
    }
}
