//! Where a display is: from what a person typed to the URL of its stream.

use std::fmt;

use tokio_tungstenite::tungstenite::http::Uri;

/// How many letters and digits a display's code has.
const CODE_LENGTH: usize = 8;

/// A display on a server.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Whether the way there is encrypted.
    secure: bool,
    /// The server's name and port.
    authority: String,
    /// What stands before `/display/…`, empty or `/something`.
    prefix: String,
    code: String,
}

/// A text that names no display.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Neither a code nor a URL.
    #[error(
        "the display {0:?} is neither a code of {CODE_LENGTH} letters and digits nor a URL like https://HOST/display/CODE"
    )]
    Display(String),
    /// A code without a server.
    #[error(
        "the display {0:?} is a code and needs its server too: add --server https://HOST, or give the display's whole URL"
    )]
    NoServer(String),
    /// The server is no URL.
    #[error(
        "the server {0:?} is no URL of a server; it is written https://HOST or http://HOST:PORT"
    )]
    Server(String),
}

impl Address {
    /// Reads a display's URL, or its code together with the server's URL. Codes may be typed in upper case.
    pub fn parse(display: &str, server: Option<&str>) -> Result<Self, BadAddress> {
        let display = display.trim();
        if let Some(code) = code(display) {
            let server = server.ok_or_else(|| BadAddress::NoServer(display.to_owned()))?;
            return Self::on_server(server, code)
                .ok_or_else(|| BadAddress::Server(server.to_owned()));
        }
        Self::of_url(display).ok_or_else(|| BadAddress::Display(display.to_owned()))
    }

    /// The URL of the stream.
    pub fn live(&self) -> String {
        let Self {
            authority,
            prefix,
            code,
            ..
        } = self;
        let scheme = if self.secure { "wss" } else { "ws" };
        format!("{scheme}://{authority}{prefix}/display/{code}/live")
    }

    /// The server's name and port; unlike the code it may be logged.
    pub fn host(&self) -> &str {
        &self.authority
    }

    /// The display's code.
    pub fn code(&self) -> &str {
        &self.code
    }

    fn on_server(server: &str, code: String) -> Option<Self> {
        let (secure, authority, path) = parts(server.trim())?;
        Some(Self {
            secure,
            authority,
            prefix: path.trim_end_matches('/').to_owned(),
            code,
        })
    }

    fn of_url(url: &str) -> Option<Self> {
        let (secure, authority, path) = parts(url)?;
        let path = path.trim_end_matches('/');
        let path = path.strip_suffix("/live").unwrap_or(path);
        let (prefix, last) = path.rsplit_once("/display/")?;
        Some(Self {
            secure,
            authority,
            prefix: prefix.to_owned(),
            code: code(last)?,
        })
    }
}

/// The code guards what is shown, so it is kept out of logs.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.authority)
    }
}

fn code(text: &str) -> Option<String> {
    let is_code =
        text.len() == CODE_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_code.then(|| text.to_ascii_lowercase())
}

/// Whether it is encrypted, the server and the path.
fn parts(url: &str) -> Option<(bool, String, String)> {
    let uri: Uri = url.parse().ok()?;
    let secure = match uri.scheme_str()? {
        "http" | "ws" => false,
        "https" | "wss" => true,
        _ => return None,
    };
    let authority = uri.authority()?.as_str();
    let is_plain = !authority.contains('@') && !uri.host()?.is_empty();
    is_plain.then(|| (secure, authority.to_owned(), uri.path().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(display: &str, server: Option<&str>) -> Result<String, BadAddress> {
        Address::parse(display, server).map(|address| address.live())
    }

    #[test]
    fn a_url_leads_to_its_stream() {
        for (url, stream) in [
            (
                "http://127.0.0.1:8088/display/a1b2c3d4",
                "ws://127.0.0.1:8088/display/a1b2c3d4/live",
            ),
            (
                "https://gantry.example/display/A1B2C3D4/",
                "wss://gantry.example/display/a1b2c3d4/live",
            ),
            (
                "wss://gantry.example/x/display/a1b2c3d4/live?y=1",
                "wss://gantry.example/x/display/a1b2c3d4/live",
            ),
            (
                " http://[::1]:80/display/a1b2c3d4 ",
                "ws://[::1]:80/display/a1b2c3d4/live",
            ),
        ] {
            assert_eq!(live(url, None).as_deref(), Ok(stream), "{url}");
        }
    }

    #[test]
    fn a_code_goes_with_a_server() {
        let stream = live("A1B2C3D4", Some("https://gantry.example/races/"));
        assert_eq!(
            stream.as_deref(),
            Ok("wss://gantry.example/races/display/a1b2c3d4/live")
        );
        assert!(matches!(
            live("a1b2c3d4", None),
            Err(BadAddress::NoServer(_))
        ));
        for server in ["gantry.example", "ftp://x", "", "http://", "http://user@x"] {
            let refused = live("a1b2c3d4", Some(server));
            assert!(matches!(refused, Err(BadAddress::Server(_))), "{server:?}");
        }
    }

    #[test]
    fn what_names_no_display_is_refused_by_name() {
        for text in [
            "",
            "a1b2c3d",
            "a1b2c3dé",
            "http://x/display/",
            "http://x/a1b2c3d4",
            "x/display/a1b2c3d4",
        ] {
            let refused = live(text, Some("http://x")).expect_err(text);
            assert!(refused.to_string().contains(&format!("{:?}", text.trim())));
        }
    }

    #[test]
    fn debugging_shows_no_code() {
        let address = Address::parse("http://x/display/a1b2c3d4", None).expect("an address");
        assert!(!format!("{address:?}").contains("a1b2"));
    }
}
