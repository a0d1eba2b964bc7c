//! Where a request comes from.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Once},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, HeaderName, request::Parts},
};
use tracing::warn;

use super::app::App;
use crate::edge::networks::Networks;

/// Whom a proxy asks for; each hop on the way adds the address that it was asked from at the right.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of whoever asks.
///
/// A trusted proxy tells it in `X-Forwarded-For`; anybody else could write there what they like and is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller(pub IpAddr);

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        Ok(Self::behind(
            peer,
            &parts.headers,
            &app.services.door.trusted,
        ))
    }
}

impl Caller {
    /// The first address, from the server outwards, that is no trusted proxy's. What stands left of it came from there.
    fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &Networks) -> Self {
        let mut caller = peer.to_canonical();
        let lines = headers.get_all(FORWARDED_FOR).iter();
        let mut hops = lines
            .rev()
            .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        while trusted.contains(caller) {
            // What a trusted proxy did not write as an address leads no further than to that proxy.
            let Some(hop) = hops.next().and_then(address) else {
                return Self(caller);
            };
            caller = hop.to_canonical();
        }
        if hops.next().is_some() && caller.is_loopback() {
            hint();
        }
        Self(caller)
    }
}

/// An address, which some proxies write with its port.
fn address(hop: &[u8]) -> Option<IpAddr> {
    let hop = str::from_utf8(hop).ok()?.trim();
    let with_port = || hop.parse::<SocketAddr>().map(|address| address.ip());
    hop.parse().or_else(|_no_address| with_port()).ok()
}

/// Behind a proxy that is not trusted all callers share one address and its limits, and nothing else would tell.
fn hint() {
    static HINT: Once = Once::new();
    HINT.call_once(|| {
        warn!(
            "a program on this machine says in X-Forwarded-For for whom it asks and is not believed: if it is your proxy, \
             name it with --trusted-proxies"
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_of_trusted_proxies_counts() {
        let trusted: Networks = "127.0.0.1,10.0.0.0/8".parse().expect("a list");
        for (peer, forwarded, caller) in [
            ("203.0.113.9", &["198.51.100.1"][..], "203.0.113.9"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("::ffff:127.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            (
                "127.0.0.1",
                &["6.6.6.6, 203.0.113.7, 10.0.0.3"],
                "203.0.113.7",
            ),
            (
                "127.0.0.1",
                &["6.6.6.6", "203.0.113.7", "10.0.0.3"],
                "203.0.113.7",
            ),
            ("127.0.0.1", &["6.6.6.6, nonsense"], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6, nonsense, 10.0.0.3"], "10.0.0.3"),
            ("127.0.0.1", &["10.0.0.3, 10.0.0.4"], "10.0.0.3"),
            ("127.0.0.1", &["203.0.113.7:4711"], "203.0.113.7"),
            ("127.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("127.0.0.1", &["2001:db8::7"], "2001:db8::7"),
            ("127.0.0.1", &[""], "127.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            for line in forwarded {
                headers.append(FORWARDED_FOR, line.parse().expect("a value"));
            }
            let found = Caller::behind(peer.parse().expect("an address"), &headers, &trusted);
            let caller = Caller(caller.parse().expect("an address"));
            assert_eq!(found, caller, "{peer} {forwarded:?}");
        }
    }
}
