//! The number that counts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::SubmissionId,
    names::{AssignmentKey, UserName},
    points::Points,
};

/// Which submission of a user counts for an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GradePolicy {
    /// The one received last, in whatever order gradings end.
    #[default]
    Latest,
    /// The one with the largest part of its points; of equals, the one received first.
    Best,
}

/// The grade of a user for an assignment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grade {
    /// Whose grade it is.
    pub user: UserName,
    /// For what.
    #[serde(flatten)]
    pub key: AssignmentKey,
    /// The submission that counts.
    pub submission: SubmissionId,
    /// What it earned.
    pub score: Points,
    /// What it could have earned.
    pub max_score: Points,
    /// When this grade was set.
    pub graded_at: Timestamp,
}

impl Grade {
    /// Whether it says the same as another one: the same submission with the same points, whenever each was set.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        Self { graded_at: other.graded_at, ..self.clone() } == *other
    }
}

impl GradePolicy {
    /// Whether another submission of the user's may have become the one that counts, because `new` is what the very
    /// submission earned that counted until now, graded again, and is less than it was.
    #[must_use]
    pub fn must_compare_again(self, new: &Grade, current: &Grade) -> bool {
        let part = |grade: &Grade| grade.score.fraction_of(grade.max_score).unwrap_or(0.0);
        self == Self::Best && new.submission == current.submission && part(new) < part(current)
    }

    /// Whether `new` takes the place of `current`. Does not depend on the order in which the two were graded.
    #[must_use]
    pub fn replaces(self, new: &Grade, current: &Grade) -> bool {
        match self {
            Self::Latest => new.submission >= current.submission,
            Self::Best => {
                let part = |grade: &Grade| grade.score.fraction_of(grade.max_score).unwrap_or(0.0);
                let (new_part, current_part) = (part(new), part(current));
                new.submission == current.submission
                    || new_part > current_part
                    || (new_part >= current_part && new.submission < current.submission)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ambient::{Clock, SystemEntropy};

    struct At(i64);
    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::from_millisecond(self.0).unwrap()
        }
    }

    fn grade(received: i64, score: f64) -> Grade {
        let name = |text: &str| text.parse().unwrap();
        Grade {
            user: "ada".parse().unwrap(),
            key: AssignmentKey { course: name("c"), section: name("s"), assignment: name("a") },
            submission: SubmissionId::new(&At(received), &SystemEntropy),
            score: Points::new(score).unwrap(),
            max_score: Points::new(4.0).unwrap(),
            graded_at: At(received).now(),
        }
    }

    /// The grade that stays when gradings end in the given order.
    fn settle(policy: GradePolicy, order: impl IntoIterator<Item = Grade>) -> Option<Grade> {
        order.into_iter().fold(None, |current, new| match current {
            Some(current) if !policy.replaces(&new, &current) => Some(current),
            _ => Some(new),
        })
    }

    #[test]
    fn the_latest_received_counts_even_if_it_was_graded_first() {
        let (early, late) = (grade(1, 4.0), grade(2, 1.0));
        let settled = settle(GradePolicy::Latest, [late.clone(), early.clone()]);
        assert_eq!(settled, Some(late.clone()));
        assert_eq!(settle(GradePolicy::Best, [late, early.clone()]), Some(early));
    }

    proptest! {
        #[test]
        fn the_grade_does_not_depend_on_the_order_of_gradings(
            scores in proptest::collection::vec(0..5_u8, 1..6), seed in any::<prop::sample::Index>(), best: bool
        ) {
            let policy = if best { GradePolicy::Best } else { GradePolicy::Latest };
            let grades: Vec<_> = (0_i64..).zip(&scores).map(|(at, &s)| grade(at, f64::from(s))).collect();
            let mut turned = grades.clone();
            turned.rotate_left(seed.index(grades.len()));
            let mut backwards = turned.clone();
            backwards.reverse();
            let settled = settle(policy, grades);
            prop_assert_eq!(&settle(policy, turned), &settled);
            prop_assert_eq!(&settle(policy, backwards), &settled);
        }
    }
}
