//! A port with two timing companies, and clients of it.

use std::{num::NonZeroU32, sync::Arc};

use gantry_core::time::Moment;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::tls::Certificate;
use crate::{
    auth::password,
    clock,
    collector::news::{CommittedBatch, News},
    config::Config,
    edge::{
        door::{Door, Limits},
        tls::Tls,
    },
    http::{app::App, base_url::base_url, router},
    services::Services,
    store::{
        NewRead, Origin, Person, Role, Store,
        testing::{self, Place},
    },
    templates::Templates,
};

/// The owner of Acme, whose timing session the store has.
pub(super) const ANN: &str = "ann@example.org";

/// An operator of Acme.
pub(super) const BEN: &str = "ben@example.org";

/// A viewer of Acme.
pub(super) const VERA: &str = "vera@example.org";

/// An operator of another company.
pub(super) const OLGA: &str = "olga@example.org";

/// Everybody's password.
pub(super) const PASSWORD: &str = "correct horse battery";

/// How a port is set up.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) limits: Limits,
    /// The proxies that are believed.
    pub(super) trusted: &'static str,
    pub(super) certificate: Option<Certificate>,
}

/// A port that serves.
pub(super) struct Port {
    pub(super) base: String,
    pub(super) services: Services,
    pub(super) app: Arc<App>,
    /// Acme's timing session.
    pub(super) origin: Origin,
    pub(super) tls: Option<Arc<Tls>>,
    setting: Setting,
    place: Place,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
}

/// A program that asks.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) media: String,
    pub(super) etag: Option<String>,
    pub(super) body: Value,
}

impl Port {
    pub(super) async fn start() -> Self {
        Self::start_with(Setting::default()).await
    }

    pub(super) async fn start_with(setting: Setting) -> Self {
        let (store, place) = testing::store().await;
        let origin = testing::race(&store).await;
        let other = store
            .add_partner("Other", testing::NOW)
            .await
            .expect("adds")
            .expect("is new");
        let hash = password::hash(PASSWORD).expect("hashes");
        for (email, partner, role) in [
            (ANN, origin.partner_id, Role::Owner),
            (BEN, origin.partner_id, Role::Operator),
            (VERA, origin.partner_id, Role::Viewer),
            (OLGA, other.id, Role::Operator),
        ] {
            let user = store.add_user(email, &hash, testing::NOW).await;
            let user = user.expect("adds").expect("is new");
            let set = store.set_role(user.id, partner, role, testing::NOW).await;
            set.expect("joins");
        }
        Self::start_on(store, place, origin, setting).await
    }

    /// Stops the port and starts another on what it leaves behind.
    pub(super) async fn restart(mut self) -> Self {
        self.stop().await;
        self.services.store.close().await;
        let store = Store::open(&self.place.database)
            .await
            .expect("opens again");
        Self::start_on(store, self.place, self.origin, self.setting).await
    }

    /// Stops serving; what the port was about is still there.
    pub(super) async fn stop(&mut self) {
        self.shutdown.cancel();
        (&mut self.serving).await.expect("no panic");
    }

    async fn start_on(store: Store, place: Place, origin: Origin, setting: Setting) -> Self {
        let certificate = setting.certificate.as_ref();
        let config = Config {
            tls_cert: certificate.map(|files| files.certificate.clone()),
            tls_key: certificate.map(|files| files.key.clone()),
            ..Config::for_tests()
        };
        let tls = config.tls().expect("a good certificate").map(Arc::new);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let base = base_url(&config, address);
        let trusted = setting.trusted.parse().expect("a list of networks");
        let services = Services {
            door: Arc::new(Door::new(trusted, setting.limits.clone())),
            ..Services::new(config, store)
        };
        let shutdown = CancellationToken::new();
        let templates = Templates::shipped().expect("the shipped templates are good");
        let app = App::new(services.clone(), templates, base.clone(), shutdown.clone());
        let serving = tokio::spawn(router::serve(listener, tls.clone(), Arc::clone(&app)));
        Self {
            base,
            services,
            app,
            origin,
            tls,
            setting,
            place,
            shutdown,
            serving,
        }
    }

    /// Somebody who is not logged in.
    pub(super) fn anybody(&self) -> Client {
        // The client wants one even for plain HTTP; another test of this process may have named it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        if let Some(certificate) = &self.setting.certificate {
            builder = builder.add_root_certificate(certificate.root());
        }
        Client {
            http: builder.build().expect("a client"),
            base: self.base.clone(),
            token: None,
        }
    }

    /// Somebody who is.
    pub(super) async fn log_in(&self, email: &str) -> Client {
        let mut client = self.anybody();
        let credentials = json!({"email": email, "password": PASSWORD});
        let answer = client.post("/api/login", &credentials).await;
        client.token = Some(answer.text("token"));
        client
    }

    /// Somebody as the store knows them, at work for Acme.
    pub(super) async fn person(&self, email: &str) -> Person {
        let user = self.services.store.user_by_email(email).await;
        Person {
            partner: self.origin.partner_id,
            user: user.expect("reads").expect("is there").id,
        }
    }

    /// Stores reads and publishes them, as the collector does.
    pub(super) async fn commit(&self, reads: &[NewRead]) {
        let store = &self.services.store;
        let reads = store.append(reads, &[]).await.expect("stores");
        let batch = Arc::new(CommittedBatch { reads });
        let _ = self.services.published.send(News::Committed(batch));
    }

    /// Bib 7 runs from the gun to the finish in 20 minutes, 8 a minute slower and so on.
    pub(super) async fn finish(&self, sequence: u64, bib: &str) {
        let mut read = testing::read(self.origin, sequence, bib);
        read.read.at = gun() + 1_200_000 + sequence as i64 * 60_000;
        read.read.wire_time = read.read.at.to_string();
        read.read.received_at = clock::now();
        self.commit(&[read]).await;
    }

    /// A display session of Acme with a roster of bibs 1 to 9, that listens to Acme's timing session.
    pub(super) async fn session(&self, client: &Client) -> String {
        let timing_session = self.origin.timing_session_id.to_string();
        let wanted = json!({"mode": "results", "chronotrack_session_ids": [timing_session]});
        let session = client.post("/api/sessions/create", &wanted).await;
        assert_eq!(session.status, StatusCode::CREATED, "{session:?}");
        let id = session.text("id");
        let participants: Vec<Value> = (1..10)
            .map(|bib| json!({"bib": bib.to_string(), "first_name": "Runner", "last_name": format!("No{bib}"), "race": "10 km"}))
            .collect();
        let roster = json!({
            "races": [{"name": "10 km", "start": gun().to_rfc3339()}],
            "participants": participants,
        });
        let path = format!("/api/sessions/{id}/roster");
        let imported = client.ask(Method::PUT, &path, Some(&roster)).await;
        assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
        id
    }

    /// Shares a display session with somebody of Acme.
    pub(super) async fn share(&self, client: &Client, session: &str, with: &str, access: &str) {
        let with = self.person(with).await.user;
        let path = format!("/api/sessions/{session}/shares/{with}");
        let shared = client
            .ask(Method::PUT, &path, Some(&json!({"access": access})))
            .await;
        assert_eq!(shared.status, StatusCode::NO_CONTENT, "{shared:?}");
    }

    /// The id of a new display of a display session.
    pub(super) async fn display(&self, client: &Client, session: &str) -> String {
        let wanted = json!({"session_id": session});
        let display = client.post("/api/display/generate-url", &wanted).await;
        assert_eq!(display.status, StatusCode::CREATED, "{display:?}");
        display.text("id")
    }
}

impl Default for Setting {
    /// Asks of the tests come from a trusted proxy, in clear, and are never too many.
    fn default() -> Self {
        Self {
            limits: Limits::of(NonZeroU32::MAX),
            trusted: "127.0.0.1",
            certificate: None,
        }
    }
}

/// When the race of the tests is scheduled to start.
fn gun() -> Moment {
    testing::NOW
}

impl Client {
    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, Some(body)).await
    }

    pub(super) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::PATCH, path, Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, None).await
    }

    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let request = self.request(method, path);
        Answer::of(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    pub(super) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Asks with a body that never comes, and answers with the status.
    pub(super) async fn stall(&self, method: Method, path: &str, media: &str) -> u16 {
        let host = self.base.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).await.expect("connects");
        let token = self.token.as_deref().unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\
             content-type: {media}\r\ncontent-length: 9\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("is sent");
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.expect("is answered");
        let status = str::from_utf8(&start[9..]).expect("ASCII");
        status.parse().expect("a status")
    }

    /// The same asker at another port.
    pub(super) fn at(&self, base: String) -> Self {
        Self {
            base,
            ..self.clone()
        }
    }

    pub(super) fn with_token(&self, token: String) -> Self {
        Self {
            token: Some(token),
            ..self.clone()
        }
    }
}

impl Answer {
    pub(super) async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("the port answers");
        let status = response.status();
        let media = response
            .headers()
            .get("content-type")
            .map(|media| media.to_str().expect("text").to_owned());
        let etag = response.headers().get("etag");
        let etag = etag.map(|tag| tag.to_str().expect("text").to_owned());
        let text = response.text().await.expect("a text");
        Self {
            status,
            media: media.unwrap_or_default(),
            etag,
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        }
    }

    /// A text of the body's.
    pub(super) fn text(&self, field: &str) -> String {
        let text = self.body[field].as_str();
        text.unwrap_or_else(|| panic!("{field} is missing in {self:?}"))
            .to_owned()
    }

    /// Where the input was wrong.
    pub(super) fn pointers(&self) -> Vec<&str> {
        assert_eq!(self.media, "application/problem+json", "{self:?}");
        assert!(self.status.is_client_error(), "{self:?}");
        let errors = self.body["errors"].as_array().expect("errors");
        errors
            .iter()
            .map(|error| error["pointer"].as_str().expect("a pointer"))
            .collect()
    }

    /// Asserts that it is a problem of this status.
    pub(super) fn is_problem(&self, status: u16) {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.media, "application/problem+json", "{self:?}");
        assert_eq!(self.body["status"], status);
        assert!(
            self.body["title"].is_string() && self.body["detail"].is_string(),
            "{self:?}"
        );
    }
}
