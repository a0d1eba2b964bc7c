//! What an operator does, key by key, and what the console makes of it.

mod coming_in;
mod displays;
mod feeds;
mod rosters;
mod sessions;
mod sharing;
mod timing;

use super::*;

/// What the status line says.
fn told(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |notice| &notice.text)
}

/// What the open form finds wrong.
fn form_error(model: &mut Model) -> Option<String> {
    model.form_mut().and_then(|form| form.error.clone())
}
