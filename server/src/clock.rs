//! The one place that asks what time it is.

use gantry_core::time::Moment;

/// The present moment.
pub fn now() -> Moment {
    jiff::Timestamp::now().into()
}
