//! Pages of lists that are answered whole as long as they are short.

use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    chronotrack,
    problem::{InputError, Problem},
};

/// The longest page, and how long one is when the asker does not say.
const LONGEST: usize = 500;

/// Which page of a list is asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Extent {
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 500; 500 without it.
    limit: Option<String>,
}

impl Extent {
    /// Where the page begins, if it is not the first, as `read` knows a cursor; and how many it holds at most.
    pub fn check<C>(
        &self,
        read: impl FnOnce(&str) -> Option<C>,
    ) -> Result<(Option<C>, usize), Problem> {
        let cursor = self.cursor.as_deref().map(|text| {
            let detail = "the next_cursor of a page is accepted";
            read(text).ok_or_else(|| InputError::new("/cursor", detail))
        });
        let limit = match self.limit.as_deref() {
            Some(text) => chronotrack::limit(Some(text), LONGEST),
            None => Ok(LONGEST),
        };
        match (cursor.transpose(), limit) {
            (Ok(cursor), Ok(limit)) => Ok((cursor, limit)),
            (cursor, limit) => {
                let errors = [cursor.err(), limit.err()];
                Err(Problem::invalid(errors.into_iter().flatten().collect()))
            }
        }
    }
}

/// Cuts what was read, one more than the limit where there are as many, to a page, and answers where the next one begins.
pub fn cut<T>(
    found: &mut Vec<T>,
    limit: usize,
    cursor: impl FnOnce(&T) -> String,
) -> Option<String> {
    let more = found.len() > limit;
    found.truncate(limit);
    found.last().filter(|_| more).map(cursor)
}
