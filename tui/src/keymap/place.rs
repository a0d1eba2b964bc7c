//! Where a key means something.

/// Where the next key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// The login.
    LogIn,
    /// The choice of a partner.
    Partner,
    /// The ChronoTrack sessions.
    Timing,
    /// The display sessions.
    Sessions,
    /// The displays.
    Screens,
    /// The feeds.
    Feeds,
    /// A text in a form.
    FormText,
    /// A choice in a form.
    FormChoice,
    /// A question.
    Confirm,
    /// The help.
    Help,
    /// A QR code.
    Code,
    /// A picture as large as the terminal.
    Picture,
    /// What an import did.
    Report,
}

impl Context {
    /// All of them.
    pub const ALL: [Context; 13] = [
        Context::LogIn,
        Context::Partner,
        Context::Timing,
        Context::Sessions,
        Context::Screens,
        Context::Feeds,
        Context::FormText,
        Context::FormChoice,
        Context::Confirm,
        Context::Help,
        Context::Code,
        Context::Picture,
        Context::Report,
    ];
}

/// A group of contexts in which the same keys do the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// In every context.
    Everywhere,
    /// In the lists.
    Lists,
    /// In everything that has lines to move over.
    Lines,
    /// In the ChronoTrack sessions.
    Timing,
    /// In the display sessions.
    Sessions,
    /// In the displays.
    Screens,
    /// In the feeds.
    Feeds,
    /// Where a display can be looked at more closely.
    Displays,
    /// Where a display's URL is seen.
    Urls,
    /// At the choice of a partner.
    Partner,
    /// At everything that is filled in.
    Forms,
    /// At a choice in a form.
    Choices,
    /// At a question.
    Confirm,
    /// In everything that can be closed.
    Dialogs,
    /// In everything that is only read.
    Readers,
}

impl Place {
    /// All of them, in the order in which the help tells of them.
    pub const ALL: [Place; 15] = [
        Place::Timing,
        Place::Sessions,
        Place::Screens,
        Place::Feeds,
        Place::Displays,
        Place::Urls,
        Place::Lists,
        Place::Lines,
        Place::Forms,
        Place::Choices,
        Place::Confirm,
        Place::Partner,
        Place::Dialogs,
        Place::Readers,
        Place::Everywhere,
    ];

    /// The contexts that it is made of.
    pub const fn contexts(self) -> &'static [Context] {
        use Context as C;
        match self {
            Place::Everywhere => &Context::ALL,
            Place::Lists => &[C::Timing, C::Sessions, C::Screens, C::Feeds],
            Place::Lines => &[
                C::Partner,
                C::Timing,
                C::Sessions,
                C::Screens,
                C::Feeds,
                C::Help,
                C::Report,
            ],
            Place::Timing => &[C::Timing],
            Place::Sessions => &[C::Sessions],
            Place::Screens => &[C::Screens],
            Place::Feeds => &[C::Feeds],
            Place::Displays => &[C::Sessions, C::Screens, C::Picture],
            Place::Urls => &[C::Sessions, C::Screens, C::Code, C::Picture],
            Place::Partner => &[C::Partner],
            Place::Forms => &[C::LogIn, C::FormText, C::FormChoice],
            Place::Choices => &[C::FormChoice],
            Place::Confirm => &[C::Confirm],
            Place::Dialogs => &[
                C::FormText,
                C::FormChoice,
                C::Confirm,
                C::Help,
                C::Code,
                C::Picture,
                C::Report,
            ],
            Place::Readers => &[C::Help, C::Code, C::Picture, C::Report],
        }
    }

    /// The heading in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Place::Everywhere => "Everywhere",
            Place::Lists => "The lists",
            Place::Lines => "Moving",
            Place::Timing => "1 Timing",
            Place::Sessions => "2 Display sessions",
            Place::Screens => "3 Screens",
            Place::Feeds => "4 Feeds",
            Place::Displays => "A display, in 2 and 3",
            Place::Urls => "A display's URL",
            Place::Partner => "Choosing a partner",
            Place::Forms => "Forms",
            Place::Choices => "A choice in a form",
            Place::Confirm => "A question",
            Place::Dialogs => "What stands in front",
            Place::Readers => "What is only read",
        }
    }
}
