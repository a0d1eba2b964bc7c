//! Which pages may open a display's stream.

use axum::http::{HeaderMap, header, uri::Authority};

use super::problem::Problem;

/// Refuses a page of another site. A program that is no browser names no origin, and neither does a page of this site that
/// opens an event stream; what a browser names is the page's site, and it cannot be made to lie.
pub(super) fn refuse_foreign(headers: &HeaderMap, base_url: &str) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let origin = origin.to_str().unwrap_or_default();
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    // Behind a proxy the host can be the proxy's name for the server, so the public address is as good.
    if origin == base_url
        || site(origin).is_some_and(|site| host.is_some_and(|host| same(&site, host)))
    {
        return Ok(());
    }
    Err(Problem::forbidden(
        "a page of another site cannot show a display; open the display itself",
    ))
}

/// The host and port of an origin.
fn site(origin: &str) -> Option<Authority> {
    let (scheme, site) = origin.split_once("://")?;
    ["http", "https"]
        .contains(&scheme)
        .then(|| site.parse().ok())?
}

fn same(site: &Authority, host: &str) -> bool {
    host.parse::<Authority>().is_ok_and(|host| &host == site)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_other_sites_are_refused() {
        for (origin, host, is_fine) in [
            (None, "race.example.org", true),
            (Some("https://race.example.org"), "race.example.org", true),
            (Some("https://RACE.example.org"), "race.example.org", true),
            (Some("http://10.0.0.2:8088"), "10.0.0.2:8088", true),
            (Some("https://public.example.org"), "127.0.0.1:8088", true),
            (Some("http://10.0.0.2:8089"), "10.0.0.2:8088", false),
            (Some("https://evil.example.org"), "race.example.org", false),
            (
                Some("https://race.example.org.evil.org"),
                "race.example.org",
                false,
            ),
            (Some("null"), "race.example.org", false),
            (Some("null"), "null", false),
            (Some("file://race.example.org"), "race.example.org", false),
            (Some(""), "", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().expect("a value"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().expect("a value"));
            }
            let answer = refuse_foreign(&headers, "https://public.example.org");
            assert_eq!(answer.is_ok(), is_fine, "{origin:?} {host}");
        }
    }
}
