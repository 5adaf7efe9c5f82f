//! The last good version of a file, served until there is a better one.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use crate::{
    error::MaterialsError,
    identity::{FileIdentity, Reading},
};

/// What was made of a file when it last made sense, and what is wrong with the file there now.
#[derive(Debug)]
pub(super) struct Served<T> {
    path: PathBuf,
    good: T,
    problem: Option<String>,
    /// Of the file there now, good or not; `None` if there was none to read.
    reading: Option<Reading>,
}

impl<T> Served<T> {
    pub(super) fn new(path: &Path, good: T, identity: FileIdentity, now: Instant) -> Self {
        let reading = Some(Reading::after(None, identity, now));
        Self { path: path.to_owned(), good, problem: None, reading }
    }

    pub(super) fn good(&self) -> &T {
        &self.good
    }

    pub(super) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Whether the file need not be read again, now that `there` is its identity.
    pub(super) fn holds(&self, there: Option<FileIdentity>, now: Instant) -> bool {
        self.reading.zip(there).is_some_and(|(reading, there)| reading.holds(there, now))
    }

    /// Whether the last file read was, by its identity, this one.
    pub(super) fn is_of(&self, identity: FileIdentity) -> bool {
        self.reading.is_some_and(|reading| reading.is_of(identity))
    }

    /// The file made sense: it is served from now on.
    pub(super) fn accept(&mut self, good: T, identity: FileIdentity, now: Instant) {
        if self.problem.is_some() || !self.is_of(identity) {
            tracing::info!(file = %self.path.display(), "a materials file has changed and is used as it is now");
        }
        self.reading = Some(Reading::after(self.reading, identity, now));
        self.good = good;
        self.problem = None;
    }

    /// The file made no sense, or there was none to read if there is no `identity`. Logged once for each change.
    pub(super) fn reject(&mut self, error: &MaterialsError, identity: Option<FileIdentity>, now: Instant) {
        let problem = error.to_string();
        let is_other_file = identity.is_some_and(|identity| !self.is_of(identity));
        if is_other_file || self.problem.as_ref() != Some(&problem) {
            let file = self.path.display();
            tracing::error!(%file, problem, "a materials file cannot be used; its last good version is");
        }
        self.reading = identity.map(|identity| Reading::after(self.reading, identity, now));
        self.problem = Some(problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_good_version_is_served_until_a_better_one_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let identity = |size: usize| {
            let file = dir.path().join(size.to_string());
            std::fs::write(&file, vec![0; size]).unwrap();
            FileIdentity::of(&file.metadata().unwrap())
        };
        let [first, bad, better] = [1, 2, 3].map(identity);
        let now = Instant::now();
        let mut served = Served::new(Path::new("x.json"), 'a', first, now);
        assert!(served.holds(Some(first), now) && !served.holds(Some(bad), now));

        served.reject(&MaterialsError::Changing { path: "x.json".into() }, Some(bad), now);
        assert_eq!(served.good(), &'a');
        assert!(served.problem().unwrap().contains("x.json is being written to"));
        assert!(served.holds(Some(bad), now), "a bad file is not read each time");

        served.reject(&MaterialsError::NotAFile { path: "x.json".into() }, None, now);
        assert!(!served.holds(Some(bad), now) && !served.holds(None, now));

        served.accept('b', better, now);
        assert_eq!((served.good(), served.problem()), (&'b', None));
    }
}
