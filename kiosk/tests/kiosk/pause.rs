//! The wait between two looks at something that another process or thread does.

use std::time::Duration;

#[expect(
    clippy::disallowed_methods,
    reason = "what another process does cannot be waited for, only looked at again"
)]
pub(crate) fn pause(length: Duration) {
    std::thread::sleep(length);
}
