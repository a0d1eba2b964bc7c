//! The things that a partner has, made anew for each route: what one route does to them must not help or hinder the next.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context as _, Result, bail};
use reqwest::Method;
use serde_json::{Value, json};

use super::people::{BOTH, EMAIL, OPERATOR, PASSWORD, VIEWER};
use crate::{
    caller::{Answer, Caller, Question},
    race::EVENT,
    wait,
};

/// A thing that is there, and how one is called that never was.
#[derive(Clone, Debug)]
pub struct Thing {
    /// How it is called.
    pub real: String,
    /// As long as that, and nothing was ever called so.
    pub never: String,
}

/// Things by the names that the table has for them.
pub type Things = BTreeMap<String, Thing>;

/// Makes the things that a text names in angle brackets, in the name of their partner's owner.
pub async fn named_in(text: &str, owner: &Caller) -> Result<Things> {
    let mut things = Things::new();
    for rest in text.split('<').skip(1) {
        let (name, _) = rest.split_once('>').context("an angle bracket is open")?;
        if !things.contains_key(name) {
            let thing = make(name, owner)
                .await
                .with_context(|| format!("make a {name}"))?;
            things.insert(name.to_owned(), thing);
        }
    }
    Ok(things)
}

async fn make(name: &str, owner: &Caller) -> Result<Thing> {
    let real = match name {
        "email" => return Ok(certain(EMAIL)),
        "viewer" => return Ok(certain(VIEWER)),
        "password" => return Ok(certain(PASSWORD)),
        "partner" => owner.get("/api/me").await?.text("/partner_id")?,
        "timing session" => timing_session(owner).await?,
        "part" => split(owner).await?,
        "mat" => mat(owner).await?,
        "later moment" => return Ok(certain(&later_moment())),
        "session" => session(owner).await?,
        "display" => display(owner).await?,
        "template" => id(owner, "/api/templates", &json!({"from": "announcer"})).await?,
        "feed" => {
            let feed = json!({"name": "Mat", "protocol": "chronotrack", "event": "Nobody's"});
            id(owner, "/api/feeds", &feed).await?
        }
        "colleague" => colleague(owner, VIEWER).await?,
        "heir" => colleague(owner, EMAIL).await?,
        "person" => person(owner).await?,
        "invitation" => invite(owner, "invited@both.example").await?.text("/id")?,
        "invitation code" => invite(owner, "invited@both.example").await?.text("/code")?,
        "reset code" => {
            let path = format!("/api/people/{}/reset", colleague(owner, VIEWER).await?);
            owner.post(&path, &json!({})).await?.text("/code")?
        }
        "token" => token(owner).await?,
        "over" => {
            let display = display(owner).await?;
            let path = format!("/api/display/{display}");
            owner.succeed(&Question::new(Method::DELETE, path)).await?;
            display
        }
        other => bail!("things do not know how to make a {other:?}"),
    };
    let never = never(&real);
    Ok(Thing { real, never })
}

/// Something that is no secret and that everybody calls the same.
fn certain(text: &str) -> Thing {
    Thing {
        real: text.to_owned(),
        never: text.to_owned(),
    }
}

/// A name of the same shape that was never given: the end, which chance made, the other way round.
fn never(real: &str) -> String {
    let at = real.rfind('-').map_or(0, |dash| dash + 1);
    let (kept, chance) = real.split_at(at);
    let turned: String = chance.chars().rev().collect();
    format!("{kept}{turned}")
}

async fn timing_session(owner: &Caller) -> Result<String> {
    wait::until("the timing session", async || {
        let answer = owner.get("/api/chronotrack/sessions").await?.json()?;
        let sessions = answer["sessions"].as_array().context("no sessions")?;
        // The oldest: the others were split off it.
        let ours = sessions
            .iter()
            .rfind(|session| session["event_name"] == EVENT);
        Ok(ours.and_then(|session| session["id"].as_str().map(str::to_owned)))
    })
    .await
}

/// A mat of the timing session's.
async fn mat(owner: &Caller) -> Result<String> {
    let path = format!(
        "/api/chronotrack/sessions/{}/preview",
        timing_session(owner).await?
    );
    wait::until("the mat", async || {
        let preview = owner.get(&path).await?.json()?;
        let mat = preview["by_location"][0]["location"].as_str();
        Ok(mat.map(str::to_owned))
    })
    .await
}

/// A timing session that was split off. Each is cut off before the one made last, so there is always something to cut off.
async fn split(owner: &Caller) -> Result<String> {
    static CUTS: AtomicU32 = AtomicU32::new(0);
    let day = 5_000 - CUTS.fetch_add(1, Ordering::Relaxed);
    let path = format!(
        "/api/chronotrack/sessions/{}/split",
        timing_session(owner).await?
    );
    id(owner, &path, &json!({"at": moment(day)})).await
}

/// A moment after those named before, and before all that timing sessions were split at.
fn later_moment() -> String {
    static NAMED: AtomicU32 = AtomicU32::new(0);
    moment(NAMED.fetch_add(1, Ordering::Relaxed))
}

/// The beginning of a day that is long to come, and one of a thousand years.
fn moment(day: u32) -> String {
    let (year, month, day) = (3_000 + day / 336, 1 + day / 28 % 12, 1 + day % 28);
    format!("{year}-{month:02}-{day:02}T00:00:00Z")
}

/// A display session of our operator's, that our viewer may look at.
async fn session(owner: &Caller) -> Result<String> {
    let body = json!({"name": format!("{EVENT} line"), "mode": "results"});
    let session = id(owner, "/api/sessions/create", &body).await?;
    let (viewer, operator) = (
        colleague(owner, VIEWER).await?,
        colleague(owner, OPERATOR).await?,
    );
    let path = format!("/api/sessions/{session}/shares/{viewer}");
    let share = Question::new(Method::PUT, path).json(&json!({"access": "view"}));
    owner.succeed(&share).await?;
    let path = format!("/api/sessions/{session}/hand-over");
    owner.post(&path, &json!({"user_id": operator})).await?;
    Ok(session)
}

/// The id of somebody who works for our partner.
async fn colleague(owner: &Caller, email: &str) -> Result<String> {
    let answer = owner.get("/api/colleagues").await?.json()?;
    let people = answer["colleagues"].as_array().context("no colleagues")?;
    let found = people.iter().find(|colleague| colleague["email"] == email);
    let id = found.and_then(|colleague| colleague["id"].as_str());
    Ok(id.context("nobody has this address")?.to_owned())
}

async fn display(owner: &Caller) -> Result<String> {
    let body = json!({"session_id": session(owner).await?});
    id(owner, "/api/display/generate-url", &body).await
}

async fn invite(owner: &Caller, email: &str) -> Result<Answer> {
    let invitation = json!({"email": email, "role": "viewer"});
    owner.post("/api/invitations", &invitation).await
}

/// Somebody new each time, who may be removed.
async fn person(owner: &Caller) -> Result<String> {
    static HIRED: AtomicU32 = AtomicU32::new(0);
    let email = format!(
        "hired{}@both.example",
        HIRED.fetch_add(1, Ordering::Relaxed)
    );
    let code = invite(owner, &email).await?.text("/code")?;
    let acceptance = json!({"email": email, "code": code, "password": PASSWORD});
    owner.post("/api/invitations/accept", &acceptance).await?;
    colleague(owner, &email).await
}

/// Another sign-in of whoever may end it.
async fn token(owner: &Caller) -> Result<String> {
    let credentials = json!({"email": BOTH, "password": PASSWORD});
    let token = owner.post("/api/login", &credentials).await?;
    let signed_in = owner.with_token(&token.text("/token")?);
    let tokens = signed_in.get("/api/tokens").await?.json()?;
    let tokens = tokens["tokens"].as_array().context("no tokens")?;
    let current = tokens.iter().find(|token| token["current"] == true);
    let id = current.and_then(|token| token["id"].as_str());
    Ok(id.context("no token is the current one")?.to_owned())
}

async fn id(owner: &Caller, path: &str, body: &Value) -> Result<String> {
    owner.post(path, body).await?.text("/id")
}
