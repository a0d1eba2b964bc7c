//! What a database's failure means to whoever asked.

use sqlx::error::ErrorKind;

/// Whether the database is only away for a moment, or a connection to it was cut: asking again helps.
pub fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
        // Connection exceptions, a lack of resources, and a server that stops or starts (PostgreSQL's appendix A).
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.len() == 5
                && (["08", "53"].iter().any(|class| code.starts_with(class))
                    || ["57P01", "57P02", "57P03"].contains(&code.as_ref()))
        }),
        _ => false,
    }
}

/// Whether the database refuses what it was given for what it says: asking again does not help, and without the part that it means
/// the rest would be taken.
pub fn is_about_data(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Encode(_) => true,
        // A constraint, or a data exception (class 22).
        sqlx::Error::Database(error) => {
            !matches!(error.kind(), ErrorKind::Other)
                || error
                    .code()
                    .is_some_and(|code| code.len() == 5 && code.starts_with("22"))
        }
        _ => false,
    }
}
