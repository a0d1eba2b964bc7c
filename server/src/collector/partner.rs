//! Whose hardware it is that no feed is about.

use thiserror::Error;

use crate::store::{Partner, Store};

/// Who gets what no feed is about.
#[derive(Clone, Debug)]
pub enum Unmatched {
    /// The partner that the configuration names, or the only one there is.
    Partners(Partner),
    /// Nobody: there are several and none is named, so that it is kept until somebody says whose it is.
    Quarantine,
}

/// Why reads are not taken at all, in words that say what to do.
#[derive(Debug, Error)]
pub enum NoPartner {
    /// The configured one does not exist.
    #[error("there is no timing partner '{0}': see `gantry-server partner list`")]
    Unknown(String),
    /// None was added yet.
    #[error("there is no timing partner yet: add one with `gantry-server partner add NAME`")]
    None,
    /// The store does not answer.
    #[error("cannot read the timing partners: {0}")]
    Store(#[from] sqlx::Error),
}

/// Who gets what no feed is about, where `named` is the partner of the configuration.
pub async fn unmatched(store: &Store, named: Option<&str>) -> Result<Unmatched, NoPartner> {
    let mut partners = store.partners().await?;
    partners.retain(|partner| partner.closed_at.is_none());
    if let Some(name) = named {
        let partner = partners.into_iter().find(|partner| partner.name == name);
        let partner = partner.ok_or_else(|| NoPartner::Unknown(name.to_owned()))?;
        return Ok(Unmatched::Partners(partner));
    }
    let first = partners.pop().ok_or(NoPartner::None)?;
    Ok(if partners.is_empty() {
        Unmatched::Partners(first)
    } else {
        Unmatched::Quarantine
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW};

    #[tokio::test]
    async fn the_only_partner_gets_it_and_of_several_the_named_one_or_none() {
        let (store, _dir) = testing::store().await;
        let gets = async |named| {
            let gets = unmatched(&store, named).await;
            gets.map(|gets| match gets {
                Unmatched::Partners(partner) => partner.name,
                Unmatched::Quarantine => "nobody".to_owned(),
            })
        };
        assert!(matches!(gets(None).await, Err(NoPartner::None)));
        store.add_partner("Acme", NOW).await.expect("adds");
        assert_eq!(gets(None).await.expect("there is one"), "Acme");
        store.add_partner("Other", NOW).await.expect("adds");
        assert_eq!(gets(None).await.expect("there are two"), "nobody");
        assert_eq!(gets(Some("Other")).await.expect("is there"), "Other");
        let acme = store.partner_named("Acme").await.expect("reads");
        let acme = acme.expect("is there").id;
        store.close_partner(acme, NOW).await.expect("closes");
        assert_eq!(gets(None).await.expect("one is left"), "Other");
        for name in ["Acme", "acme"] {
            let gets = gets(Some(name)).await;
            assert!(matches!(gets, Err(NoPartner::Unknown(_))), "{name}");
        }
    }
}
