//! Bad bodies: every field of every body that the running server describes, wrong in every way, is refused with the pointer to it,
//! and nothing of it is stored.

use anyhow::{Context as _, Result, ensure};
use gantry_tests::{
    caller::{Answer, Caller, Question},
    database::Kind,
    description::{Description, Route},
    hardware::Hardware,
    venue::{Addresses, Server, Venue},
    walls::{
        people::{OURS, People},
        table::{Entry, TABLE, Who, fits},
        things,
    },
};
use serde_json::{Map, Value, json};

/// What changes by being looked at or by time passing.
const VOLATILE: [&str; 4] = ["present", "last_used_at", "last_seen_at", "expires_at"];

/// A field of a body.
struct Field {
    /// Where it is.
    pointer: String,
    /// What it must be.
    schema: Value,
    /// Whether it must be there.
    is_required: bool,
}

#[tokio::test]
async fn bad_bodies_are_refused_with_a_file() -> Result<()> {
    refuse_all(Kind::Sqlite).await
}

#[tokio::test]
async fn bad_bodies_are_refused_with_postgres() -> Result<()> {
    refuse_all(Kind::Postgres).await
}

async fn refuse_all(kind: Kind) -> Result<()> {
    let venue = Venue::empty(kind).await?;
    People::hire(&venue).await?;
    let options = ["--timing-partner", OURS, "--requests-per-second", "1000000"];
    let server = venue.serve_with(Addresses::any(), &options).await?;
    let _mat = Hardware::play(server.addresses.timing, "harbour-start.ctp").await?;
    let people = People::sign_in(&server).await?;
    let description = Description::of(&people.nobody).await?;
    let (mut tried, mut faults) = (0, Vec::new());
    for route in description.routes()? {
        let body = &route.operation["requestBody"]["content"]["application/json"];
        let Some(schema) = body.get("schema") else {
            continue;
        };
        let (wrong, count) = refuse(&description, &route, schema, &server, &people)
            .await
            .with_context(|| route.name.clone())?;
        faults.extend(wrong);
        tried += count;
    }
    ensure!(tried > 100, "only {tried} bad bodies were found to try");
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

/// Tries every bad body of one route; answers what is wrong with the answers, and how many there were.
async fn refuse(
    description: &Description,
    route: &Route,
    schema: &Value,
    server: &Server,
    people: &People,
) -> Result<(Vec<String>, usize)> {
    let entry = TABLE.iter().find(|entry| fits(entry, &route.name));
    let entry = entry.context("the route is not in the table")?;
    let caller = people.right(server, entry.who.max(Who::SignedIn)).await?;
    let (question, good) = good(entry, &people.owner).await?;
    let before = everything(&people.owner).await?;
    let mut faults = Vec::new();
    let mut bodies = Vec::new();
    for field in fields(description, schema, "")? {
        bodies.extend(bad(&field, &good));
    }
    for text in ["", "[]", "null", "7", "\"x\"", "{", "{\"a\":1e999}"] {
        bodies.push((String::new(), text.to_owned()));
    }
    bodies.push((String::new(), "[".repeat(10_000)));
    let count = bodies.len();
    for (pointer, body) in bodies {
        let shown: String = body.chars().take(200).collect();
        let question = question.clone().body("application/json", body);
        let answer = caller.ask(&question).await?;
        if let Err(fault) = is_refusal(&answer, &pointer) {
            faults.push(format!("{} {pointer}: {fault:#}: {shown}", route.name));
        }
    }
    if everything(&people.owner).await? != before {
        faults.push(format!("{}: something was stored", route.name));
    }
    Ok((faults, count))
}

/// The route asked well: without its body, and the body.
async fn good(entry: &Entry, owner: &Caller) -> Result<(Question, Value)> {
    let (_, text) = entry.body.unwrap_or_default();
    let things = things::named_in(&format!("{}{text}", entry.route), owner).await?;
    let fill = |text: &str| {
        things.iter().fold(text.to_owned(), |text, (name, thing)| {
            text.replace(&format!("<{name}>"), &thing.real)
        })
    };
    let route = fill(entry.route);
    let (method, path) = route.split_once(' ').context("no method")?;
    let mut question = Question::new(method.parse()?, path);
    for (name, value) in entry.headers {
        question = question.header(name, fill(value));
    }
    // A route that takes other bodies as well has one of those in the table.
    Ok((
        question,
        serde_json::from_str(&fill(text)).unwrap_or(json!({})),
    ))
}

/// Everything that the partner's owner can look at without naming it.
async fn everything(owner: &Caller) -> Result<Vec<Value>> {
    let mut seen = Vec::new();
    for entry in TABLE {
        let path = entry.route.strip_prefix("GET ").unwrap_or_default();
        if !path.starts_with("/api/") || path.contains('<') || path.ends_with("openapi.json") {
            continue;
        }
        let mut lists = owner.get(path).await?.json()?;
        forget_volatile(&mut lists);
        seen.push(lists);
    }
    ensure!(!seen.is_empty(), "there is nothing to look at");
    Ok(seen)
}

fn forget_volatile(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !VOLATILE.contains(&name.as_str()));
            fields.values_mut().for_each(forget_volatile);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_volatile),
        _ => {}
    }
}

fn is_refusal(answer: &Answer, pointer: &str) -> Result<()> {
    ensure!(
        matches!(answer.status, 400 | 413 | 422),
        "not refused as bad: {answer}"
    );
    if answer.status != 422 || pointer.is_empty() {
        return Ok(());
    }
    let json = answer.json()?;
    let errors = json["errors"].as_array().context("no errors")?;
    let points = errors.iter().any(|error| {
        let told = error["pointer"].as_str().unwrap_or_default();
        told == pointer || told.starts_with(&format!("{pointer}/"))
    });
    ensure!(points, "no pointer to it: {answer}");
    Ok(())
}

/// All fields of a schema, below `at`.
fn fields(description: &Description, schema: &Value, at: &str) -> Result<Vec<Field>> {
    let schema = meant(description, schema)?;
    let mut found = Vec::new();
    if let Some(properties) = schema["properties"].as_object() {
        let required = schema["required"].as_array();
        for (name, property) in properties {
            let pointer = format!("{at}/{name}");
            let is_required = required.is_some_and(|all| all.iter().any(|one| one == name));
            found.push(Field {
                pointer: pointer.clone(),
                schema: meant(description, property)?.clone(),
                is_required,
            });
            found.extend(fields(description, property, &pointer)?);
        }
    }
    if let Some(items) = schema.get("items") {
        found.extend(member(description, items, &format!("{at}/0"))?);
    }
    if let Some(values) = schema
        .get("additionalProperties")
        .filter(|it| it.is_object())
    {
        found.extend(member(description, values, &format!("{at}/key"))?);
    }
    Ok(found)
}

/// What is in a list or a map, and the fields of that.
fn member(description: &Description, schema: &Value, pointer: &str) -> Result<Vec<Field>> {
    let own = Field {
        pointer: pointer.to_owned(),
        schema: meant(description, schema)?.clone(),
        is_required: false,
    };
    let below = fields(description, schema, pointer)?;
    Ok([own].into_iter().chain(below).collect())
}

/// The schema behind references and alternatives to null.
fn meant<'a>(description: &'a Description, schema: &'a Value) -> Result<&'a Value> {
    let schema = description.resolve(schema)?;
    for alternatives in ["oneOf", "anyOf", "allOf"] {
        let Some(all) = schema[alternatives].as_array() else {
            continue;
        };
        if let Some(one) = all.iter().find(|one| one["type"] != "null") {
            return meant(description, one);
        }
    }
    Ok(schema)
}

/// Bodies that are as good as `good` but for one field, and where that is.
fn bad(field: &Field, good: &Value) -> Vec<(String, String)> {
    let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    let with = |value: Value| placed(good, &field.pointer, value).to_string();
    let here = |body: String| (field.pointer.clone(), body);
    let mut bodies: Vec<_> = wrong(&field.schema)
        .into_iter()
        .map(with)
        .map(here)
        .collect();
    let marked = with(json!("DEEP")).replace("\"DEEP\"", &deep);
    bodies.push(here(marked));
    if field.is_required {
        bodies.push(here(without(good, &field.pointer).to_string()));
    }
    if field.schema.get("properties").is_some() {
        let unknown = format!("{}/surprise", field.pointer);
        bodies.push((unknown, with(json!({"surprise": 1}))));
    }
    if field.pointer.rfind('/') == Some(0) {
        let unknown = placed(good, "/surprise", json!(1)).to_string();
        bodies.push(("/surprise".to_owned(), unknown));
    }
    bodies
}

/// Values that a schema does not allow.
fn wrong(schema: &Value) -> Vec<Value> {
    let kinds = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = |kind: &str| kinds.contains(&kind);
    let mut wrong = Vec::new();
    if is("string") {
        wrong.extend([json!("x".repeat(5_000)), json!("a\0b"), json!("a\u{202e}b")]);
        wrong.extend([json!(7), json!(true), json!([]), json!({})]);
    }
    if is("integer") || is("number") {
        wrong.extend([json!("7"), json!(true), json!([]), json!({})]);
        wrong.extend([
            json!(1e300),
            json!(-1e300),
            json!(u64::MAX),
            json!(i64::MIN),
        ]);
    }
    if is("boolean") {
        wrong.extend([json!("true"), json!(1), json!([])]);
    }
    if is("array") {
        wrong.extend([json!("x"), json!(7), json!({}), json!({"0": 1})]);
    }
    if is("object") {
        wrong.extend([json!("x"), json!(7), json!([]), json!([1])]);
    }
    wrong
}

/// A value with something else in one place; what is on the way there is made.
fn placed(value: &Value, pointer: &str, new: Value) -> Value {
    let Some(rest) = pointer.strip_prefix('/') else {
        return new;
    };
    let (name, rest) = match rest.split_once('/') {
        Some((name, _)) => (name, &rest[name.len()..]),
        None => (rest, ""),
    };
    if name == "0" {
        let first = value.get(0).unwrap_or(&Value::Null);
        return json!([placed(first, rest, new)]);
    }
    let mut fields = value.as_object().cloned().unwrap_or_else(Map::new);
    let old = fields.get(name).cloned().unwrap_or(Value::Null);
    fields.insert(name.to_owned(), placed(&old, rest, new));
    Value::Object(fields)
}

/// A value without something.
fn without(value: &Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
    let kept = value.pointer(parent).and_then(Value::as_object);
    let mut kept = kept.cloned().unwrap_or_default();
    kept.remove(name);
    placed(value, parent, Value::Object(kept))
}
