//! Decoys: a test case is run once more with one literal changed, such that no honest value passes both.
//!
//! They catch what native evaluation cannot: objects that equal everything, code that reads the expected constant from
//! its caller's frame, a process that answers in the evaluator's place.

use frames::ToSnapshot;
use model::Flag;

use crate::{Answer, Body, Decoy, Question, clean, question::sources, text::cut};

/// Bytes of an expression in a flag's reason.
const LONGEST_EXPRESSION: usize = 200;

impl Question {
    /// The module to run for decoys in place of [`Question::module`], where there are decoys.
    #[must_use]
    pub fn decoy_module(&self) -> Option<ToSnapshot> {
        self.module.as_ref()?.decoy.clone().map(|source| self.module_of(source))
    }

    /// What to run in a case's place for its decoy, if it has one.
    ///
    /// To be run in a fork of the snapshot that is made *before* the first case is run: the state that a case meets (the
    /// place in a generator, say) may decide what is honest.
    #[must_use]
    pub fn decoy_request(&self, case: usize) -> Option<ToSnapshot> {
        let case_of = self.cases.get(case)?;
        let decoy = case_of.decoy.as_ref()?;
        match &case_of.body {
            Body::Doctest(examples) => {
                let mut examples = examples.clone();
                let example = decoy.example.and_then(|index| examples.get_mut(index))?;
                example.source.clone_from(&decoy.source);
                Some(self.doctest(case, &sources(&examples)))
            }
            Body::Function { .. } => self.request(case),
        }
    }

    /// Whether a case failed and its decoy passed, which an honest wrong answer does only by chance.
    #[must_use]
    pub fn is_inverted(&self, case: usize, judged: &model::Case, decoy_answer: &Answer) -> bool {
        self.cases.get(case).is_some_and(|case| {
            case.decoy.as_ref().is_some_and(|decoy| !decoy.either_or)
                && judged.passed == Some(false)
                && self.failure(case, decoy_answer).is_none()
        })
    }

    /// What staff should look at, given the case as it was judged and the answer to its decoy.
    #[must_use]
    pub fn flag(&self, case: usize, judged: &model::Case, decoy_answer: &Answer) -> Option<Flag> {
        let case = self.cases.get(case)?;
        let decoy = case.decoy.as_ref()?;
        let passed_both = judged.passed == Some(true) && self.failure(case, decoy_answer).is_none();
        passed_both.then(|| Flag { kind: "decoy".into(), reason: reason(&case.name, decoy) })
    }
}

/// How many cases have to fail while their decoys pass before that is taken for more than chance.
const ENOUGH: usize = 2;

/// What staff should look at when cases failed whose decoys passed; `names` are those of such cases.
///
/// A wrong answer can be a decoy's right one by chance. Code that behaves one way for one test and another for its copy,
/// not knowing which of the two counts, meets this again and again.
#[must_use]
pub fn flag_of_inverted(names: &[&str]) -> Option<Flag> {
    let [first, .., last] = names else { return None };
    (names.len() >= ENOUGH).then(|| Flag {
        kind: "decoy".into(),
        reason: format!(
            "{} test cases ({} to {}) failed and yet passed with a literal changed, which is unlikely by chance.",
            names.len(),
            clean(first),
            clean(last)
        ),
    })
}

fn reason(name: &str, decoy: &Decoy) -> String {
    let short = |text: &str| {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        clean(&cut(&line, LONGEST_EXPRESSION)).replace('\n', " ")
    };
    format!(
        "The test case {} passed with `{}` and also with `{}`, which no honest value does.",
        clean(name),
        short(&decoy.was),
        short(&decoy.becomes)
    )
}

#[cfg(test)]
mod tests {
    use frames::Outcome;

    use super::*;
    use crate::testing::{doctests, functions, printed, raised};

    #[test]
    fn a_decoy_differs_in_one_example() {
        let question = doctests();
        let Some(ToSnapshot::Doctest { name, examples }) = question.decoy_request(0) else { panic!("one") };
        assert_eq!(name, "q1 0");
        assert_eq!(examples[..], ["y = square(3)\n", "y == 14\n"]);
        assert!(question.decoy_request(1).is_none() && question.decoy_request(2).is_none());
    }

    #[test]
    fn decoys_of_functions_are_one_module() {
        let question = functions();
        let Some(ToSnapshot::Module { source, .. }) = question.decoy_module() else { panic!("a module") };
        assert!(source.contains("x == 5"));
        assert_eq!(format!("{:?}", question.decoy_request(0)), format!("{:?}", question.request(0)));
        assert!(doctests().decoy_module().is_none());
    }

    #[test]
    fn who_fails_and_passes_the_decoy_is_flagged_the_second_time() {
        let question = doctests();
        let answer = |text: &str| Answer::Examples(vec![printed(""), printed(text)]);
        let failed = question.judge(0, &answer("False\n")).unwrap();
        assert!(question.is_inverted(0, &failed, &answer("True\n")));
        assert!(!question.is_inverted(0, &failed, &answer("False\n")));
        assert_eq!(flag_of_inverted(&["q1 - 1"]), None);
        let flag = flag_of_inverted(&["q1 - 1", "q2 - 1"]).unwrap();
        assert!(flag.reason.starts_with("2 test cases (q1 - 1 to q2 - 1) failed"), "{}", flag.reason);
        let mut either_or = question.clone();
        either_or.cases[0].decoy.as_mut().unwrap().either_or = true;
        assert!(!either_or.is_inverted(0, &failed, &answer("True\n")));
    }

    #[test]
    fn who_passes_both_is_flagged() {
        let question = doctests();
        let answer = |text: &str| Answer::Examples(vec![printed(""), printed(text)]);
        let passed = question.judge(0, &answer("True\n")).unwrap();
        let failed = question.judge(0, &answer("False\n")).unwrap();
        let flag = question.flag(0, &passed, &answer("True\n")).unwrap();
        assert_eq!(flag.kind, "decoy");
        assert_eq!(
            flag.reason,
            "The test case q1 - 1 passed with `y == 9` and also with `y == 14`, which no honest value does."
        );
        assert_eq!(question.flag(0, &passed, &answer("False\n")), None);
        assert_eq!(question.flag(0, &failed, &answer("True\n")), None);
        assert_eq!(question.flag(0, &passed, &Answer::Unanswered("time".into())), None);
        assert_eq!(question.flag(1, &passed, &answer("True\n")), None);

        let question = functions();
        let passed = question.judge(0, &Answer::Ran(Outcome::Returned)).unwrap();
        assert!(question.flag(0, &passed, &Answer::Ran(Outcome::Returned)).is_some());
        let raised = Answer::Ran(Outcome::Raised(raised("AssertionError", "one", 5)));
        assert_eq!(question.flag(0, &passed, &raised), None);
    }
}
