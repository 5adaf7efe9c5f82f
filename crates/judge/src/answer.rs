//! What came back from a snapshot.

use frames::{Example, FromSnapshot, Outcome};

use crate::clean;

/// The answer to a request, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// What the doctest examples did.
    Examples(Vec<Example>),
    /// How a call ended.
    Ran(Outcome),
    /// There is none, for this reason; reads on after "could not be evaluated: ".
    Unanswered(String),
}

impl From<FromSnapshot> for Answer {
    fn from(frame: FromSnapshot) -> Self {
        match frame {
            FromSnapshot::Examples(examples) => Self::Examples(examples),
            FromSnapshot::Ran(outcome) => Self::Ran(outcome),
            FromSnapshot::Ready { .. } | FromSnapshot::Forked => Self::senseless(),
        }
    }
}

impl Answer {
    /// Why none of a question's cases can be run, given the answer to [`Question::module`](crate::Question::module):
    /// the module did not get to its end. Makes an [`Answer::Unanswered`] for each of them.
    #[must_use]
    pub fn module_problem(&self) -> Option<String> {
        match self {
            Self::Ran(Outcome::Returned) => None,
            Self::Ran(Outcome::Raised(raised)) => {
                Some(format!("before it, the tests' own code raised {}", clean(raised.line.trim_end())))
            }
            Self::Unanswered(why) => Some(why.clone()),
            Self::Examples(_) => Self::senseless().module_problem(),
        }
    }

    /// The answer to something else than what was asked.
    pub(crate) fn senseless() -> Self {
        Self::Unanswered("the answer made no sense".into())
    }
}
