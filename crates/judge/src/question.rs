//! A question: what to ask its snapshot, and what the answers mean.

use frames::{Outcome, ToSnapshot};
use model::Points;

use crate::{
    Answer, Body, Case, Example, Question, Verdict, clean,
    doctest::{Flags, judge_example},
    message,
};

impl Question {
    /// What its snapshot is to run first, once: the module of an exception-based test file.
    #[must_use]
    pub fn module(&self) -> Option<ToSnapshot> {
        self.module.as_ref().map(|module| self.module_of(module.source.clone()))
    }

    /// The same without the functions of hidden cases, where there are such.
    #[must_use]
    pub fn public_module(&self) -> Option<ToSnapshot> {
        self.module.as_ref()?.public.clone().map(|source| self.module_of(source))
    }

    /// How many cases come before the first hidden one.
    #[must_use]
    pub fn leading_public_cases(&self) -> usize {
        self.cases.iter().take_while(|case| !case.hidden).count()
    }

    pub(crate) fn module_of(&self, source: String) -> ToSnapshot {
        ToSnapshot::Module { name: self.name.clone(), source }
    }

    /// What the snapshot is to run for a case. Cases run one after the other in the same snapshot, as they may share
    /// state.
    #[must_use]
    pub fn request(&self, case: usize) -> Option<ToSnapshot> {
        Some(match &self.cases.get(case)?.body {
            Body::Doctest(examples) => self.doctest(case, &sources(examples)),
            Body::Function { name, params } => {
                ToSnapshot::Call { function: name.clone(), params: params.clone() }
            }
        })
    }

    pub(crate) fn doctest(&self, case: usize, examples: &[String]) -> ToSnapshot {
        ToSnapshot::Doctest { name: format!("{} {case}", self.name), examples: examples.to_vec() }
    }

    /// What became of a case, with the message for its student.
    #[must_use]
    pub fn judge(&self, case: usize, answer: &Answer) -> Option<model::Case> {
        let case = self.cases.get(case)?;
        let failure = self.failure(case, answer);
        let passed = failure.is_none();
        let hint = if passed { &case.success_message } else { &case.failure_message };
        let message = match failure {
            None => "✅ Test case passed".to_owned(),
            Some(failure) => format!("❌ Test case failed\n{failure}"),
        };
        Some(model::Case {
            name: clean(&case.name),
            hidden: case.hidden,
            passed: Some(passed),
            points: Points::new(case.points).ok(),
            message: Some(clean(&message)),
            hint: hint.as_deref().map(clean),
        })
    }

    /// The message of a failed case that says nothing of what came from the snapshot: for a public case that ran after
    /// a hidden one, whose test the submission's code may have kept.
    #[must_use]
    pub fn message_without_answer(&self, case: usize) -> Option<String> {
        let sources = match &self.cases.get(case)?.body {
            Body::Doctest(examples) => sources(examples).concat(),
            Body::Function { name, .. } => format!("{name}()\n"),
        };
        Some(clean(&message::withheld(&sources)))
    }

    /// Why a case has failed; `None` if it has passed.
    pub(crate) fn failure(&self, case: &Case, answer: &Answer) -> Option<String> {
        match (&case.body, answer) {
            (_, Answer::Unanswered(why)) => {
                Some(format!("This test could not be evaluated: {}.", clean(why)))
            }
            (Body::Doctest(examples), Answer::Examples(did)) if did.len() == to_run(examples).count() => {
                failed_examples(examples, did)
            }
            (Body::Function { .. }, Answer::Ran(Outcome::Returned)) => None,
            (Body::Function { .. }, Answer::Ran(Outcome::Raised(raised))) => {
                Some(message::of_function(self, raised))
            }
            _ => self.failure(case, &Answer::senseless()),
        }
    }
}

/// The sources of the examples that are run.
pub(crate) fn sources(examples: &[Example]) -> Vec<String> {
    to_run(examples).map(|example| example.source.clone()).collect()
}

fn to_run(examples: &[Example]) -> impl Iterator<Item = &Example> {
    examples.iter().filter(|example| !Flags::of(&example.options).skip)
}

fn failed_examples(examples: &[Example], did: &[frames::Example]) -> Option<String> {
    let mut failures = Vec::new();
    let mut before: Vec<&str> = Vec::new();
    for (example, did) in to_run(examples).zip(did) {
        let verdict = judge_example(example, did);
        if verdict != Verdict::Passed {
            failures.push(message::of_example(&before, example, did, verdict));
        }
        if !failures.is_empty() && Flags::of(&example.options).fail_fast {
            break;
        }
        before.push(&example.source);
    }
    (!failures.is_empty()).then(|| failures.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{doctests, functions, printed, raised};

    fn judged(question: &Question, case: usize, answer: &Answer) -> model::Case {
        question.judge(case, answer).unwrap()
    }

    #[test]
    fn requests_leave_out_what_is_skipped() {
        let question = doctests();
        let Some(ToSnapshot::Doctest { name, examples }) = question.request(1) else { panic!("a doctest") };
        assert_eq!((name.as_str(), &examples[..]), ("q1 1", &["square('a')\n".to_owned()][..]));
        assert!(question.module().is_none() && question.request(2).is_none());
    }

    #[test]
    fn a_case_passes_with_all_its_examples() {
        let question = doctests();
        let passed = judged(&question, 0, &Answer::Examples(vec![printed(""), printed("True\n")]));
        assert_eq!((passed.passed, passed.hint.as_deref()), (Some(true), Some("well done")));
        assert_eq!(passed.message.as_deref(), Some("✅ Test case passed"));
        let failed = judged(&question, 0, &Answer::Examples(vec![printed(""), printed("False\n")]));
        assert_eq!((failed.passed, failed.hint.as_deref()), (Some(false), Some("look again")));
        assert_eq!(
            failed.message.as_deref(),
            Some(
                "❌ Test case failed\nAfter:\n    y = square(3)\nFailed example:\n    y == 9\nExpected:\n    True\nGot:\n    False"
            )
        );
    }

    #[test]
    fn fewer_answers_than_examples_are_no_answer() {
        let question = doctests();
        for answer in [
            Answer::Examples(vec![]),
            Answer::Examples(vec![printed(""); 3]),
            Answer::Ran(Outcome::Returned),
            Answer::Unanswered("it met the time limit".into()),
        ] {
            let case = judged(&question, 0, &answer);
            assert_eq!(case.passed, Some(false));
            assert!(case.message.unwrap().contains("could not be evaluated: "));
        }
    }

    #[test]
    fn a_function_passes_when_it_returns() {
        let question = functions();
        assert!(matches!(question.module(), Some(ToSnapshot::Module { .. })));
        assert!(
            matches!(question.request(0), Some(ToSnapshot::Call { function, .. }) if function == "test_a")
        );
        let passed = judged(&question, 0, &Answer::Ran(Outcome::Returned));
        assert_eq!(passed.passed, Some(true));
        let raised = raised("AssertionError", "one", 5);
        let failed = judged(&question, 0, &Answer::Ran(Outcome::Raised(raised.clone())));
        assert_eq!(
            failed.message.as_deref(),
            Some(
                "❌ Test case failed\nError at line 5 in test q2:\n      assert x == 1, 'one'\nAssertionError: one"
            )
        );
        assert_eq!(Answer::Ran(Outcome::Returned).module_problem(), None);
        let problem = Answer::Ran(Outcome::Raised(raised)).module_problem().unwrap();
        assert_eq!(problem, "before it, the tests' own code raised AssertionError: one");
    }

    #[test]
    fn fail_fast_hides_what_comes_after() {
        let mut question = doctests();
        let Body::Doctest(examples) = &mut question.cases[0].body else { panic!("a doctest") };
        examples[0].options.insert("FAIL_FAST".into(), true);
        let case = judged(&question, 0, &Answer::Examples(vec![printed("x"), printed("False\n")]));
        assert_eq!(case.message.unwrap().matches("Failed example:").count(), 1);
    }
}
