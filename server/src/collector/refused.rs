//! Why the collector lets a connection go.

use gantry_core::dating::MOST_LOCATIONS;
use thiserror::Error;

use super::partner::NoPartner;

/// Why a connection must be let go. The hardware will come again and nothing is lost.
#[derive(Debug, Error)]
pub(super) enum Refused {
    /// The store does not answer.
    #[error("the store does not take the connection's session: {0}")]
    Store(#[from] sqlx::Error),
    /// Somebody invents locations.
    #[error("more than {MOST_LOCATIONS} locations on one connection")]
    Locations,
    /// Somebody whom nobody knows opens too much.
    #[error(
        "nobody is known to own this hardware, and too many streams were opened from its address lately"
    )]
    Strangers,
    /// There is nobody to collect for.
    #[error(transparent)]
    NoPartner(#[from] NoPartner),
    /// It was to end while it waited for its owner.
    #[error("the connection is to end")]
    Ended,
    /// The writer has ended before the connections, which it does only when it failed.
    #[error("nothing can be stored any more")]
    WriterGone,
}
