//! All that the console knows.

use std::collections::VecDeque;

use gantry_core::time::Moment;
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    api::{
        feeds::Feed,
        request::Request,
        server::Server,
        types::{Colleague, Display, DisplaySession, Partner, Preview, Template, TimingSession},
        warnings::Alarm,
    },
    app::{
        dialog::Dialog,
        example::Examples,
        form::{Field, Form, Name, Purpose, Value},
        live::Live,
        picker::Picker,
        polls::Polls,
        tab::Tab,
    },
    keymap::place::Context,
    terminal::Terminal,
};

/// All that the console knows. It is changed by `update` only and drawn from as it is.
#[derive(Debug)]
pub struct Model {
    /// What the terminal can do.
    pub terminal: Terminal,
    /// The server that is talked to.
    pub server: Server,
    /// In which zone times of day are shown.
    pub zone: TimeZone,
    /// The time, as of the last event.
    pub now: Moment,
    /// How far the server's clock is ahead of this machine's.
    pub server_ahead_ms: i64,
    /// How far the operator has come.
    pub stage: Stage,
    /// Who is logged in: the account, and the partner's name.
    pub account: String,
    /// The partner that is acted for.
    pub partner: String,
    /// Whether the account may only look.
    pub looks_only: bool,
    /// Whether the account owns the partner.
    pub is_owner: bool,
    /// The list that is looked at.
    pub tab: Tab,
    /// What stands in front of it.
    pub dialog: Option<Dialog>,
    /// What there is to tell the operator.
    pub notice: Option<Notice>,
    /// Since when the server does not answer, and why.
    pub outage: Option<Outage>,
    /// What is wrong with the server.
    pub alarms: Vec<Alarm>,
    /// When each list is asked for again.
    pub polls: Polls,
    /// The ChronoTrack sessions.
    pub timing: Picker<TimingSession>,
    /// The reads of the chosen one.
    pub reads: Option<Reads>,
    /// The templates.
    pub templates: Vec<Template>,
    /// What templates look like.
    pub examples: Examples,
    /// The display sessions.
    pub sessions: Picker<DisplaySession>,
    /// Whether the archived ones are among them.
    pub with_archived: bool,
    /// The people who work for the partner.
    pub colleagues: Vec<Colleague>,
    /// The displays.
    pub displays: Picker<Display>,
    /// The feeds.
    pub feeds: Picker<Feed>,
    /// The display whose picture is painted.
    pub live: Option<Live>,
}

/// How far the operator has come.
#[derive(Debug)]
pub enum Stage {
    /// To the login.
    LogIn(Box<Form>),
    /// To the choice of a partner.
    Partner(Picker<Partner>),
    /// In.
    Console,
}

/// A line for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// Whether something went wrong.
    pub is_error: bool,
    /// When it was said.
    pub at: Moment,
}

/// A time in which the server does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Since when.
    pub since: Moment,
    /// What the network says.
    pub reason: String,
}

/// The reads of one timing session.
#[derive(Clone, Debug)]
pub struct Reads {
    /// Whose.
    pub session_id: String,
    /// The newest ones.
    pub preview: Preview,
    /// Reads per minute at the last looks, oldest first.
    pub rates: VecDeque<u64>,
}

impl Reads {
    /// How many looks are remembered: two minutes of them.
    pub const RATES_KEPT: usize = 120;
}

impl Model {
    /// The console before the login.
    pub fn new(server: Server, terminal: Terminal, zone: TimeZone, email: &str) -> Self {
        Self {
            terminal,
            server,
            zone,
            now: Moment::default(),
            server_ahead_ms: 0,
            stage: Stage::LogIn(Box::new(login_form(email))),
            account: String::new(),
            partner: String::new(),
            looks_only: false,
            is_owner: false,
            tab: Tab::default(),
            dialog: None,
            notice: None,
            outage: None,
            alarms: Vec::new(),
            polls: Polls::default(),
            timing: Picker::default(),
            reads: None,
            templates: Vec::new(),
            examples: Examples::default(),
            sessions: Picker::default(),
            with_archived: false,
            colleagues: Vec::new(),
            displays: Picker::default(),
            feeds: Picker::default(),
            live: None,
        }
    }

    /// Where the next key goes.
    pub fn context(&self) -> Context {
        match (&self.dialog, &self.stage) {
            (Some(Dialog::Form(form)), _) => match form.focused().map(|field| &field.value) {
                Some(Value::Choice { .. }) => Context::FormChoice,
                _ => Context::FormText,
            },
            (Some(Dialog::Confirm(_)), _) => Context::Confirm,
            (Some(Dialog::Help { .. }), _) => Context::Help,
            (Some(Dialog::Code { .. }), _) => Context::Code,
            (Some(Dialog::Picture), _) => Context::Picture,
            (Some(Dialog::Report { .. }), _) => Context::Report,
            (None, Stage::LogIn(_)) => Context::LogIn,
            (None, Stage::Partner(_)) => Context::Partner,
            (None, Stage::Console) => match self.tab {
                Tab::Timing => Context::Timing,
                Tab::Sessions => Context::Sessions,
                Tab::Screens => Context::Screens,
                Tab::Feeds => Context::Feeds,
            },
        }
    }

    /// The lists that the account sees.
    pub fn tabs(&self) -> &'static [Tab] {
        if self.looks_only {
            &[Tab::Timing, Tab::Sessions, Tab::Screens]
        } else {
            &Tab::ALL
        }
    }

    /// The form that takes the keys, if one does.
    pub fn form_mut(&mut self) -> Option<&mut Form> {
        match (&mut self.dialog, &mut self.stage) {
            (Some(Dialog::Form(form)), _) => Some(form),
            (None, Stage::LogIn(form)) => Some(form),
            _ => None,
        }
    }

    /// The form that waits for the answer to this request, unless it was closed since.
    pub fn waiting(&mut self, answered: &Request) -> Option<&mut Form> {
        self.form_mut()
            .filter(|form| form.sent.as_ref() == Some(answered))
    }

    /// Closes the form that waits for the answer to this request, and no other dialog: an answer that comes late does
    /// not take away what the operator has opened since. Whether nothing stands in front of the lists now.
    pub fn steps_back(&mut self, answered: &Request) -> bool {
        let waits = |form: &Form| form.sent.as_ref() == Some(answered);
        if matches!(&self.dialog, Some(Dialog::Form(form)) if waits(form)) {
            self.dialog = None;
        }
        self.dialog.is_none()
    }

    /// The server's time, as well as it is known.
    pub fn server_now(&self) -> Timestamp {
        let now = self.now + self.server_ahead_ms;
        Timestamp::from_millisecond(now.0).unwrap_or_default()
    }

    /// The displays of a display session, newest first.
    pub fn displays_of(&self, session_id: &str) -> impl Iterator<Item = &Display> {
        let session_id = session_id.to_owned();
        self.displays
            .items()
            .iter()
            .filter(move |display| display.session_id.as_deref() == Some(&session_id))
    }

    /// The display whose picture is looked at: the chosen one, or the chosen session's first that is active.
    pub fn looked_at(&self) -> Option<&Display> {
        let now = self.server_now();
        match (&self.stage, self.tab) {
            (Stage::Console, Tab::Sessions) => self
                .displays_of(self.sessions.chosen_id()?)
                .find(|display| display.is_active(now)),
            (Stage::Console, Tab::Screens) => self
                .displays
                .chosen()
                .filter(|display| display.is_active(now)),
            _ => None,
        }
    }

    /// Tells the operator something.
    pub fn tell(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice {
            text: text.into(),
            is_error: false,
            at: self.now,
        });
    }

    /// Tells the operator that something went wrong.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.tell(text);
        if let Some(notice) = &mut self.notice {
            notice.is_error = true;
        }
    }

    /// Back to the login, knowing nothing of the account any more.
    pub fn forget_account(&mut self) {
        let fresh = Self::new(
            self.server.clone(),
            self.terminal,
            self.zone.clone(),
            &self.account,
        );
        *self = Self {
            now: self.now,
            server_ahead_ms: self.server_ahead_ms,
            // Whoever follows it has to be told to stop.
            live: self.live.take(),
            ..fresh
        };
    }
}

/// The login, with the focus on the first empty field.
fn login_form(email: &str) -> Form {
    let fields = vec![
        Field::text(Name::Email, email),
        Field::secret(Name::Password, ""),
    ];
    let mut form = Form::new(Purpose::LogIn, fields);
    form.focus = usize::from(!email.is_empty());
    form
}
