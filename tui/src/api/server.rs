//! The server's address as an operator types it.

use std::str::FromStr;

/// Where the server is: a scheme and an authority, without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server(reqwest::Url);

impl Server {
    /// The address of `path` (which starts with `/`) over HTTP.
    pub fn http(&self, path: &str) -> String {
        format!("{}{path}", self.0.as_str().trim_end_matches('/'))
    }

    /// The address of `path` (which starts with `/`) as a WebSocket.
    pub fn websocket(&self, path: &str) -> String {
        self.http(path).replacen("http", "ws", 1)
    }

    /// The host and port, for people.
    pub fn name(&self) -> &str {
        self.0.authority()
    }

    /// Whether a password would cross a network unencrypted.
    pub fn is_exposed(&self) -> bool {
        self.0.scheme() == "http" && !is_loopback(&self.0)
    }
}

/// Without a scheme, `https` is meant; on this machine, `http`.
impl FromStr for Server {
    type Err = BadServer;

    fn from_str(text: &str) -> Result<Self, BadServer> {
        let bad = || BadServer(text.to_owned());
        let parse = |text: &str| reqwest::Url::parse(text).map_err(|_invalid| bad());
        let text = text.trim();
        let mut url = if text.contains("://") {
            parse(text)?
        } else {
            let plain = parse(&format!("http://{text}"))?;
            if is_loopback(&plain) {
                plain
            } else {
                parse(&format!("https://{text}"))?
            }
        };
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(bad());
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }
}

/// A text that is no server address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown server {0:?}; a server is written https://HOST or HOST:PORT")]
pub struct BadServer(String);

fn is_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, http: &str, websocket: &str, exposed: bool) {
        let server: Server = text.parse().expect("a good address");
        assert_eq!(server.http("/api/me"), http);
        assert_eq!(server.websocket("/x"), websocket);
        assert_eq!(server.is_exposed(), exposed, "{text}");
    }

    #[test]
    fn takes_what_operators_type() {
        check(
            "127.0.0.1:8088",
            "http://127.0.0.1:8088/api/me",
            "ws://127.0.0.1:8088/x",
            false,
        );
        check(
            "localhost:1",
            "http://localhost:1/api/me",
            "ws://localhost:1/x",
            false,
        );
        check(
            "http://[::1]:8088/",
            "http://[::1]:8088/api/me",
            "ws://[::1]:8088/x",
            false,
        );
        check(
            "race.example",
            "https://race.example/api/me",
            "wss://race.example/x",
            false,
        );
        check(
            "http://10.0.0.5:8088",
            "http://10.0.0.5:8088/api/me",
            "ws://10.0.0.5:8088/x",
            true,
        );
        check(
            "https://race.example/gantry/",
            "https://race.example/gantry/api/me",
            "wss://race.example/gantry/x",
            false,
        );
    }

    #[test]
    fn refuses_what_is_no_address() {
        for text in ["", "ftp://host", "http://", "a b"] {
            assert!(text.parse::<Server>().is_err(), "{text:?}");
        }
    }
}
