//! The lists, one of which is looked at.

/// The three lists, in the order of the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// What comes from the hardware.
    #[default]
    Timing,
    /// What is made of it.
    Sessions,
    /// Where it is shown.
    Screens,
}

impl Tab {
    /// All of them, from left to right.
    pub const ALL: [Tab; 3] = [Tab::Timing, Tab::Sessions, Tab::Screens];
}
