//! What a client tells of itself before it is asked for reads.

/// What the client has told of itself so far.
#[derive(Debug, Default)]
pub(super) struct Introduction {
    pub(super) connection: Option<String>,
    /// Whether `geteventinfo` has its answer, be it that there is none. What comes too late for the first location is in vain.
    pub(super) has_event: bool,
    /// From `getlocations`.
    pub(super) answered: Option<Vec<String>>,
    /// From new-location lines.
    pub(super) announced: Vec<String>,
}

impl Introduction {
    /// Whether every question has its answer.
    pub(super) fn is_complete(&self) -> bool {
        self.connection.is_some() && self.has_event && self.answered.is_some()
    }

    /// All locations. A name that holds a `~` comes in pieces in the answer, but whole in its announcement.
    pub(super) fn locations(&self) -> Vec<String> {
        let mut answered = self.answered.clone().unwrap_or_default().join("~");
        for whole in self.announced.iter().filter(|name| name.contains('~')) {
            answered = answered.replace(whole.as_str(), "");
        }
        let mut locations = self.announced.clone();
        locations.extend(
            answered
                .split('~')
                .filter(|name| !name.is_empty())
                .map(str::to_owned),
        );
        locations
    }
}
