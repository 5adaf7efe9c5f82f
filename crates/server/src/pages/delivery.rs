//! What pages say of a grade on its way to the learning platform.

use jiff::Timestamp;
use store::PassbackState;

use super::words;
use crate::api::deliveries::Standing;

/// A time, as pages have it: for people, and for the script that says it in their own zone.
pub(super) struct Moment {
    pub(super) time: String,
    pub(super) datetime: String,
}

impl Moment {
    pub(super) fn of(at: Timestamp) -> Self {
        Self { time: words::time(at), datetime: at.to_string() }
    }
}

/// Where a submission's grade is, for its student.
pub(super) struct Told {
    /// The state in plain words, to be followed by the time if there is one, and a full stop.
    pub(super) sentence: &'static str,
    pub(super) at: Option<Moment>,
    /// What the platform said, where that helps.
    pub(super) words: Option<String>,
    /// Whether it needs somebody.
    pub(super) is_problem: bool,
}

impl Told {
    pub(super) fn of(standing: &Standing) -> Self {
        let Standing { state, words, changed_at, retry_at, .. } = standing;
        let is_problem = matches!(state, PassbackState::Refused | PassbackState::GivenUp);
        let (sentence, at) = match (state, retry_at) {
            (PassbackState::Pending, Some(at)) => (
                "This grade is not in the learning platform yet. It is tried again by itself, the next time at",
                Some(*at),
            ),
            (PassbackState::Pending, None) => ("This grade is on its way to the learning platform", None),
            (PassbackState::Sending, _) => ("This grade is being sent to the learning platform", None),
            (PassbackState::Posted, _) => ("The learning platform has this grade, since", Some(*changed_at)),
            (PassbackState::Refused, _) => ("The learning platform did not take this grade", None),
            (PassbackState::GivenUp, _) => (
                "The learning platform could not be reached for so long that sending this grade was given up",
                None,
            ),
            (PassbackState::Superseded, _) => {
                ("This grade was not sent to the learning platform, because a newer one took its place", None)
            }
            (PassbackState::Withheld, _) => {
                ("Grades are not sent to the learning platform at the moment, only kept here", None)
            }
        };
        let is_told = is_problem || *state == PassbackState::Pending;
        let words = words.clone().filter(|words| is_told && !words.is_empty());
        Self { sentence, at: at.map(Moment::of), words, is_problem }
    }
}

/// A state in a few words, for staff, and the class that colours it. The time of the next try follows, if there is one.
pub(super) fn state(standing: &Standing) -> (&'static str, &'static str) {
    match (standing.state, standing.retry_at) {
        (PassbackState::Pending, Some(_)) => ("not taken yet, tried again at", "waiting"),
        (PassbackState::Pending, None) => ("waits to be sent", "waiting"),
        (PassbackState::Sending, _) => ("being sent", "grading"),
        (PassbackState::Posted, _) => ("in the learning platform", "good"),
        (PassbackState::Refused, _) => ("not taken by the platform", "problem"),
        (PassbackState::GivenUp, _) => ("platform not reached", "problem"),
        (PassbackState::Superseded, _) => ("replaced by a newer grade", "waiting"),
        (PassbackState::Withheld, _) => ("held back on purpose", "waiting"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(state: PassbackState) -> Standing {
        let words = Some("Score for you is now 0.5".to_owned());
        Standing { state, attempts: 1, words, changed_at: Timestamp::UNIX_EPOCH, retry_at: None }
    }

    #[test]
    fn every_state_is_told_and_the_platforms_words_only_where_they_help() {
        for state in PassbackState::ALL {
            let told = Told::of(&standing(state).for_student());
            assert!(told.sentence.ends_with(char::is_alphabetic), "{}", told.sentence);
            let helps = [PassbackState::Pending, PassbackState::Refused, PassbackState::GivenUp];
            assert_eq!(told.words.is_some(), helps.contains(&state), "{state:?}");
        }
        let posted = standing(PassbackState::Posted).for_student();
        assert_eq!(posted.words, None, "it may tell the points of hidden tests");
        let retried = Standing { retry_at: Some(Timestamp::UNIX_EPOCH), ..standing(PassbackState::Pending) };
        assert_eq!(Told::of(&retried).at.unwrap().time, "1 Jan 1970, 00:00 UTC");
    }
}
