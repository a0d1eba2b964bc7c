//! The HTTP port: the API that the console and other programs use, and the pages and streams of displays.
//!
//! [`router`] holds the whole table. One file per resource has its handlers and the JSON they speak. [`body`] turns requests into
//! values, [`principal`] is who asks and the only place a partner comes from, and [`problem`] is how anything is refused.

pub mod alarms;
pub mod app;
pub mod assets;
pub mod attempt;
pub mod audit;
pub mod base_url;
pub mod body;
pub mod caller;
pub mod chronotrack;
pub mod client;
pub mod closing;
pub mod displays;
mod exports;
pub mod feeds;
pub mod headers;
pub mod invitations;
pub mod login;
pub mod moment;
mod origin;
pub mod paging;
pub mod passwords;
pub mod people;
pub mod precondition;
pub mod presence;
pub mod principal;
pub mod problem;
mod readable;
mod refusal;
pub mod roster;
pub mod router;
pub mod screens;
pub mod session_template;
pub mod sessions;
pub mod settings;
pub mod sharing;
pub mod templates;
pub mod tokens;
mod uploads;

#[cfg(test)]
mod tests;
