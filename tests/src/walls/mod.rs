//! The walls between timing partners, from outside: by every route that there is, and by thousands of random deeds.

pub mod people;
pub mod table;
pub mod things;

pub mod chance;
pub mod company;
pub mod deeds;
pub mod model;
pub mod screens;
pub mod secrets;
pub mod workspace;
