//! Who may ask what. Every route of the HTTP port has its line here.
//!
//! Where a path has a parameter, or a body an id, the line names a thing in angle brackets; `things` makes it for the partner whose
//! walls are tried.

/// Who may ask, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Whoever finds the address.
    Anybody,
    /// Whoever has a token, with or without a partner.
    SignedIn,
    /// Whoever works for the partner.
    Viewer,
    /// Whoever runs the partner's displays.
    Operator,
    /// Whoever manages the partner's people.
    Owner,
}

/// One route.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The method and the path.
    pub route: &'static str,
    /// Who may ask at least.
    pub who: Who,
    /// The body's media type and text.
    pub body: Option<(&'static str, &'static str)>,
    /// Headers that the route wants.
    pub headers: &'static [(&'static str, &'static str)],
}

use Who::{Anybody, Operator, Owner, SignedIn, Viewer};

/// What a screen sends to have its stream over a WebSocket.
const WEB_SOCKET: &[(&str, &str)] = &[
    ("connection", "upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("sec-websocket-protocol", "gantry.display.v1"),
];

macro_rules! template {
    () => {
        r##"{"version": 1, "id": "empty", "name": "Empty", "summary": "", "modes": ["results"],
        "canvas": {"width": 100, "height": 100}, "background": "#000000", "elements": []}"##
    };
}

/// Every route.
#[rustfmt::skip]
pub const TABLE: &[Entry] = &[
    // Signing in.
    entry("POST /api/login", Anybody).sends(r#"{"email": "<email>", "password": "<password>"}"#),
    entry("POST /api/select-partner", SignedIn).sends(r#"{"partner_id": "<partner>"}"#),
    entry("POST /api/logout", SignedIn),
    entry("GET /api/me", SignedIn),

    // People.
    entry("GET /api/people", Owner),
    entry("PATCH /api/people/<person>", Owner).sends(r#"{"role": "viewer"}"#),
    entry("POST /api/people/<person>/reset", Owner),
    entry("DELETE /api/people/<person>", Owner),
    entry("POST /api/invitations", Owner).sends(r#"{"email": "invited@both.example", "role": "viewer"}"#),
    entry("GET /api/invitations", Owner),
    entry("DELETE /api/invitations/<invitation>", Owner),
    entry("POST /api/invitations/accept", Anybody)
        .sends(r#"{"email": "invited@both.example", "code": "<invitation code>", "password": "<password>"}"#),
    entry("GET /api/audit", Owner),
    entry("GET /api/tokens", SignedIn),
    entry("DELETE /api/tokens/<token>", SignedIn),

    // What is wrong with the server.
    entry("GET /api/alarms", Viewer),

    // Whose hardware it is.
    entry("GET /api/feeds", Operator),
    entry("POST /api/feeds", Owner).sends(r#"{"name": "Finish", "protocol": "chronotrack", "event": "Somebody else's"}"#),
    entry("GET /api/feeds/<feed>", Operator),
    entry("PATCH /api/feeds/<feed>", Owner).sends(r#"{"name": "Another"}"#),
    entry("DELETE /api/feeds/<feed>", Owner),

    // What the hardware sends.
    entry("GET /api/chronotrack/sessions", Viewer),
    entry("GET /api/chronotrack/sessions/<timing session>/preview", Viewer),
    entry("GET /api/chronotrack/sessions/<timing session>/reads", Viewer),
    entry("PATCH /api/chronotrack/sessions/<timing session>", Operator).sends(r#"{"name": "Another", "pinned": true}"#),
    entry("GET /api/chronotrack/sessions/<timing session>/corrections", Viewer),
    entry("PUT /api/chronotrack/sessions/<timing session>/corrections", Operator)
        .sends(r#"{"location": "<mat>", "ahead_ms": 0}"#),
    entry("POST /api/chronotrack/sessions/<part>/merge", Operator).sends(r#"{"into": "<timing session>"}"#),
    entry("POST /api/chronotrack/sessions/<timing session>/split", Operator).sends(r#"{"at": "<later moment>"}"#),

    // Display sessions.
    entry("POST /api/sessions/create", Operator)
        .sends(r#"{"mode": "results", "chronotrack_session_ids": ["<timing session>"]}"#),
    entry("GET /api/sessions", Viewer),
    entry("GET /api/sessions/<session>", Viewer),
    entry("PATCH /api/sessions/<session>", Operator).sends(r#"{"name": "Another"}"#),
    entry("DELETE /api/sessions/<session>", Operator),
    entry("PUT /api/sessions/<session>/roster", Operator).sends_csv("bib,first_name\n7,Ann\n"),

    // Working together on them.
    entry("POST /api/sessions/<session>/duplicate", Operator).sends("{}"),
    entry("POST /api/sessions/<session>/archive", Operator),
    entry("POST /api/sessions/<session>/restore", Operator),
    entry("POST /api/sessions/<session>/hand-over", Operator).sends(r#"{"user_id": "<heir>"}"#),
    entry("GET /api/sessions/<session>/shares", Viewer),
    entry("PUT /api/sessions/<session>/shares/<colleague>", Operator).sends(r#"{"access": "view"}"#),
    entry("DELETE /api/sessions/<session>/shares/<colleague>", Operator),
    entry("GET /api/colleagues", Operator),

    // Templates.
    entry("GET /api/templates", Viewer),
    entry("POST /api/templates", Operator).sends(TEMPLATE),
    entry("GET /api/templates/<template>", Viewer),
    entry("PUT /api/templates/<template>", Operator).sends(TEMPLATE).with(&[("if-match", "\"1\"")]),
    entry("DELETE /api/templates/<template>", Operator),
    entry("GET /api/templates/<template>/revisions", Viewer),
    entry("POST /api/templates/<template>/revisions/1/restore", Operator),
    entry("GET /api/sessions/<session>/template", Viewer),
    entry("PUT /api/sessions/<session>/template", Operator).sends(concat!(r#"{"working_copy": "#, template!(), "}")),
    entry("DELETE /api/sessions/<session>/template", Operator),

    // Displays.
    entry("POST /api/display/generate-url", Operator).sends(r#"{"session_id": "<session>"}"#),
    entry("GET /api/displays", Viewer),
    entry("GET /api/display/<display>", Viewer),
    entry("PATCH /api/display/<display>", Operator).sends(r#"{"expires_in_hours": 2}"#),
    entry("DELETE /api/display/<display>", Operator),


    // What screens open: the id of a display is all it takes.
    entry("GET /", Anybody),
    entry("GET /display?code=a2b3c4d5", Anybody),
    entry("GET /display/<display>", Anybody),
    entry("GET /display/<display>/live", Anybody).with(WEB_SOCKET),
    entry("GET /display/<display>/events", Anybody),
    entry("GET /assets/web/display.js", Anybody),
    entry("GET /assets/fonts/BarlowCondensed-Bold.ttf", Anybody),
    entry("GET /api/openapi.json", Anybody),

    // What ends sign-ins that the lines above need.
    entry("POST /api/password", SignedIn).sends(r#"{"old": "<password>", "new": "<password>"}"#),
    entry("DELETE /api/tokens", SignedIn),
    entry("POST /api/password/reset", Anybody)
        .sends(r#"{"email": "<viewer>", "code": "<reset code>", "new_password": "<password>"}"#),
];

/// As little as makes a template.
const TEMPLATE: &str = template!();

const fn entry(route: &'static str, who: Who) -> Entry {
    Entry {
        route,
        who,
        body: None,
        headers: &[],
    }
}

impl Entry {
    const fn sends(mut self, json: &'static str) -> Self {
        self.body = Some(("application/json", json));
        self
    }

    const fn sends_csv(mut self, csv: &'static str) -> Self {
        self.body = Some(("text/csv", csv));
        self
    }

    const fn with(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }
}

/// Whether a line of the table is about a route, whose parameters are in braces.
pub fn fits(entry: &Entry, route: &str) -> bool {
    let asked = entry.route.split('?').next().unwrap_or_default();
    let (asked, known): (Vec<_>, Vec<_>) = (asked.split('/').collect(), route.split('/').collect());
    asked.len() == known.len()
        && asked
            .iter()
            .zip(known)
            .all(|(asked, known)| *asked == known || known.starts_with('{'))
}
