//! What the people of a partner do, one thing after another, and what must be seen of it.

mod displays;
mod people;
mod reads;
mod sessions;
mod sharing;
mod templates;
mod trespass;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{chance::Chance, company::Company};

pub use reads::{find_all, find_timing_session};

/// Something that people do.
#[derive(Clone, Copy, Debug)]
enum Deed {
    MakeSession,
    DuplicateSession,
    ChangeSession,
    PutSessionAway,
    RemoveSession,
    ReplaceRoster,
    ListSessions,
    LookAtSession,
    ShareSession,
    UnshareSession,
    HandSessionOver,
    LookAtShares,
    GenerateDisplay,
    ListDisplays,
    LookAtDisplay,
    ExtendDisplay,
    RevokeDisplay,
    ShowDisplay,
    MakeTemplate,
    ListTemplates,
    ChooseTemplate,
    Run,
    LookAtReads,
    Invite,
    Uninvite,
    ListPeople,
    Overreach,
    Browse,
    Trespass,
}

/// What they do, and how often among others.
const DEEDS: &[(Deed, usize)] = &[
    (Deed::MakeSession, 5),
    (Deed::DuplicateSession, 2),
    (Deed::ChangeSession, 8),
    (Deed::PutSessionAway, 3),
    (Deed::RemoveSession, 2),
    (Deed::ReplaceRoster, 4),
    (Deed::ListSessions, 6),
    (Deed::LookAtSession, 8),
    (Deed::ShareSession, 4),
    (Deed::UnshareSession, 2),
    (Deed::HandSessionOver, 2),
    (Deed::LookAtShares, 3),
    (Deed::GenerateDisplay, 4),
    (Deed::ListDisplays, 3),
    (Deed::LookAtDisplay, 6),
    (Deed::ExtendDisplay, 3),
    (Deed::RevokeDisplay, 2),
    (Deed::ShowDisplay, 2),
    (Deed::MakeTemplate, 1),
    (Deed::ListTemplates, 2),
    (Deed::ChooseTemplate, 3),
    (Deed::Run, 8),
    (Deed::LookAtReads, 4),
    (Deed::Invite, 2),
    (Deed::Uninvite, 2),
    (Deed::ListPeople, 2),
    (Deed::Overreach, 6),
    (Deed::Browse, 12),
    (Deed::Trespass, 18),
];

/// Does one random thing.
pub async fn one(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let deed = draw(chance).context("no deed was drawn")?;
    let done = match deed {
        Deed::MakeSession => sessions::make(company, chance).await,
        Deed::DuplicateSession => sessions::duplicate(company, chance).await,
        Deed::ChangeSession => sessions::change(company, chance).await,
        Deed::PutSessionAway => sessions::put_away(company, chance).await,
        Deed::RemoveSession => sessions::remove(company, chance).await,
        Deed::ReplaceRoster => sessions::replace_roster(company, chance).await,
        Deed::ListSessions => sessions::list(company, chance).await,
        Deed::LookAtSession => sessions::look_at(company, chance).await,
        Deed::ShareSession => sharing::share(company, chance).await,
        Deed::UnshareSession => sharing::unshare(company, chance).await,
        Deed::HandSessionOver => sharing::hand_over(company, chance).await,
        Deed::LookAtShares => sharing::look_at(company, chance).await,
        Deed::GenerateDisplay => displays::generate(company, chance).await,
        Deed::ListDisplays => displays::list(company, chance).await,
        Deed::LookAtDisplay => displays::look_at(company, chance).await,
        Deed::ExtendDisplay => displays::extend(company, chance).await,
        Deed::RevokeDisplay => displays::revoke(company, chance).await,
        Deed::ShowDisplay => displays::show(company, chance).await,
        Deed::MakeTemplate => templates::make(company, chance).await,
        Deed::ListTemplates => templates::list(company, chance).await,
        Deed::ChooseTemplate => templates::choose(company, chance).await,
        Deed::Run => reads::run(company, chance).await,
        Deed::LookAtReads => reads::look_at(company, chance).await,
        Deed::Invite => people::invite(company, chance).await,
        Deed::Uninvite => people::uninvite(company, chance).await,
        Deed::ListPeople => people::list(company, chance).await,
        Deed::Overreach => trespass::overreach(company, chance).await,
        Deed::Browse => trespass::browse(company, chance).await,
        Deed::Trespass => trespass::trespass(company, chance).await,
    };
    done.with_context(|| format!("{:?}: {deed:?}", company.side))
}

fn draw(chance: &mut Chance) -> Option<Deed> {
    let all = DEEDS.iter().map(|(_, weight)| weight).sum();
    let mut at = chance.below(all);
    for (deed, weight) in DEEDS {
        if at < *weight {
            return Some(*deed);
        }
        at -= weight;
    }
    None
}

/// Looks at every list once more.
pub async fn look_at_everything(company: &mut Company, chance: &mut Chance) -> Result<()> {
    sessions::list(company, chance).await?;
    displays::list(company, chance).await?;
    templates::list(company, chance).await?;
    reads::look_at(company, chance).await
}

fn text(value: &Value, field: &str) -> Result<String> {
    let text = value[field].as_str();
    text.map(str::to_owned)
        .with_context(|| format!("no {field} in {value}"))
}
