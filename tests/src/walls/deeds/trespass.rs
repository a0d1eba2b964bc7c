//! What anybody can try by any route: to look at what is theirs, to do what they may not, and to get at what is another's.

use anyhow::{Context as _, Result, ensure};

use crate::{
    caller::Question,
    walls::{
        chance::Chance,
        company::Company,
        table::{Entry, TABLE, Who},
    },
};

/// Somebody looks at anything of the partner's that there is to look at.
pub(super) async fn browse(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = chance.pick(&company.people).context("nobody")?;
    let looks = TABLE.iter().filter(|entry| {
        entry.route.starts_with("GET /api/") && entry.who <= person.role && entry.headers.is_empty()
    });
    let entry = chance.pick(looks).context("nothing to look at")?;
    let mut drawn = chance.clone();
    chance.draw();
    let own = |kind: &str| company.secrets.thing(company.side, kind, &mut drawn);
    if let Some(question) = filled(entry, own) {
        company.ask(person, question).await?;
    }
    Ok(())
}

/// Somebody tries what their role does not allow.
pub(super) async fn overreach(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = chance.pick(&company.people).context("nobody")?;
    let beyond = TABLE.iter().filter(|entry| entry.who > person.role);
    let Some(entry) = chance.pick(beyond) else {
        return Ok(());
    };
    let Some(question) = filled(entry, |kind| {
        company
            .secrets
            .thing(company.side, kind, &mut chance.clone())
    }) else {
        return Ok(());
    };
    let answer = company.ask(person, question).await?;
    ensure!(answer.status == 403, "{}: {answer}", entry.route);
    Ok(())
}

/// Somebody tries anything at all with what is the other partner's.
pub(super) async fn trespass(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = chance.pick(&company.people).context("nobody")?;
    let of_theirs = TABLE
        .iter()
        .filter(|entry| entry.who > Who::SignedIn && names(entry));
    let entry = chance.pick(of_theirs).context("nothing to try")?;
    let mut drawn = chance.clone();
    chance.draw();
    let theirs = |kind: &str| {
        company
            .secrets
            .thing(company.side.other(), kind, &mut drawn)
    };
    let Some(question) = filled(entry, theirs) else {
        return Ok(());
    };
    let answer = company.ask(person, question).await?;
    let expected: &[u16] = if entry.who <= person.role {
        &[404, 422]
    } else {
        &[403]
    };
    ensure!(
        expected.contains(&answer.status),
        "{} with another partner's things: {answer}",
        entry.route
    );
    Ok(())
}

/// Whether a route is about a thing.
fn names(entry: &Entry) -> bool {
    entry.route.contains('<') || entry.body.is_some_and(|(_, text)| text.contains('<'))
}

/// What a line of the table asks, about things that `thing` finds; `None` when it finds none of a kind.
fn filled(entry: &Entry, mut thing: impl FnMut(&str) -> Option<String>) -> Option<Question> {
    let (method, path) = entry.route.split_once(' ')?;
    let mut fill = |text: &str| {
        let mut filled = text.to_owned();
        while let Some((before, rest)) = filled.split_once('<') {
            let (kind, after) = rest.split_once('>')?;
            filled = format!("{before}{}{after}", thing(kind)?);
        }
        Some(filled)
    };
    let mut question = Question::new(method.parse().ok()?, fill(path)?);
    for (name, value) in entry.headers {
        question = question.header(name, fill(value)?);
    }
    match entry.body {
        Some((media_type, text)) => Some(question.body(media_type, fill(text)?)),
        None => Some(question),
    }
}
