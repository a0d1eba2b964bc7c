//! The table.
//!
//! This file is long because it has an entry for everything that a key does, all of the same shape.

use crossterm::event::KeyCode;

use crate::keymap::{action::Action, chord::Chord, place::Place};

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Where it holds.
    pub place: Place,
    /// The keys, the best one first.
    pub keys: &'static [Chord],
    /// The movement of the mouse that does the same.
    pub mouse: Option<Mouse>,
    /// What it does.
    pub action: Action,
    /// One or two words for the bottom line, which can be clicked there; empty when it is not worth the room.
    pub hint: &'static str,
    /// A sentence for the help.
    pub help: &'static str,
}

/// A movement of the mouse, as the table names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// A click on a row.
    ClickRow,
    /// A click on a field.
    ClickField,
    /// A turn of the wheel away from the hand.
    WheelUp,
    /// A turn of the wheel towards the hand.
    WheelDown,
    /// A click on a tab or a button that stands for the action. Hints can always be clicked.
    ClickWord,
}

impl Binding {
    /// Whether words on the screen stand for the action: a hint, a tab or a button.
    pub fn has_word(&self) -> bool {
        !self.hint.is_empty() || self.mouse == Some(Mouse::ClickWord)
    }
}

const fn key(code: KeyCode) -> Chord {
    Chord::key(code)
}

const fn char(char: char) -> Chord {
    Chord::char(char)
}

/// Everything that a key or the mouse does. Hints are shown in this order.
pub const TABLE: &[Binding] = &[
    Binding {
        place: Place::Timing,
        keys: &[key(KeyCode::Enter), char('n')],
        mouse: None,
        action: Action::NewSession,
        hint: "bind to a display session",
        help: "Bind it to a new display session",
    },
    Binding {
        place: Place::Timing,
        keys: &[char('e')],
        mouse: None,
        action: Action::RenameTiming,
        hint: "rename",
        help: "Rename it",
    },
    Binding {
        place: Place::Timing,
        keys: &[char('c')],
        mouse: None,
        action: Action::CloseTiming,
        hint: "close",
        help: "Close it, or open it again, after a question",
    },
    Binding {
        place: Place::Timing,
        keys: &[char('s')],
        mouse: None,
        action: Action::SplitTiming,
        hint: "split",
        help: "Split it by time",
    },
    Binding {
        place: Place::Timing,
        keys: &[char('m')],
        mouse: None,
        action: Action::MergeTiming,
        hint: "merge",
        help: "Merge it into another one",
    },
    Binding {
        place: Place::Timing,
        keys: &[char('t')],
        mouse: None,
        action: Action::CorrectTiming,
        hint: "",
        help: "Correct the times of a mat",
    },
    Binding {
        place: Place::Timing,
        keys: &[char('p')],
        mouse: None,
        action: Action::PinTiming,
        hint: "",
        help: "Keep its reads for good, or no longer",
    },
    Binding {
        place: Place::Sessions,
        keys: &[key(KeyCode::Enter), char('u')],
        mouse: None,
        action: Action::MakeUrl,
        hint: "make URL",
        help: "Make a display URL for the chosen session",
    },
    Binding {
        place: Place::Sessions,
        keys: &[char('n')],
        mouse: None,
        action: Action::NewSession,
        hint: "new",
        help: "Make a new display session",
    },
    Binding {
        place: Place::Sessions,
        keys: &[char('i')],
        mouse: None,
        action: Action::ImportRoster,
        hint: "roster",
        help: "Import a CSV file as the session's roster",
    },
    Binding {
        place: Place::Sessions,
        keys: &[char('e')],
        mouse: None,
        action: Action::ChangeSession,
        hint: "edit",
        help: "Change name, timing, mode or template",
    },
    Binding {
        place: Place::Sessions,
        keys: &[char('x'), key(KeyCode::Delete)],
        mouse: None,
        action: Action::DeleteSession,
        hint: "delete",
        help: "Delete it with its URLs, after a question",
    },
    Binding {
        place: Place::Sessions,
        keys: &[char('s')],
        mouse: None,
        action: Action::ShareSession,
        hint: "share",
        help: "Share it with a colleague",
    },
    Binding {
        place: Place::Sessions,
        keys: &[char('H')],
        mouse: None,
        action: Action::HandOverSession,
        hint: "",
        help: "Hand it over to a colleague",
    },
    Binding {
        place: Place::Sessions,
        keys: &[char('d')],
        mouse: None,
        action: Action::DuplicateSession,
        hint: "",
        help: "Duplicate it, without its URLs",
    },
    Binding {
        place: Place::Sessions,
        keys: &[char('a')],
        mouse: None,
        action: Action::ArchiveSession,
        hint: "",
        help: "Archive it, or take it out of the archive",
    },
    Binding {
        place: Place::Sessions,
        keys: &[char('A')],
        mouse: None,
        action: Action::ShowArchived,
        hint: "",
        help: "List archived sessions too, or not",
    },
    Binding {
        place: Place::Screens,
        keys: &[key(KeyCode::Enter)],
        mouse: None,
        action: Action::ShowPicture,
        hint: "picture",
        help: "Show its picture on the whole terminal",
    },
    Binding {
        place: Place::Urls,
        keys: &[char('c')],
        mouse: None,
        action: Action::CopyUrl,
        hint: "copy URL",
        help: "Copy its URL",
    },
    Binding {
        place: Place::Displays,
        keys: &[char('o')],
        mouse: None,
        action: Action::ShowCode,
        hint: "QR code",
        help: "Show its URL as a QR code",
    },
    Binding {
        place: Place::Displays,
        keys: &[char('p')],
        mouse: None,
        action: Action::ShowPicture,
        hint: "",
        help: "Show its picture on the whole terminal",
    },
    Binding {
        place: Place::Screens,
        keys: &[char('x'), key(KeyCode::Delete)],
        mouse: None,
        action: Action::Revoke,
        hint: "revoke",
        help: "Revoke it on every screen, after a question",
    },
    Binding {
        place: Place::Feeds,
        keys: &[char('n')],
        mouse: None,
        action: Action::AddFeed,
        hint: "new",
        help: "Make a new feed",
    },
    Binding {
        place: Place::Feeds,
        keys: &[key(KeyCode::Enter), char('e')],
        mouse: None,
        action: Action::ChangeFeed,
        hint: "change",
        help: "Change it; its hardware comes in anew",
    },
    Binding {
        place: Place::Feeds,
        keys: &[char('x'), key(KeyCode::Delete)],
        mouse: None,
        action: Action::RemoveFeed,
        hint: "remove",
        help: "Remove it, after a question",
    },
    Binding {
        place: Place::Feeds,
        keys: &[char('c')],
        mouse: None,
        action: Action::CopyConfirmation,
        hint: "copy line to confirm",
        help: "Copy the line that confirms it",
    },
    Binding {
        place: Place::Lists,
        keys: &[char('1')],
        mouse: Some(Mouse::ClickWord),
        action: Action::GoTiming,
        hint: "",
        help: "Timing: what comes from the hardware",
    },
    Binding {
        place: Place::Lists,
        keys: &[char('2')],
        mouse: Some(Mouse::ClickWord),
        action: Action::GoSessions,
        hint: "",
        help: "Display sessions: what is made of it",
    },
    Binding {
        place: Place::Lists,
        keys: &[char('3')],
        mouse: Some(Mouse::ClickWord),
        action: Action::GoScreens,
        hint: "",
        help: "Screens: where it is shown",
    },
    Binding {
        place: Place::Lists,
        keys: &[char('4')],
        mouse: Some(Mouse::ClickWord),
        action: Action::GoFeeds,
        hint: "",
        help: "Feeds: by what hardware is known",
    },
    Binding {
        place: Place::Lists,
        keys: &[key(KeyCode::Tab), key(KeyCode::Right), char('l')],
        mouse: None,
        action: Action::NextTab,
        hint: "",
        help: "The list to the right",
    },
    Binding {
        place: Place::Lists,
        keys: &[key(KeyCode::BackTab), key(KeyCode::Left), char('h')],
        mouse: None,
        action: Action::PreviousTab,
        hint: "",
        help: "The list to the left",
    },
    Binding {
        place: Place::Lines,
        keys: &[key(KeyCode::Up), char('k')],
        mouse: Some(Mouse::WheelUp),
        action: Action::Up,
        hint: "",
        help: "One line up",
    },
    Binding {
        place: Place::Lines,
        keys: &[key(KeyCode::Down), char('j')],
        mouse: Some(Mouse::WheelDown),
        action: Action::Down,
        hint: "",
        help: "One line down",
    },
    Binding {
        place: Place::Lines,
        keys: &[key(KeyCode::PageUp)],
        mouse: None,
        action: Action::PageUp,
        hint: "",
        help: "Ten lines up",
    },
    Binding {
        place: Place::Lines,
        keys: &[key(KeyCode::PageDown)],
        mouse: None,
        action: Action::PageDown,
        hint: "",
        help: "Ten lines down",
    },
    Binding {
        place: Place::Lines,
        keys: &[key(KeyCode::Home), char('g')],
        mouse: None,
        action: Action::First,
        hint: "",
        help: "To the first line",
    },
    Binding {
        place: Place::Lines,
        keys: &[key(KeyCode::End), char('G')],
        mouse: None,
        action: Action::Last,
        hint: "",
        help: "To the last line",
    },
    Binding {
        place: Place::Lines,
        keys: &[],
        mouse: Some(Mouse::ClickRow),
        action: Action::PickRow,
        hint: "",
        help: "Choose a line",
    },
    Binding {
        place: Place::Partner,
        keys: &[key(KeyCode::Enter)],
        mouse: None,
        action: Action::TakePartner,
        hint: "choose",
        help: "Work for the chosen timing partner",
    },
    Binding {
        place: Place::Partner,
        keys: &[key(KeyCode::Esc)],
        mouse: None,
        action: Action::LogOut,
        hint: "log out",
        help: "Back to the login",
    },
    Binding {
        place: Place::Forms,
        keys: &[key(KeyCode::Enter)],
        mouse: None,
        action: Action::Submit,
        hint: "send",
        help: "Send the form",
    },
    Binding {
        place: Place::Forms,
        keys: &[key(KeyCode::Tab), key(KeyCode::Down)],
        mouse: Some(Mouse::WheelDown),
        action: Action::NextField,
        hint: "next field",
        help: "The next field",
    },
    Binding {
        place: Place::Forms,
        keys: &[key(KeyCode::BackTab), key(KeyCode::Up)],
        mouse: Some(Mouse::WheelUp),
        action: Action::PreviousField,
        hint: "",
        help: "The field before",
    },
    Binding {
        place: Place::Forms,
        keys: &[],
        mouse: Some(Mouse::ClickField),
        action: Action::PickField,
        hint: "",
        help: "Choose a field",
    },
    Binding {
        place: Place::Choices,
        keys: &[key(KeyCode::Right), char(' ')],
        mouse: None,
        action: Action::NextOption,
        hint: "change",
        help: "The next option",
    },
    Binding {
        place: Place::Choices,
        keys: &[key(KeyCode::Left)],
        mouse: Some(Mouse::ClickWord),
        action: Action::PreviousOption,
        hint: "",
        help: "The option before",
    },
    Binding {
        place: Place::Confirm,
        keys: &[char('y')],
        mouse: None,
        action: Action::Yes,
        hint: "yes",
        help: "Do it",
    },
    Binding {
        place: Place::Confirm,
        keys: &[char('n')],
        mouse: None,
        action: Action::Close,
        hint: "",
        help: "Leave everything as it is",
    },
    Binding {
        place: Place::Dialogs,
        keys: &[key(KeyCode::Esc)],
        mouse: None,
        action: Action::Close,
        hint: "close",
        help: "Close it and change nothing",
    },
    Binding {
        place: Place::Readers,
        keys: &[char('q'), key(KeyCode::Enter)],
        mouse: None,
        action: Action::Close,
        hint: "",
        help: "Close it",
    },
    Binding {
        place: Place::Lists,
        keys: &[char('L')],
        mouse: None,
        action: Action::LogOut,
        hint: "",
        help: "Log out",
    },
    Binding {
        place: Place::Lists,
        keys: &[char('q')],
        mouse: None,
        action: Action::Quit,
        hint: "quit",
        help: "End the console; displays go on",
    },
    Binding {
        place: Place::Lists,
        keys: &[char('?')],
        mouse: None,
        action: Action::Help,
        hint: "help",
        help: "Show this help",
    },
    Binding {
        place: Place::Everywhere,
        keys: &[key(KeyCode::F(1))],
        mouse: None,
        action: Action::Help,
        hint: "",
        help: "Show this help",
    },
    Binding {
        place: Place::Everywhere,
        keys: &[Chord::ctrl('l')],
        mouse: None,
        action: Action::Redraw,
        hint: "",
        help: "Paint the whole terminal anew",
    },
    Binding {
        place: Place::Everywhere,
        keys: &[Chord::ctrl('c')],
        mouse: None,
        action: Action::Quit,
        hint: "",
        help: "End the console at once",
    },
];
