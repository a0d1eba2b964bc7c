//! The three races of the demo.
//!
//! Their guns are set so that the first runners of all three come in within the same few minutes.

/// A race and how its field runs.
pub(super) struct Course {
    pub(super) name: &'static str,
    pub(super) distance_m: u32,
    /// Its share of the runners, in percent.
    pub(super) share_percent: usize,
    /// The first bib.
    pub(super) first_bib: usize,
    /// The scheduled start after that of the first race.
    pub(super) start_ms: i64,
    /// How late its gun is fired.
    pub(super) gun_delay_ms: i64,
    /// The net time of the middle of the field.
    pub(super) median_ms: i64,
    /// How far the field spreads, as the deviation of a logarithm.
    pub(super) spread: f64,
    /// Waves, the fastest first.
    pub(super) waves: &'static [&'static str],
    pub(super) wave_gap_ms: i64,
    /// Where on the course the split mat lies, in percent; the 5 km has none.
    pub(super) split_percent: Option<i64>,
}

const MINUTE: i64 = 60_000;

pub(super) const COURSES: [Course; 3] = [
    Course {
        name: "Half Marathon",
        distance_m: 21_097,
        share_percent: 25,
        first_bib: 1,
        start_ms: 0,
        gun_delay_ms: 4_310,
        median_ms: 122 * MINUTE,
        spread: 0.34,
        waves: &["A", "B", "C"],
        wave_gap_ms: 2 * MINUTE,
        split_percent: Some(47),
    },
    Course {
        name: "10 km",
        distance_m: 10_000,
        share_percent: 35,
        first_bib: 2001,
        start_ms: 35 * MINUTE,
        gun_delay_ms: 12_870,
        median_ms: 59 * MINUTE,
        spread: 0.36,
        waves: &["A", "B", "C", "D"],
        wave_gap_ms: 3 * MINUTE,
        split_percent: Some(50),
    },
    Course {
        name: "5 km",
        distance_m: 5_000,
        share_percent: 40,
        first_bib: 5001,
        start_ms: 51 * MINUTE,
        gun_delay_ms: 1_640,
        median_ms: 29 * MINUTE,
        spread: 0.38,
        waves: &["A", "B", "C", "D", "E", "F", "G"],
        wave_gap_ms: 4 * MINUTE,
        split_percent: None,
    },
];
