//! The HTTP port as programs, operators and screens meet it: real TCP, a real database file.

mod access;
mod apart;
mod assets;
mod chronotrack;
mod closing;
mod displays;
mod edge;
mod feeds;
mod limits;
mod login;
mod people;
mod port;
mod refusals;
mod roster;
mod screen;
mod screens;
mod sessions;
mod sharing;
mod templates;
mod tls;
mod tokens;
