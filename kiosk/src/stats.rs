//! What drawing costs, counted and told as one JSON line.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;

/// How often a line is printed, in milliseconds.
pub const PERIOD_MS: i64 = 10_000;

/// Counts frames from the start of the program.
pub struct Stats {
    started: Instant,
    first_frame: Option<Duration>,
    period: Tally,
    run: Tally,
}

/// One line of output.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    /// `period` for the last ten seconds, `run` for all.
    pub span: &'static str,
    /// How long that was.
    pub seconds: f64,
    /// Frames drawn in it.
    pub frames: u64,
    /// The CPU's work on a frame: sampling, shaping, uploading, encoding, submitting.
    pub cpu_ms: Spread,
    /// A whole frame, with the wait for a free buffer and for software rendering where there is no GPU.
    pub frame_ms: Spread,
    /// From the start of the program to the first frame that showed the display itself.
    pub first_frame_ms: Option<u64>,
    /// What draws.
    pub adapter: &'a str,
}

/// How a length of time was spread, in milliseconds.
#[derive(Debug, Serialize)]
pub struct Spread {
    /// Half were shorter.
    pub median: f64,
    /// 99 of 100 were shorter.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

struct Tally {
    since: Instant,
    frames: u64,
    cpu_us: Histogram<u32>,
    frame_us: Histogram<u32>,
}

impl Stats {
    /// Starts to count; `started` is when the program did.
    pub fn new(started: Instant) -> Self {
        Self {
            started,
            first_frame: None,
            period: Tally::new(started),
            run: Tally::new(started),
        }
    }

    /// Counts a frame.
    pub fn count(&mut self, cpu: Duration, frame: Duration, shows_display: bool) {
        if shows_display && self.first_frame.is_none() {
            self.first_frame = Some(self.started.elapsed());
        }
        self.period.count(cpu, frame);
        self.run.count(cpu, frame);
    }

    /// The line for the time since the last one, and starts the next period.
    pub fn take_period(&mut self, adapter: &str) -> String {
        let now = Instant::now();
        let period = std::mem::replace(&mut self.period, Tally::new(now));
        self.line("period", &period, adapter)
    }

    /// The line for the whole run.
    pub fn whole_run(&self, adapter: &str) -> String {
        self.line("run", &self.run, adapter)
    }

    fn line(&self, span: &'static str, tally: &Tally, adapter: &str) -> String {
        let line = Line {
            span,
            seconds: hundredths(tally.since.elapsed().as_secs_f64()),
            frames: tally.frames,
            cpu_ms: spread(&tally.cpu_us),
            frame_ms: spread(&tally.frame_us),
            first_frame_ms: self.first_frame.map(|first| first.as_millis() as u64),
            adapter,
        };
        serde_json::to_string(&line).unwrap_or_default()
    }
}

impl Tally {
    fn new(since: Instant) -> Self {
        Self {
            since,
            frames: 0,
            cpu_us: histogram(),
            frame_us: histogram(),
        }
    }

    fn count(&mut self, cpu: Duration, frame: Duration) {
        self.frames += 1;
        self.cpu_us.saturating_record(cpu.as_micros() as u64);
        self.frame_us.saturating_record(frame.as_micros() as u64);
    }
}

/// Microseconds up to a minute, to three digits.
fn histogram() -> Histogram<u32> {
    Histogram::new_with_bounds(1, 60_000_000, 3).expect("the bounds are constant and valid")
}

fn spread(us: &Histogram<u32>) -> Spread {
    let ms = |us: u64| hundredths(us as f64 / 1000.0);
    Spread {
        median: ms(us.value_at_quantile(0.5)),
        p99: ms(us.value_at_quantile(0.99)),
        max: ms(us.max()),
    }
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_starts_anew_and_the_run_counts_on() {
        let mut stats = Stats::new(Instant::now());
        let ms = Duration::from_millis;
        stats.count(ms(1), ms(5), false);
        assert!(stats.take_period("x").contains(r#""first_frame_ms":null"#));
        stats.count(ms(2), ms(9), true);
        let line = stats.take_period("x");
        assert!(
            line.contains(r#""span":"period""#) && line.contains(r#""frames":1"#),
            "{line}"
        );
        assert!(stats.whole_run("x").contains(r#""frames":2"#));
    }
}
