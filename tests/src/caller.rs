//! Somebody who asks over HTTP and takes every answer as it is, be it a refusal.

use anyhow::{Context as _, Result, ensure};
use reqwest::{Client, Method, Response, header::HeaderMap, redirect::Policy};
use serde_json::{Value, json};

use crate::venue::Server;

/// A caller, signed in or not.
#[derive(Clone)]
pub struct Caller {
    client: Client,
    base: String,
    token: Option<String>,
}

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The method, in capitals.
    pub method: Method,
    /// The path and, after a `?`, the query.
    pub path: String,
    /// Headers besides those that the body brings.
    pub headers: Vec<(String, String)>,
    /// The body's media type and bytes.
    pub body: Option<(String, Vec<u8>)>,
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body; of a stream that goes on, nothing.
    pub body: Vec<u8>,
}

impl Question {
    /// A question without a body.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            ..Self::default()
        }
    }

    /// The same with a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// The same with a body.
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some((media_type.to_owned(), body.into()));
        self
    }

    /// The same with one more header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

impl Caller {
    /// Somebody whom the server does not know.
    pub fn nobody(server: &Server) -> Self {
        // The client wants one even for plain HTTP; another test of this process may have named it already.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        // Where a redirection leads is another question.
        let client = Client::builder().redirect(Policy::none()).build();
        Self {
            client: client.unwrap_or_default(),
            base: server.url(""),
            token: None,
        }
    }

    /// Somebody who signs in with an address and a password.
    pub async fn sign_in(server: &Server, email: &str, password: &str) -> Result<Self> {
        let nobody = Self::nobody(server);
        let credentials = json!({"email": email, "password": password});
        let answer = nobody.post("/api/login", &credentials).await?;
        let token = answer.text("/token")?;
        Ok(nobody.with_token(&token))
    }

    /// The same caller with this token.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The token, when there is one.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Asks and takes any answer.
    pub async fn ask(&self, question: &Question) -> Result<Answer> {
        let Question {
            method,
            path,
            headers,
            body,
        } = question;
        let what = || format!("{method} {path}");
        let response = self.send(method, path, headers, body.as_ref()).await;
        let response = response.with_context(what)?;
        Answer::read(response).await.with_context(what)
    }

    /// `GET`; anything but a success is an error.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.succeed(&Question::new(Method::GET, path)).await
    }

    /// `POST`; anything but a success is an error.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        let question = Question::new(Method::POST, path).json(body);
        self.succeed(&question).await
    }

    /// Asks; anything but a success is an error.
    pub async fn succeed(&self, question: &Question) -> Result<Answer> {
        let answer = self.ask(question).await?;
        ensure!(
            answer.is_success(),
            "{} {}: {answer}",
            question.method,
            question.path
        );
        Ok(answer)
    }

    async fn send(
        &self,
        method: &Method,
        path: &str,
        headers: &[(String, String)],
        body: Option<&(String, Vec<u8>)>,
    ) -> reqwest::Result<Response> {
        let address = format!("{}{path}", self.base);
        let mut request = self.client.request(method.clone(), address);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some((media_type, bytes)) = body {
            request = request
                .header("content-type", media_type)
                .body(bytes.clone());
        }
        request.send().await
    }
}

impl Answer {
    async fn read(response: Response) -> Result<Self> {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let kind = headers.get("content-type");
        let goes_on = status == 101 || kind.is_some_and(|kind| kind == "text/event-stream");
        let body = if goes_on {
            Vec::new()
        } else {
            response.bytes().await?.to_vec()
        };
        Ok(Self {
            status,
            headers,
            body,
        })
    }

    /// Whether what was asked for was done or found elsewhere, or a stream was opened.
    pub fn is_success(&self) -> bool {
        matches!(self.status, 101 | 200..400)
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("no JSON: {self}"))
    }

    /// The text at a JSON pointer.
    pub fn text(&self, pointer: &str) -> Result<String> {
        let json = self.json()?;
        let text = json.pointer(pointer).and_then(Value::as_str);
        text.map(str::to_owned)
            .with_context(|| format!("no text at {pointer}: {self}"))
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: {}",
            self.status,
            String::from_utf8_lossy(&self.body)
        )
    }
}
