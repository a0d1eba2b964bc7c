//! Whose hardware is whose, as far as the database tells.

use gantry_core::time::Moment;

use super::{Feed, HandOver, Partner, PartnerId, Result, Store};

/// All by which the owner of timing hardware is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ownership {
    /// The partners that are served.
    pub partners: Vec<Partner>,
    /// Their feeds that are in force.
    pub feeds: Vec<Feed>,
    /// Sessions that change hands.
    pub orders: Vec<HandOver>,
    /// Who keeps what nobody is known to own.
    pub quarantine: Option<PartnerId>,
}

impl Store {
    /// Whose hardware is whose. For the server's own work.
    pub async fn ownership(&self, at: Moment) -> Result<Ownership> {
        let quarantine = self.quarantine(at).await?;
        let mut partners = self.partners().await?;
        partners.retain(|partner| partner.closed_at.is_none());
        let mut feeds = self.all_feeds().await?;
        let is_served = |feed: &Feed| partners.iter().any(|open| open.id == feed.partner_id);
        feeds.retain(|feed| feed.is_in_force() && is_served(feed));
        Ok(Ownership {
            partners,
            feeds,
            orders: self.hand_overs().await?,
            quarantine: Some(quarantine),
        })
    }
}
