//! Displays: shareable addresses, and what is sent to the screens that open them.
//!
//! A display is known by an eight-character [`id`], which gives read access to one picture and to nothing else.
//! A session's task publishes [`published`] pictures; each screen is a connection ([`socket`] or [`events`]) that keeps a
//! [`feed`]: what it has been sent, and so what it needs next. A slow screen skips pictures; nothing is queued for it.
//! [`terms`] ends a display on every screen when it is revoked or its time runs out, and [`guard`] makes guessing ids futile.

pub mod events;
pub mod feed;
pub mod guard;
pub mod id;
pub mod published;
pub mod socket;
pub mod terms;
