//! The protocols there are. A further one is a file with its decoder and a line in each list below.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::{Decoder, jchip::JChip, mylaps::Mylaps, raceresult::RaceResult};
use crate::{
    chronotrack::{login::Login, peer::Peer},
    time::Moment,
};

/// A way in which timing hardware speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// ChronoTrack's socket protocol CTP01.
    #[default]
    ChronoTrack,
    /// JChip lines in the form that CrossMgr takes.
    JChip,
    /// The exporter of MYLAPS Timing & Scoring.
    Mylaps,
    /// A RACE RESULT decoder.
    RaceResult,
}

/// What a decoder needs to know of the connection that it is made for.
#[derive(Clone, Debug)]
pub struct Opening {
    /// A name for the stream of hardware that tells none: another for every TCP connection.
    pub nameless: String,
    /// The name of the mat, from the feed, for hardware that tells none.
    pub location: String,
    /// What a client has to know, on a ChronoTrack port that asks for it. The other protocols have no login.
    pub login: Option<Login>,
    /// When the connection was made, by a clock that never jumps.
    pub now: Moment,
}

/// A name that is no protocol's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("\"{0}\" is no protocol: expected one of {names}", names = names())]
pub struct UnknownProtocol(pub String);

impl Protocol {
    /// All there are, in the order in which people are offered them.
    pub const ALL: [Self; 4] = [
        Self::ChronoTrack,
        Self::JChip,
        Self::Mylaps,
        Self::RaceResult,
    ];

    /// The name in settings and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChronoTrack => "chronotrack",
            Self::JChip => "jchip",
            Self::Mylaps => "mylaps",
            Self::RaceResult => "race-result",
        }
    }

    /// The port that is customary: ours to listen on, or the hardware's where [`dials`](Self::dials) says so.
    pub const fn customary_port(self) -> u16 {
        match self {
            Self::ChronoTrack => 61611,
            Self::JChip => 53135,
            Self::Mylaps => 3097,
            Self::RaceResult => 3601,
        }
    }

    /// Whether we connect to the hardware. Mostly it connects to us.
    pub const fn dials(self) -> bool {
        matches!(self, Self::RaceResult)
    }

    /// Our side of a new connection.
    pub fn decoder(self, opening: Opening) -> Box<dyn Decoder> {
        match self {
            Self::ChronoTrack => {
                let peer = Peer::new(opening.nameless, opening.now);
                match opening.login {
                    Some(login) => Box::new(peer.with_login(login)),
                    None => Box::new(peer),
                }
            }
            Self::JChip => Box::new(JChip::new(opening.nameless, opening.now)),
            Self::Mylaps => Box::new(Mylaps::new(opening.now)),
            Self::RaceResult => Box::new(RaceResult::new(opening.location, opening.now)),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Protocol {
    type Err = UnknownProtocol;

    fn from_str(name: &str) -> Result<Self, UnknownProtocol> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.name() == name)
            .ok_or_else(|| UnknownProtocol(name.to_owned()))
    }
}

fn names() -> String {
    Protocol::ALL.map(Protocol::name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_is_found_by_its_name() {
        for protocol in Protocol::ALL {
            assert_eq!(protocol.to_string().parse(), Ok(protocol));
        }
        let unknown = "ipico".parse::<Protocol>().expect_err("is unknown");
        assert!(
            unknown
                .to_string()
                .ends_with("chronotrack, jchip, mylaps, race-result"),
            "{unknown}"
        );
    }
}
