//! The files of the browser display, and the fonts, from inside the program: a venue has no internet.

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use gantry_core::text::fonts::SHIPPED;
use sha2::{Digest, Sha256};

use super::{
    app::App,
    body::Id,
    headers::{DISPLAY_POLICY, PLAIN_POLICY},
    problem::Problem,
};

/// A file of the browser display.
struct WebFile {
    name: &'static str,
    bytes: &'static [u8],
}

macro_rules! web_files {
    ($($name:literal)*) => {
        &[$(WebFile {
            name: $name,
            bytes: include_bytes!(concat!("../../../assets/web/", $name)),
        }),*]
    };
}

const WEB_FILES: &[WebFile] = web_files! {
    "aloud.js"
    "clock.js"
    "defs.js"
    "display.css"
    "display.html"
    "display.js"
    "follow.js"
    "gone.html"
    "link.js"
    "notice.js"
    "paint.js"
    "picture.js"
    "sample.js"
    "screen.js"
    "svg.js"
    "welcome.css"
    "welcome.html"
};

/// Names the files of this very program, so that a browser that holds another program's files asks for them again.
static VERSION: LazyLock<HeaderValue> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    for file in WEB_FILES {
        hasher.update(file.bytes);
    }
    let digest: String = hasher
        .finalize()
        .iter()
        .take(8)
        .map(|byte| char::from(b'a' + byte % 26))
        .collect();
    HeaderValue::try_from(format!("\"{digest}\"")).unwrap_or(HeaderValue::from_static("\"-\""))
});

/// The routes of this file.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/assets/web/{file}", get(web_file))
        .route("/assets/fonts/{file}", get(font))
}

/// The page of a display.
pub fn display() -> Response {
    page(StatusCode::OK, "display.html", DISPLAY_POLICY)
}

/// The page that asks for a code.
pub fn welcome() -> Response {
    page(StatusCode::OK, "welcome.html", PLAIN_POLICY)
}

/// The page in place of a display that cannot be had.
pub fn gone() -> Response {
    page(StatusCode::NOT_FOUND, "gone.html", PLAIN_POLICY)
}

fn page(status: StatusCode, name: &str, policy: HeaderValue) -> Response {
    let Some(file) = WEB_FILES.iter().find(|file| file.name == name) else {
        return Problem::internal(&format!("there is no page {name}")).into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, media_type(name)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    (status, headers, file.bytes).into_response()
}

/// A file that may be another in the next release, so a browser keeps it but asks whether it is still the same.
async fn web_file(Id(name): Id, headers: HeaderMap) -> Response {
    let is_page = |name: &str| {
        name.rsplit_once('.')
            .is_some_and(|(_, kind)| kind == "html")
    };
    let file = WEB_FILES.iter().find(|file| file.name == name);
    let Some(file) = file.filter(|file| !is_page(file.name)) else {
        return Problem::not_found("file").into_response();
    };
    let cached = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::ETAG, VERSION.clone()),
    ];
    if headers.get(header::IF_NONE_MATCH) == Some(&*VERSION) {
        return (StatusCode::NOT_MODIFIED, cached).into_response();
    }
    (
        cached,
        [(header::CONTENT_TYPE, media_type(file.name))],
        file.bytes,
    )
        .into_response()
}

/// A font, which stays what it is for ever.
async fn font(Id(name): Id) -> Response {
    let Some(font) = SHIPPED.iter().find(|font| font.file == name) else {
        return Problem::not_found("font").into_response();
    };
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, media_type(font.file)),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
    ];
    (headers, font.bytes).into_response()
}

fn media_type(name: &str) -> HeaderValue {
    HeaderValue::from_static(match name.rsplit_once('.').map(|(_, kind)| kind) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("ttf") => "font/ttf",
        Some("otf") => "font/otf",
        _ => "application/octet-stream",
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::*;

    #[test]
    fn every_file_of_the_browser_display_is_part_of_the_program() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/web");
        let on_disk: BTreeSet<String> = std::fs::read_dir(folder)
            .expect("the folder is there")
            .map(|entry| entry.expect("readable").file_name())
            .map(|name| name.into_string().expect("plain names"))
            .collect();
        let shipped: BTreeSet<String> = WEB_FILES.iter().map(|file| file.name.to_owned()).collect();
        assert_eq!(on_disk, shipped);
    }
}
