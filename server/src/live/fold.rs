//! A display session's board, folded from its history.

use anyhow::Context;
use gantry_core::board::{
    Board,
    event::{BoardEvent, BoardRead, SessionEvent},
};

use crate::store::{DisplaySessionId, PartnerId, Step, Store, StoredRead};

/// Steps that are read from the store at a time.
const PAGE: usize = 10_000;

/// A board, and how far in its history it is.
#[derive(Debug, Default)]
pub struct Fold {
    board: Board,
    position: i64,
}

impl Fold {
    /// The board of everything that is stored by now.
    pub async fn replay(
        store: &Store,
        partner: PartnerId,
        session: DisplaySessionId,
    ) -> anyhow::Result<Self> {
        // A page is read table by table. What is stored meanwhile may be in one table's part and not yet in another's, so
        // everything after this position is left to those who publish it.
        let horizon = store.last_position().await;
        let mut fold = Self::default();
        while fold.position < horizon {
            let steps = store.history(partner, session, fold.position, PAGE).await?;
            let is_last = steps.len() < PAGE;
            for step in steps.iter().take_while(|step| step.position() <= horizon) {
                fold.take_step(step)?;
            }
            if is_last {
                break;
            }
        }
        fold.position = horizon;
        Ok(fold)
    }

    /// The board.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// Takes in a read that was committed; false if it was known already.
    pub fn take(&mut self, read: &StoredRead) -> bool {
        let is_new = read.position > self.position;
        if is_new {
            self.board.apply(&BoardEvent::Read(board_read(read)));
            self.position = read.position;
        }
        is_new
    }

    fn take_step(&mut self, step: &Step) -> anyhow::Result<()> {
        match step {
            Step::Read(read) => {
                self.take(read);
            }
            Step::Event(event) => {
                let said: SessionEvent = serde_json::from_str(&event.body).with_context(|| {
                    format!("cannot understand the event at position {}", event.position)
                })?;
                self.board.apply(&said.into());
                self.position = event.position;
            }
        }
        Ok(())
    }
}

fn board_read(read: &StoredRead) -> BoardRead {
    BoardRead {
        position: read.position,
        kind: read.kind,
        location: read.location.clone(),
        tag: read.tag.clone(),
        at: read.at,
        received_at: read.received_at,
    }
}
