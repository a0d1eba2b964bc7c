//! By what the hardware is known: the feeds, and what is connected by the chosen one.

use ratatui::{
    layout::{Constraint, Layout, Rect},
    style::Style,
    text::{Line, Span},
};

use crate::{
    api::feeds::{Connected, Feed, FeedState},
    app::{feed_form, model::Model, permission::forbidden},
    keymap::action::Action,
    view::{
        table::{Column, table},
        ui::{Ui, below, beside, padded, row},
    },
    words::{ago, counted, grouped},
};

const FEEDS: [Column; 5] = [
    Column::words("State", Constraint::Length(11)),
    Column::words("Feed", Constraint::Fill(2)),
    Column::words("Hardware", Constraint::Length(11)),
    Column::words("Known by", Constraint::Fill(3)),
    Column::numbers("Conn", 4),
];

const CONNECTED: [Column; 6] = [
    Column::words("From", Constraint::Length(21)),
    Column::words("Program", Constraint::Fill(2)),
    Column::words("Event", Constraint::Fill(3)),
    Column::words("Mats", Constraint::Fill(2)),
    Column::numbers("Reads", 8),
    Column::numbers("Last read", 10),
];

/// Where a program's name stands in them, which is left out where there is little room.
const PROGRAM: usize = 1;

/// From this width on there is room for it.
const ROOMY: u16 = 100;

/// The columns of a label.
const LABEL: usize = 10;

/// Draws the feeds and, below, what there is to say of the chosen one.
pub fn draw(ui: &mut Ui, area: Rect, model: &Model) {
    let Some(feed) = model.feeds.chosen() else {
        empty(ui, padded(area), model);
        return;
    };
    let count = model.feeds.items().len() as u16;
    let rows = (count + 2).min(area.height / 2);
    let [list, rest] = Layout::vertical([Constraint::Length(rows), Constraint::Fill(1)])
        .spacing(1)
        .areas(area);
    feeds(ui, list, model);
    let taken = details(ui, padded(rest), feed);
    connected(ui, below(rest, taken + 1), model, feed);
}

fn empty(ui: &mut Ui, area: Rect, model: &Model) {
    let dim = ui.theme.dim();
    if !model.feeds.is_loaded() {
        ui.line(area, Span::styled("Asking for the feeds …", dim));
        return;
    }
    ui.heading(area, "No feed yet", "");
    let advice = "A feed says by what your hardware is known: a port of its own, or on the shared port the event or connection \
        that it tells and the networks that it comes from. As long as nobody else times with this server, \
        all hardware is yours without one.";
    let rows = ui.words(below(area, 2), advice, dim);
    let who = match forbidden(model, Action::AddFeed) {
        None => "Press n to make one.",
        Some(_) => "An owner makes them.",
    };
    ui.words(below(area, 3 + rows), who, dim);
}

fn feeds(ui: &mut Ui, area: Rect, model: &Model) {
    let items = model.feeds.items();
    let counts = [
        (FeedState::Waiting, "waiting"),
        (FeedState::Trouble, "in trouble"),
    ];
    let mut beside = counted(items.len(), "feed");
    for (state, words) in counts {
        match items.iter().filter(|feed| feed.state == state).count() {
            0 => {}
            count => beside = format!("{beside} · {count} {words}"),
        }
    }
    ui.heading(padded(area), "Feeds", &beside);
    let theme = ui.theme;
    let states: Vec<(&str, Style)> = items.iter().map(|feed| state(ui, feed)).collect();
    table(
        ui,
        below(area, 1),
        &FEEDS,
        Some(model.feeds.index()),
        items.len(),
        |index| {
            let feed = &items[index];
            let (state, style) = states[index];
            vec![
                (state.to_owned(), style),
                (feed.name.clone(), theme.text()),
                (hardware(feed), theme.dim()),
                (feed.known_by(), theme.text()),
                (feed.connected.len().to_string(), theme.text()),
            ]
        },
    );
}

fn hardware(feed: &Feed) -> String {
    let protocol = feed.protocol.parse();
    protocol.map_or_else(
        |_unknown| feed.protocol.clone(),
        |protocol| feed_form::make(protocol).to_owned(),
    )
}

fn state(ui: &Ui, feed: &Feed) -> (&'static str, Style) {
    let theme = ui.theme;
    match feed.state {
        FeedState::Waiting => ("○ waiting", theme.warning()),
        FeedState::Refused => ("■ refused", theme.dim()),
        FeedState::InForce => ("● in force", theme.good()),
        FeedState::Opening => ("○ opening", theme.dim()),
        FeedState::Listening => ("● listening", theme.good()),
        FeedState::Calling => ("○ calling", theme.warning()),
        FeedState::Connected => ("● connected", theme.good()),
        FeedState::Trouble => ("▲ trouble", theme.bad()),
        FeedState::Unknown => ("?", theme.dim()),
    }
}

/// Whether it works and what comes next, and what its owner decided; says how many rows that took.
fn details(ui: &mut Ui, area: Rect, feed: &Feed) -> u16 {
    let (_, style) = state(ui, feed);
    ui.heading(area, &feed.name, "");
    let mut taken = 1 + ui.words(below(area, 1), &standing(feed), style);
    if let FeedState::Waiting | FeedState::Refused = feed.state {
        let line = feed.confirmation();
        ui.line(row(area, taken), Span::styled(line, ui.theme.heading()));
        taken += 1;
    }
    let login = feed.login.as_ref();
    let login = login.map(|login| format!("{} as {}", login.method, login.user));
    let zone = feed.time_zone.clone();
    let lines = [
        ("Known by", Some(feed.known_by())),
        ("Mat", feed.location.clone()),
        ("Login", login),
        (
            "Clock",
            Some(zone.unwrap_or_else(|| "as on the server".to_owned())),
        ),
    ];
    for (label, text) in lines {
        let Some(text) = text else { continue };
        let place = below(area, taken);
        let label = Span::styled(format!("{label:<LABEL$}"), ui.theme.dim());
        ui.line(place, Line::from_iter([label]));
        taken += ui.words(beside(place, LABEL as u16), &text, ui.theme.text());
    }
    taken
}

/// Whether it works, in a sentence that says what to do.
fn standing(feed: &Feed) -> String {
    let port = feed.port.unwrap_or_default();
    let address = feed.call_address.as_deref().unwrap_or_default();
    match feed.state {
        FeedState::Waiting => {
            "Nothing is yours by it yet: it could be somebody else's hardware. Whoever runs the server confirms it with".to_owned()
        }
        FeedState::Refused => {
            "Whoever runs the server refused it. Remove it, change what it is known by, or ask them for".to_owned()
        }
        FeedState::InForce => "What comes in on the shared port and fits is yours.".to_owned(),
        FeedState::Opening => "It works in a moment.".to_owned(),
        FeedState::Listening if feed.networks.is_empty() => {
            format!("Whatever connects to the server's port {port} is yours.")
        }
        FeedState::Listening => {
            format!("Whatever connects to the server's port {port} from its networks is yours.")
        }
        FeedState::Calling => format!("The server calls {address}, which has not answered yet."),
        FeedState::Connected => format!("The server has reached {address}."),
        FeedState::Trouble => {
            let trouble = feed.trouble.as_deref().unwrap_or("it does not work");
            let next = if feed.port.is_some() {
                "choose another port, or ask whoever runs the server"
            } else {
                "is it switched on, and is the address right? The server tries on"
            };
            format!("It does not work: {trouble}; {next}.")
        }
        FeedState::Unknown => "This console does not know how it is; a newer one does.".to_owned(),
    }
}

fn connected(ui: &mut Ui, area: Rect, model: &Model, feed: &Feed) {
    let items: &[Connected] = &feed.connected;
    let beside = match items.len() {
        0 => "nothing".to_owned(),
        count => counted(count, "connection"),
    };
    ui.heading(padded(area), "Connected now", &beside);
    if items.is_empty() {
        return;
    }
    let theme = ui.theme;
    let now = model.server_now();
    let has_room = area.width >= ROOMY;
    let fits = |place: usize| has_room || place != PROGRAM;
    let columns: Vec<Column> = CONNECTED
        .into_iter()
        .enumerate()
        .filter_map(|(place, column)| fits(place).then_some(column))
        .collect();
    table(ui, below(area, 1), &columns, None, items.len(), |index| {
        let connection = &items[index];
        let words = |words: &Option<String>| words.clone().unwrap_or_else(|| "–".to_owned());
        let cells = [
            (connection.peer.clone(), theme.text()),
            (words(&connection.program), theme.dim()),
            (words(&connection.event), theme.text()),
            (connection.locations.join(", "), theme.text()),
            (grouped(connection.reads), theme.text()),
            (ago(connection.last_read_at, now), theme.text()),
        ];
        let cells = cells.into_iter().enumerate();
        cells
            .filter_map(|(place, cell)| fits(place).then_some(cell))
            .collect()
    });
}
