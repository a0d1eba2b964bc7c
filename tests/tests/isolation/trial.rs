//! One route, tried by everybody.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use gantry_tests::{
    caller::{Answer, Caller, Question},
    race::EVENT,
    venue::Server,
    walls::{
        people::{OURS, People},
        table::{Entry, Who},
        things::{self, Things},
    },
};

/// A route and the things of ours that it is about.
pub(crate) struct Trial<'a> {
    entry: Entry,
    server: &'a Server,
    people: &'a People,
    things: Things,
}

/// Whether what the path and the body name is there.
#[derive(Clone, Copy)]
enum Names {
    Real,
    Never,
}

impl<'a> Trial<'a> {
    /// Makes the things.
    pub(crate) async fn prepare(
        entry: Entry,
        server: &'a Server,
        people: &'a People,
    ) -> Result<Self> {
        Ok(Self {
            entry,
            server,
            people,
            things: named(&entry, &people.owner).await?,
        })
    }

    /// Everybody asks; what is wrong with the answers comes back.
    pub(crate) async fn run(&self) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        let people = self.people;
        if self.entry.who > Who::Anybody {
            for (name, caller) in [
                ("nobody", &people.nobody),
                ("a garbage token", &people.garbage),
                ("a revoked token", &people.revoked),
            ] {
                self.refused(name, caller, 401, &mut faults).await?;
            }
        }
        if self.entry.who > Who::SignedIn {
            self.refused(
                "somebody without a partner",
                &people.unbound,
                403,
                &mut faults,
            )
            .await?;
        }
        for (name, caller) in people.below(self.entry.who) {
            self.refused(name, caller, 403, &mut faults).await?;
        }
        self.foreign(&mut faults).await?;
        self.unshared(&mut faults).await?;
        let right = people.right(self.server, self.entry.who).await?;
        let answer = self.ask(&right, Names::Real).await?;
        if !answer.is_success() {
            faults.push(self.fault("whoever may", &format!("is refused: {answer}")));
        }
        Ok(faults)
    }

    /// Somebody who may not ask at all learns nothing but that.
    async fn refused(
        &self,
        name: &str,
        caller: &Caller,
        status: u16,
        faults: &mut Vec<String>,
    ) -> Result<()> {
        let real = self.ask(caller, Names::Real).await?;
        let never = self.ask(caller, Names::Never).await?;
        if real.status != status {
            faults.push(self.fault(name, &format!("expected {status}, not {real}")));
        }
        faults.extend(self.told_apart(name, &real, &never));
        Ok(())
    }

    /// An owner of another partner may ask, and finds nothing of ours. A display's id is for whoever has it.
    async fn foreign(&self, faults: &mut Vec<String>) -> Result<()> {
        if self.entry.who == Who::Anybody {
            return self.by_id_alone(faults).await;
        }
        let name = "another partner's owner";
        let foreigner = self.people.foreigner(self.server).await?;
        let real = self.ask(&foreigner, Names::Real).await?;
        let foreigner = self.people.foreigner(self.server).await?;
        let never = self.ask(&foreigner, Names::Never).await?;
        faults.extend(self.told_apart(name, &real, &never));
        if self.is_about_something() && !is_not_found(&real) {
            faults.push(self.fault(name, &format!("expected 404 or 422, not {real}")));
        }
        self.silent(name, &real, &[OURS, EVENT, "northern.example"], faults);
        Ok(())
    }

    /// A colleague with whom a display session was not shared may ask, and finds neither it nor its displays.
    async fn unshared(&self, faults: &mut Vec<String>) -> Result<()> {
        if !matches!(self.entry.who, Who::Viewer | Who::Operator) {
            return Ok(());
        }
        let name = "a colleague with whom nothing was shared";
        let hidden = things::named_in("<session><display>", &self.people.owner).await?;
        let colleague = &self.people.colleague;
        let is_about_it = ["session", "display"]
            .iter()
            .any(|kind| self.things.contains_key(*kind));
        // What all of a partner's operators have, this one may change or remove.
        let things = if is_about_it {
            self.things.clone()
        } else {
            named(&self.entry, &self.people.owner).await?
        };
        let real = colleague.ask(&self.question(&things, Names::Real)).await?;
        if is_about_it {
            let never = self.ask(colleague, Names::Never).await?;
            faults.extend(self.told_apart(name, &real, &never));
            if !is_not_found(&real) {
                faults.push(self.fault(name, &format!("expected 404 or 422, not {real}")));
            }
        }
        let hidden: Vec<_> = hidden.values().map(|thing| thing.real.as_str()).collect();
        self.silent(name, &real, &hidden, faults);
        Ok(())
    }

    /// The id of a display is all that it takes, and all that helps: each token is answered as none is, also when the display is
    /// over, and then as if it had never been.
    async fn by_id_alone(&self, faults: &mut Vec<String>) -> Result<()> {
        if !self.things.contains_key("display") {
            return Ok(());
        }
        let over = things::named_in("<over>", &self.people.owner).await?;
        let over = Things::from([("display".to_owned(), over["over"].clone())]);
        let nobody = &self.people.nobody;
        let shown = self.ask(nobody, Names::Real).await?;
        let ended = nobody.ask(&self.question(&over, Names::Real)).await?;
        let never = nobody.ask(&self.question(&over, Names::Never)).await?;
        let name = "who has the id of a revoked display";
        if ended.is_success() {
            faults.push(self.fault(name, &format!("is served: {ended}")));
        }
        faults.extend(difference(&ended, &never, &over).map(|what| self.fault(name, &what)));
        let foreigner = self.people.foreigner(self.server).await?;
        let foreigner = ("another partner's owner", &foreigner);
        for (name, caller) in self.people.with_tokens().into_iter().chain([foreigner]) {
            let alike = self.ask(caller, Names::Real).await?;
            faults.extend(unlike(&shown, &alike, &self.things).map(|what| self.fault(name, &what)));
            let alike = caller.ask(&self.question(&over, Names::Real)).await?;
            faults.extend(unlike(&ended, &alike, &over).map(|what| self.fault(name, &what)));
        }
        Ok(())
    }

    /// An answer must not have these texts.
    fn silent(&self, name: &str, answer: &Answer, texts: &[&str], faults: &mut Vec<String>) {
        let said = String::from_utf8_lossy(&answer.body);
        for ours in texts.iter().filter(|text| said.contains(**text)) {
            faults.push(self.fault(name, &format!("is told of {ours:?}: {answer}")));
        }
    }

    async fn ask(&self, caller: &Caller, names: Names) -> Result<Answer> {
        caller.ask(&self.question(&self.things, names)).await
    }

    fn question(&self, things: &Things, names: Names) -> Question {
        let (method, path) = self.entry.route.split_once(' ').unwrap_or_default();
        let method = method.parse().unwrap_or_default();
        let mut question = Question::new(method, filled(path, things, names));
        for (name, value) in self.entry.headers {
            question = question.header(name, filled(value, things, names));
        }
        match self.entry.body {
            Some((media_type, text)) => question.body(media_type, filled(text, things, names)),
            None => question,
        }
    }

    /// Whether the route is about something that has an owner, and not about a list or about whoever asks.
    fn is_about_something(&self) -> bool {
        self.things.values().any(|thing| thing.real != thing.never)
    }

    fn told_apart(&self, name: &str, real: &Answer, never: &Answer) -> Option<String> {
        if !self.is_about_something() {
            return None;
        }
        difference(real, never, &self.things).map(|what| self.fault(name, &what))
    }

    fn fault(&self, name: &str, what: &str) -> String {
        format!("{} by {name}: {what}", self.entry.route)
    }
}

/// The things that a route is about, made anew.
async fn named(entry: &Entry, owner: &Caller) -> Result<Things> {
    let body = entry.body.map_or("", |(_, text)| text);
    let headers = entry.headers.iter().map(|(_, value)| *value);
    let text = [entry.route, body]
        .into_iter()
        .chain(headers)
        .collect::<String>();
    things::named_in(&text, owner)
        .await
        .with_context(|| format!("prepare {}", entry.route))
}

fn filled(text: &str, things: &Things, names: Names) -> String {
    let mut filled = text.to_owned();
    for (name, thing) in things {
        let value = match names {
            Names::Real => &thing.real,
            Names::Never => &thing.never,
        };
        filled = filled.replace(&format!("<{name}>"), value);
    }
    filled
}

/// Whether an answer says that what was named is not there, be it in the path or in the body.
fn is_not_found(answer: &Answer) -> bool {
    matches!(answer.status, 404 | 422)
}

/// How the answer about a thing that is there differs from that about one that never was, apart from their names.
fn difference(real: &Answer, never: &Answer, things: &Things) -> Option<String> {
    let (real, never) = (
        said(real, things, Names::Real),
        said(never, things, Names::Never),
    );
    (real != never)
        .then(|| format!("tells what is there from what never was:\n{real}\n---\n{never}"))
}

/// How two answers about the same thing differ.
fn unlike(one: &Answer, other: &Answer, things: &Things) -> Option<String> {
    let (one, other) = (
        said(one, things, Names::Real),
        said(other, things, Names::Real),
    );
    (one != other).then(|| format!("a token makes a difference:\n{one}\n---\n{other}"))
}

/// All of an answer but its date and the ids that were asked for.
fn said(answer: &Answer, things: &Things, names: Names) -> String {
    let mut said = format!("{}\n", answer.status);
    for (name, value) in &answer.headers {
        if name != "date" {
            let value = String::from_utf8_lossy(value.as_bytes());
            let _ = writeln!(said, "{name}: {value}");
        }
    }
    said.push_str(&String::from_utf8_lossy(&answer.body));
    for (name, thing) in things {
        let value = match names {
            Names::Real => &thing.real,
            Names::Never => &thing.never,
        };
        said = said.replace(value.as_str(), &format!("<{name}>"));
    }
    said
}
