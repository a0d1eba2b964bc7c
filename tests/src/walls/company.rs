//! One of the two partners as the model has it: its people, and everything of it that must be there.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    chance::Chance,
    screens::Screens,
    secrets::{Ear, Secrets, Side},
    table::Who,
    workspace::{Access, Workspace},
};
use crate::{
    caller::{Answer, Caller, Question},
    hardware::Hardware,
    venue::Server,
};

/// Somebody who works for the partner.
pub struct Person {
    /// How they ask.
    pub caller: Caller,
    /// What they may do.
    pub role: Who,
    /// How they sign in.
    pub email: &'static str,
    /// Whether they work for the other partner as well.
    pub knows_both: bool,
    /// The address that they ask from.
    pub address: String,
    /// Their id, as colleagues see it.
    pub id: String,
}

/// A display as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The display session that it shows.
    pub session: String,
    /// `active` or `revoked`.
    pub status: &'static str,
}

/// A partner, and what must be visible of it to its people.
pub struct Company {
    /// Which of the two.
    pub side: Side,
    /// Who works for it.
    pub people: Vec<Person>,
    /// Its display sessions by id, also those that were removed.
    pub sessions: BTreeMap<String, Workspace>,
    /// Its displays by id.
    pub displays: BTreeMap<String, Shown>,
    /// Who was invited and has not come: the address by the invitation's id.
    pub invitations: BTreeMap<String, String>,
    /// The names of its own templates, by id.
    pub templates: BTreeMap<String, String>,
    /// The timing session of its hardware.
    pub timing_session: Option<String>,
    /// The mat of its hardware, while that is connected.
    pub mat: Option<Hardware>,
    /// How many reads the mat has sent.
    pub reads: usize,
    /// The screens that show its displays.
    pub screens: Screens,
    /// What nobody else may hear.
    pub secrets: Arc<Secrets>,
    /// How many texts it has made up.
    texts: usize,
}

/// What has to come of a question: success, or a refusal with this status.
pub type Verdict = Result<(), u16>;

impl Company {
    /// A partner that has nothing yet.
    pub fn new(side: Side, people: Vec<Person>, screens: Screens, secrets: Arc<Secrets>) -> Self {
        Self {
            side,
            people,
            sessions: BTreeMap::new(),
            displays: BTreeMap::new(),
            invitations: BTreeMap::new(),
            templates: BTreeMap::new(),
            timing_session: None,
            mat: None,
            reads: 0,
            screens,
            secrets,
            texts: 0,
        }
    }

    /// Goes on at another server, where its people are still signed in. Its screens and its mat are off.
    pub fn move_to(&mut self, server: &Server) {
        for person in &mut self.people {
            let token = person.caller.token().unwrap_or_default();
            person.caller = Caller::nobody(server).with_token(token);
        }
        self.screens = Screens::new(self.side, server, Arc::clone(&self.secrets));
        self.mat = None;
    }

    /// A runner's name that is nobody else's.
    pub fn runner(&mut self) -> String {
        self.texts += 1;
        format!("{} {}", self.side.runner(), self.texts)
    }

    /// A text that is nobody else's.
    pub fn text(&mut self) -> String {
        self.texts += 1;
        format!("{} {}", self.side.mark(), self.texts)
    }

    /// Anybody, by number.
    pub fn anybody(&self, chance: &mut Chance) -> usize {
        chance.below(self.people.len())
    }

    /// Asks in somebody's name, and hears the answer, which must be what it has to be. Answers the body of a success.
    pub async fn attempt(
        &self,
        person: usize,
        question: Question,
        verdict: Verdict,
    ) -> Result<Option<Value>> {
        let person = &self.people[person];
        let what = format!("{} by {}", question.path, person.email);
        let answer = self.ask(person, question).await?;
        match verdict {
            Ok(()) => {
                ensure!(answer.is_success(), "{what}: {answer}");
                let body = match answer.body.as_slice() {
                    [] => Value::Null,
                    _ => answer.json()?,
                };
                Ok(Some(body))
            }
            Err(status) => {
                ensure!(answer.status == status, "{what}: not {status} but {answer}");
                Ok(None)
            }
        }
    }

    /// The same for what everybody may look at.
    pub async fn look(&self, person: usize, path: impl Into<String>) -> Result<Value> {
        let question = Question::new(Method::GET, path);
        let seen = self.attempt(person, question, Ok(())).await?;
        seen.context("it was looked at")
    }

    /// Asks in somebody's name, and hears the answer. A server that fails or loses patience is an error.
    pub async fn ask(&self, person: &Person, question: Question) -> Result<Answer> {
        let what = format!("{} {}", question.method, question.path);
        let question = question.header("x-forwarded-for", person.address.as_str());
        let mut asked = what.to_ascii_lowercase();
        if let Some((_, body)) = &question.body {
            asked.push_str(&String::from_utf8_lossy(body).to_ascii_lowercase());
        }
        let answer = person.caller.ask(&question).await?;
        let mut said = Vec::new();
        for value in answer.headers.values() {
            said.extend_from_slice(value.as_bytes());
            said.push(b'\n');
        }
        said.extend_from_slice(&answer.body);
        let ear = Ear {
            side: self.side,
            knows_both: person.knows_both,
            is_screen: false,
        };
        self.secrets.hear(ear, &what, &asked, &said);
        ensure!(
            answer.status < 500 && answer.status != 429,
            "{what}: {answer}"
        );
        Ok(answer)
    }

    /// Whether somebody may do something to a display session.
    pub fn verdict(
        &self,
        person: usize,
        session: &str,
        needs: Access,
        archived_too: bool,
    ) -> Verdict {
        let role = self.people[person].role;
        if needs > Access::View && role < Who::Operator {
            return Err(403);
        }
        let workspace = &self.sessions[session];
        match workspace.access(person, role) {
            None => Err(404),
            Some(access) if access < needs => Err(403),
            Some(_) if workspace.is_archived && !archived_too => Err(409),
            Some(_) => Ok(()),
        }
    }

    /// Whether somebody may do what takes a role and nothing else.
    pub fn role_verdict(&self, person: usize, role: Who) -> Verdict {
        if self.people[person].role < role {
            return Err(403);
        }
        Ok(())
    }

    /// Any of the display sessions that are there.
    pub fn any_session(&self, chance: &mut Chance) -> Option<String> {
        let there = self
            .sessions
            .iter()
            .filter(|(_, workspace)| !workspace.is_removed);
        chance.pick(there).map(|(id, _)| id.clone())
    }

    /// Any of the displays, also of those that are over.
    pub fn any_display(&self, chance: &mut Chance) -> Option<String> {
        chance.pick(self.displays.keys()).cloned()
    }

    /// The display session's displays end.
    pub fn end_displays(&mut self, session: &str) {
        for shown in self.displays.values_mut() {
            if shown.session == session {
                shown.status = "revoked";
            }
        }
    }
}

impl Person {
    /// Signs in and chooses the partner.
    pub async fn sign_in(&mut self, server: &Server, password: &str, side: Side) -> Result<()> {
        let nobody = Caller::nobody(server);
        let body = json!({"email": self.email, "password": password});
        let question = Question::new(Method::POST, "/api/login")
            .json(&body)
            .header("x-forwarded-for", self.address.as_str());
        let answer = nobody.succeed(&question).await?;
        self.caller = nobody.with_token(&answer.text("/token")?);
        if self.knows_both {
            let partners = answer.json()?["partners"].take();
            let mut partners = partners.as_array().into_iter().flatten();
            let chosen = partners
                .find(|partner| partner["name"] == side.name())
                .context("the partner is not among those that are offered")?;
            let body = json!({"partner_id": chosen["id"]});
            let answer = self.caller.post("/api/select-partner", &body).await?;
            self.caller = nobody.with_token(&answer.text("/token")?);
        }
        Ok(())
    }
}
