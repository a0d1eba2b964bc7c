//! Timing sessions with how alive they are: what is stored, seen together with who is connected.

use std::collections::BTreeMap;

use gantry_core::time::Moment;

use super::registry::Registry;
use crate::store::{PAUSE_MS, PartnerId, Result, Store, TimingSession, TimingSessionId};

/// How alive a timing session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Hardware is connected.
    Live,
    /// Nothing is connected, but hardware that comes back goes on with it.
    Idle,
    /// Its race is over: hardware of the same event goes on elsewhere. It had nothing for six hours, an operator closed it, or what
    /// came next was split off.
    Closed,
}

/// A timing session as operators see it in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What is stored.
    pub session: TimingSession,
    /// How alive it is.
    pub status: Status,
    /// How many connections feed it now.
    pub connections: usize,
}

/// Sessions read from the store at once while looking for those of one status.
const PAGE: usize = 100;

/// The newest `limit` sessions of a partner, newest first: those of one status only, when it is given, and those older than
/// `before`, when that is given.
pub async fn list(
    store: &Store,
    registry: &Registry,
    partner: PartnerId,
    status: Option<Status>,
    mut before: Option<TimingSessionId>,
    limit: usize,
    now: Moment,
) -> Result<Vec<Seen>> {
    let connected = registry.connected(partner);
    let mut found = Vec::new();
    while found.len() < limit {
        let page = store.timing_sessions(partner, before, PAGE).await?;
        let Some(oldest) = page.last() else { break };
        before = Some(oldest.id);
        let seen = page
            .into_iter()
            .map(|session| Seen::new(session, &connected, now));
        found.extend(seen.filter(|seen| status.is_none_or(|status| seen.status == status)));
    }
    found.truncate(limit);
    Ok(found)
}

/// One session of a partner.
pub async fn find(
    store: &Store,
    registry: &Registry,
    partner: PartnerId,
    id: TimingSessionId,
    now: Moment,
) -> Result<Option<Seen>> {
    let connected = registry.connected(partner);
    let session = store.timing_session(partner, id).await?;
    Ok(session.map(|session| Seen::new(session, &connected, now)))
}

impl Seen {
    fn new(
        session: TimingSession,
        connected: &BTreeMap<TimingSessionId, usize>,
        now: Moment,
    ) -> Self {
        let fed_by = session.fed_by.iter();
        let connections = fed_by
            .filter_map(|recording| connected.get(recording))
            .sum();
        let last_sign = session.last_read_at.unwrap_or(session.created_at);
        let last_sign = session
            .reopened_at
            .map_or(last_sign, |at| at.max(last_sign));
        let takes_more = session.closed_at.is_none() && !session.fed_by.is_empty();
        let status = match connections {
            1.. if takes_more => Status::Live,
            0 if takes_more && now.since_ms(last_sign) <= PAUSE_MS => Status::Idle,
            _ => Status::Closed,
        };
        Self {
            session,
            status,
            connections,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gantry_core::decoder::protocol::Protocol;

    use super::*;
    use crate::store::testing::{self, NOW, race, read};

    #[tokio::test]
    async fn a_session_is_live_then_idle_then_closed() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let (partner, id) = (origin.partner_id, origin.timing_session_id);
        store
            .append(&[read(origin, 1, "7")], &[])
            .await
            .expect("stores");
        let registry = Arc::new(Registry::default());
        let status = async |now| {
            let seen = find(&store, &registry, partner, id, now)
                .await
                .expect("finds");
            seen.expect("is there").status
        };

        let presence = registry
            .enter(([127, 0, 0, 1], 1).into(), Protocol::default(), NOW)
            .expect("there is room");
        presence
            .update(|connection| connection.source = Some(testing::arrival(origin, 1, "7").source));
        assert_eq!(status(NOW + 10 * PAUSE_MS).await, Status::Live);
        drop(presence);
        assert_eq!(status(NOW + PAUSE_MS).await, Status::Idle);
        assert_eq!(status(NOW + PAUSE_MS + 2).await, Status::Closed);
    }

    #[tokio::test]
    async fn a_rare_status_is_found_behind_many_others() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let partner = origin.partner_id;
        for day in 0..PAGE + 5 {
            let event = format!("event {day}");
            store
                .open_timing_session(partner, &event, "", "2021-05-08", NOW)
                .await
                .expect("opens");
        }
        let registry = Arc::new(Registry::default());
        let presence = registry
            .enter(([127, 0, 0, 1], 1).into(), Protocol::default(), NOW)
            .expect("there is room");
        presence
            .update(|connection| connection.source = Some(testing::arrival(origin, 1, "7").source));

        let live = list(
            &store,
            &registry,
            partner,
            Some(Status::Live),
            None,
            10,
            NOW,
        )
        .await
        .expect("lists");
        let live: Vec<_> = live
            .iter()
            .map(|seen| (seen.session.id, seen.connections))
            .collect();
        assert_eq!(live, [(origin.timing_session_id, 1)]);
        let all = list(&store, &registry, partner, None, None, 500, NOW)
            .await
            .expect("lists");
        assert_eq!(all.len(), PAGE + 6);
        let closed = list(
            &store,
            &registry,
            partner,
            Some(Status::Closed),
            None,
            10,
            NOW,
        )
        .await;
        assert_eq!(closed.expect("lists"), []);
    }
}
