//! The literal of a case that one grading changes, and the values that it gets in turn.

use model::ambient::Entropy;

use crate::{Body, Case, Literal, Question};

/// A literal, and other values for it in the order in which they are shown.
#[derive(Debug)]
pub(super) struct Choice<'a> {
    pub(super) literal: &'a Literal,
    /// What the literal stands in: an example, or the question's module.
    pub(super) source: &'a str,
    others: Vec<&'a str>,
}

impl<'a> Choice<'a> {
    /// One of a case's literals, each as likely as the other; `None` if there are none.
    pub(super) fn draw(question: &'a Question, case: &'a Case, entropy: &dyn Entropy) -> Option<Self> {
        let mut choices: Vec<_> =
            case.literals.iter().filter_map(|literal| Self::of(question, case, literal)).collect();
        let index = below(choices.len(), entropy)?;
        let mut choice = choices.swap_remove(index);
        // The first is as likely to be any of them, and so is each that follows.
        for place in 0..choice.others.len() {
            let other = below(choice.others.len() - place, entropy)?;
            choice.others.swap(place, place + other);
        }
        Some(choice)
    }

    /// `None` if the literal stands where nothing can be changed.
    fn of(question: &'a Question, case: &'a Case, literal: &'a Literal) -> Option<Self> {
        let source = match (&case.body, literal.example) {
            (Body::Doctest(examples), Some(index)) => &examples.get(index)?.source,
            (Body::Function { .. }, None) => &question.module.as_ref()?.source,
            _ => return None,
        };
        let (start, end) = literal.literal;
        let (from, to) = literal.expression;
        let is_inside = source.get(start..end).is_some() && source.get(from..to)?.len() >= end - start;
        (is_inside && from <= start && end <= to && !literal.others.is_empty()).then(|| Self {
            literal,
            source,
            others: literal.others.iter().map(String::as_str).collect(),
        })
    }

    /// How many values there are.
    pub(super) fn count(&self) -> usize {
        self.others.len()
    }

    /// A source with the literal changed for the nth time, given one that is unchanged as far as the literal's end.
    pub(super) fn changed(&self, source: &str, nth: usize) -> Option<String> {
        let (start, end) = self.literal.literal;
        Some([source.get(..start)?, self.others.get(nth)?, source.get(end..)?].concat())
    }

    /// The expression as it is, or with the literal changed for the nth time.
    pub(super) fn expression(&self, nth: Option<usize>) -> Option<String> {
        let ((from, to), (start, end)) = (self.literal.expression, self.literal.literal);
        let literal = match nth {
            None => self.source.get(start..end)?,
            Some(nth) => self.others.get(nth)?,
        };
        Some([self.source.get(from..start)?, literal, self.source.get(end..to)?].concat())
    }
}

/// A number below the bound; `None` if there is none.
fn below(bound: usize, entropy: &dyn Entropy) -> Option<usize> {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    // The bounds are so small that none of the numbers is noticeably likelier than another.
    usize::try_from(u64::from_le_bytes(bytes).checked_rem(u64::try_from(bound).ok()?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Fixed, doctests, two_functions};

    #[test]
    fn a_literal_that_stands_nowhere_is_not_drawn() {
        let question = doctests();
        let drawn = |change: &dyn Fn(&mut Literal)| {
            let mut question = question.clone();
            change(&mut question.cases[0].literals[0]);
            question.decoys(&Fixed::of(&[0])).has(0)
        };
        assert!(drawn(&|_| ()));
        assert!(!drawn(&|literal| literal.example = Some(2)));
        assert!(!drawn(&|literal| literal.example = None));
        assert!(!drawn(&|literal| literal.literal = (5, 99)));
        assert!(!drawn(&|literal| literal.literal = (6, 5)));
        assert!(!drawn(&|literal| literal.expression = (6, 6)));
        assert!(!drawn(&|literal| literal.others.clear()));
    }

    #[test]
    fn a_literal_is_not_cut_in_the_middle_of_a_letter() {
        let mut question = two_functions();
        let source = &question.module.as_ref().unwrap().source;
        let inside = source.find('é').unwrap() + 1;
        question.cases[1].literals[0].literal = (inside, inside + 1);
        assert!(!question.decoys(&Fixed::of(&[0])).has(1));
    }

    #[test]
    fn numbers_are_below_their_bound() {
        assert_eq!(below(0, &Fixed::of(&[1])), None);
        let numbers: Vec<_> = (0..6).map(|byte| below(3, &Fixed::of(&[byte, 0, 0, 0, 0, 0, 0, 0]))).collect();
        assert_eq!(numbers, [Some(0), Some(1), Some(2), Some(0), Some(1), Some(2)]);
    }
}
