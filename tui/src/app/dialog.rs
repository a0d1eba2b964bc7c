//! What can stand in front of the lists.

use crate::{
    api::{feeds::Feed, request::Request, roster::Imported, types::DisplaySession},
    app::form::Form,
};

/// A view that takes the keys until it is closed.
#[derive(Clone, Debug)]
pub enum Dialog {
    /// Something to fill in.
    Form(Form),
    /// A question before something that cannot be taken back.
    Confirm(Question),
    /// The keys and what they do, from this line on.
    Help {
        /// The first line shown.
        scroll: usize,
    },
    /// A display's URL as a QR code.
    Code {
        /// The display's id.
        display: String,
    },
    /// A display's picture, as large as the terminal.
    Picture,
    /// What an import did, from this rejected line on.
    Report {
        /// What it did.
        imported: Imported,
        /// The first line shown.
        scroll: usize,
    },
}

/// A question that is answered with yes or no.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The heading.
    pub title: &'static str,
    /// What is asked.
    pub text: String,
    /// What happens after a yes.
    pub consequence: String,
    /// What a yes does.
    pub then: Then,
}

/// What a yes does.
#[derive(Clone, Debug, PartialEq)]
pub enum Then {
    /// Asks the server for it.
    Ask(Request),
    /// Opens the form that changes this display session, as it is now.
    Edit(Box<DisplaySession>),
    /// Opens the form that changes this feed, as it is now.
    EditFeed(Box<Feed>),
}
