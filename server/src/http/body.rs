//! JSON bodies and queries, with errors that say where.

use std::convert::Infallible;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request, rejection::BytesRejection},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_path_to_error::{Path, Segment};

use super::{
    problem::{InputError, Problem},
    readable::Readable,
};

/// A JSON body. Anything but a whole and fitting one is refused, with a pointer to what does not fit.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let media = media_type(request.headers());
        if media != "application/json" {
            let detail = format!("the body is {media:?}, and \"application/json\" is accepted");
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|refused| unreadable(&refused))?;
        parse(&bytes).map(Self)
    }
}

/// The media type of a request's body, without parameters and in lower case; empty when none is told.
pub fn media_type(headers: &axum::http::HeaderMap) -> String {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// Says that a body could not be received, most often because it is too large.
pub fn unreadable(refused: &BytesRejection) -> Problem {
    Problem::new(refused.status(), refused.body_text().to_lowercase())
}

/// Reads a JSON text.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        // A list of the right length would pass for an object's fields.
        serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| malformed(&error))?;
        return Err(Problem::invalid(vec![InputError::new("", OBJECT_EXPECTED)]));
    }
    let Readable = whole(bytes)?;
    whole(bytes)
}

fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = fit(&mut json)?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

const OBJECT_EXPECTED: &str = "a JSON object is expected";

/// Makes a value of what a deserializer holds, or says where it does not fit.
fn fit<'de, T, D>(input: D) -> Result<T, Problem>
where
    T: Deserialize<'de>,
    D: Deserializer<'de, Error = serde_json::Error>,
{
    serde_path_to_error::deserialize(input).map_err(|error| {
        let mut pointer = pointer(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            let misfit = misfit(&inner);
            if let Some(field) = missing(&misfit) {
                pointer = format!("{pointer}/{}", escaped(field));
            }
            Problem::invalid(vec![InputError::new(pointer, misfit)])
        } else {
            malformed(&inner)
        }
    })
}

/// What does not fit, in the words of JSON: the pointer says where, and our types' names mean nothing to the asker.
fn misfit(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.contains(", expected struct ") {
        return OBJECT_EXPECTED.to_owned();
    }
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

/// The field that is said to be missing.
fn missing(misfit: &str) -> Option<&str> {
    misfit.strip_prefix("missing field `")?.strip_suffix('`')
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        format!("the body is not JSON: {error}"),
    )
}

fn pointer(path: &Path) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                format!("/{}", escaped(key))
            }
            Segment::Unknown => "/?".to_owned(),
        })
        .collect()
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A query: an object of texts. One that names a parameter twice is refused.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        type Pairs = Vec<(String, String)>;
        let axum::extract::Query(pairs) =
            axum::extract::Query::<Pairs>::from_request_parts(parts, state)
                .await
                .map_err(|refused| Problem::new(refused.status(), refused.body_text()))?;
        let mut query = serde_json::Map::new();
        for (name, text) in pairs {
            if query.insert(name.clone(), text.into()).is_some() {
                let detail = "the parameter is there more than once";
                let pointer = format!("/{}", escaped(&name));
                return Err(Problem::invalid(vec![InputError::new(pointer, detail)]));
            }
        }
        let Readable = fit(serde_json::Value::Object(query.clone()))?;
        fit(serde_json::Value::Object(query)).map(Self)
    }
}

/// A parameter of a query that is either `true` or `false`; `false` without it.
pub fn flag(name: &str, text: Option<&str>) -> Result<bool, InputError> {
    text.map_or(Ok(false), |text| {
        text.parse().map_err(|_text: std::str::ParseBoolError| {
            let detail = format!("{text:?} is not accepted; \"true\" and \"false\" are");
            InputError::new(format!("/{name}"), detail)
        })
    })
}

/// The id in a path, as it was asked for. One that is no text is empty, and nothing has an empty id.
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        Ok(Self(path.map_or_else(
            |_no_text| String::new(),
            |axum::extract::Path(id)| id,
        )))
    }
}

/// The two ids in a path, as [`Id`] is one.
pub struct Ids(pub String, pub String);

impl<S: Send + Sync> FromRequestParts<S> for Ids {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        Ok(path.map_or_else(
            |_no_text| Self(String::new(), String::new()),
            |axum::extract::Path((one, two))| Self(one, two),
        ))
    }
}

/// A JSON answer.
pub struct Json<T>(pub T);

impl<T: serde::Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}
