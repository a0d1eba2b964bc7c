//! The picture of a display as its screens have it.

use gantry_core::{
    scene::{
        Canvas, Scene, notice,
        sample::{NextFrame, next_frame},
    },
    time::Moment,
    wire::{ClientMessage, StopReason, follow::Follower},
};

use crate::api::live::LiveEvent;

/// A display that is followed.
#[derive(Clone, Debug)]
pub struct Live {
    /// The display's id.
    pub display: String,
    follower: Follower,
    trouble: Option<String>,
}

/// What there is to say about the picture's truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It is what the screens show.
    Live,
    /// Nothing has come yet.
    Waiting,
    /// The stream is silent.
    Stale(String),
    /// There is none.
    Over(String),
}

/// How often a moving picture is painted: enough to see that it moves, little enough for a slow line.
const FRAME_MS: i64 = 100;

impl Live {
    /// A display of which nothing is known yet.
    pub fn new(display: String) -> Self {
        Self {
            display,
            follower: Follower::default(),
            trouble: None,
        }
    }

    /// Takes what happened on the stream and says what to answer.
    pub fn hear(&mut self, event: LiveEvent, now: Moment) -> Option<ClientMessage> {
        match event {
            LiveEvent::Connected => self.trouble = None,
            LiveEvent::Message(message) => return self.follower.receive(*message, now.0),
            LiveEvent::Lost(why) | LiveEvent::Refused(why) => self.trouble = Some(why),
        }
        None
    }

    /// Whether the picture can be believed at `now`.
    pub fn truth(&self, now: Moment) -> Truth {
        match (self.follower.stopped(), self.follower.stale_ms(now.0)) {
            (Some(StopReason::Revoked), _) => {
                Truth::Over("revoked: screens show nothing".to_owned())
            }
            (Some(StopReason::Expired), _) => {
                Truth::Over("expired: screens show nothing".to_owned())
            }
            (None, Some(age_ms)) => {
                Truth::Stale(format!("picture is {} old", notice::age_text(age_ms)))
            }
            (None, None) if self.follower.scene().is_some() => Truth::Live,
            (None, None) => match &self.trouble {
                Some(trouble) => Truth::Stale(trouble.clone()),
                None => Truth::Waiting,
            },
        }
    }

    /// What to paint at `now`, and the server's time for it; `None` until a picture came, and after the end.
    pub fn picture(&self, now: Moment) -> Option<(&Scene, Moment)> {
        let scene = self.follower.scene()?;
        Some((scene, self.follower.server_time(now.0)?))
    }

    /// The size of the picture, or of a usual one.
    pub fn canvas(&self) -> Canvas {
        self.follower.scene().map_or(
            Canvas {
                width: 1920,
                height: 1080,
            },
            |scene| scene.canvas,
        )
    }

    /// In how many milliseconds the picture changes by itself.
    pub fn next_frame_ms(&self, now: Moment) -> Option<i64> {
        let (scene, at) = self.picture(now)?;
        match next_frame(scene, at) {
            NextFrame::Now => Some(FRAME_MS),
            NextFrame::At(moment) => Some(moment.since_ms(at).max(FRAME_MS)),
            NextFrame::Never => None,
        }
    }
}
