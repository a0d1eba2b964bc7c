//! What whoever follows the reads is told.

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::store::{Opened, StoredRead, TimingSessionId};

/// Batches that a subscriber may be behind before it has to read on from the store.
const PUBLISHED: usize = 1_024;

/// Reads in one batch at most, so that what a subscriber may be behind is bounded.
pub(super) const BATCH: usize = 256;

/// Reads that became safe in the database together, of any partner and timing session, in order of position.
///
/// They are not split up by session, so that whoever follows several timing sessions gets them in the order in which a replay would.
#[derive(Debug)]
pub struct CommittedBatch {
    /// The reads, none of which was there before; never empty.
    pub reads: Vec<StoredRead>,
}

/// What subscribers are told.
#[derive(Clone, Debug)]
pub enum News {
    /// Reads became safe in the database.
    Committed(Arc<CommittedBatch>),
    /// Reads may have become safe there that are in no batch: a commit failed and may have taken effect nevertheless.
    /// What to do is the same as after lagging: read on from the store.
    Missed,
    /// Which timing sessions show the reads of these recordings, or when they happened, is another now. Whoever shows them has to
    /// begin again.
    Rearranged(Arc<[TimingSessionId]>),
}

/// Where committed reads can be subscribed to. A subscriber that lagged reads on with
/// [`Store::reads_after`](crate::store::Store::reads_after).
pub type Published = broadcast::Sender<News>;

/// Tells whoever shows a recording when what comes of a source from now on is shown elsewhere. It comes before those reads do.
pub(super) fn tell_of_move(published: &Published, opened: &Opened) {
    if opened.is_moved {
        // Nobody listening is no fault: nobody shows it.
        let _ = published.send(News::Rearranged([opened.origin.timing_session_id].into()));
    }
}

/// A publication that nobody follows yet.
pub fn publication() -> Published {
    broadcast::Sender::new(PUBLISHED)
}
