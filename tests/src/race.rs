//! A recorded race at a running server, watched on a display of the finish line.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::{
    hardware::Hardware,
    operator::{Display, Operator},
    repository,
    venue::Server,
};

/// The event, as the hardware tells it.
pub const EVENT: &str = "Harbour Lights Run";

/// A runner of the race, as every screen has to name her.
pub const RUNNER: &str = "Jasmine King";
/// Her net time.
pub const RUNNER_TIME: &str = "26:06";
/// What the finish line says when all of the recording has arrived.
pub const ALL_FINISHED: &str = "9 of 24 have finished";

/// A display of the finish line, before anybody has finished.
pub struct Race {
    /// Who set it up.
    pub operator: Operator,
    /// The display session.
    pub session: String,
    /// The display.
    pub display: Display,
    mats: Vec<Hardware>,
}

/// The start list of the race.
pub fn roster_file() -> PathBuf {
    repository::root().join("tests/captures/harbour-5-km.csv")
}

impl Race {
    /// Starts the race: the start mat's recording is played, and everybody is on the course.
    pub async fn start(server: &Server) -> Result<Self> {
        let start = Hardware::play(server.addresses.timing, "harbour-start.ctp").await?;
        let operator = Operator::log_in(server).await?;
        let timing = operator.timing_session(EVENT).await?;
        let session = operator.session(&timing, "finish-line", "results").await?;
        let roster = std::fs::read_to_string(roster_file()).context("read the roster")?;
        operator.roster(&session, &roster).await?;
        // Nobody is to wait long for their turn: a test waits until the board rests.
        let settings = json!({"settings": {"show_ms": 1000, "show_at_least_ms": 500}});
        let path = format!("/api/sessions/{session}");
        operator.patch(&path, &settings).await?;
        let display = operator.share(&session).await?;
        Ok(Self {
            operator,
            session,
            display,
            mats: vec![start],
        })
    }

    /// Plays the finish mat's recording: nine runners of the race, and others whom its roster does not know.
    pub async fn finish(&mut self, server: &Server) -> Result<()> {
        let finish = Hardware::play(server.addresses.timing, "harbour-finish.ctp").await?;
        self.mats.push(finish);
        Ok(())
    }
}
