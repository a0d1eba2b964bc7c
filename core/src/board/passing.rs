//! Where a tag has been.

use crate::{scoring::locations::Role, time::Moment};

/// How many reads of one tag at one kind of mat are remembered. Somebody who waits on a mat makes dozens.
const REMEMBERED: usize = 32;

/// The reads of a tag that can make a result, each list in the order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passing {
    starts: Vec<Moment>,
    finishes: Vec<Moment>,
}

/// A way from start to finish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The start mat's read, where there is one.
    pub started_at: Option<Moment>,
    /// The finish mat's read.
    pub finished_at: Moment,
}

impl Passing {
    /// Takes a read in, whatever order the reads come in.
    pub(super) fn pass(&mut self, role: Role, at: Moment) {
        match role {
            Role::Start => {
                insert(&mut self.starts, at);
                if self.starts.len() > REMEMBERED {
                    self.starts.remove(0);
                }
            }
            Role::Finish => {
                insert(&mut self.finishes, at);
                self.finishes.truncate(REMEMBERED);
            }
            Role::Split => {}
        }
    }

    /// The run that counts: to the first finish after the gun, from the last start before that finish.
    ///
    /// People warm up across the finish mat before the gun, wait on the start mat, and walk back over either of them afterwards.
    pub fn run(&self, gun: Option<Moment>) -> Option<Run> {
        let finished_at = *self
            .finishes
            .iter()
            .find(|finish| gun.is_none_or(|gun| **finish > gun))?;
        let started_at = self
            .starts
            .iter()
            .rev()
            .find(|start| **start < finished_at)
            .copied();
        Some(Run {
            started_at,
            finished_at,
        })
    }

    /// What two tags of one person saw together.
    pub(super) fn merged(mut self, other: &Self) -> Self {
        other
            .starts
            .iter()
            .for_each(|at| insert(&mut self.starts, *at));
        other
            .finishes
            .iter()
            .for_each(|at| insert(&mut self.finishes, *at));
        self
    }
}

fn insert(moments: &mut Vec<Moment>, at: Moment) {
    if let Err(index) = moments.binary_search(&at) {
        moments.insert(index, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(reads: &[(Role, i64)], gun: Option<i64>) -> Option<(Option<i64>, i64)> {
        let mut passing = Passing::default();
        for (role, at) in reads {
            passing.pass(*role, Moment(*at));
        }
        let run = passing.run(gun.map(Moment))?;
        Some((run.started_at.map(|at| at.0), run.finished_at.0))
    }

    #[test]
    fn the_last_start_and_the_first_finish_count() {
        use Role::{Finish, Start};
        let reads = [(Start, 10), (Start, 12), (Finish, 900), (Finish, 903)];
        assert_eq!(run(&reads, None), Some((Some(12), 900)));
        let shuffled = [(Finish, 903), (Start, 12), (Finish, 900), (Start, 10)];
        assert_eq!(run(&shuffled, None), Some((Some(12), 900)));
    }

    #[test]
    fn a_warm_up_and_a_walk_back_do_not() {
        use Role::{Finish, Start};
        let reads = [(Finish, 3), (Start, 12), (Finish, 900), (Start, 950)];
        assert_eq!(run(&reads, Some(5)), Some((Some(12), 900)));
        assert_eq!(run(&[(Finish, 3)], Some(5)), None);
        assert_eq!(run(&[(Finish, 900)], Some(5)), Some((None, 900)));
    }
}
