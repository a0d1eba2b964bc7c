//! The lists, one of which is looked at.

/// The lists, in the order of the work; the last is what it rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// What comes from the hardware.
    #[default]
    Timing,
    /// What is made of it.
    Sessions,
    /// Where it is shown.
    Screens,
    /// By what the hardware is known.
    Feeds,
}

impl Tab {
    /// All of them, from left to right.
    pub const ALL: [Tab; 4] = [Tab::Timing, Tab::Sessions, Tab::Screens, Tab::Feeds];
}
