//! What answers to decoys prove.
//!
//! A wrong answer does not know what will be drawn, so it passes a decoy only by chance, and how likely that is can be
//! said. What is less likely than that is shown to staff.

use model::Flag;

use super::Decoys;
use crate::{Answer, clean, text::cut};

/// Failing cases and passing their decoys: what is likelier than this happens to honest submissions.
const INVERTED: f64 = 1e-4;
/// Passing with one value after another.
const IN_A_ROW: f64 = 1e-5;
/// Bytes of an expression in a flag's reason.
const LONGEST_EXPRESSION: usize = 200;

/// What a case was shown with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Its own literal.
    True,
    /// Another one, for the `nth` time, counted from 0.
    Other(usize),
}

/// A case that failed although its decoy passed.
#[derive(Debug, Clone, PartialEq)]
pub struct Inverted<'a> {
    name: &'a str,
    likelihood: f64,
}

impl<'a> Decoys<'a> {
    /// What staff should look at when a case passed with both.
    #[must_use]
    pub fn flag(&self, case: usize, one: Shown, other: Shown) -> Option<Flag> {
        let (choice, name) = (self.choice(case)?, &self.question.cases.get(case)?.name);
        let short = |shown: Shown| {
            let text = match shown {
                Shown::True => choice.expression(None)?,
                Shown::Other(nth) => choice.expression(Some(nth))?,
            };
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            Some(clean(&cut(&line, LONGEST_EXPRESSION)).replace('\n', " "))
        };
        let (one, other) = (short(one)?, short(other)?);
        let name = clean(name);
        let reason = format!(
            "The test case {name} passed with `{one}` and also with `{other}`, which no honest value does."
        );
        Some(Flag { kind: "decoy".into(), reason })
    }

    /// A case that failed, if it passed with its literal changed for the first time.
    #[must_use]
    pub fn inverted(&self, case: usize, decoy_answer: &Answer) -> Option<Inverted<'a>> {
        let (choice, name) = (self.choice(case)?, &self.question.cases.get(case)?.name);
        let likelihood = choice.literal.likelihood;
        self.is_passed(case, decoy_answer).then_some(Inverted { name, likelihood })
    }

    /// With how many values in a row a case has to pass in the same process before that is more than chance, if the first of
    /// them is the `nth`. `None` if there are not as many.
    ///
    /// What a case finds may change each time it is run: a balance, a die. Then each value is another honest chance.
    #[must_use]
    pub fn enough_in_a_row(&self, case: usize, nth: usize) -> Option<usize> {
        let left = self.choice(case)?.count().checked_sub(nth)?;
        let mut chance = 1.0;
        for passed in 1..=left {
            chance /= f64::from(u32::try_from(left - passed + 1).ok()?);
            if chance < IN_A_ROW {
                return Some(passed);
            }
        }
        None
    }
}

/// What staff should look at when of so many cases that failed, and were also shown with a literal changed, some passed that
/// way.
///
/// A wrong answer can be a decoy's right one by chance. Code that behaves one way for a test and another for its copy,
/// not knowing which of the two counts, meets this again and again.
#[must_use]
pub fn flag_of_inverted(inverted: &[Inverted<'_>], failed: usize) -> Option<Flag> {
    // The likeliest last, which may be chance where the others are not.
    let mut inverted: Vec<_> = inverted.iter().collect();
    inverted.sort_by(|one, other| one.likelihood.total_cmp(&other.likelihood));
    let mut chance = 1.0;
    for (count, case) in (1_u32..).zip(&inverted) {
        // In how many ways so many of them could have been chosen.
        let failed = f64::from(u32::try_from(failed).unwrap_or(u32::MAX));
        chance *= case.likelihood * (failed - f64::from(count) + 1.0).max(1.0) / f64::from(count);
        if chance < INVERTED {
            return Some(Flag { kind: "decoy".into(), reason: reason_of_inverted(&inverted) });
        }
    }
    None
}

fn reason_of_inverted(inverted: &[&Inverted<'_>]) -> String {
    let mut names: Vec<_> = inverted.iter().map(|case| clean(case.name)).collect();
    names.sort();
    match &names[..] {
        [name] => format!(
            "The test case {name} failed and yet passed with a literal changed, which is unlikely by chance."
        ),
        names => format!(
            "{} test cases ({}) failed and yet passed with a literal changed, which is unlikely by chance.",
            names.len(),
            cut(&names.join(", "), LONGEST_EXPRESSION)
        ),
    }
}

#[cfg(test)]
mod tests {
    use frames::Outcome;

    use super::*;
    use crate::testing::{Fixed, doctests, functions, printed, raised};

    fn answer(text: &str) -> Answer {
        Answer::Examples(vec![printed(""), printed(text)])
    }

    #[test]
    fn the_reason_names_both_expressions() {
        let question = doctests();
        let decoys = question.decoys(&Fixed::of(&[0]));
        let flag = decoys.flag(0, Shown::True, Shown::Other(0)).unwrap();
        assert_eq!(flag.kind, "decoy");
        assert!(flag.reason.starts_with("The test case q1 - 1 passed with `y == 9` and also with `y == "));
        assert!(flag.reason.ends_with("`, which no honest value does."));
        let [one, other] = [0, 1].map(|nth| decoys.flag(0, Shown::True, Shown::Other(nth)).unwrap());
        assert_ne!(one, other);
        assert_eq!(decoys.flag(0, Shown::True, Shown::Other(3)), None);
        assert_eq!(decoys.flag(1, Shown::True, Shown::Other(0)), None);
    }

    #[test]
    fn a_decoy_passes_with_what_the_case_wants() {
        let question = doctests();
        let decoys = question.decoys(&Fixed::of(&[0]));
        assert!(decoys.is_passed(0, &answer("True\n")) && decoys.inverted(0, &answer("True\n")).is_some());
        for other in [answer("False\n"), Answer::Unanswered("time".into())] {
            assert!(!decoys.is_passed(0, &other) && decoys.inverted(0, &other).is_none());
        }
        let question = functions();
        let decoys = question.decoys(&Fixed::of(&[0]));
        let raised = Answer::Ran(Outcome::Raised(raised("AssertionError", "one", 5)));
        assert!(decoys.is_passed(0, &Answer::Ran(Outcome::Returned)) && !decoys.is_passed(0, &raised));
    }

    #[test]
    fn what_changes_each_time_has_to_pass_with_many_values() {
        let mut question = doctests();
        let mut enough = |count: u32, nth: usize| {
            question.cases[0].literals[0].others = (0..count).map(|n| n.to_string()).collect();
            question.decoys(&Fixed::of(&[3])).enough_in_a_row(0, nth)
        };
        assert_eq!(enough(24, 0), Some(4));
        assert_eq!(enough(24, 1), Some(4));
        assert_eq!(enough(9, 0), Some(7));
        assert_eq!(enough(8, 0), None);
        assert_eq!(enough(7, 8), None);
    }

    #[test]
    fn failing_and_passing_the_decoy_is_told_once_it_is_no_chance() {
        let case = |name, likelihood| Inverted { name, likelihood };
        // A number that nobody hits; one of a dozen.
        let (rare, common) = (case("q4 - 1", 1e-5), case("q2 - 1", 0.1));
        let flag = flag_of_inverted(std::slice::from_ref(&rare), 1).unwrap();
        assert_eq!(
            flag.reason,
            "The test case q4 - 1 failed and yet passed with a literal changed, which is unlikely by chance."
        );
        assert_eq!(flag_of_inverted(&[], 5), None);
        assert_eq!(flag_of_inverted(std::slice::from_ref(&common), 1), None);
        assert_eq!(flag_of_inverted(&vec![common.clone(); 4], 4), None);
        assert!(flag_of_inverted(&vec![common.clone(); 5], 5).is_some());
        // Who fails many meets some of them.
        assert_eq!(flag_of_inverted(&vec![common.clone(); 5], 30), None);
        assert_eq!(flag_of_inverted(std::slice::from_ref(&rare), 20), None);
        // One that was chance takes nothing away.
        let flag = flag_of_inverted(&[common, rare], 2).unwrap();
        assert!(flag.reason.starts_with("2 test cases (q2 - 1, q4 - 1) failed"), "{}", flag.reason);
        // Of the two values of a truth there is only one other.
        assert_eq!(flag_of_inverted(&vec![case("q1", 1.0); 50], 50), None);
    }
}
