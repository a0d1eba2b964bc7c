//! The window's event loop: it waits for news, for the clock and for people, and draws when one of them asks for it.

use std::{sync::Arc, time::Instant};

use anyhow::{Context, anyhow};
use gantry_core::time::Moment;
use winit::{
    application::ApplicationHandler,
    dpi::PhysicalSize,
    error::EventLoopError,
    event::{ElementState, KeyEvent, WindowEvent},
    event_loop::{ActiveEventLoop, ControlFlow, EventLoop, EventLoopProxy},
    keyboard::{Key, NamedKey},
    window::{Fullscreen, Window, WindowAttributes, WindowId},
};

use crate::{
    address::Address,
    clock::LocalClock,
    config::Place,
    link::{Link, State, Timing},
    picture::{Picture, look_again_ms, picture},
    signals,
    window::{
        Wake, monitor,
        pace::Pace,
        report::Report,
        screen::{Outcome, Screen},
    },
};

/// How long to leave a screen alone that takes no frames.
const SKIPPED_PAUSE_MS: i64 = 100;

/// Shows the display until the program is asked to end. `started` is when the program started.
pub fn run(
    address: Address,
    place: Place,
    with_stats: bool,
    started: Instant,
) -> anyhow::Result<()> {
    let event_loop = EventLoop::<Wake>::with_user_event()
        .build()
        .map_err(|error| no_screen(&error))?;
    let proxy = event_loop.create_proxy();
    let clock = LocalClock::start();
    signals::on_stop(waker(&proxy, Wake::Quit)).context("cannot listen for signals")?;
    let news = waker(&proxy, Wake::News);
    let link = Link::start(address.clone(), Timing::default(), clock, news)
        .context("cannot start the network thread")?;
    let mut app = App {
        address,
        place,
        clock,
        link,
        proxy,
        window: None,
        screen: None,
        pace: Pace::new(1),
        not_before_ms: 0,
        stats: with_stats.then(|| Report::new(started)),
        failure: None,
    };
    event_loop.run_app(&mut app)?;
    app.finish()
}

/// What there is to do about it. What the window library says names its own sources instead.
fn no_screen(error: &EventLoopError) -> anyhow::Error {
    tracing::debug!("no event loop: {error}");
    anyhow!(
        "there is no screen to draw on: neither a Wayland nor an X11 server answers; start it inside a graphical session, \
         where WAYLAND_DISPLAY or DISPLAY is set, or write a picture to a file with --screenshot"
    )
}

fn waker(proxy: &EventLoopProxy<Wake>, wake: Wake) -> impl Fn() + Send + 'static {
    let proxy = proxy.clone();
    // A loop that has ended needs no waking.
    move || proxy.send_event(wake).unwrap_or_default()
}

struct App {
    address: Address,
    place: Place,
    clock: LocalClock,
    link: Link,
    proxy: EventLoopProxy<Wake>,
    window: Option<Arc<Window>>,
    screen: Option<Screen>,
    pace: Pace,
    /// A screen that took no frame is not asked again before this local time.
    not_before_ms: i64,
    stats: Option<Report>,
    failure: Option<anyhow::Error>,
}

/// What there is to show at this moment.
struct Now {
    picture: Picture,
    local_ms: i64,
    at: Moment,
    look_again_ms: i64,
}

impl ApplicationHandler<Wake> for App {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.window.is_none() {
            let opened = self.open(event_loop);
            self.stop_on_failure(event_loop, opened);
        }
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, wake: Wake) {
        match wake {
            // News is looked at before the loop waits again.
            Wake::News => {}
            Wake::DeviceLost => self.reopen(event_loop),
            Wake::Quit => event_loop.exit(),
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _id: WindowId, event: WindowEvent) {
        match event {
            WindowEvent::RedrawRequested => self.draw(event_loop),
            WindowEvent::Resized(size) => {
                if let Some(screen) = &mut self.screen {
                    screen.resize(size);
                    self.pace.forget();
                }
            }
            WindowEvent::CloseRequested => event_loop.exit(),
            WindowEvent::KeyboardInput { event, .. } if self.quits(&event) => event_loop.exit(),
            _ => {}
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        let Some(now) = self.now() else {
            return;
        };
        let due_ms = self
            .pace
            .due_ms(&now.picture, now.at, now.local_ms)
            .map(|due_ms| due_ms.max(self.not_before_ms));
        let mut wake_ms = now.local_ms + now.look_again_ms;
        match due_ms {
            Some(due_ms) if due_ms <= now.local_ms => {
                if let Some(window) = &self.window {
                    window.request_redraw();
                }
            }
            Some(due_ms) => wake_ms = wake_ms.min(due_ms),
            None => {}
        }
        if let (Some(stats), Some(screen)) = (&mut self.stats, &self.screen) {
            wake_ms = wake_ms.min(stats.print_when_due(&screen.adapter(), now.local_ms));
        }
        event_loop.set_control_flow(ControlFlow::WaitUntil(self.clock.instant(wake_ms)));
    }
}

impl App {
    fn open(&mut self, event_loop: &ActiveEventLoop) -> anyhow::Result<()> {
        let (attributes, interval_ms) = self.attributes(event_loop)?;
        let window = event_loop
            .create_window(attributes)
            .context("cannot open a window")?;
        window.set_cursor_visible(matches!(self.place, Place::Windowed(_)));
        self.window = Some(Arc::new(window));
        self.pace = Pace::new(interval_ms);
        self.open_screen(event_loop)
    }

    fn open_screen(&mut self, event_loop: &ActiveEventLoop) -> anyhow::Result<()> {
        let Some(window) = &self.window else {
            return Ok(());
        };
        let lost = waker(&self.proxy, Wake::DeviceLost);
        let screen = Screen::open(window.clone(), event_loop.owned_display_handle(), lost)?;
        tracing::info!("drawing with {}", screen.adapter());
        self.screen = Some(screen);
        self.pace.forget();
        Ok(())
    }

    /// The old surface has to go before the window takes another.
    fn reopen(&mut self, event_loop: &ActiveEventLoop) {
        self.screen = None;
        let opened = self.open_screen(event_loop);
        self.stop_on_failure(event_loop, opened);
    }

    fn stop_on_failure(&mut self, event_loop: &ActiveEventLoop, opened: anyhow::Result<()>) {
        if let Err(error) = opened {
            self.failure = Some(error);
            event_loop.exit();
        }
    }

    /// The window to open, and the time between its frames.
    fn attributes(&self, event_loop: &ActiveEventLoop) -> anyhow::Result<(WindowAttributes, i64)> {
        let attributes = Window::default_attributes().with_title("Gantry");
        match self.place {
            Place::Windowed(size) => {
                let monitor = monitor::choose(event_loop, None)?;
                let size = PhysicalSize::new(size.width, size.height);
                let interval_ms = monitor::frame_interval_ms(monitor.as_ref());
                Ok((attributes.with_inner_size(size), interval_ms))
            }
            Place::Fullscreen(asked) => {
                let monitor = monitor::choose(event_loop, asked)?;
                let interval_ms = monitor::frame_interval_ms(monitor.as_ref());
                let mut attributes = attributes.with_decorations(false);
                if let Some(monitor) = &monitor {
                    // Without a window manager nobody enlarges the window, so it asks for the whole monitor itself.
                    attributes = attributes
                        .with_inner_size(monitor.size())
                        .with_position(monitor.position());
                }
                let fullscreen = Some(Fullscreen::Borderless(monitor));
                Ok((attributes.with_fullscreen(fullscreen), interval_ms))
            }
        }
    }

    fn now(&self) -> Option<Now> {
        let screen = self.screen.as_ref()?;
        let state: State = self.link.state();
        let local_ms = self.clock.now_ms();
        Some(Now {
            picture: picture(&state, local_ms, &self.address, screen.canvas()),
            local_ms,
            at: state.follower.server_time(local_ms).unwrap_or_default(),
            look_again_ms: look_again_ms(&state, local_ms),
        })
    }

    fn draw(&mut self, event_loop: &ActiveEventLoop) {
        let start = Instant::now();
        let (Some(now), Some(screen)) = (self.now(), &mut self.screen) else {
            return;
        };
        let list = now.picture.display_list(now.at);
        let sampling = start.elapsed();
        match screen.draw(&list) {
            Outcome::Drawn { cpu } => {
                if let Some(stats) = &mut self.stats {
                    let is_display = now.picture.is_display;
                    stats.count(sampling + cpu, start.elapsed(), is_display);
                }
                self.pace.drew(now.picture, list, now.at, now.local_ms);
            }
            Outcome::Skipped => {
                self.pace.forget();
                self.not_before_ms = now.local_ms + SKIPPED_PAUSE_MS;
            }
            Outcome::Lost => self.reopen(event_loop),
        }
    }

    fn quits(&self, event: &KeyEvent) -> bool {
        let is_quit = match &event.logical_key {
            Key::Named(NamedKey::Escape) => true,
            Key::Character(text) => text.eq_ignore_ascii_case("q"),
            _ => false,
        };
        is_quit && event.state == ElementState::Pressed && matches!(self.place, Place::Windowed(_))
    }

    fn finish(self) -> anyhow::Result<()> {
        if let (Some(stats), Some(screen)) = (&self.stats, &self.screen) {
            stats.print_run(&screen.adapter());
        }
        self.failure.map_or(Ok(()), Err)
    }
}
