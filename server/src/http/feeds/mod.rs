//! Feeds: by what a partner's hardware is known. Owners keep them, operators look at them.
//!
//! [`terms`] is what an owner may wish, [`view`] what is answered.

mod terms;
mod view;

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use gantry_core::time::Moment;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::{
    terms::{FeedChange, NewFeed},
    view::{FeedView, Feeds},
};
use super::{
    app::App,
    body::{Body, Id, Json},
    precondition::{IfMatch, Tagged},
    principal::{Operator, Owner},
    problem::{InputError, Problem},
};
use crate::{
    clock,
    collector::ports::is_free,
    store::{Feed, FeedId, FeedRefusal, FeedTerms, PartnerId, audit::Action},
};

/// Feeds of one partner.
const MOST: usize = 50;

/// The routes of this folder.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(find, change, remove))
}

/// Lists the partner's feeds.
#[utoipa::path(get, path = "/api/feeds", tag = "feeds", security(("token" = [])), responses(
    (status = OK, body = Feeds),
))]
async fn list(State(app): State<Arc<App>>, operator: Operator) -> Result<Json<Feeds>, Problem> {
    let feeds = app.services.store.feeds(operator.partner).await?;
    let feeds = feeds.iter().map(|feed| FeedView::of(feed, &app.services));
    Ok(Json(Feeds {
        feeds: feeds.collect(),
    }))
}

/// Answers one feed.
#[utoipa::path(get, path = "/api/feeds/{id}", tag = "feeds", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = OK, body = FeedView),
    (status = NOT_FOUND, body = Problem),
))]
async fn find(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
) -> Result<Response, Problem> {
    let feed = own(&app, operator.partner, &id).await?;
    Ok(answer(&app, &feed))
}

/// Adds a feed. For owners.
///
/// One with a port of its own works at once. One that could claim somebody else's hardware waits until the server's administrator
/// confirms it, unless there is no other partner.
#[utoipa::path(post, path = "/api/feeds", tag = "feeds", security(("token" = [])), request_body = NewFeed, responses(
    (status = CREATED, body = FeedView),
    (status = CONFLICT, body = Problem, description = "There are too many"),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
async fn add(
    State(app): State<Arc<App>>,
    owner: Owner,
    Body(wanted): Body<NewFeed>,
) -> Result<Response, Problem> {
    let terms = wanted.checked()?;
    refuse_taken(&app, terms.port).await?;
    let (store, now) = (&app.services.store, clock::now());
    let confirmed_at = confirmation(&app, owner.partner, &terms, now).await?;
    let added = store.add_feed(owner.partner, &terms, confirmed_at, MOST, now);
    let feed = added.await?.map_err(|refusal| match refusal {
        FeedRefusal::Full => {
            let detail = format!("there are {MOST} feeds already; remove one first");
            Problem::new(StatusCode::CONFLICT, detail)
        }
        FeedRefusal::Taken | FeedRefusal::Lost => taken(),
    })?;
    done(&app, &owner, &feed, Action::FeedAdded).await?;
    Ok((StatusCode::CREATED, answer(&app, &feed)).into_response())
}

/// Changes a feed; the hardware that came in by it is let go and comes again. For owners.
#[utoipa::path(patch, path = "/api/feeds/{id}", tag = "feeds", security(("token" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change builds on")),
    request_body = FeedChange, responses(
    (status = OK, body = FeedView),
    (status = NOT_FOUND, body = Problem),
    (status = PRECONDITION_FAILED, body = Problem, description = "It was changed since; `current` is what it is now"),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
async fn change(
    State(app): State<Arc<App>>,
    owner: Owner,
    Id(id): Id,
    IfMatch(base): IfMatch,
    Body(wanted): Body<FeedChange>,
) -> Result<Response, Problem> {
    let before = own(&app, owner.partner, &id).await?;
    if base.is_some_and(|base| base != before.revision) {
        return Err(stale(&app, &before));
    }
    let next = changed(&app, &before, wanted.checked(&before.terms)?).await?;
    let feed = match app.services.store.change_feed(&before, &next).await? {
        Ok(feed) => feed,
        Err(FeedRefusal::Taken | FeedRefusal::Full) => return Err(taken()),
        Err(FeedRefusal::Lost) => {
            let newer = own(&app, owner.partner, &id).await?;
            return Err(stale(&app, &newer));
        }
    };
    done(&app, &owner, &feed, Action::FeedChanged).await?;
    Ok(answer(&app, &feed))
}

/// Removes a feed; the hardware that came in by it is let go. For owners.
#[utoipa::path(delete, path = "/api/feeds/{id}", tag = "feeds", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = NO_CONTENT),
    (status = NOT_FOUND, body = Problem),
))]
async fn remove(
    State(app): State<Arc<App>>,
    owner: Owner,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let id = parse_id(&id)?;
    let store = &app.services.store;
    let removed = store.remove_feed(owner.partner, id, clock::now()).await?;
    let removed = removed.ok_or_else(not_found)?;
    done(&app, &owner, &removed, Action::FeedRemoved).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the feed will be. What could claim others' hardware in a new way is to be confirmed anew, and so is what was refused.
async fn changed(app: &App, before: &Feed, terms: FeedTerms) -> Result<Feed, Problem> {
    if terms.port != before.terms.port {
        refuse_taken(app, terms.port).await?;
    }
    let (confirmed_at, refused_at) = if terms.claims_as(&before.terms) {
        (before.confirmed_at, before.refused_at)
    } else if before.refused_at.is_some() {
        (None, None)
    } else {
        let confirmed = confirmation(app, before.partner_id, &terms, clock::now());
        (confirmed.await?, None)
    };
    Ok(Feed {
        terms,
        confirmed_at,
        refused_at,
        ..before.clone()
    })
}

/// Since when a feed of these terms is in force by itself, if it is.
async fn confirmation(
    app: &App,
    partner: PartnerId,
    terms: &FeedTerms,
    now: Moment,
) -> Result<Option<Moment>, Problem> {
    if !terms.can_claim() {
        return Ok(Some(now));
    }
    let services = &app.services;
    services.feeds.renew(&services.store).await?;
    Ok(services.feeds.is_alone(partner).then_some(now))
}

/// Whoever has the port is not told, nor whether it is a partner at all.
async fn refuse_taken(app: &App, port: Option<u16>) -> Result<(), Problem> {
    let address = app.services.config.timing.ip();
    match port {
        Some(port) if !is_free(address, port).await => Err(taken()),
        _ => Ok(()),
    }
}

fn taken() -> Problem {
    let detail = "the port is taken: choose another one from 1024 to 65535";
    Problem::invalid(vec![InputError::new("/port", detail)])
}

/// Puts a change to work and notes it.
async fn done(app: &App, owner: &Owner, feed: &Feed, action: Action) -> Result<(), Problem> {
    app.services.feeds.tell().await;
    owner.note(app, action, &feed.terms.name, noted(feed)).await
}

fn noted(feed: &Feed) -> Value {
    let terms = &feed.terms;
    json!({
        "feed_id": feed.id.uuid(),
        "protocol": terms.protocol.name(),
        "port": terms.port,
        "call_address": terms.call_address,
        "networks": terms.networks.texts(),
        "event": terms.event,
        "connection": terms.connection,
        "in_force": feed.is_in_force(),
    })
}

fn answer(app: &App, feed: &Feed) -> Response {
    let view = FeedView::of(feed, &app.services);
    Tagged(feed.revision, Json(view)).into_response()
}

fn stale(app: &App, now: &Feed) -> Problem {
    Problem::stale("feed", &FeedView::of(now, &app.services))
}

async fn own(app: &App, partner: PartnerId, id: &str) -> Result<Feed, Problem> {
    let found = app.services.store.feed(partner, parse_id(id)?).await?;
    found.ok_or_else(not_found)
}

fn parse_id(id: &str) -> Result<FeedId, Problem> {
    id.parse()
        .map(FeedId)
        .map_err(|_text: uuid::Error| not_found())
}

fn not_found() -> Problem {
    Problem::not_found("feed")
}
