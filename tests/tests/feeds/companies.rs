//! The two timing companies on one server.

use anyhow::{Context as _, Result};
use gantry_tests::{
    database::Kind,
    operator::Operator,
    venue::{Server, Venue},
};

/// The company that has most of the hardware.
pub(crate) const NORTHERN: &str = "Northern Timing";

/// The other one.
pub(crate) const SOUTHERN: &str = "Southern Timing";

/// What both owners sign in with.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A server for two companies, and an owner of each.
pub(crate) async fn two_companies(kind: Kind) -> Result<(Venue, Server, Operator, Operator)> {
    let venue = Venue::empty(kind).await?;
    for (partner, email) in [(NORTHERN, "owner@north.org"), (SOUTHERN, "owner@south.org")] {
        venue.add_partner(partner).await?;
        venue.add_user(email, PASSWORD, partner, "owner").await?;
    }
    let server = venue.serve().await?;
    let base = server.url("");
    let northern = Operator::log_in_as(&base, "owner@north.org", PASSWORD).await?;
    let southern = Operator::log_in_as(&base, "owner@south.org", PASSWORD).await?;
    Ok((venue, server, northern, southern))
}

/// Orders the first session in quarantine to be handed over to the northern company; answers which it is.
pub(crate) async fn hand_over(venue: &Venue) -> Result<String> {
    let listed = venue.shell(&["quarantine", "list"], "").await?;
    let session = listed.split_whitespace().next();
    let session = session.context("nothing is listed")?;
    let order = ["quarantine", "hand-over", session, "--to", NORTHERN];
    venue.shell(&order, "").await?;
    Ok(session.to_owned())
}
