//! What an operator can do.

/// Something that a key, a click or a turn of the wheel does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Ends the program.
    Quit,
    /// Paints every cell anew, after something else wrote on the terminal.
    Redraw,
    /// Shows the help.
    Help,
    /// Logs out.
    LogOut,
    /// Closes what stands in front.
    Close,
    /// Shows the ChronoTrack sessions.
    GoTiming,
    /// Shows the display sessions.
    GoSessions,
    /// Shows the displays.
    GoScreens,
    /// Shows the feeds.
    GoFeeds,
    /// Shows the list to the right.
    NextTab,
    /// Shows the list to the left.
    PreviousTab,
    /// One line up.
    Up,
    /// One line down.
    Down,
    /// Ten lines up.
    PageUp,
    /// Ten lines down.
    PageDown,
    /// To the first line.
    First,
    /// To the last line.
    Last,
    /// Takes the line that was clicked.
    PickRow,
    /// Starts a display session from the chosen timing session.
    NewSession,
    /// Renames the chosen timing session.
    RenameTiming,
    /// Keeps the chosen timing session's reads for good, or no longer.
    PinTiming,
    /// Closes the chosen timing session, or opens it again.
    CloseTiming,
    /// Merges the chosen timing session into another.
    MergeTiming,
    /// Splits the chosen timing session by time.
    SplitTiming,
    /// Corrects the times of a mat of the chosen timing session.
    CorrectTiming,
    /// Changes the chosen display session.
    ChangeSession,
    /// Deletes the chosen display session.
    DeleteSession,
    /// Imports a roster into the chosen display session.
    ImportRoster,
    /// Makes a URL for the chosen display session.
    MakeUrl,
    /// Shares the chosen display session with a colleague.
    ShareSession,
    /// Gives the chosen display session to a colleague.
    HandOverSession,
    /// Copies the chosen display session.
    DuplicateSession,
    /// Puts the chosen display session away, or takes it back out.
    ArchiveSession,
    /// Lists archived display sessions too, or no longer.
    ShowArchived,
    /// Copies the URL of the display that is looked at.
    CopyUrl,
    /// Shows the URL of the display that is looked at as a QR code.
    ShowCode,
    /// Shows the picture of the display that is looked at as large as the terminal.
    ShowPicture,
    /// Revokes the chosen display.
    Revoke,
    /// Makes a feed.
    AddFeed,
    /// Changes the chosen feed.
    ChangeFeed,
    /// Removes the chosen feed.
    RemoveFeed,
    /// Copies the line by which whoever runs the server confirms the chosen feed.
    CopyConfirmation,
    /// Takes the chosen partner.
    TakePartner,
    /// Sends the form.
    Submit,
    /// Focuses the next field.
    NextField,
    /// Focuses the field before.
    PreviousField,
    /// Focuses the field that was clicked.
    PickField,
    /// Takes the next option.
    NextOption,
    /// Takes the option before.
    PreviousOption,
    /// Says yes.
    Yes,
}
