//! What is left when the server dies, its file is torn, its disk takes nothing or its database is gone: every read that a peer sent,
//! each once. The peer keeps its own count, and who compares looks into the database, not through the server.

pub mod count;
pub mod exporter;
pub mod full;
pub mod outage;
pub mod peers;
pub mod points;
pub mod refusal;
pub mod status;

pub mod disk;
pub mod torn;
pub mod trace;
