//! What is known of a remote, and how it is told.

use std::sync::Arc;

use jiff::Timestamp;

use crate::remote::{Commit, RemoteError};

use super::pinned::{NotLoaded, Pinned};

/// What is known of a remote.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The revision in use.
    pub(super) current: Option<Arc<Pinned>>,
    /// The newest commit, if it cannot be used.
    pub(super) refused: Option<Refused>,
    /// Set while the remote gives nothing.
    pub(super) away: Option<Away>,
    /// Revisions here that could be used once and cannot be any more.
    pub(super) damaged: Vec<Commit>,
}

/// A commit that is not used.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) commit: Commit,
    /// What is wrong with it, in sentences.
    pub(super) problem: String,
}

/// A remote that gives nothing.
#[derive(Debug)]
pub(super) struct Away {
    pub(super) since: Timestamp,
    pub(super) error: RemoteError,
}

impl State {
    /// From now on this revision is used.
    pub(super) fn switch(&mut self, pinned: Arc<Pinned>) {
        self.current = Some(pinned);
        self.refused = None;
    }

    /// A revision that is here could not be loaded although it could be once.
    pub(super) fn lost(&mut self, commit: Commit, problem: &NotLoaded) {
        // What our disk only failed to give now may be whole.
        if let NotLoaded::Bad(_) = problem {
            self.damaged.push(commit);
        }
    }

    /// Whether nothing is to be done when this is the newest commit.
    pub(super) fn has_settled(&self, commit: &Commit) -> bool {
        self.is_current(commit) || self.refused.as_ref().is_some_and(|refused| refused.commit == *commit)
    }

    pub(super) fn is_current(&self, commit: &Commit) -> bool {
        self.current.as_ref().is_some_and(|current| current.commit() == commit)
    }

    pub(super) fn problems(&self, name: &str) -> Vec<String> {
        let goes_on = match &self.current {
            Some(current) => format!("Grading goes on with commit {}.", current.commit()),
            None => "Its courses cannot be graded until then.".into(),
        };
        let mut problems = Vec::new();
        if let Some(Away { since, error }) = &self.away {
            let what = match error {
                RemoteError::Away { .. } | RemoteError::Busy { .. } => "has not answered since",
                RemoteError::Refused { .. } => "has refused to answer since",
                RemoteError::Content { .. } | RemoteError::Ours { .. } => "could not be fetched since",
            };
            problems.push(format!("{name} {what} {since}: {error} {goes_on}"));
        }
        if let Some(Refused { commit, problem }) = &self.refused {
            problems.push(format!("Commit {commit} of {name} is not used: {problem} {goes_on}"));
        }
        match &self.current {
            Some(current) => {
                let commit = current.commit();
                problems.extend(
                    current.flaws().values().map(|flaw| format!("{flaw} (Commit {commit} of {name}.)")),
                );
            }
            None if problems.is_empty() => problems.push(self.why_not_yet(name)),
            None => {}
        }
        problems
    }

    /// Why nothing is here, as sentences.
    pub(super) fn why_not_yet(&self, name: &str) -> String {
        match (&self.away, &self.refused) {
            (None, None) => format!("They are being fetched from {name} for the first time."),
            (Some(away), _) => format!("They cannot be fetched from {name}: {}", away.error),
            (None, Some(refused)) => {
                format!("Commit {} of {name} cannot be used: {}", refused.commit, refused.problem)
            }
        }
    }
}
