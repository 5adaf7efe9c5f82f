//! What pages say of a grade on its way to the learning platform.

use store::PassbackState;

use super::words;
use crate::api::deliveries::Standing;

/// Where a submission's grade is, for its student.
pub(super) struct Told {
    /// The state in plain words.
    pub(super) sentence: String,
    /// What the platform said, where that helps.
    pub(super) words: Option<String>,
    /// Whether it needs somebody.
    pub(super) is_problem: bool,
}

impl Told {
    pub(super) fn of(standing: &Standing) -> Self {
        let Standing { state, words, changed_at, retry_at, .. } = standing;
        let is_problem = matches!(state, PassbackState::Refused | PassbackState::GivenUp);
        let sentence = match (state, retry_at) {
            (PassbackState::Pending, Some(at)) => format!(
                "This grade is not in the learning platform yet: sending it did not work. It is tried again by itself, the \
                 next time at {}.",
                words::time(*at)
            ),
            (PassbackState::Pending, None) => "This grade is on its way to the learning platform.".into(),
            (PassbackState::Sending, _) => "This grade is being sent to the learning platform.".into(),
            (PassbackState::Posted, _) => {
                format!("The learning platform has this grade, since {}.", words::time(*changed_at))
            }
            (PassbackState::Refused, _) => "The learning platform did not take this grade.".into(),
            (PassbackState::GivenUp, _) => {
                "The learning platform could not be reached for so long that sending this grade was given up."
                    .into()
            }
            (PassbackState::Superseded, _) => {
                "This grade was not sent to the learning platform, because a newer one took its place.".into()
            }
            (PassbackState::Withheld, _) => {
                "Grades are not sent to the learning platform at the moment. This one is kept here.".into()
            }
        };
        let is_told = is_problem || *state == PassbackState::Pending;
        Self { sentence, words: words.clone().filter(|words| is_told && !words.is_empty()), is_problem }
    }
}

/// A state in a few words, for staff, and the class that colours it.
pub(super) fn state(standing: &Standing) -> (String, &'static str) {
    let Standing { state, retry_at, .. } = standing;
    match (state, retry_at) {
        (PassbackState::Pending, Some(at)) => (format!("tried again after {}", words::time(*at)), "waiting"),
        (PassbackState::Pending, None) => ("waits to be sent".into(), "waiting"),
        (PassbackState::Sending, _) => ("being sent".into(), "grading"),
        (PassbackState::Posted, _) => ("in the learning platform".into(), "good"),
        (PassbackState::Refused, _) => ("not taken by the platform".into(), "problem"),
        (PassbackState::GivenUp, _) => ("platform not reached".into(), "problem"),
        (PassbackState::Superseded, _) => ("replaced by a newer grade".into(), "waiting"),
        (PassbackState::Withheld, _) => ("held back on purpose".into(), "waiting"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn standing(state: PassbackState) -> Standing {
        let words = Some("Score for you is now 0.5".to_owned());
        Standing { state, attempts: 1, words, changed_at: Timestamp::UNIX_EPOCH, retry_at: None }
    }

    #[test]
    fn every_state_is_told_and_the_platforms_words_only_where_they_help() {
        for state in PassbackState::ALL {
            let told = Told::of(&standing(state).for_student());
            assert!(told.sentence.ends_with('.'), "{}", told.sentence);
            let helps = [PassbackState::Pending, PassbackState::Refused, PassbackState::GivenUp];
            assert_eq!(told.words.is_some(), helps.contains(&state), "{state:?}");
        }
        let posted = standing(PassbackState::Posted).for_student();
        assert_eq!(posted.words, None, "it may tell the points of hidden tests");
        let retried = Standing { retry_at: Some(Timestamp::UNIX_EPOCH), ..standing(PassbackState::Pending) };
        assert!(Told::of(&retried).sentence.contains("1 Jan 1970, 00:00 UTC"));
    }
}
