//! Whose reads they are: CTP01 does not say, so the port collects for one timing partner.

use thiserror::Error;

use crate::store::{Partner, Store};

/// Why reads have no owner, in words that say what to do.
#[derive(Debug, Error)]
pub enum NoPartner {
    /// The configured one does not exist.
    #[error("there is no timing partner '{0}': see `gantry-server partner list`")]
    Unknown(String),
    /// None was added yet.
    #[error("there is no timing partner yet: add one with `gantry-server partner add NAME`")]
    None,
    /// None was configured and there are several.
    #[error("there is more than one timing partner: choose one with --timing-partner NAME")]
    Several,
    /// The store does not answer.
    #[error("cannot read the timing partners: {0}")]
    Store(#[from] sqlx::Error),
}

/// The partner of that name, or the only one there is.
pub async fn timing_partner(store: &Store, named: Option<&str>) -> Result<Partner, NoPartner> {
    let mut partners = store.partners().await?;
    partners.retain(|partner| partner.closed_at.is_none());
    match named {
        Some(name) => partners
            .into_iter()
            .find(|partner| partner.name == name)
            .ok_or_else(|| NoPartner::Unknown(name.to_owned())),
        None if partners.len() > 1 => Err(NoPartner::Several),
        None => partners.pop().ok_or(NoPartner::None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW};

    #[tokio::test]
    async fn the_only_partner_needs_no_name_and_several_do() {
        let (store, _dir) = testing::store().await;
        let named = async |name| {
            timing_partner(&store, name)
                .await
                .map(|partner| partner.name)
        };
        assert!(matches!(named(None).await, Err(NoPartner::None)));
        store.add_partner("Acme", NOW).await.expect("adds");
        assert_eq!(named(None).await.expect("is the only one"), "Acme");
        store.add_partner("Other", NOW).await.expect("adds");
        assert!(matches!(named(None).await, Err(NoPartner::Several)));
        assert_eq!(named(Some("Other")).await.expect("is there"), "Other");
        let acme = store.partner_named("Acme").await.expect("reads");
        let acme = acme.expect("is there").id;
        store.close_partner(acme, NOW).await.expect("closes");
        assert_eq!(named(None).await.expect("is the only one"), "Other");
        assert!(matches!(
            named(Some("Acme")).await,
            Err(NoPartner::Unknown(_))
        ));
        assert!(matches!(
            named(Some("acme")).await,
            Err(NoPartner::Unknown(_))
        ));
    }
}
