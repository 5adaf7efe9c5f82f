//! A bundle for tests.

use std::sync::Mutex;

use frames::{Example, Raised};
use model::ambient::Entropy;

use crate::{Bundle, Question};

/// Two questions: `q1` (file `q1_file`) with doctests, `q2` exception-based.
pub(crate) fn bundle() -> Bundle {
    serde_json::from_str(include_str!("testing.json")).unwrap()
}

/// The question that has doctests.
pub(crate) fn doctests() -> Question {
    bundle().questions.remove(0)
}

/// The question that has functions.
pub(crate) fn functions() -> Question {
    bundle().questions.remove(1)
}

/// The same with a second case, whose function is in the module.
pub(crate) fn two_functions() -> Question {
    let mut question = functions();
    let mut case = question.cases[0].clone();
    case.name = "q2 - 2".into();
    case.body = crate::Body::Function { name: "test_b".into(), params: vec!["y".into()] };
    let at = question.module.as_ref().unwrap().source.find("y == 'é'").unwrap();
    let end = at + "y == 'é'".len();
    case.literals[0] = crate::Literal {
        example: None,
        literal: (at + "y == ".len(), end),
        expression: (at, end),
        others: vec!["'ét'".into(), "'éu'".into(), "'év'".into()],
        likelihood: 0.05,
    };
    question.cases.push(case);
    question
}

/// An example that printed something.
pub(crate) fn printed(text: &str) -> Example {
    Example { printed: text.into(), raised: None }
}

/// An exception.
pub(crate) fn raised(class: &str, message: &str, line_number: u32) -> Raised {
    let line = if message.is_empty() { format!("{class}\n") } else { format!("{class}: {message}\n") };
    Raised { line, class: class.into(), message: message.into(), line_number, is_exception: true }
}

/// The first example of a question that has doctests.
pub(crate) fn example(question: &Question) -> crate::Example {
    let crate::Body::Doctest(examples) = &question.cases[0].body else { panic!("a doctest") };
    examples[0].clone()
}

/// Chance that gives the same bytes again and again.
pub(crate) struct Fixed(Mutex<std::iter::Cycle<std::vec::IntoIter<u8>>>);

impl Fixed {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let bytes = bytes.to_vec();
        Self(Mutex::new(bytes.into_iter().cycle()))
    }
}

impl Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        let mut given = self.0.lock().unwrap();
        bytes.fill_with(|| given.next().unwrap());
    }
}
