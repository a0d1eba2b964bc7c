//! The audit log: writing it down, and an owner's view of it.

use std::{net::IpAddr, sync::Arc};

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    app::App,
    body::{Json, Query},
    moment::Rfc3339,
    principal::Owner,
    problem::{InputError, Problem},
};
use crate::{
    clock,
    store::{
        PartnerId, UserId,
        audit::{Action, Entry, Recorded},
    },
};

/// The most entries of a page.
const MOST: usize = 200;

/// The entries of a page, where nothing else is asked for.
const USUAL: usize = 50;

/// The routes of this file.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Who did something. Principals make one of themselves; handlers that have none make one of what they found out.
#[derive(Clone, Copy)]
pub struct By<'a> {
    /// The partner whose owners may read of it.
    pub partner: Option<PartnerId>,
    /// Who, if they have an account.
    pub user: Option<UserId>,
    /// Their e-mail address.
    pub who: &'a str,
    /// From where.
    pub address: IpAddr,
}

impl By<'_> {
    /// Adds what was done to the audit log.
    pub async fn note(
        self,
        app: &App,
        action: Action,
        subject: &str,
        detail: Value,
    ) -> Result<(), Problem> {
        let entry = self.entry(action, subject, detail);
        Ok(app.services.store.record(&entry).await?)
    }

    /// What is done now, as the audit log has it.
    pub fn entry(self, action: Action, subject: &str, detail: Value) -> Entry {
        Entry {
            at: clock::now(),
            partner: self.partner,
            user: self.user,
            who: self.who.to_owned(),
            action,
            subject: subject.to_owned(),
            address: self.address.to_string(),
            detail,
        }
    }
}

/// Which entries to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Extent {
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 200; 50 without it.
    limit: Option<String>,
}

/// A page of the audit log, newest first.
#[derive(Serialize, ToSchema)]
struct Log {
    entries: Vec<LogEntry>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Uuid>,
}

/// Something that was done.
#[derive(Serialize, ToSchema)]
struct LogEntry {
    #[schema(value_type = String)]
    id: Uuid,
    at: Rfc3339,
    /// Who: an e-mail address, or `shell`.
    who: String,
    /// What was done, like `session_created`.
    action: String,
    /// What it was done to, in words.
    subject: String,
    /// From where; empty for the shell.
    address: String,
    /// What else is known; an object.
    #[schema(value_type = Object)]
    detail: Value,
}

/// Lists what was done for the partner, newest first. For owners.
#[utoipa::path(get, path = "/api/audit", tag = "people", security(("token" = [])), params(Extent), responses(
    (status = OK, body = Log),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
async fn list(
    State(app): State<Arc<App>>,
    owner: Owner,
    Query(extent): Query<Extent>,
) -> Result<Json<Log>, Problem> {
    let before = extent.cursor.as_deref().map(cursor).transpose();
    let limit = extent.limit.as_deref().map_or(Ok(USUAL), limit);
    let (before, limit) = match (before, limit) {
        (Ok(before), Ok(limit)) => (before, limit),
        (before, limit) => {
            let errors = [before.err(), limit.err()];
            return Err(Problem::invalid(errors.into_iter().flatten().collect()));
        }
    };
    let store = &app.services.store;
    let mut entries = store.recorded(owner.partner, before, limit + 1).await?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    let last = entries.last().map(|entry| entry.id);
    Ok(Json(Log {
        next_cursor: last.filter(|_| more),
        entries: entries.into_iter().map(LogEntry::from).collect(),
    }))
}

fn cursor(text: &str) -> Result<Uuid, InputError> {
    text.parse().map_err(|_text: uuid::Error| {
        InputError::new("/cursor", "the next_cursor of a page is accepted")
    })
}

fn limit(text: &str) -> Result<usize, InputError> {
    text.parse()
        .ok()
        .filter(|limit| (1..=MOST).contains(limit))
        .ok_or_else(|| InputError::new("/limit", format!("1 to {MOST} is accepted")))
}

impl From<Recorded> for LogEntry {
    fn from(entry: Recorded) -> Self {
        Self {
            id: entry.id,
            at: Rfc3339(entry.at),
            who: entry.who,
            action: entry.action,
            subject: entry.subject,
            address: entry.address,
            detail: serde_json::from_str(&entry.detail).unwrap_or(Value::Null),
        }
    }
}
