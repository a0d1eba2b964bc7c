//! The demo race, played as timing hardware in real time.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use gantry_core::{
    demo::{Demo, Hardware},
    roster::{Roster, csv},
    time::Moment,
};
use jiff::{Timestamp, civil, tz::TimeZone};
use tokio_util::sync::CancellationToken;

use super::{
    Summary,
    link::AtEnd,
    pace::Pace,
    program,
    script::{Script, Step},
};
use crate::clock;

/// What to simulate.
#[derive(Clone, Debug)]
pub struct SimulateOptions {
    /// How many people are in the roster.
    pub runners: usize,
    /// How many times faster than real time the race runs; above 0. The times on the wire run ahead of the clock then.
    pub speed: f64,
    /// The same seed gives the same race.
    pub seed: u64,
    /// The time of day of the first gun. Without it the race is under way already, with the leaders just in.
    pub start: Option<civil::Time>,
    /// Where to write the roster as CSV.
    pub roster_out: Option<PathBuf>,
    /// The zone of the timing system's wall clock, which the server must share.
    pub zone: TimeZone,
    /// Whether to stay connected after the last read, as real software does, until told to stop.
    pub stay: bool,
}

/// Simulates a race against the server at `to` (`host:port`) until it is over or `shutdown`.
pub async fn simulate(
    options: SimulateOptions,
    to: &str,
    shutdown: CancellationToken,
) -> anyhow::Result<Summary> {
    Simulation::prepare(options, clock::now())?
        .run(to, shutdown)
        .await
}

/// A race that is ready to run.
#[derive(Clone, Debug)]
pub struct Simulation {
    options: SimulateOptions,
    demo: Demo,
    first_start: Moment,
    /// The script's time at which it begins to run.
    opening_ms: i64,
}

impl Simulation {
    /// Makes up the race for a day near `now`.
    pub fn prepare(options: SimulateOptions, now: Moment) -> anyhow::Result<Self> {
        let speed = options.speed;
        ensure!(
            speed.is_finite() && speed > 0.0,
            "speed {speed} is not usable: a number above 0 is accepted, 1 is real time"
        );
        let demo = Demo::generate(options.runners, options.seed);
        let (first_start, opening_ms) = match options.start {
            // At speed 1 the script's clock is ours, so that what is live on the wire is live on the screens.
            None => {
                let first_start = whole_minute(now - demo.opening_ms);
                (first_start, now.since_ms(first_start))
            }
            Some(time) => {
                let first_start = last_time_of_day(time, now - demo.opening_ms, &options.zone)?;
                (first_start, demo.opening_ms)
            }
        };
        Ok(Self {
            options,
            demo,
            first_start,
            opening_ms,
        })
    }

    /// Who runs.
    pub fn roster(&self) -> Roster {
        self.demo.roster(self.first_start)
    }

    /// Runs the race against the server at `to` (`host:port`) until it is over or `shutdown`.
    pub async fn run(self, to: &str, shutdown: CancellationToken) -> anyhow::Result<Summary> {
        if let Some(path) = &self.options.roster_out {
            tokio::fs::write(path, csv::export(&self.roster()))
                .await
                .with_context(|| format!("cannot write the roster to {}", path.display()))?;
        }
        let scripts = self
            .demo
            .hardware
            .iter()
            .map(|mat| self.script(mat))
            .collect();
        let pace = Pace::begin(self.opening_ms, self.options.speed);
        let at_end = if self.options.stay {
            AtEnd::Stay
        } else {
            AtEnd::Close
        };
        Ok(program::run_all(scripts, pace, to, at_end, &shutdown).await)
    }

    fn script(&self, mat: &Hardware) -> Script {
        let zone = &self.options.zone;
        let step = |record: &gantry_core::demo::Record| Step {
            due_ms: record.known_ms,
            location: mat.location.to_owned(),
            entry: record.entry(self.first_start, zone),
        };
        Script {
            log: mat.session(self.first_start, zone),
            steps: mat.records.iter().map(step).collect(),
            outages: mat.outages.clone(),
        }
    }
}

/// Races are scheduled to the minute.
fn whole_minute(at: Moment) -> Moment {
    Moment(at.0.div_euclid(60_000) * 60_000)
}

/// The last moment up to `now` at which wall clocks in `zone` showed this time of day.
fn last_time_of_day(time: civil::Time, now: Moment, zone: &TimeZone) -> anyhow::Result<Moment> {
    let today = Timestamp::from_millisecond(now.0)?
        .to_zoned(zone.clone())
        .date();
    let on = |date: civil::Date| zone.to_timestamp(date.to_datetime(time)).map(Moment::from);
    let start = on(today)?;
    Ok(if start > now {
        on(today.yesterday()?)?
    } else {
        start
    })
}
