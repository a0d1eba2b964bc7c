//! A real headless Chromium, driven over its own debugging protocol.
//!
//! One window, no driver program beside it: open an address, run JavaScript, take a picture, cut the network.

use std::{process::Stdio, time::Duration};

use anyhow::{Context, Result, anyhow, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::{SinkExt, StreamExt};
use image::RgbaImage;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    process::{Child, ChildStderr, Command},
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

/// How long anything in the browser may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where Chromium may be, in the order in which it is looked for.
const PROGRAMS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

const ARGUMENTS: [&str; 14] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--force-color-profile=srgb",
    "--remote-debugging-port=0",
    "about:blank",
];

/// A running browser with one window. It ends with [`Browser::quit`], or is killed when dropped.
pub struct Browser {
    process: Child,
    profile: TempDir,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    session: Option<String>,
    questions: u64,
    complaints: Vec<String>,
}

/// A font that the browser drew with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DrawnFont {
    /// The name that the file gives itself.
    pub post_script_name: String,
    /// Whether it came with the page, not from the machine.
    pub is_custom_font: bool,
}

impl Browser {
    /// Starts a browser whose window is `width` × `height` pixels.
    pub async fn start(width: u32, height: u32) -> Result<Self> {
        let profile = tempfile::tempdir().context("failed to make a browser profile")?;
        let mut process = spawn(&profile)?;
        let stderr = process.stderr.take().context("no standard error")?;
        let address = timeout(PATIENCE, debugging_address(stderr))
            .await
            .context("the browser did not say where to reach it")??;
        let limits = WebSocketConfig::default()
            .max_message_size(None)
            .max_frame_size(None);
        let (socket, _) = connect_async_with_config(&address, Some(limits), true).await?;
        let mut browser = Self {
            process,
            profile,
            socket,
            session: None,
            questions: 0,
            complaints: Vec::new(),
        };
        browser.attach().await?;
        browser.resize(width, height).await?;
        Ok(browser)
    }

    /// Opens an address and waits until it is loaded, whatever the server's answer.
    pub async fn open(&mut self, url: &str) -> Result<()> {
        let answer = self.ask("Page.navigate", json!({ "url": url })).await?;
        if let Some(error) = answer["errorText"].as_str() {
            bail!("failed to open \"{url}\": {error}");
        }
        self.wait_for(&format!(
            "document.readyState === 'complete' && location.href === {}",
            json!(url)
        ))
        .await
    }

    /// Believes every certificate from now on, as somebody does who has been asked to.
    pub async fn believe_certificates(&mut self) -> Result<()> {
        let parameters = json!({ "ignore": true });
        self.ask("Security.setIgnoreCertificateErrors", parameters)
            .await
            .map(drop)
    }

    /// The value of a JavaScript expression; a promise is waited for.
    pub async fn evaluate<T: DeserializeOwned>(&mut self, expression: &str) -> Result<T> {
        let parameters =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.ask("Runtime.evaluate", parameters).await?;
        if let Some(exception) = answer.get("exceptionDetails") {
            bail!("failed to evaluate \"{expression}\": {exception}");
        }
        serde_json::from_value(answer["result"]["value"].clone())
            .with_context(|| format!("unexpected value of \"{expression}\": {answer}"))
    }

    /// Returns once a JavaScript expression is true; the page may load anew meanwhile.
    pub async fn wait_for(&mut self, expression: &str) -> Result<()> {
        let watch = format!(
            "new Promise((resolve) => {{
                const end = Date.now() + 1000;
                const look = () => (({expression}) ? resolve(true)
                    : Date.now() > end ? resolve(false) : setTimeout(look, 10));
                look();
            }})"
        );
        let seen = async {
            loop {
                match self.evaluate::<bool>(&watch).await {
                    Ok(true) => return Ok(()),
                    Ok(false) => {}
                    Err(error) if lost_its_page(&error) => {}
                    Err(error) => return Err(error),
                }
            }
        };
        match timeout(PATIENCE, seen).await {
            Ok(result) => result,
            Err(_) => Err(anyhow!("waited in vain for \"{expression}\"")),
        }
    }

    /// Gives the window another size in pixels.
    pub async fn resize(&mut self, width: u32, height: u32) -> Result<()> {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.ask("Emulation.setDeviceMetricsOverride", metrics)
            .await
            .map(drop)
    }

    /// What the window shows.
    pub async fn screenshot(&mut self) -> Result<RgbaImage> {
        let answer = self
            .ask("Page.captureScreenshot", json!({ "format": "png" }))
            .await?;
        let png = STANDARD.decode(answer["data"].as_str().unwrap_or_default())?;
        Ok(image::load_from_memory(&png)?.to_rgba8())
    }

    /// The fonts that drew the text of every element that `selector` finds, and whether the page brought them along.
    pub async fn fonts(&mut self, selector: &str) -> Result<Vec<DrawnFont>> {
        let document = self.ask("DOM.getDocument", json!({ "depth": 0 })).await?;
        let root = &document["root"]["nodeId"];
        let query = json!({ "nodeId": root, "selector": selector });
        let found = self.ask("DOM.querySelectorAll", query).await?;
        let mut fonts = Vec::new();
        for node in found["nodeIds"].as_array().into_iter().flatten() {
            let parameters = json!({ "nodeId": node });
            let mut drawn = self.ask("CSS.getPlatformFontsForNode", parameters).await?;
            fonts.extend(serde_json::from_value::<Vec<DrawnFont>>(
                drawn["fonts"].take(),
            )?);
        }
        Ok(fonts)
    }

    /// What went wrong in the page since this was last asked: uncaught exceptions and what the browser itself logged as an error.
    pub fn take_complaints(&mut self) -> Vec<String> {
        std::mem::take(&mut self.complaints)
    }

    /// Ends the browser and waits for its end.
    pub async fn quit(mut self) -> Result<()> {
        self.session = None;
        // The browser may be gone before it has answered.
        let _ = self.ask("Browser.close", json!({})).await;
        timeout(PATIENCE, self.process.wait())
            .await
            .context("the browser did not end")??;
        self.profile
            .close()
            .context("failed to remove the browser profile")
    }

    async fn attach(&mut self) -> Result<()> {
        let targets = self.ask("Target.getTargets", json!({})).await?;
        let page = targets["targetInfos"]
            .as_array()
            .and_then(|targets| targets.iter().find(|target| target["type"] == "page"))
            .context("the browser has no window")?;
        let parameters = json!({ "targetId": page["targetId"], "flatten": true });
        let attached = self.ask("Target.attachToTarget", parameters).await?;
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in [
            "Page.enable",
            "Runtime.enable",
            "Log.enable",
            "DOM.enable",
            "CSS.enable",
        ] {
            self.ask(domain, json!({})).await?;
        }
        Ok(())
    }

    /// Sends a command and returns its result; events that come in between are heard.
    async fn ask(&mut self, method: &str, parameters: Value) -> Result<Value> {
        self.questions += 1;
        let id = self.questions;
        let mut question = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            question["sessionId"] = json!(session);
        }
        self.socket
            .send(Message::text(question.to_string()))
            .await?;
        let answer = timeout(PATIENCE, self.answer(id))
            .await
            .with_context(|| format!("no answer to {method}"))??;
        match answer.get("error") {
            Some(error) => Err(anyhow!("{method}: {error}")),
            None => Ok(answer["result"].clone()),
        }
    }

    async fn answer(&mut self, id: u64) -> Result<Value> {
        loop {
            let message = self.socket.next().await.context("the browser is gone")??;
            let Ok(text) = message.to_text() else {
                continue;
            };
            let message: Value = serde_json::from_str(text).unwrap_or_default();
            if message["id"] == id {
                return Ok(message);
            }
            self.hear(&message);
        }
    }

    fn hear(&mut self, event: &Value) {
        let complaint = match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => &event["params"]["exceptionDetails"],
            Some("Log.entryAdded") if event["params"]["entry"]["level"] == "error" => {
                &event["params"]["entry"]
            }
            _ => return,
        };
        self.complaints.push(complaint.to_string());
    }
}

fn spawn(profile: &TempDir) -> Result<Child> {
    let chosen = std::env::var("GANTRY_CHROMIUM").ok();
    let programs = chosen.iter().map(String::as_str).chain(PROGRAMS);
    for program in programs {
        let spawned = Command::new(program)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(ARGUMENTS)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        match spawned {
            Ok(process) => return Ok(process),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("failed to start {program}")),
        }
    }
    bail!("no Chromium on the path: install one or name it in GANTRY_CHROMIUM")
}

/// Reads what the browser says until it names its debugging address, and goes on reading so that the pipe never fills.
async fn debugging_address(stderr: ChildStderr) -> Result<String> {
    let mut lines = BufReader::new(stderr).lines();
    let mut said = String::new();
    while let Some(line) = lines.next_line().await? {
        if let Some(address) = line.strip_prefix("DevTools listening on ") {
            let address = address.to_owned();
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(address);
        }
        said += &line;
        said.push('\n');
    }
    bail!("the browser ended: {said}")
}

/// True when an evaluation failed only because its page was replaced by another.
fn lost_its_page(error: &anyhow::Error) -> bool {
    let text = error.to_string();
    ["navigated", "context was destroyed", "Cannot find context"]
        .iter()
        .any(|part| text.contains(part))
}
