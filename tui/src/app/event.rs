//! Everything that can wake the console, and everything that it can ask for.

use crossterm::event::KeyEvent;
use gantry_core::{scene::Scene, template::Template, time::Moment, wire::ClientMessage};

use crate::{
    api::{client::Reply, live::LiveEvent, request::Request, types::Mode},
    keymap::action::Action,
};

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// Time passed. It comes before every other event too, so the model's clock is never older than what happens.
    Tick(Moment),
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse did something to what was drawn under it.
    Mouse(Pointer),
    /// A text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resize,
    /// The server answered.
    Api {
        /// What was asked.
        request: Box<Request>,
        /// What came back.
        reply: Box<Reply>,
    },
    /// A template was composed with the sample race.
    Composed {
        /// Which template.
        template_id: String,
        /// In which mode.
        mode: Mode,
        /// What it looks like.
        scene: Box<Scene>,
    },
    /// A display's stream said something.
    Live {
        /// Whose stream.
        display: String,
        /// What.
        event: LiveEvent,
    },
}

/// A movement of the mouse that means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// What the hand did.
    pub gesture: Gesture,
    /// What was drawn there.
    pub target: Option<Target>,
}

/// What a hand does with a mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gesture {
    /// The left button went down.
    Click,
    /// The wheel was turned away from the hand.
    WheelUp,
    /// The wheel was turned towards the hand.
    WheelDown,
}

/// Something on the screen that can be clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A word that stands for an action: a tab, a hint, a button.
    Action(Action),
    /// A row of the list, by its place in it.
    Row(usize),
    /// A field of the form, by its place in it.
    Field(usize),
}

/// What the world outside is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the server.
    Ask(Request),
    /// Compose a template with the sample race.
    Compose {
        /// The template.
        template: Box<Template>,
        /// In which mode.
        mode: Mode,
    },
    /// Follow this display's stream and no other; none stops following.
    Follow(Option<String>),
    /// Say this on the followed stream.
    Say(ClientMessage),
    /// Put this text on the operator's clipboard.
    Copy(String),
    /// Paint every cell anew.
    Redraw,
    /// End the program.
    Quit,
}
