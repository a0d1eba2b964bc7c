//! Forms: named fields of which one has the focus.

use jiff::tz::TimeZone;
use tui_input::{Input, InputRequest};

use crate::api::{
    feeds::Login,
    request::{Request, Seen},
};

/// Something to fill in.
#[derive(Clone, Debug)]
pub struct Form {
    /// What it is for.
    pub purpose: Purpose,
    /// The fields, from top to bottom; never empty.
    pub fields: Vec<Field>,
    /// Fields that do not go with what is chosen now.
    pub aside: Vec<Field>,
    /// The place of the field that has the focus.
    pub focus: usize,
    /// What it asked the server for, until that has answered.
    pub sent: Option<Request>,
    /// What was wrong with the last try.
    pub error: Option<String>,
}

/// What a form is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To log in.
    LogIn,
    /// To make a display session.
    NewSession,
    /// To change this display session.
    ChangeSession(Subject),
    /// To import a roster into this display session.
    ImportRoster(Subject),
    /// To make a URL for the display session with this id.
    MakeUrl(String),
    /// To share this display session with a colleague.
    Share(Subject),
    /// To give this display session to a colleague.
    HandOver(Subject),
    /// To copy the display session with this id.
    Duplicate(String),
    /// To rename the timing session with this id.
    RenameTiming(String),
    /// To merge the timing session with this id into another.
    MergeTiming(String),
    /// To split the timing session with this id by a time in this zone.
    SplitTiming(String, TimeZone),
    /// To correct the times of a mat of the timing session with this id.
    CorrectTiming(String),
    /// To make a feed.
    AddFeed,
    /// To change a feed.
    ChangeFeed {
        /// Its id.
        id: String,
        /// Its revision.
        seen: Seen,
        /// The login that it had.
        login: Option<Login>,
    },
}

/// A display session as the operator saw it when the form opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its id.
    pub id: String,
    /// Its revision.
    pub seen: Seen,
}

impl Purpose {
    /// The form's heading.
    pub fn title(&self) -> &'static str {
        match self {
            Purpose::LogIn => "Log in",
            Purpose::NewSession => "New display session",
            Purpose::ChangeSession(_) => "Change display session",
            Purpose::ImportRoster(_) => "Import a roster",
            Purpose::MakeUrl(_) => "New display URL",
            Purpose::Share(_) => "Share with a colleague",
            Purpose::HandOver(_) => "Hand over to a colleague",
            Purpose::Duplicate(_) => "Duplicate display session",
            Purpose::RenameTiming(_) => "Rename timing session",
            Purpose::MergeTiming(_) => "Merge timing session",
            Purpose::SplitTiming(..) => "Split timing session",
            Purpose::CorrectTiming(_) => "Correct the times of a mat",
            Purpose::AddFeed => "New feed",
            Purpose::ChangeFeed { .. } => "Change feed",
        }
    }

    /// What submitting it does.
    pub fn verb(&self) -> &'static str {
        match self {
            Purpose::LogIn => "Log in",
            Purpose::NewSession => "Create",
            Purpose::ChangeSession(_) | Purpose::ChangeFeed { .. } => "Save",
            Purpose::ImportRoster(_) => "Import",
            Purpose::MakeUrl(_) => "Generate URL",
            Purpose::Share(_) => "Share",
            Purpose::HandOver(_) => "Hand over",
            Purpose::Duplicate(_) => "Duplicate",
            Purpose::RenameTiming(_) => "Rename",
            Purpose::MergeTiming(_) => "Merge",
            Purpose::SplitTiming(..) => "Split",
            Purpose::CorrectTiming(_) => "Correct",
            Purpose::AddFeed => "Add",
        }
    }
}

/// One thing to fill in.
#[derive(Clone, Debug)]
pub struct Field {
    /// Which.
    pub name: Name,
    /// What is in it.
    pub value: Value,
    /// What the server found wrong with it.
    pub error: Option<String>,
}

/// The fields that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// The account.
    Email,
    /// Its password.
    Password,
    /// A display session's name.
    Session,
    /// The timing session that it is bound to.
    Timing,
    /// Its mode.
    Mode,
    /// Its template.
    Template,
    /// A file on this machine.
    File,
    /// A number of hours.
    Hours,
    /// What a display shows: what its session does, or a template of its own.
    Shows,
    /// Somebody who works for the partner.
    Colleague,
    /// How far to share.
    Access,
    /// The timing session that another is merged into.
    Into,
    /// The time by which a timing session is split.
    At,
    /// A mat.
    Mat,
    /// How many seconds its clocks were ahead.
    Ahead,
    /// The day of its first read.
    FirstDay,
    /// A make of hardware.
    Protocol,
    /// A port of the server.
    Port,
    /// Where hardware is called.
    Call,
    /// Where hardware comes from.
    Networks,
    /// The event that hardware tells.
    Event,
    /// The connection that hardware tells.
    Connection,
    /// What the mat of hardware is called that tells none.
    Place,
    /// How hardware logs in.
    Login,
    /// As whom it does.
    User,
    /// Where its clock is.
    Zone,
}

impl Name {
    /// The words beside the field.
    pub fn label(self) -> &'static str {
        match self {
            Name::Email => "Email",
            Name::Password => "Password",
            Name::Session => "Name",
            Name::Timing => "Timing session",
            Name::Mode => "Mode",
            Name::Template => "Template",
            Name::File => "CSV file",
            Name::Hours => "Expires in hours",
            Name::Shows => "Shows",
            Name::Colleague => "Colleague",
            Name::Access => "May",
            Name::Into => "Into",
            Name::At => "From",
            Name::Mat | Name::Place => "Mat",
            Name::Ahead => "Seconds ahead",
            Name::FirstDay => "First day",
            Name::Protocol => "Hardware",
            Name::Port => "Own port",
            Name::Call => "Call at",
            Name::Networks => "From networks",
            Name::Event => "Event",
            Name::Connection => "Connection",
            Name::Login => "Login",
            Name::User => "User",
            Name::Zone => "Time zone",
        }
    }
}

/// What is in a field.
#[derive(Clone, Debug)]
pub enum Value {
    /// A text.
    Text(Input),
    /// A text that is not shown.
    Secret(Input),
    /// One of several.
    Choice {
        /// What there is to choose from.
        options: Vec<Choice>,
        /// The place of the chosen one.
        chosen: usize,
    },
}

/// One of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What it stands for.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// What there is to say about it.
    pub detail: String,
}

impl Form {
    /// A form with the focus on its first field.
    pub fn new(purpose: Purpose, fields: Vec<Field>) -> Self {
        Self {
            purpose,
            fields,
            aside: Vec::new(),
            focus: 0,
            sent: None,
            error: None,
        }
    }

    /// Whether the server is working on it.
    pub fn is_busy(&self) -> bool {
        self.sent.is_some()
    }

    /// The field that has the focus.
    pub fn focused(&self) -> Option<&Field> {
        self.fields.get(self.focus)
    }

    /// The text in a field; empty when there is no such text.
    pub fn text(&self, name: Name) -> &str {
        self.fields
            .iter()
            .find(|field| field.name == name)
            .map_or("", |field| match &field.value {
                Value::Text(input) | Value::Secret(input) => input.value(),
                Value::Choice { .. } => "",
            })
    }

    /// What is chosen in a field, if it is a choice that has options.
    pub fn chosen(&self, name: Name) -> Option<&Choice> {
        self.fields
            .iter()
            .find(|field| field.name == name)
            .and_then(|field| match &field.value {
                Value::Choice { options, chosen } => options.get(*chosen),
                _ => None,
            })
    }

    /// What there is to choose from in a field; nothing when it is no choice.
    pub fn options_mut(&mut self, name: Name) -> &mut [Choice] {
        let field = self.fields.iter_mut().find(|field| field.name == name);
        match field.map(|field| &mut field.value) {
            Some(Value::Choice { options, .. }) => options,
            _ => &mut [],
        }
    }

    /// Moves the focus by a number of fields, round and round.
    pub fn step(&mut self, by: isize) {
        let count = self.fields.len().max(1) as isize;
        self.focus = (self.focus as isize + by).rem_euclid(count) as usize;
    }

    /// Puts the focus on the field at `index`, if there is one.
    pub fn focus_on(&mut self, index: usize) {
        if index < self.fields.len() {
            self.focus = index;
        }
    }

    /// Edits the focused text.
    pub fn edit(&mut self, request: InputRequest) {
        let Some(field) = self.fields.get_mut(self.focus) else {
            return;
        };
        if let Value::Text(input) | Value::Secret(input) = &mut field.value {
            input.handle(request);
            field.error = None;
            self.error = None;
        }
    }

    /// Forgets what was wrong with the last try.
    pub fn forget_errors(&mut self) {
        self.error = None;
        for field in &mut self.fields {
            field.error = None;
        }
    }

    /// Empties every field that is not shown: nobody can correct what cannot be seen.
    pub fn forget_secrets(&mut self) {
        for field in &mut self.fields {
            if let Value::Secret(input) = &mut field.value {
                *input = Input::default();
            }
        }
    }

    /// Takes the next option of the focused choice, or an earlier one when `by` is negative.
    pub fn turn(&mut self, by: isize) {
        let Some(field) = self.fields.get_mut(self.focus) else {
            return;
        };
        if let Value::Choice { options, chosen } = &mut field.value {
            let count = options.len().max(1) as isize;
            *chosen = (*chosen as isize + by).rem_euclid(count) as usize;
            field.error = None;
            self.error = None;
        }
    }
}

impl Field {
    /// A field for a text.
    pub fn text(name: Name, text: impl Into<String>) -> Self {
        Self::of(name, Value::Text(Input::new(text.into())))
    }

    /// A field for a text that is not shown.
    pub fn secret(name: Name, text: impl Into<String>) -> Self {
        Self::of(name, Value::Secret(Input::new(text.into())))
    }

    /// A field for one of `options`; the one with the id `chosen` at first, or the first one.
    pub fn choice(name: Name, options: Vec<Choice>, chosen: Option<&str>) -> Self {
        let chosen = options
            .iter()
            .position(|option| Some(option.id.as_str()) == chosen)
            .unwrap_or(0);
        Self::of(name, Value::Choice { options, chosen })
    }

    fn of(name: Name, value: Value) -> Self {
        Self {
            name,
            value,
            error: None,
        }
    }
}
