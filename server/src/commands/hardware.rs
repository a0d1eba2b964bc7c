//! `gantry-server simulate` and `gantry-server replay`

use jiff::tz::TimeZone;

use super::{say, serve::shutdown_on_signal};
use crate::{
    config::cli::{Replay, Simulate},
    hardware::{
        Summary,
        replay::replay as play,
        simulate::{SimulateOptions, simulate as run},
    },
};

/// Runs a race until it is over or the program is told to stop.
pub(super) async fn simulate(race: Simulate) -> anyhow::Result<()> {
    let options = SimulateOptions {
        runners: race.race.runners as usize,
        speed: race.race.speed,
        seed: race.race.seed,
        start: race.race.start,
        roster_out: race.roster_out,
        zone: race.timing_zone.unwrap_or_else(TimeZone::system),
        stay: race.stay,
    };
    conclude(run(options, &race.to, shutdown_on_signal()?).await?)
}

/// Plays a recording to its end or until the program is told to stop.
pub(super) async fn replay(recording: Replay) -> anyhow::Result<()> {
    conclude(
        play(
            &recording.file,
            &recording.to,
            recording.speed,
            shutdown_on_signal()?,
        )
        .await?,
    )
}

fn conclude(summary: Summary) -> anyhow::Result<()> {
    let Summary {
        recorded,
        connections,
    } = summary;
    say(&format!(
        "sent {recorded} reads over {connections} connections"
    ))
}
