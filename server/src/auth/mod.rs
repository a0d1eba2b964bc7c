//! Who may do what.

pub mod password;
