//! What the hardware sends, and what is seen of it.

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;

use super::trespass::browse;
use crate::{
    caller::Question,
    wait,
    walls::{chance::Chance, company::Company},
};

/// A runner crosses the mat, where there is one.
pub(super) async fn run(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let mark = company.side.mark();
    let Some(mat) = &mut company.mat else {
        return browse(company, chance).await;
    };
    company.reads += 1;
    let sent = company.reads;
    // Some are in the rosters, and some are known to nobody.
    let tag = match chance.below(4) {
        0 => format!("{mark}{sent}"),
        _ => (1 + chance.below(20)).to_string(),
    };
    let (second, hundredth) = (sent % 60, sent % 100);
    let line = format!(
        "CT01_33~{sent}~{mark}-FINISH~{tag}~2026-11-22T09:30:{second:02}.{hundredth:02}~1~120044~1"
    );
    mat.send(&line).await
}

pub(super) async fn look_at(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let listed = company.look(person, "/api/chronotrack/sessions").await?;
    let sessions = listed["sessions"].as_array().context("no sessions")?;
    let ids: Vec<_> = sessions
        .iter()
        .filter_map(|one| one["id"].as_str())
        .collect();
    let expected: Vec<_> = company.timing_session.iter().map(String::as_str).collect();
    ensure!(ids == expected, "{listed} is not {expected:?}");
    let (seen, sent) = (stored(company, person).await?, company.reads);
    ensure!(seen <= sent, "{seen} reads of {sent} that were sent");
    Ok(())
}

/// Waits until all that the mat has sent is seen, and looks whether it is handed out.
pub async fn find_all(company: &Company) -> Result<()> {
    wait::until("the reads that were sent", async || {
        let seen = stored(company, 0).await?;
        Ok((seen == company.reads).then_some(()))
    })
    .await?;
    let Some(id) = &company.timing_session else {
        return Ok(());
    };
    let path = format!("/api/chronotrack/sessions/{id}/reads?format=raw");
    let question = Question::new(Method::GET, path);
    let file = company.ask(&company.people[0], question).await?;
    let lines = String::from_utf8_lossy(&file.body).lines().count();
    ensure!(
        file.is_success() && lines >= company.reads,
        "{lines} lines are handed out of {} reads",
        company.reads
    );
    Ok(())
}

/// How many reads of its mat somebody sees.
async fn stored(company: &Company, person: usize) -> Result<usize> {
    let Some(id) = &company.timing_session else {
        return Ok(0);
    };
    let path = format!("/api/chronotrack/sessions/{id}/preview?limit=20");
    let preview = company.look(person, path).await?;
    let seen = preview["session"]["reads"].as_u64();
    Ok(seen.context("no number of reads")? as usize)
}

/// Learns the timing session that the hardware has opened.
pub async fn find_timing_session(company: &mut Company) -> Result<()> {
    let id = wait::until("the timing session", async || {
        let listed = company.look(0, "/api/chronotrack/sessions").await?;
        let id = listed["sessions"][0]["id"].as_str();
        Ok(id.map(str::to_owned))
    })
    .await?;
    company.secrets.keep(company.side, "timing session", &id);
    company.timing_session = Some(id);
    Ok(())
}
