//! Who may do what.

pub mod password;
pub mod patience;
pub mod token;
