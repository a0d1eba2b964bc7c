//! Turns at handing out the reads of timing sessions, which can take the database for as long as an export lasts.
//!
//! A partner that exports much waits for itself, and all exports together leave most connections to everybody else. A turn lasts
//! while a page is read, not while it is sent: who takes a page slowly, or not at all, has its memory and a place among its own
//! partner's exports until the edge ends the connection.

use std::{sync::Arc, time::Duration};

use futures_util::{Stream, stream};

use super::problem::Problem;
use crate::{
    export::Export,
    store::PartnerId,
    turns::{Lane, Turn, Turns},
};

/// Exports of one partner that are under way at the same time.
const OPEN: usize = 4;

/// Pages of all partners that are read at the same time: few of the connections to the database.
const PAGES: usize = 2;

/// Pages of all partners that wait: more than partners fill, each of which waits with one.
const ALL_WAITING: usize = 1_024;

/// When there is a point in trying again after finding too many exports under way.
const CROWDED: Duration = Duration::from_secs(5);

/// Who is exporting.
#[derive(Debug)]
pub struct Exports {
    open: Turns<PartnerId>,
    own_pages: Turns<PartnerId>,
    pages: Turns<()>,
}

/// A place among a partner's exports, until it is dropped.
#[derive(Debug)]
pub struct Place {
    partner: PartnerId,
    _turn: Turn,
}

impl Default for Exports {
    fn default() -> Self {
        Self {
            open: Turns::new(OPEN, 0),
            own_pages: Turns::new(1, OPEN),
            pages: Turns::new(PAGES, ALL_WAITING),
        }
    }
}

impl Exports {
    /// A place for one more export of the partner's.
    pub async fn begin(&self, partner: PartnerId) -> Result<Place, Problem> {
        let turn = self.open.turn(partner, Lane::Open).await;
        let crowded = || Problem::too_many("too many exports are under way", CROWDED);
        Ok(Place {
            partner,
            _turn: turn.ok_or_else(crowded)?,
        })
    }

    /// The parts of an export, each read when the one before was taken and it is the partner's turn.
    pub fn parts(
        self: Arc<Self>,
        place: Place,
        export: Export,
    ) -> impl Stream<Item = sqlx::Result<Vec<u8>>> {
        let start = (self, place, export);
        stream::try_unfold(start, async |(exports, place, mut export)| {
            let turns = exports.page(place.partner).await?;
            let part = export.next().await?;
            drop(turns);
            Ok(part.map(|part| (part, (exports, place, export))))
        })
    }

    async fn page(&self, partner: PartnerId) -> sqlx::Result<[Turn; 2]> {
        let own = self.own_pages.turn(partner, Lane::Open).await;
        let own = own.ok_or(sqlx::Error::PoolTimedOut)?;
        let page = self.pages.turn((), Lane::Open).await;
        Ok([own, page.ok_or(sqlx::Error::PoolTimedOut)?])
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, TryStreamExt, poll};

    use super::*;
    use crate::{
        export::Format,
        store::testing::{self, race, read},
    };

    #[tokio::test]
    async fn pages_are_read_one_at_a_time_for_a_partner_and_two_in_all() {
        let exports = Exports::default();
        let (busy, other, third) = (PartnerId::new(), PartnerId::new(), PartnerId::new());
        let held = exports.page(busy).await.expect("is free");
        let mut again = Box::pin(exports.page(busy));
        assert!(poll!(&mut again).is_pending(), "one of a partner's");
        let others = exports.page(other).now_or_never();
        let others = others.expect("another partner").expect("is free");
        let mut thirds = Box::pin(exports.page(third));
        assert!(poll!(&mut thirds).is_pending(), "two in all");
        drop(held);
        let thirds = thirds.as_mut().now_or_never();
        let thirds = thirds.expect("its turn").expect("is free");
        assert!(poll!(&mut again).is_pending(), "in turn");
        drop((others, thirds));
        assert!(poll!(&mut again).is_ready());
    }

    #[tokio::test]
    async fn an_export_that_nobody_takes_holds_its_place_and_no_page() {
        let (store, _place) = testing::store().await;
        let origin = race(&store).await;
        let (partner, id) = (origin.partner_id, origin.timing_session_id);
        store
            .append(&[read(origin, 1, "7")], &[])
            .await
            .expect("stores");
        let session = store.timing_session(partner, id).await.expect("reads");
        let export = Export::new(store, partner, session.expect("is there"), Format::Raw);

        let exports = Arc::new(Exports::default());
        let place = exports.begin(partner).await.expect("is free");
        let mut parts = Box::pin(Arc::clone(&exports).parts(place, export));
        for _head_and_page in 0..2 {
            assert!(parts.try_next().await.expect("reads").is_some());
        }
        let page = exports.page(partner).now_or_never();
        drop(page.expect("a page can be read").expect("is free"));

        let mut rest = Vec::new();
        for _ in 1..OPEN {
            rest.push(exports.begin(partner).await.expect("is free"));
        }
        assert!(exports.begin(partner).await.is_err(), "one too many");
        assert!(exports.begin(PartnerId::new()).await.is_ok(), "another's");
        drop(parts);
        assert!(exports.begin(partner).await.is_ok(), "it hung up");
    }
}
