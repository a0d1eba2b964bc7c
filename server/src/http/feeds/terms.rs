//! What an owner may wish of a feed.

use std::net::IpAddr;

use gantry_core::{
    chronotrack::{login::Method, message::LONGEST_FIELD},
    decoder::protocol::{Protocol, UnknownProtocol},
};
use ipnet::IpNet;
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    edge::networks::Networks,
    http::{
        problem::{InputError, Problem},
        settings::present,
    },
    store::{FeedLogin, FeedTerms},
};

/// Characters of a name.
const LONGEST: usize = 120;

/// Networks of one feed.
const MOST_NETWORKS: usize = 20;

/// Ports that anybody may open.
const PORTS: std::ops::RangeInclusive<i64> = 1_024..=65_535;

/// A feed to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewFeed {
    /// 1 to 120 characters.
    name: String,
    /// `chronotrack`, `jchip`, `mylaps` or `race-result`.
    protocol: String,
    /// A port of its own, 1024 to 65535; JChip and MYLAPS need one.
    port: Option<i64>,
    /// `host:port` of a RACE RESULT decoder, which the server calls.
    call_address: Option<String>,
    /// Addresses and networks that its hardware comes from.
    #[serde(default)]
    networks: Vec<String>,
    /// The event that its hardware tells, on the shared port; with a port or a call of its own the event of hardware that tells
    /// none, `Unnamed event` without it. 1 to 64 characters.
    event: Option<String>,
    /// The connection that its hardware tells, on the shared port. 1 to 64 characters.
    connection: Option<String>,
    /// Where a RACE RESULT decoder stands; the feed's name without it.
    location: Option<String>,
    /// What ChronoTrack software has to know on the feed's own port.
    login: Option<Login>,
    /// Where the hardware's clock is, like `Europe/Vienna`; the server's zone without it.
    time_zone: Option<String>,
}

/// A change of a feed: what is absent stays as it is, `null` takes it away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::option_option,
    reason = "absent, null and a value are three different wishes"
)]
pub(super) struct FeedChange {
    /// 1 to 120 characters.
    name: Option<String>,
    /// `chronotrack`, `jchip`, `mylaps` or `race-result`.
    protocol: Option<String>,
    /// 1024 to 65535.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    port: Option<Option<i64>>,
    /// `host:port`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    call_address: Option<Option<String>>,
    /// Replaces all of them.
    networks: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    event: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    connection: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    location: Option<Option<String>>,
    /// Replaces all of it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Login>)]
    login: Option<Option<Login>>,
    /// Like `Europe/Vienna`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
}

/// What ChronoTrack software has to know.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    /// `plaintext`, `hmac-sha1`, `hmac-md5`, `seed-sha1` or `seed-md5`; `hmac-sha1` without it.
    method: Option<String>,
    /// 1 to 120 characters, no `~`; needed.
    #[serde(default)]
    user: String,
    /// 1 to 120 characters, no `~`; needed. It is never told again.
    #[serde(default)]
    password: String,
}

/// What was wished, before it is known whether it makes sense.
struct Wish {
    name: String,
    protocol: String,
    port: Option<i64>,
    call_address: Option<String>,
    networks: Vec<String>,
    event: Option<String>,
    connection: Option<String>,
    location: Option<String>,
    login: Option<Login>,
    /// A login that stays.
    kept_login: Option<FeedLogin>,
    time_zone: Option<String>,
}

impl NewFeed {
    pub(super) fn checked(self) -> Result<FeedTerms, Problem> {
        let wish = Wish {
            name: self.name,
            protocol: self.protocol,
            port: self.port,
            call_address: self.call_address,
            networks: self.networks,
            event: self.event,
            connection: self.connection,
            location: self.location,
            login: self.login,
            kept_login: None,
            time_zone: self.time_zone,
        };
        wish.checked()
    }
}

impl FeedChange {
    /// The terms that `before` become.
    pub(super) fn checked(self, before: &FeedTerms) -> Result<FeedTerms, Problem> {
        let before = before.clone();
        let kept_login = if self.login.is_none() {
            before.login
        } else {
            None
        };
        let wish = Wish {
            name: self.name.unwrap_or(before.name),
            protocol: self.protocol.unwrap_or_else(|| before.protocol.to_string()),
            port: self.port.unwrap_or(before.port.map(i64::from)),
            call_address: self.call_address.unwrap_or(before.call_address),
            networks: self.networks.unwrap_or_else(|| before.networks.texts()),
            event: self.event.unwrap_or(before.event),
            connection: self.connection.unwrap_or(before.connection),
            location: self.location.unwrap_or(before.location),
            login: self.login.flatten(),
            kept_login,
            time_zone: self.time_zone.unwrap_or(before.time_zone),
        };
        wish.checked()
    }
}

/// Gathers what is wrong.
#[derive(Default)]
struct Check(Vec<InputError>);

impl Wish {
    fn checked(self) -> Result<FeedTerms, Problem> {
        let mut check = Check::default();
        let protocol = self.protocol.parse::<Protocol>();
        let protocol = protocol.map_err(|error: UnknownProtocol| error.to_string());
        let protocol = check.take("/protocol", protocol).unwrap_or_default();
        let login = self.login.and_then(|login| login.checked(&mut check));
        let terms = FeedTerms {
            name: check.text("/name", &self.name),
            protocol,
            port: self
                .port
                .and_then(|port| check.take("/port", port_of(port))),
            call_address: self
                .call_address
                .and_then(|address| check.take("/call_address", target(&address))),
            networks: check.networks(&self.networks),
            event: self.event.map(|event| check.told("/event", &event)),
            connection: self.connection.map(|id| check.told("/connection", &id)),
            location: self
                .location
                .map(|location| check.text("/location", &location)),
            login: login.or(self.kept_login),
            time_zone: self
                .time_zone
                .and_then(|zone| check.take("/time_zone", zone_name(zone))),
        };
        // What is wrong by itself makes no sense with the rest either.
        if check.0.is_empty() {
            check.together(&terms);
        }
        check.done(terms)
    }
}

impl Login {
    fn checked(self, check: &mut Check) -> Option<FeedLogin> {
        let method = match self.method.as_deref() {
            None => Ok(Method::HmacSha1),
            Some(name) => Method::named(name).ok_or_else(|| {
                let names = Method::ALL.map(Method::name).join(", ");
                format!("\"{name}\" is no method: expected one of {names}")
            }),
        };
        let mut word = |pointer, text: &str| {
            if text.contains('~') {
                check.0.push(InputError::new(pointer, "no ~ is accepted"));
            }
            check.text(pointer, text)
        };
        let (user, password) = (
            word("/login/user", &self.user),
            word("/login/password", &self.password),
        );
        Some(FeedLogin {
            method: check.take("/login/method", method)?,
            user,
            password,
        })
    }
}

impl Check {
    /// A value, or a note of what is wrong with it.
    fn take<T>(&mut self, pointer: &str, value: Result<T, String>) -> Option<T> {
        value
            .map_err(|detail| self.0.push(InputError::new(pointer, detail)))
            .ok()
    }

    /// A text of a fitting length, without blanks around.
    fn text(&mut self, pointer: &str, text: &str) -> String {
        self.text_of(pointer, text, LONGEST)
    }

    /// What hardware tells: of more than is taken of that, nothing would ever fit.
    fn told(&mut self, pointer: &str, text: &str) -> String {
        self.text_of(pointer, text, LONGEST_FIELD)
    }

    fn text_of(&mut self, pointer: &str, text: &str, longest: usize) -> String {
        let text = text.trim();
        if !(1..=longest).contains(&text.chars().count()) {
            let detail = format!("1 to {longest} characters are accepted");
            self.0.push(InputError::new(pointer, detail));
        }
        text.to_owned()
    }

    fn networks(&mut self, texts: &[String]) -> Networks {
        if texts.len() > MOST_NETWORKS {
            let detail = format!("at most {MOST_NETWORKS} are accepted");
            self.0.push(InputError::new("/networks", detail));
        }
        for (place, text) in texts.iter().enumerate() {
            let network: Result<IpNet, _> = text
                .parse()
                .or_else(|_no_network| text.parse::<IpAddr>().map(IpNet::from));
            let detail = "an address or a network is accepted, like 10.0.0.0/8";
            let network = network.map_err(|_neither| detail.to_owned());
            self.take(&format!("/networks/{place}"), network);
        }
        texts.join(",").parse().unwrap_or_default()
    }

    /// Whether the parts go together.
    fn together(&mut self, terms: &FeedTerms) {
        let protocol = terms.protocol;
        let mut refuse = |is_wrong: bool, pointer: &str, detail: &str| {
            if is_wrong {
                self.0.push(InputError::new(pointer, detail));
            }
        };
        let is_shared = !terms.has_own_way();
        let is_chronotrack = protocol == Protocol::ChronoTrack;
        if protocol.dials() {
            refuse(
                terms.call_address.is_none(),
                "/call_address",
                "this hardware is called: its address is needed, like 10.0.0.5:3601",
            );
            refuse(
                terms.port.is_some(),
                "/port",
                "this hardware is called and does not call",
            );
        } else {
            refuse(
                terms.call_address.is_some(),
                "/call_address",
                "this hardware calls and is not called",
            );
            refuse(
                !is_chronotrack && terms.port.is_none(),
                "/port",
                "this protocol needs a port of its own",
            );
            refuse(
                terms.location.is_some(),
                "/location",
                "this hardware tells its locations",
            );
        }
        let is_told = terms.event.is_some() || terms.connection.is_some();
        refuse(
            !is_shared && terms.connection.is_some(),
            "/connection",
            "what comes in by a way of its own needs no connection to be known",
        );
        let is_anything = terms.networks.is_empty() && !is_told;
        refuse(
            is_shared && is_chronotrack && is_anything,
            "/port",
            "a port, a network, an event or a connection is needed to know the hardware by",
        );
        refuse(
            terms.login.is_some() && !(is_chronotrack && terms.port.is_some()),
            "/login",
            "only ChronoTrack software on a port of its own logs in",
        );
    }

    fn done<T>(self, value: T) -> Result<T, Problem> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(Problem::invalid(self.0))
        }
    }
}

fn port_of(port: i64) -> Result<u16, String> {
    let port = Some(port).filter(|port| PORTS.contains(port));
    port.and_then(|port| u16::try_from(port).ok())
        .ok_or_else(|| format!("{} to {} are accepted", PORTS.start(), PORTS.end()))
}

fn target(address: &str) -> Result<String, String> {
    let address = address.trim();
    let is_target = address.len() <= LONGEST
        && address.rsplit_once(':').is_some_and(|(host, port)| {
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_[]:".contains(&byte);
            !host.is_empty()
                && host.bytes().all(is_name)
                && port.parse::<u16>().is_ok_and(|port| port > 0)
        });
    is_target
        .then(|| address.to_owned())
        .ok_or_else(|| "a host and a port are accepted, like 10.0.0.5:3601".to_owned())
}

fn zone_name(name: String) -> Result<String, String> {
    match TimeZone::get(&name) {
        Ok(zone) => Ok(zone.iana_name().map_or(name, str::to_owned)),
        Err(_) => Err("the name of a time zone is accepted, like Europe/Vienna".to_owned()),
    }
}
