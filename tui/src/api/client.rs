//! Asks the server over HTTP.

use std::{path::Path, sync::RwLock, time::Duration};

use gantry_core::{template::Template, time::Moment};
use reqwest::{Method, RequestBuilder, Response, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use crate::api::{
    failure::{Failure, Problem},
    request::{Answer, Request, RosterFile},
    server::Server,
    types::Token,
};

/// An answer and the server's time as it gave it.
#[derive(Debug)]
pub struct Reply {
    /// The answer.
    pub result: Result<Answer, Failure>,
    /// The server's time, to the second, when it was reached.
    pub server_time: Option<Moment>,
}

/// A connection to one server, which remembers the login until the program ends.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    server: Server,
    token: RwLock<Option<Token>>,
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(90);
const LONGEST_ROSTER_BYTES: u64 = 64 * 1024 * 1024;

impl Client {
    /// A client of `server` that is not logged in.
    pub fn new(server: Server) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("gantry/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .build()?;
        Ok(Self {
            http,
            server,
            token: RwLock::new(None),
        })
    }

    /// The server that is asked.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Asks, and keeps the token of a login for the requests that follow.
    pub async fn ask(&self, request: &Request) -> Reply {
        let mut server_time = None;
        let result = self.answer(request, &mut server_time).await;
        match (&result, request) {
            (Ok(Answer::LoggedIn(login)), _) => self.hold(Some(login.token.clone())),
            (Ok(Answer::PartnerSelected(selected)), _) => self.hold(Some(selected.token.clone())),
            (_, Request::LogOut) => self.hold(None),
            _ => {}
        }
        Reply {
            result,
            server_time,
        }
    }

    async fn answer(
        &self,
        request: &Request,
        server_time: &mut Option<Moment>,
    ) -> Result<Answer, Failure> {
        let roster = match request {
            Request::CheckRoster { path, .. } => Some(read_roster(path).await?),
            Request::ImportRoster { roster, .. } => Some(roster.clone()),
            _ => None,
        };
        let (path, builder) = self.build(request, roster.as_ref());
        let response = builder
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        *server_time = date(&response);
        let body = self.body(response).await?;
        parse(request, roster, &body).map_err(|error| Failure::NotUnderstood {
            path,
            reason: error.to_string(),
        })
    }

    fn build(&self, request: &Request, roster: Option<&RosterFile>) -> (String, RequestBuilder) {
        let (method, path) = route(request);
        let builder = self.http.request(method, self.server.http(&path));
        let token = self.token.read().ok().and_then(|token| token.clone());
        let builder = match token {
            Some(Token(token)) => builder.bearer_auth(token),
            None => builder,
        };
        let builder = match request {
            Request::LogIn { email, password } => {
                builder.json(&json!({"email": email, "password": password.0}))
            }
            Request::SelectPartner { partner_id } => {
                builder.json(&json!({"partner_id": partner_id}))
            }
            Request::CreateSession(session) | Request::ChangeSession { session, .. } => {
                builder.json(session)
            }
            Request::Share {
                access: Some(access),
                ..
            } => builder.json(&json!({"access": access})),
            Request::AddFeed(terms) | Request::ChangeFeed { terms, .. } => {
                builder.json(&terms.body())
            }
            Request::Arrange { change, .. } => builder.json(&change.body()),
            Request::HandOver { user_id, .. } => builder.json(&json!({"user_id": user_id})),
            Request::Duplicate { name, .. } => builder.json(&json!({"name": name})),
            Request::GenerateUrl {
                session_id,
                expires_in_hours,
                template,
            } => builder.json(&json!({
                "session_id": session_id,
                "expires_in_hours": expires_in_hours,
                "template_id": template.as_ref().map(|template| &template.id),
                "template_revision": template.as_ref().and_then(|template| template.revision),
            })),
            _ => builder,
        };
        let builder = match roster {
            Some(RosterFile(csv)) => builder
                .header(header::CONTENT_TYPE, "text/csv")
                .timeout(UPLOAD_TIMEOUT)
                .body(csv.to_vec()),
            None => builder,
        };
        let builder = match seen(request) {
            Some(revision) => builder.header(header::IF_MATCH, format!("\"{revision}\"")),
            None => builder,
        };
        (path, builder)
    }

    async fn body(&self, response: Response) -> Result<Vec<u8>, Failure> {
        let status = response.status();
        let bytes = response
            .bytes()
            .await
            .map_err(|error| self.unreachable(&error))?;
        if status.is_success() {
            return Ok(bytes.to_vec());
        }
        let mut problem: Problem =
            serde_json::from_slice(&bytes).unwrap_or_else(|_not_json| Problem {
                title: status.to_string(),
                ..Problem::default()
            });
        problem.status = status.as_u16();
        Err(Failure::Refused(problem))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        Failure::Unreachable {
            server: self.server.name().to_owned(),
            reason: innermost(error),
        }
    }

    fn hold(&self, token: Option<Token>) {
        if let Ok(mut held) = self.token.write() {
            *held = token;
        }
    }
}

fn route(request: &Request) -> (Method, String) {
    match request {
        Request::LogIn { .. } => (Method::POST, "/api/login".to_owned()),
        Request::SelectPartner { .. } => (Method::POST, "/api/select-partner".to_owned()),
        Request::LogOut => (Method::POST, "/api/logout".to_owned()),
        Request::Alarms => (Method::GET, "/api/alarms".to_owned()),
        Request::TimingSessions => (
            Method::GET,
            "/api/chronotrack/sessions?limit=100".to_owned(),
        ),
        Request::TimingPreview { id } => (
            Method::GET,
            format!("/api/chronotrack/sessions/{id}/preview?limit=100"),
        ),
        Request::Arrange { id, change } => change.route(id),
        Request::Templates => (Method::GET, "/api/templates".to_owned()),
        Request::Template { id, .. } => (Method::GET, format!("/api/templates/{id}")),
        Request::Sessions { archived } => (
            Method::GET,
            format!("/api/sessions?limit=200&archived={archived}"),
        ),
        Request::Session { id } => (Method::GET, format!("/api/sessions/{id}")),
        Request::Shares { id } => (Method::GET, format!("/api/sessions/{id}/shares")),
        Request::Colleagues => (Method::GET, "/api/colleagues".to_owned()),
        Request::Share {
            id,
            user_id,
            access,
            ..
        } => {
            let method = match access {
                Some(_) => Method::PUT,
                None => Method::DELETE,
            };
            (method, format!("/api/sessions/{id}/shares/{user_id}"))
        }
        Request::HandOver { id, .. } => (Method::POST, format!("/api/sessions/{id}/hand-over")),
        Request::Duplicate { id, .. } => (Method::POST, format!("/api/sessions/{id}/duplicate")),
        Request::Archive { id, away, .. } => {
            let verb = if *away { "archive" } else { "restore" };
            (Method::POST, format!("/api/sessions/{id}/{verb}"))
        }
        Request::CreateSession(_) => (Method::POST, "/api/sessions/create".to_owned()),
        Request::ChangeSession { id, .. } => (Method::PATCH, format!("/api/sessions/{id}")),
        Request::DeleteSession { id, .. } => (Method::DELETE, format!("/api/sessions/{id}")),
        Request::CheckRoster { session_id, .. } => (
            Method::PUT,
            format!("/api/sessions/{session_id}/roster?dry_run=true"),
        ),
        Request::ImportRoster { session_id, .. } => {
            (Method::PUT, format!("/api/sessions/{session_id}/roster"))
        }
        Request::Displays => (Method::GET, "/api/displays".to_owned()),
        Request::GenerateUrl { .. } => (Method::POST, "/api/display/generate-url".to_owned()),
        Request::Revoke { id } => (Method::DELETE, format!("/api/display/{id}")),
        Request::Feeds => (Method::GET, "/api/feeds".to_owned()),
        Request::AddFeed(_) => (Method::POST, "/api/feeds".to_owned()),
        Request::ChangeFeed { id, .. } => (Method::PATCH, format!("/api/feeds/{id}")),
        Request::RemoveFeed { id } => (Method::DELETE, format!("/api/feeds/{id}")),
    }
}

/// The revision that a change builds on.
fn seen(request: &Request) -> Option<u64> {
    match request {
        Request::ChangeSession { seen, .. }
        | Request::DeleteSession { seen, .. }
        | Request::CheckRoster { seen, .. }
        | Request::ImportRoster { seen, .. }
        | Request::Share { seen, .. }
        | Request::HandOver { seen, .. }
        | Request::Archive { seen, .. }
        | Request::ChangeFeed { seen, .. } => *seen,
        _ => None,
    }
}

fn parse(request: &Request, roster: Option<RosterFile>, body: &[u8]) -> serde_json::Result<Answer> {
    fn read<T: DeserializeOwned>(
        body: &[u8],
        answer: fn(T) -> Answer,
    ) -> serde_json::Result<Answer> {
        serde_json::from_slice(body).map(answer)
    }
    if let (Request::CheckRoster { .. }, Some(roster)) = (request, roster) {
        let would = serde_json::from_slice(body)?;
        return Ok(Answer::RosterChecked { would, roster });
    }
    match request {
        Request::LogIn { .. } => read(body, Answer::LoggedIn),
        Request::SelectPartner { .. } => read(body, Answer::PartnerSelected),
        Request::Alarms => read(body, Answer::Alarms),
        Request::TimingSessions => read(body, Answer::TimingSessions),
        Request::TimingPreview { .. } => read(body, Answer::TimingPreview),
        Request::Templates => read(body, Answer::Templates),
        Request::Template { .. } => read(body, |body: TemplateBody| {
            Answer::Template(Box::new(body.template))
        }),
        Request::Sessions { .. } => read(body, Answer::Sessions),
        Request::Shares { .. } => read(body, Answer::Shares),
        Request::Colleagues => read(body, Answer::Colleagues),
        Request::CreateSession(_)
        | Request::ChangeSession { .. }
        | Request::Session { .. }
        | Request::Duplicate { .. }
        | Request::Archive { .. } => read(body, Answer::Session),
        Request::CheckRoster { .. } | Request::ImportRoster { .. } => {
            read(body, Answer::RosterImported)
        }
        Request::Displays => read(body, Answer::Displays),
        Request::GenerateUrl { .. } => read(body, Answer::UrlGenerated),
        Request::Feeds => read(body, Answer::Feeds),
        Request::AddFeed(_) | Request::ChangeFeed { .. } => {
            read(body, |feed| Answer::Feed(Box::new(feed)))
        }
        Request::LogOut
        | Request::Arrange { .. }
        | Request::DeleteSession { .. }
        | Request::Share { .. }
        | Request::HandOver { .. }
        | Request::RemoveFeed { .. }
        | Request::Revoke { .. } => Ok(Answer::Done),
    }
}

/// A template as it is stored.
#[derive(Deserialize)]
struct TemplateBody {
    template: Template,
}

async fn read_roster(path: &Path) -> Result<RosterFile, Failure> {
    let fail = |reason: String| Failure::File {
        path: path.display().to_string(),
        reason,
    };
    let about = tokio::fs::metadata(path)
        .await
        .map_err(|error| fail(error.to_string()))?;
    if !about.is_file() {
        return Err(fail("it is not a file".to_owned()));
    }
    if about.len() > LONGEST_ROSTER_BYTES {
        return Err(fail(format!(
            "it has {} bytes; a roster has at most {LONGEST_ROSTER_BYTES}",
            about.len()
        )));
    }
    let csv = tokio::fs::read(path).await;
    csv.map(|csv| RosterFile(csv.into()))
        .map_err(|error| fail(error.to_string()))
}

fn date(response: &Response) -> Option<Moment> {
    let text = response.headers().get(header::DATE)?.to_str().ok()?;
    let at = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(at.timestamp().into())
}

/// The last cause of an error, which says what really happened ("connection refused").
fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::api::request::Password;

    /// A server that gives these answers, one to a connection. Answers a client of it and the requests that it will have heard.
    async fn served(
        answers: &'static [&'static str],
    ) -> (Client, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let heard = tokio::spawn(async move {
            let mut heard = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().await.expect("the client comes");
                let mut bytes = vec![0; 4096];
                let length = stream.read(&mut bytes).await.expect("it asks");
                heard.push(String::from_utf8_lossy(&bytes[..length]).into_owned());
                stream
                    .write_all(answer.as_bytes())
                    .await
                    .expect("it listens");
            }
            heard
        });
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let client =
            Client::new(address.parse().expect("a good address")).expect("it needs nothing");
        (client, heard)
    }

    fn log_in() -> Request {
        Request::LogIn {
            email: "op@race.example".to_owned(),
            password: Password("hill".to_owned()),
        }
    }

    #[tokio::test]
    async fn a_login_is_used_from_then_on() {
        let (client, heard) = served(&[
            "HTTP/1.1 200 OK\r\nconnection: close\r\ndate: Sun, 03 May 2026 06:12:30 GMT\r\n\r\n\
            {\"token\":\"abc\",\"expires_at\":\"2026-05-04T06:12:30Z\",\"partners\":[{\"id\":\"p\",\"name\":\"P\",\"role\":\"owner\"}]}",
            "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"sessions\":[],\"next\":null}",
        ])
        .await;
        let reply = client.ask(&log_in()).await;
        assert!(matches!(&reply.result, Ok(Answer::LoggedIn(login)) if login.partners.len() == 1));
        assert_eq!(reply.server_time, Some(Moment(1_777_788_750_000)));
        let reply = client.ask(&Request::TimingSessions).await;
        assert!(matches!(reply.result, Ok(Answer::TimingSessions(_))));
        let heard = heard.await.expect("it served");
        assert!(heard[0].starts_with("POST /api/login "), "{heard:?}");
        assert!(!heard[0].contains("authorization"));
        assert!(heard[1].contains("authorization: Bearer abc"), "{heard:?}");
    }

    #[tokio::test]
    async fn what_goes_wrong_is_told_apart() {
        let (client, heard) = served(&[
            "HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-type: application/problem+json\r\n\r\n\
            {\"type\":\"about:blank\",\"title\":\"Unauthorized\",\"status\":401,\"detail\":\"wrong\"}",
            "HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\n<html>",
            "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"token\":7}",
        ])
        .await;
        let failure = |reply: Reply| reply.result.expect_err("it failed");
        let refused = failure(client.ask(&log_in()).await);
        assert!(refused.is_unauthorized());
        assert_eq!(refused.to_string(), "wrong");
        let gateway = failure(client.ask(&log_in()).await);
        assert!(gateway.is_connection());
        assert_eq!(gateway.to_string(), "502 Bad Gateway");
        let strange = failure(client.ask(&log_in()).await);
        assert!(
            matches!(strange, Failure::NotUnderstood { .. }),
            "{strange}"
        );
        heard.await.expect("it served");
        let nobody = failure(client.ask(&log_in()).await);
        assert!(
            nobody.is_connection() && nobody.to_string().starts_with("cannot reach 127.0.0.1:"),
            "{nobody}"
        );
    }

    #[tokio::test]
    async fn a_roster_that_is_not_there_is_not_sent() {
        let (client, heard) = served(&[]).await;
        let request = Request::CheckRoster {
            session_id: "s1".to_owned(),
            path: "/nowhere/roster.csv".into(),
            seen: None,
        };
        let failure = client.ask(&request).await.result.expect_err("it failed");
        assert!(
            failure
                .to_string()
                .starts_with("cannot read /nowhere/roster.csv: "),
            "{failure}"
        );
        assert!(heard.await.expect("it served").is_empty());
    }
}
