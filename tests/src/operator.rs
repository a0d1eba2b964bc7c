//! An operator who works over HTTP, as a program of a partner's would.

use anyhow::{Context as _, Result, ensure};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{
    venue::{EMAIL, PASSWORD, Server},
    wait,
};

/// Somebody who is logged in.
pub struct Operator {
    client: Client,
    base: String,
    token: String,
}

/// A display that was shared.
#[derive(Clone, Debug)]
pub struct Display {
    /// Its eight characters.
    pub id: String,
    /// The address to open.
    pub url: String,
}

impl Operator {
    /// Logs the venue's operator in.
    pub async fn log_in(server: &Server) -> Result<Self> {
        Self::log_in_as(&server.url(""), EMAIL, PASSWORD).await
    }

    /// Logs somebody in at the server with this address.
    pub async fn log_in_as(base: &str, email: &str, password: &str) -> Result<Self> {
        // The client wants one even for plain HTTP; another test of this process may have named it already.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let mut operator = Self {
            client: Client::new(),
            base: base.to_owned(),
            token: String::new(),
        };
        let body = json!({"email": email, "password": password});
        let answer = operator.post("/api/login", &body).await?;
        operator.token = text(&answer["token"])?;
        Ok(operator)
    }

    /// The timing session of this event, once the hardware has opened it.
    pub async fn timing_session(&self, event: &str) -> Result<String> {
        wait::until(&format!("the timing session {event:?}"), async || {
            let answer = self.get("/api/chronotrack/sessions").await?;
            let sessions = answer["sessions"].as_array().context("no sessions")?;
            let session = sessions
                .iter()
                .find(|session| session["event_name"] == event);
            session.map(|session| text(&session["id"])).transpose()
        })
        .await
    }

    /// A display session over a timing session.
    pub async fn session(&self, timing: &str, template: &str, mode: &str) -> Result<String> {
        let body = json!({
            "name": "Finish line",
            "mode": mode,
            "chronotrack_session_ids": [timing],
            "template_id": template,
        });
        let answer = self.post("/api/sessions/create", &body).await?;
        text(&answer["id"])
    }

    /// Gives a display session its roster.
    pub async fn roster(&self, session: &str, csv: &str) -> Result<Value> {
        let path = format!("/api/sessions/{session}/roster");
        let request = self
            .request(Method::PUT, &path)
            .header("content-type", "text/csv")
            .body(csv.to_owned());
        answer(request).await
    }

    /// Shares a display session.
    pub async fn share(&self, session: &str) -> Result<Display> {
        let body = json!({"session_id": session});
        let answer = self.post("/api/display/generate-url", &body).await?;
        Ok(Display {
            id: text(&answer["id"])?,
            url: text(&answer["url"])?,
        })
    }

    /// Ends a display.
    pub async fn revoke(&self, display: &Display) -> Result<()> {
        let path = format!("/api/display/{}", display.id);
        answer(self.request(Method::DELETE, &path)).await.map(drop)
    }

    /// `GET`; anything but a success is an error.
    pub async fn get(&self, path: &str) -> Result<Value> {
        answer(self.request(Method::GET, path)).await
    }

    /// `POST`; anything but a success is an error.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        answer(self.request(Method::POST, path).json(body)).await
    }

    /// `PATCH`; anything but a success is an error.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Value> {
        answer(self.request(Method::PATCH, path).json(body)).await
    }

    /// A request in this operator's name.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match self.token.as_str() {
            "" => request,
            token => request.bearer_auth(token),
        }
    }
}

async fn answer(request: RequestBuilder) -> Result<Value> {
    let response = request.send().await.context("ask the server")?;
    let (status, url) = (response.status(), response.url().path().to_owned());
    let body = response.text().await.context("read the answer")?;
    ensure!(status.is_success(), "{url}: {status}: {body}");
    match body.as_str() {
        "" => Ok(Value::Null),
        body => serde_json::from_str(body).with_context(|| format!("{url}: {body}")),
    }
}

fn text(value: &Value) -> Result<String> {
    let text = value
        .as_str()
        .with_context(|| format!("no text: {value}"))?;
    Ok(text.to_owned())
}
