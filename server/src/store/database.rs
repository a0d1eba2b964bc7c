//! Which database: a file beside the server, or PostgreSQL by its URL.

use std::{fmt, path::PathBuf, str::FromStr};

use sqlx::postgres::PgConnectOptions;

/// Where everything is kept. Shown, it names the place and no password.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file of SQLite's.
    Sqlite(PathBuf),
    /// A database of a PostgreSQL server, 15 or later.
    Postgres(Box<PgConnectOptions>),
}

impl FromStr for Database {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let options = text.parse::<PgConnectOptions>().map_err(|reason| {
                format!("{reason}; expected postgres://USER:PASSWORD@HOST:PORT/DATABASE")
            })?;
            return Ok(Self::Postgres(Box::new(options)));
        }
        text.strip_prefix("sqlite:")
            .map(|rest| rest.strip_prefix("//").unwrap_or(rest))
            .filter(|path| !path.is_empty())
            .map(|path| Self::Sqlite(PathBuf::from(path)))
            .ok_or_else(|| {
                "expected sqlite:FILE, like sqlite:/var/lib/gantry/gantry.db, or postgres://USER:PASSWORD@HOST/DATABASE"
                    .to_owned()
            })
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => file.display().fmt(f),
            Self::Postgres(options) => {
                let name = options.get_database().unwrap_or(options.get_username());
                match options.get_socket() {
                    Some(socket) => write!(f, "{name} at {}", socket.display()),
                    None => write!(f, "{name} at {}:{}", options.get_host(), options.get_port()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_named_without_its_password() {
        for (text, named) in [
            ("sqlite:/srv/g.db", "/srv/g.db"),
            ("sqlite:///srv/g.db", "/srv/g.db"),
            (
                "postgres://ann:secret@db.example.org/gantry",
                "gantry at db.example.org:5432",
            ),
            (
                "postgresql://ann@db.example.org:6000/gantry",
                "gantry at db.example.org:6000",
            ),
        ] {
            let database: Database = text.parse().expect(text);
            assert_eq!(database.to_string(), named);
        }
        for text in ["mysql://x/y", "sqlite:", "postgres://host:port/x", ""] {
            assert!(text.parse::<Database>().is_err(), "{text}");
        }
    }
}
