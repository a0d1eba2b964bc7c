//! Who is at which display session now: whoever asked for it within the last seconds.
//!
//! It is kept in memory only. Each partner has room of its own, so one cannot crowd another out.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use gantry_core::time::Moment;
use serde::Serialize;
use utoipa::ToSchema;

use super::moment::Rfc3339;
use crate::store::{DisplaySessionId, PartnerId, Person, UserId};

/// Whoever has not asked for so long is gone.
const GONE_AFTER_MS: i64 = 15_000;

/// Visits remembered for one partner; beyond them, whoever asked longest ago is forgotten.
const MOST_VISITS: usize = 512;

/// Somebody at a display session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Present {
    /// Who.
    pub email: String,
    /// Since when without a pause.
    pub since: Rfc3339,
}

/// Everybody who is at some display session.
#[derive(Debug, Default)]
pub struct Presence(Mutex<HashMap<PartnerId, Vec<Visit>>>);

#[derive(Debug)]
struct Visit {
    session: DisplaySessionId,
    user: UserId,
    email: String,
    since: Moment,
    seen_at: Moment,
}

impl Presence {
    /// Takes note that a person asked for a display session.
    pub fn note(&self, person: Person, email: &str, session: DisplaySessionId, now: Moment) {
        let mut partners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        partners.retain(|_, visits| {
            visits.retain(|visit| visit.is_on(now));
            !visits.is_empty()
        });
        let visits = partners.entry(person.partner).or_default();
        let known = visits
            .iter_mut()
            .find(|visit| visit.session == session && visit.user == person.user);
        if let Some(visit) = known {
            visit.seen_at = now;
            return;
        }
        if visits.len() >= MOST_VISITS
            && let Some(oldest) = (0..visits.len()).min_by_key(|index| visits[*index].seen_at)
        {
            visits.swap_remove(oldest);
        }
        visits.push(Visit {
            session,
            user: person.user,
            email: email.to_owned(),
            since: now,
            seen_at: now,
        });
    }

    /// The others at a display session, whoever came first before.
    pub fn others(&self, person: Person, session: DisplaySessionId, now: Moment) -> Vec<Present> {
        let partners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let visits = partners.get(&person.partner).into_iter().flatten();
        let mut others: Vec<_> = visits
            .filter(|visit| visit.session == session && visit.user != person.user)
            .filter(|visit| visit.is_on(now))
            .map(|visit| Present {
                email: visit.email.clone(),
                since: Rfc3339(visit.since),
            })
            .collect();
        others.sort_by(|one, two| (one.since, &one.email).cmp(&(two.since, &two.email)));
        others
    }
}

impl Visit {
    fn is_on(&self, now: Moment) -> bool {
        now.since_ms(self.seen_at) < GONE_AFTER_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW};

    #[tokio::test]
    async fn whoever_asks_on_is_there_and_whoever_stops_goes() {
        let (store, _place) = testing::store().await;
        let partner = testing::race(&store).await.partner_id;
        let person = || Person {
            partner,
            user: UserId::new(),
        };
        let (ann, ben, session) = (person(), person(), DisplaySessionId::new());
        let presence = Presence::default();
        presence.note(ann, "ann", session, NOW);
        presence.note(ben, "ben", session, NOW + 1_000);
        presence.note(ann, "ann", session, NOW + 14_000);
        let others = |person, after_ms| -> Vec<String> {
            let others = presence.others(person, session, NOW + after_ms);
            others.into_iter().map(|other| other.email).collect()
        };
        assert_eq!(others(ann, 15_000), ["ben"]);
        assert_eq!(others(ben, 15_000), ["ann"]);
        assert_eq!(presence.others(ben, session, NOW + 15_000)[0].since.0, NOW);
        assert!(others(ann, 16_000).is_empty(), "ben stopped asking");
        assert!(
            presence
                .others(ann, DisplaySessionId::new(), NOW)
                .is_empty()
        );
    }

    #[tokio::test]
    async fn a_crowd_forgets_its_oldest_and_stays_among_itself() {
        let (store, _place) = testing::store().await;
        let partner = testing::race(&store).await.partner_id;
        let other = store
            .add_partner("Other", NOW)
            .await
            .expect("adds")
            .expect("is new")
            .id;
        let person = |partner| Person {
            partner,
            user: UserId::new(),
        };
        let presence = Presence::default();
        let (olga, lone) = (person(other), DisplaySessionId::new());
        presence.note(olga, "olga", lone, NOW);
        for step in 0..(MOST_VISITS as i64 + 9) {
            presence.note(person(partner), "x", lone, NOW + step);
        }
        let held = presence.0.lock().expect("no poison");
        assert_eq!(held[&partner].len(), MOST_VISITS);
        assert_eq!(held[&other].len(), 1);
        drop(held);
        assert!(
            presence.others(olga, lone, NOW + 1).is_empty(),
            "another partner's are not seen"
        );
    }
}
