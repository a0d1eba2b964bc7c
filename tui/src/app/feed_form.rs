//! The form of a feed: which fields hardware of a make has, what they are for, and the terms that they stand for.

use gantry_core::{chronotrack::login::Method, decoder::protocol::Protocol};

use crate::{
    api::{
        feeds::{Feed, LoginTerms, Terms},
        request::Password,
    },
    app::form::{Choice, Field, Form, Name, Purpose},
};

/// All fields, from top to bottom.
const NAMES: [Name; 12] = [
    Name::Session,
    Name::Protocol,
    Name::Port,
    Name::Call,
    Name::Networks,
    Name::Event,
    Name::Connection,
    Name::Place,
    Name::Login,
    Name::User,
    Name::Password,
    Name::Zone,
];

/// The form for a new feed, or the one that changes `feed`.
pub fn form(purpose: Purpose, feed: Option<&Feed>) -> Form {
    let text = |of: fn(&Feed) -> Option<String>| feed.and_then(of).unwrap_or_default();
    let login = feed.and_then(|feed| feed.login.as_ref());
    let protocol = feed.map(|feed| feed.protocol.as_str());
    let method = login.map(|login| login.method.as_str());
    let fields = vec![
        Field::text(Name::Session, text(|feed| Some(feed.name.clone()))),
        Field::choice(Name::Protocol, protocols(), protocol),
        Field::text(Name::Port, text(|feed| Some(feed.port?.to_string()))),
        Field::text(Name::Call, text(|feed| feed.call_address.clone())),
        Field::text(Name::Networks, text(|feed| Some(feed.networks.join(", ")))),
        Field::text(Name::Event, text(|feed| feed.event.clone())),
        Field::text(Name::Connection, text(|feed| feed.connection.clone())),
        Field::text(Name::Place, text(|feed| feed.location.clone())),
        Field::choice(Name::Login, methods(), method),
        Field::text(Name::User, login.map_or("", |login| &login.user)),
        Field::secret(Name::Password, ""),
        Field::text(Name::Zone, text(|feed| feed.time_zone.clone())),
    ];
    let mut form = Form::new(purpose, fields);
    fit(&mut form);
    form
}

/// Shows the fields that go with what is chosen, and lays the others aside with what is in them.
pub fn fit(form: &mut Form) {
    if !matches!(form.purpose, Purpose::AddFeed | Purpose::ChangeFeed { .. }) {
        return;
    }
    let focused = form.focused().map(|field| field.name);
    let shown = shown(form);
    let mut all: Vec<Field> = form.fields.drain(..).chain(form.aside.drain(..)).collect();
    all.sort_by_key(|field| NAMES.iter().position(|name| *name == field.name));
    (form.fields, form.aside) = all
        .into_iter()
        .partition(|field| shown.contains(&field.name));
    let place = |name| form.fields.iter().position(|field| field.name == name);
    form.focus = focused.and_then(place).unwrap_or(0);
}

fn shown(form: &Form) -> Vec<Name> {
    let own: &[Name] = match protocol(form) {
        Protocol::ChronoTrack => &[
            Name::Port,
            Name::Networks,
            Name::Event,
            Name::Connection,
            Name::Login,
        ],
        Protocol::JChip | Protocol::Mylaps => &[Name::Port, Name::Networks, Name::Event],
        Protocol::RaceResult => &[Name::Call, Name::Event, Name::Place],
    };
    let mut shown = vec![Name::Session, Name::Protocol, Name::Zone];
    shown.extend(own);
    if own.contains(&Name::Login) && method(form).is_some() {
        shown.extend([Name::User, Name::Password]);
    }
    shown
}

/// What a text field is for; nothing for those that say so themselves.
pub fn help(purpose: &Purpose, name: Name) -> &'static str {
    match name {
        Name::Password if matches!(purpose, Purpose::ChangeFeed { .. }) => {
            "The password that is there stays when this is empty."
        }
        Name::Port => {
            "Its own port on the server, 1024 to 65535: whatever connects there is yours, at once."
        }
        Name::Call => {
            "Where the server calls the decoder, like 10.0.0.5:3601. Whoever runs the server may have to confirm it."
        }
        Name::Networks => {
            "Where it comes from, like 192.0.2.7, 10.1.0.0/16. On a port of its own: only from there. \
            On the shared port it may have to be confirmed."
        }
        Name::Event => {
            "On the shared port: the event that the hardware tells. Whoever runs the server may have to confirm it. \
            On a port of its own, or called: the event of hardware that tells none."
        }
        Name::Connection => {
            "On the shared port: the connection that the hardware tells. Whoever runs the server may have to confirm it."
        }
        Name::Place => "What its mat is called; like the feed when this is empty.",
        Name::User => "What the software's settings say; no ~.",
        Name::Zone => {
            "Where the hardware's clock is, like Europe/Vienna; as on the server when this is empty."
        }
        _ => "",
    }
}

/// The terms that the form stands for, or what is wrong.
pub fn terms(form: &Form) -> Result<Terms, String> {
    let text = |name| {
        let text = form.text(name).trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let port = text(Name::Port).map(|text| {
        let port = text.parse::<i64>();
        port.map_err(|_error| format!("{text:?} is no port; 1024 to 65535 are"))
    });
    let networks = form.text(Name::Networks).split([',', ' ']);
    let networks = networks.filter(|network| !network.is_empty());
    Ok(Terms {
        name: text(Name::Session).ok_or("give the feed a name")?,
        protocol: protocol(form),
        port: port.transpose()?,
        call_address: text(Name::Call),
        networks: networks.map(str::to_owned).collect(),
        event: text(Name::Event),
        connection: text(Name::Connection),
        location: text(Name::Place),
        login: login(form),
        time_zone: text(Name::Zone),
    })
}

/// The password is never told by the server: one that is left empty is the one that is there, where nothing else about it changes.
fn login(form: &Form) -> LoginTerms {
    let Some(method) = method(form) else {
        return LoginTerms::Nobody;
    };
    let (user, password) = (form.text(Name::User).trim(), form.text(Name::Password));
    let before = match &form.purpose {
        Purpose::ChangeFeed { login, .. } => login.as_ref(),
        _ => None,
    };
    let is_same = before.is_some_and(|before| (&*before.method, &*before.user) == (method, user));
    if is_same && password.is_empty() {
        return LoginTerms::AsItIs;
    }
    LoginTerms::New {
        method: method.to_owned(),
        user: user.to_owned(),
        password: Password(password.to_owned()),
    }
}

fn protocol(form: &Form) -> Protocol {
    let chosen = form.chosen(Name::Protocol);
    let protocol = chosen.and_then(|choice| choice.id.parse().ok());
    protocol.unwrap_or_default()
}

/// How the software has to log in, if it has to.
fn method(form: &Form) -> Option<&str> {
    let chosen = form.chosen(Name::Login).map(|choice| choice.id.as_str());
    chosen.filter(|method| !method.is_empty())
}

/// What people call the makes of hardware.
pub fn make(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::ChronoTrack => "ChronoTrack",
        Protocol::JChip => "JChip",
        Protocol::Mylaps => "MYLAPS",
        Protocol::RaceResult => "RACE RESULT",
    }
}

fn protocols() -> Vec<Choice> {
    let choice = |protocol: Protocol| {
        let port = protocol.customary_port();
        let detail = match protocol {
            Protocol::ChronoTrack => {
                "Its software calls the shared port and is known by what it tells or where it comes from; or a port of its own."
                    .to_owned()
            }
            Protocol::JChip => format!("The reader calls a port of its own, mostly {port}."),
            Protocol::Mylaps => format!(
                "The exporter of Timing & Scoring calls a port of its own, mostly {port}."
            ),
            Protocol::RaceResult => {
                format!("The server calls the decoder, mostly at its port {port}.")
            }
        };
        Choice {
            id: protocol.name().to_owned(),
            label: make(protocol).to_owned(),
            detail,
        }
    };
    Protocol::ALL.into_iter().map(choice).collect()
}

fn methods() -> Vec<Choice> {
    let none = Choice {
        id: String::new(),
        label: "none".to_owned(),
        detail: "On a port of its own the software can be asked for a user and a password."
            .to_owned(),
    };
    let methods = Method::ALL.map(|method| Choice {
        id: method.name().to_owned(),
        label: method.name().to_owned(),
        detail: "How the software proves that it knows the password, on a port of its own."
            .to_owned(),
    });
    [none].into_iter().chain(methods).collect()
}
