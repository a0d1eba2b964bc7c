//! A display session's board, folded from what is in force and what was read.
//!
//! The newest roster and the newest settings come first and the reads after them, wherever among the reads they were stored: both
//! replace what came before, and hold for reads that were there already. What a replay takes therefore does not grow with every
//! change, and no thread that others wait for is held up by it.

use anyhow::Context;
use gantry_core::board::{
    Board,
    event::{BoardEvent, BoardRead, SessionEvent},
};
use tokio::task::spawn_blocking;

use crate::store::{
    DisplaySessionId, Part, PartnerId, Store, StoredEvent, StoredRead, TimingSessionId,
};

/// Reads that are read from the store at a time.
const PAGE: usize = 10_000;

/// A board, and how far in its history it is.
#[derive(Debug, Default)]
pub struct Fold {
    board: Board,
    /// What it listens to.
    parts: Vec<Part>,
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
        let horizon = store.last_position().await?;
        let events = store.events_in_force(partner, session).await?;
        let mut fold = aside(move || Self::of(&events)).await??;
        fold.parts = store.bound_parts(partner, session).await?;
        while fold.position < horizon {
            let mut reads = store
                .reads_of(partner, &fold.parts, fold.position, PAGE)
                .await?;
            reads.retain(|read| read.position <= horizon);
            if reads.is_empty() {
                break;
            }
            fold = aside(move || fold.with(&reads)).await?;
        }
        fold.position = horizon;
        Ok(fold)
    }

    /// The board before any read.
    fn of(events: &[StoredEvent]) -> anyhow::Result<Self> {
        let mut fold = Self::default();
        for event in events {
            let said: SessionEvent = serde_json::from_str(&event.body).with_context(|| {
                format!("cannot understand the event at position {}", event.position)
            })?;
            fold.board.apply(&said.into());
        }
        Ok(fold)
    }

    fn with(mut self, reads: &[StoredRead]) -> Self {
        for read in reads {
            self.take(read);
        }
        self
    }

    /// The board.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// Whether it listens to some of this recording.
    pub fn listens_to(&self, recording: TimingSessionId) -> bool {
        self.parts.iter().any(|part| part.recording == recording)
    }

    /// Takes in a read that was committed; false if it is of no concern, or was known already.
    pub fn take(&mut self, read: &StoredRead) -> bool {
        let is_new =
            read.position > self.position && self.parts.iter().any(|part| part.holds(read));
        if is_new {
            self.board.apply(&BoardEvent::Read(board_read(read)));
            self.position = read.position;
        }
        is_new
    }
}

/// Does what takes long on a thread that nobody else waits for.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
    spawn_blocking(work).await.context("folding failed")
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

#[cfg(test)]
mod tests {
    use gantry_core::{
        board::settings::Settings,
        compose::Composer,
        roster::{Participant, Race, Roster},
        scene::Scene,
        template::shipped,
    };

    use super::*;
    use crate::store::{
        Role, SessionChange,
        testing::{self, NOW, race, read, somebody, workspace},
    };

    fn picture(fold: &Fold) -> Scene {
        let template = shipped::find("finish-line").expect("good").expect("there");
        Composer::new(template).compose(fold.board()).scene
    }

    fn text(event: &SessionEvent) -> String {
        serde_json::to_string(event).expect("serialises")
    }

    fn roster() -> String {
        let participants = (1..=9).map(|bib| Participant {
            bib: bib.to_string(),
            last_name: format!("No{bib}"),
            race: "10 km".to_owned(),
            ..Participant::default()
        });
        let race = Race {
            start: Some(NOW - 1_800_000),
            ..Race::named("10 km")
        };
        let roster = Roster::new(vec![race], participants.collect());
        text(&SessionEvent::RosterV1 {
            roster: roster.into(),
        })
    }

    #[tokio::test]
    async fn a_replay_makes_the_board_that_was_followed() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let (partner, timing) = (origin.partner_id, origin.timing_session_id);
        let ann = somebody(&store, partner, "ann@example.org", Role::Operator).await;
        let id = workspace(&store, ann, &[timing]).await.id;
        let settings = |event_name: &str| {
            let settings = Settings {
                event_name: event_name.to_owned(),
                ..Settings::default()
            };
            Some(text(&SessionEvent::SettingsV1 { settings }))
        };
        let change = async |change: SessionChange| {
            let changed = store
                .change_display_session(ann, id, None, &change, NOW)
                .await;
            changed.expect("changes").expect("is there");
        };
        change(SessionChange {
            settings: settings("Town Run"),
            ..SessionChange::default()
        })
        .await;
        store
            .append(&[read(origin, 1, "3")], &[])
            .await
            .expect("stores");
        let stored = store.replace_roster(ann, id, None, &roster(), 9, NOW).await;
        stored.expect("stores").expect("is there");

        let mut followed = Fold::replay(&store, partner, id).await.expect("replays");
        for sequence in 2..=6 {
            let reads = [read(origin, sequence, &(sequence + 2).to_string())];
            for read in store.append(&reads, &[]).await.expect("stores") {
                assert!(followed.take(&read));
                assert!(!followed.take(&read), "once is enough");
            }
        }
        let replayed = Fold::replay(&store, partner, id).await.expect("replays");
        assert_eq!(picture(&replayed), picture(&followed));
        assert_eq!(replayed.position, followed.position);

        let early = replayed.board().total_counts();
        for _ in 1..=5 {
            change(SessionChange {
                settings: settings("Town Run, again"),
                ..SessionChange::default()
            })
            .await;
            let stored = store.replace_roster(ann, id, None, &roster(), 9, NOW).await;
            stored.expect("stores").expect("is there");
        }
        let later = Fold::replay(&store, partner, id).await.expect("replays");
        assert_eq!(later.board().total_counts(), early);
        assert_eq!(later.board().settings().event_name, "Town Run, again");
        let shown = |fold: &Fold| -> Vec<_> { fold.board().showing().cloned().collect() };
        assert_eq!(shown(&later), shown(&replayed), "turns stay whose they are");

        change(SessionChange {
            timing_sessions: Some(vec![]),
            ..SessionChange::default()
        })
        .await;
        let unbound = Fold::replay(&store, partner, id).await.expect("replays");
        assert_ne!(picture(&unbound), picture(&followed));
        assert_eq!(unbound.board().total_counts().seen, 0);
    }

    #[tokio::test]
    async fn an_event_of_a_newer_server_is_refused() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let ann = somebody(&store, origin.partner_id, "ann@example.org", Role::Operator).await;
        let id = workspace(&store, ann, &[]).await.id;
        let newer = r#"{"event":"settings_v9"}"#.to_owned();
        let change = SessionChange {
            settings: Some(newer),
            ..SessionChange::default()
        };
        let changed = store
            .change_display_session(ann, id, None, &change, NOW)
            .await;
        changed.expect("changes").expect("is there");
        let refused = Fold::replay(&store, origin.partner_id, id).await;
        let reason = refused.expect_err("it is not understood").to_string();
        assert!(reason.contains("at position 2"), "{reason}");
    }
}
