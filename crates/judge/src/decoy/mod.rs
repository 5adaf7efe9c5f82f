//! Decoys: a test case is run once more with one literal changed, such that no honest value passes both.
//!
//! They catch what native evaluation cannot: objects that equal everything, code that reads the expected constant from
//! its caller's frame, a process that answers in the evaluator's place.
//!
//! Which literal is changed, and into what, is drawn for each grading, so that code which reads the literal that it is
//! compared with cannot tell whether it is the true one.
//!
//! ```text
//! choice.rs     what is drawn
//! evidence.rs   what answers to it prove
//! ```

mod choice;
mod evidence;

use frames::ToSnapshot;
use model::ambient::Entropy;

use self::choice::Choice;
pub use self::evidence::{Inverted, Shown, flag_of_inverted};
use crate::{Answer, Body, Question, question::sources};

/// One grading's decoys of a question.
#[derive(Debug)]
pub struct Decoys<'a> {
    question: &'a Question,
    /// For each case the literal that is changed, if it has one.
    choices: Vec<Option<Choice<'a>>>,
}

impl Question {
    /// Draws what is changed in this question's cases.
    #[must_use]
    pub fn decoys(&self, entropy: &dyn Entropy) -> Decoys<'_> {
        let choices = self.cases.iter().map(|case| Choice::draw(self, case, entropy)).collect();
        Decoys { question: self, choices }
    }
}

impl<'a> Decoys<'a> {
    /// Whether a case has a decoy.
    #[must_use]
    pub fn has(&self, case: usize) -> bool {
        self.choice(case).is_some()
    }

    fn choice(&self, case: usize) -> Option<&Choice<'a>> {
        self.choices.get(case)?.as_ref()
    }

    /// The module to run before the decoys of a question that has one, in place of [`Question::module`]: with the literals
    /// of all its cases changed for the `nth` time, counted from 0.
    #[must_use]
    pub fn module(&self, nth: usize) -> Option<ToSnapshot> {
        let mut source = self.question.module.as_ref()?.source.clone();
        let mut choices: Vec<_> = self.choices.iter().flatten().collect();
        // From behind, so that what is yet to be changed stays in its place.
        choices.sort_by_key(|choice| std::cmp::Reverse(choice.literal.literal));
        for choice in choices {
            source = choice.changed(&source, nth).unwrap_or(source);
        }
        Some(self.question.module_of(source))
    }

    /// What to run in a case's place with its literal changed for the `nth` time, if there are so many values.
    #[must_use]
    pub fn request(&self, case: usize, nth: usize) -> Option<ToSnapshot> {
        let choice = self.choice(case)?;
        let changed = choice.changed(choice.source, nth)?;
        match &self.question.cases.get(case)?.body {
            Body::Doctest(examples) => {
                let mut examples = examples.clone();
                let example = choice.literal.example.and_then(|index| examples.get_mut(index))?;
                example.source = changed;
                Some(self.question.doctest(case, &sources(&examples)))
            }
            Body::Function { .. } => self.question.request(case),
        }
    }

    /// Whether an answer is what the case wants.
    #[must_use]
    pub fn is_passed(&self, case: usize, answer: &Answer) -> bool {
        self.question.cases.get(case).is_some_and(|case| self.question.failure(case, answer).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Fixed, doctests, two_functions};

    #[test]
    fn a_decoy_differs_in_one_example() {
        let question = doctests();
        let decoys = question.decoys(&Fixed::of(&[0]));
        let Some(ToSnapshot::Doctest { name, examples }) = decoys.request(0, 0) else { panic!("one") };
        assert_eq!(name, "q1 0");
        assert_eq!(examples[0], "y = square(3)\n");
        assert!(["y == 4\n", "y == 14\n", "y == 5\n"].contains(&examples[1].as_str()), "{examples:?}");
        assert!(decoys.has(0) && !decoys.has(1) && !decoys.has(2));
        assert!(decoys.request(1, 0).is_none() && decoys.request(0, 3).is_none());
        assert!(decoys.module(0).is_none());
    }

    #[test]
    fn each_time_a_decoy_has_another_value() {
        let question = doctests();
        let decoys = question.decoys(&Fixed::of(&[7, 1]));
        let mut sources: Vec<_> =
            (0..3).map(|nth| format!("{:?}", decoys.request(0, nth).unwrap())).collect();
        sources.sort();
        sources.dedup();
        assert_eq!(sources.len(), 3);
    }

    #[test]
    fn what_is_drawn_is_what_chance_says() {
        let question = doctests();
        let first = |bytes: &[u8]| {
            let Some(ToSnapshot::Doctest { examples, .. }) = question.decoys(&Fixed::of(bytes)).request(0, 0)
            else {
                panic!("a doctest")
            };
            examples[1].clone()
        };
        let drawn: std::collections::BTreeSet<_> = (0..30).map(|byte| first(&[byte])).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), ["y == 14\n", "y == 4\n", "y == 5\n"]);
    }

    #[test]
    fn decoys_of_functions_are_one_module() {
        let mut question = two_functions();
        let decoys = question.decoys(&Fixed::of(&[0]));
        let source = |nth| match decoys.module(nth) {
            Some(ToSnapshot::Module { source, .. }) => source,
            other => panic!("{other:?}"),
        };
        assert_ne!(source(0), source(1));
        for nth in 0..2 {
            let original = question.module.as_ref().unwrap().source.as_str();
            assert_eq!(source(nth).lines().count(), original.lines().count());
            assert!(
                !source(nth).contains("x == 1,") && !source(nth).contains("y == 'é' "),
                "{}",
                source(nth)
            );
        }
        // Values that are used up leave the literal as it is; the case is not asked then.
        assert!(source(2).contains("x == 1,") && decoys.request(0, 2).is_none());
        assert_eq!(format!("{:?}", decoys.request(0, 1)), format!("{:?}", question.request(0)));
        question.module = None;
        assert!(!question.decoys(&Fixed::of(&[0])).has(0));
    }
}
