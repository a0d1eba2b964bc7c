//! What we say to a client, as it goes over the wire.

use crate::{
    chronotrack::login::Login,
    decoder::{Output, text},
};

/// What we ask at once.
pub(super) const QUESTIONS: &str = "getconnectionid\r\ngeteventinfo\r\ngetlocations\r\n";

/// Our greeting and the options. The count must be exact: the client takes that many lines for options.
pub(super) fn opening(login: Option<&Login>) -> String {
    let authentication =
        login.map_or_else(|| vec!["authentication=none".to_owned()], Login::options);
    let lists = ["location=multi", "guntimes=true", "newlocations=true"];
    let stream = ["stream-mode=push", "time-format=iso", "connection-id=true"];
    let count = lists.len() + authentication.len() + stream.len();
    let greeting = format!("Gantry~{}~{count}", env!("CARGO_PKG_VERSION"));
    let authentication: Vec<&str> = authentication.iter().map(String::as_str).collect();
    let lines = [
        &[greeting.as_str()],
        &lists[..],
        &authentication,
        &stream,
        &[""],
    ]
    .concat();
    lines.join("\r\n")
}

/// Names that hold the separator cannot be said in a command, and long lines make clients hang up.
pub(super) fn is_addressable(location: &str) -> bool {
    !location.contains('~') && location.len() <= 200
}

pub(super) fn command(text: &str) -> Output {
    let mut line = text::encode(text);
    line.extend_from_slice(b"\r\n");
    Output::Send(line)
}
