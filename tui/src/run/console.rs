//! The loop: wait for anything, change the model, carry out what it asks for, draw.

use std::time::Duration;

use anyhow::{Context, Result};
use crossterm::event::{Event as Raw, EventStream};
use futures_util::StreamExt;
use tokio::sync::mpsc::Receiver;

use crate::{
    app::{
        event::{Effect, Event},
        model::Model,
        update::update,
    },
    run::{clock::Clock, courier::Courier, input, screen::Screen, signals::Signals},
    view::hits::Hits,
};

/// How often the ages on the screen move on.
const TICK_MS: i64 = 1_000;

/// The most events that are taken in before the next drawing.
const BATCH: usize = 64;

/// Runs the console until the operator or a signal ends it. `start` happens first.
pub async fn run(
    mut model: Model,
    courier: (Courier, Receiver<Event>),
    clock: Clock,
    start: Vec<Effect>,
) -> Result<()> {
    let (courier, mut arrivals) = courier;
    let mut signals = Signals::listen().context("failed to listen for signals")?;
    let screen = Screen::open().context("failed to take over the terminal")?;
    let mut hands = Hands { screen, courier };
    let mut keys = EventStream::new();
    let mut is_running = hands.carry_out(start)?;
    while is_running {
        let hits = hands.screen.draw(&model).context("failed to draw")?;
        let mut events = tokio::select! {
            () = signals.next() => return Ok(()),
            raw = keys.next() => match raw {
                Some(raw) => translate(raw.context("failed to read the terminal")?, &hits),
                None => return Ok(()),
            },
            event = arrivals.recv() => event.into_iter().collect(),
            () = tokio::time::sleep(until_tick(&model, clock)) => Vec::new(),
        };
        while let (true, Ok(event)) = (events.len() < BATCH, arrivals.try_recv()) {
            events.push(event);
        }
        events.insert(0, Event::Tick(clock.now()));
        for event in events {
            let effects = update(&mut model, event);
            is_running &= hands.carry_out(effects)?;
        }
    }
    Ok(())
}

fn translate(raw: Raw, hits: &Hits) -> Vec<Event> {
    input::event(raw, hits).into_iter().collect()
}

/// How long until something on the screen changes by itself.
fn until_tick(model: &Model, clock: Clock) -> Duration {
    let picture = model
        .live
        .as_ref()
        .and_then(|live| live.next_frame_ms(model.now));
    let wait_ms = picture.unwrap_or(TICK_MS).min(TICK_MS);
    let passed_ms = clock.now().since_ms(model.now);
    Duration::from_millis((wait_ms - passed_ms).max(0) as u64)
}

/// What the console does outside of itself.
struct Hands {
    screen: Screen,
    courier: Courier,
}

impl Hands {
    /// Carries effects out; false when the program is to end.
    fn carry_out(&mut self, effects: Vec<Effect>) -> Result<bool> {
        for effect in effects {
            match effect {
                Effect::Ask(request) => self.courier.ask(request),
                Effect::Compose { template, mode } => self.courier.compose(*template, mode),
                Effect::Follow(display) => self.courier.follow(display),
                Effect::Say(message) => self.courier.say(message),
                Effect::Copy(text) => self.screen.copy(&text).context("failed to copy")?,
                Effect::Redraw => self
                    .screen
                    .forget()
                    .context("failed to clear the terminal")?,
                Effect::Quit => return Ok(false),
            }
        }
        Ok(true)
    }
}
