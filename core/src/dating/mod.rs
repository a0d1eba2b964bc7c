//! Time of day made whole.
//!
//! Hardware sends what the clock on its wall shows, often without a date and always without a zone. A [`Resolver`] makes a
//! [`Moment`](crate::time::Moment) of it with the zone of the feed, the moment of arrival and the stream's own order, and
//! measures meanwhile how far the hardware's clocks are off. What an operator knows better is a [`Correction`]: a value, with
//! which the kept lines of a stream are resolved again; no line is ever changed for it.
//!
//! The same lines with the same arrivals in the same order always give the same moments.

mod resolver;

mod choice;
mod clock_offset;
mod wire_time;

pub use clock_offset::ClockOffset;
pub use resolver::{
    Clue, Correction, MOST_LOCATIONS, ReaderClock, Resolver, Suggestion, Undatable,
};
pub use wire_time::{NoTime, WireTime};
