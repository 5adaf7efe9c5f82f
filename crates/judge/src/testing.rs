//! A bundle for tests.

use frames::{Example, Raised};

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
