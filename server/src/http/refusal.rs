//! Noting that somebody was refused who wanted to show who they are.

use std::{net::IpAddr, sync::Arc};

use serde_json::json;

use super::{app::App, audit::By, login::only, problem::Problem};
use crate::{
    auth::email::Email,
    clock,
    store::{PartnerId, audit::Action},
};

/// Notes that an attempt with this address was refused, for the owners whom it concerns, or for the server.
///
/// What nobody's address was tried with is not noted: strangers could fill the log with it. And the answer does not wait for the
/// note, because it would tell by its time whether there is such a person.
pub(super) fn note(app: &Arc<App>, action: Action, email: Email, address: IpAddr) {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        for partner in concerned(&app, action, &email).await? {
            let by = By {
                partner,
                user: None,
                who: "",
                address,
            };
            by.note(&app, action, email.as_str(), json!({})).await?;
        }
        Ok::<_, Problem>(())
    });
}

/// Who invites the person, when it is about an invitation; otherwise the partner that they work for alone, or else the server. There
/// is nobody when there is no such person.
async fn concerned(
    app: &App,
    action: Action,
    email: &Email,
) -> Result<Vec<Option<PartnerId>>, Problem> {
    let store = &app.services.store;
    if action == Action::InvitationRefused {
        let inviting = store.inviting(email.as_str(), clock::now()).await?;
        if !inviting.is_empty() {
            return Ok(inviting.into_iter().map(Some).collect());
        }
    }
    let Some(user) = store.user_by_email(email.as_str()).await? else {
        return Ok(Vec::new());
    };
    Ok(vec![only(&store.memberships(user.id).await?)])
}
