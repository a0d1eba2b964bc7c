//! What keeps everybody from a database that is not known yet to be this server's own, and up to date.

use std::{
    io,
    sync::{Arc, PoisonError, RwLock},
};

use super::Result;

/// A gate before a database. While it is shut the database seems to be away. Clones are the same gate.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    /// Why nobody is let through.
    shut: Arc<RwLock<Option<String>>>,
}

impl Gate {
    pub(super) fn shut(reason: &str) -> Self {
        let reason = Some(reason.to_owned());
        Self {
            shut: Arc::new(RwLock::new(reason)),
        }
    }

    /// Says another reason why it is shut.
    pub(super) fn stay_shut(&self, reason: &str) {
        self.set(Some(reason.to_owned()));
    }

    /// Lets everybody through from now on.
    pub(super) fn open(&self) {
        self.set(None);
    }

    /// Goes through, or says why not.
    pub(super) fn pass(&self) -> Result<()> {
        let shut = self.shut.read().unwrap_or_else(PoisonError::into_inner);
        match &*shut {
            None => Ok(()),
            Some(reason) => Err(sqlx::Error::Io(io::Error::other(reason.clone()))),
        }
    }

    fn set(&self, reason: Option<String>) {
        *self.shut.write().unwrap_or_else(PoisonError::into_inner) = reason;
    }
}
