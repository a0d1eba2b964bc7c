//! What a database's failure means to whoever asked.

use sqlx::error::ErrorKind;

/// Whether the database is only away for a moment, a connection to it was cut, or it undid what it was doing because that met with
/// something else: asking again helps.
pub fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
        // Connection exceptions, a lack of resources, and a server that stops or starts (PostgreSQL's appendix A); then two that
        // could not be done one after the other, or waited for each other.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.len() == 5
                && (["08", "53"].iter().any(|class| code.starts_with(class))
                    || ["57P01", "57P02", "57P03", "40001", "40P01"].contains(&code.as_ref()))
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

/// What a database's failure means, for people.
pub fn plain_words(error: &sqlx::Error) -> String {
    if let sqlx::Error::Io(error) = error {
        return error.to_string();
    }
    match sqlite_code(error) {
        Some(FULL) => "the disk is full".to_owned(),
        Some(READ_ONLY) => "the file or its disk is read-only".to_owned(),
        Some(IO) => format!("the disk fails: {error}"),
        Some(CANNOT_OPEN) => "the file cannot be opened".to_owned(),
        Some(CORRUPT | NOT_A_DATABASE) => format!("the file is damaged: {error}"),
        _ => error.to_string(),
    }
}

const READ_ONLY: u32 = 8;
const IO: u32 = 10;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANNOT_OPEN: u32 = 14;
const NOT_A_DATABASE: u32 = 26;

/// SQLite's primary result code, the low byte of the extended one that it tells. PostgreSQL's have five characters.
fn sqlite_code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?;
    let is_sqlite = code.len() < 5;
    is_sqlite
        .then(|| code.parse::<u32>().ok())
        .flatten()
        .map(|code| code & 0xff)
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, error::Error, fmt, io};

    use sqlx::error::DatabaseError;

    use super::*;

    /// What a database says with this SQLSTATE.
    #[derive(Debug)]
    struct Said(&'static str);

    impl fmt::Display for Said {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Said {}

    impl DatabaseError for Said {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    #[test]
    fn asking_again_helps_where_the_database_was_away_or_undid_it() {
        for (code, helps) in [
            ("08006", true),
            ("53300", true),
            ("57P01", true),
            ("40P01", true),
            ("40001", true),
            ("57014", false),
            ("42601", false),
            ("5", false),
        ] {
            let error = sqlx::Error::Database(Box::new(Said(code)));
            assert_eq!(is_away(&error), helps, "{code}");
        }
    }

    #[test]
    fn what_is_wrong_with_the_disk_is_told_in_plain_words() {
        for (code, words) in [
            ("13", "the disk is full"),
            ("778", "the disk fails: error returned from database: 778"),
            ("1032", "the file or its disk is read-only"),
            (
                "26",
                "the file is damaged: error returned from database: 26",
            ),
            ("5", "error returned from database: 5"),
            ("53100", "error returned from database: 53100"),
        ] {
            let error = sqlx::Error::Database(Box::new(Said(code)));
            assert_eq!(plain_words(&error), words);
        }
        let refused = sqlx::Error::Io(io::ErrorKind::ConnectionRefused.into());
        assert_eq!(plain_words(&refused), "connection refused");
    }
}
