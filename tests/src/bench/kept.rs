//! A database that outlives the bench, because making it takes longer than asking it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::{
    database::{Database, Kind},
    postgres,
    venue::Venue,
};

/// What is added to the name of a database that is not complete.
const GROWING: &str = "_growing";

/// Where one database is kept: a file in a folder, or on the PostgreSQL server. What has its name is complete.
#[derive(Clone, Debug)]
pub struct Kept {
    kind: Kind,
    folder: PathBuf,
    name: String,
}

impl Kept {
    /// The place of a database with this name, which is lower-case letters, digits and underscores.
    pub fn new(kind: Kind, folder: &Path, name: String) -> Self {
        let folder = folder.to_owned();
        Self { kind, folder, name }
    }

    /// What was kept, if anything was.
    pub async fn found(&self) -> Result<Option<Venue>> {
        let data_dir = self.folder.join(&self.name);
        let found = Database::kept(self.kind, &data_dir, &self.name).await?;
        found
            .map(|database| self.venue(database, data_dir))
            .transpose()
    }

    /// An empty one, in place of one that was never completed.
    pub async fn anew(&self) -> Result<Venue> {
        let name = format!("{}{GROWING}", self.name);
        let data_dir = self.folder.join(&name);
        let database = match self.kind {
            Kind::Sqlite => {
                if data_dir.exists() {
                    std::fs::remove_dir_all(&data_dir).context("remove what was not completed")?;
                }
                Database::new(self.kind, &data_dir).await?
            }
            Kind::Postgres => Database::Postgres(Box::new(postgres::anew(&name).await?)),
        };
        self.venue(database, data_dir)
    }

    /// Gives its name to what [`Kept::anew`] made. From now on it is found.
    pub async fn complete(&self, growing: Venue) -> Result<Venue> {
        let name = &self.name;
        match self.kind {
            Kind::Sqlite => std::fs::rename(growing.data_dir(), self.folder.join(name))
                .context("rename the folder")?,
            Kind::Postgres => {
                postgres::run(format!("alter database {name}{GROWING} rename to {name}")).await?;
            }
        }
        let found = self.found().await?;
        found.context("what was just made is gone")
    }

    /// Only a file needs the folder.
    fn venue(&self, database: Database, data_dir: PathBuf) -> Result<Venue> {
        let data_dir = (self.kind == Kind::Sqlite).then_some(data_dir);
        Venue::over(database, data_dir)
    }
}
