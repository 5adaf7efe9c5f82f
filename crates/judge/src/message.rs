//! What a student is told about a test case that failed.
//!
//! The headings are those of Python's `doctest` and of otter-grader, which course staff knows and the result page
//! takes apart; what `doctest` says twice is said once.

use frames::Raised;

use crate::{
    Example, Question, Verdict, clean,
    doctest::with_newline,
    text::{cut, indent},
};

/// Bytes of one part of a message that are shown.
const LONGEST_PART: usize = 2 << 10;

/// About an example that failed after others had run.
pub(crate) fn of_example(
    before: &[&str],
    example: &Example,
    did: &frames::Example,
    verdict: Verdict,
) -> String {
    let mut parts = Vec::new();
    if !before.is_empty() {
        parts.push(part("After", before.concat().trim_end()));
    }
    parts.push(part("Failed example", example.source.trim_end()));
    let raised = did.raised.as_ref().map(|raised| raised.line.as_str());
    if let Some(line) = raised.filter(|_| verdict == Verdict::Boom) {
        parts.push(part("Exception raised", line));
    } else {
        parts.push(part_or_nothing("Expected", example.exc_msg.as_ref().unwrap_or(&example.want)));
        parts.push(part_or_nothing("Got", raised.unwrap_or(&with_newline(&did.printed))));
    }
    parts.join("\n")
}

/// About a function of an exception-based test file that raised.
pub(crate) fn of_function(question: &Question, raised: &Raised) -> String {
    let name = clean(&question.name);
    // A `KeyError` is only a quoted key. otter-grader takes quotes away wherever a message begins or ends with one.
    let quoted = raised.message.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let message = quoted.unwrap_or(&raised.message);
    let exception = clean(&cut(&format!("{}: {message}", raised.class), LONGEST_PART));
    let index = usize::try_from(raised.line_number).ok().and_then(|number| number.checked_sub(1));
    let line = question.module.as_ref().zip(index).and_then(|(module, i)| module.original.split('\n').nth(i));
    match line.filter(|line| !line.trim().is_empty()) {
        Some(line) => {
            format!("Error at line {} in test {name}:\n  {}\n{exception}", raised.line_number, clean(line))
        }
        None => format!("Error in test {name}:\n{exception}"),
    }
}

/// About a case of which only the test may be told.
pub(crate) fn withheld(sources: &str) -> String {
    let test = part("Failed example", sources.trim_end());
    format!(
        "❌ Test case failed\n{test}\nWhat came instead is not shown: a hidden test had run before this one."
    )
}

fn part(heading: &str, text: &str) -> String {
    format!("{heading}:\n{}", indent(&cut(&clean(text), LONGEST_PART)))
}

fn part_or_nothing(heading: &str, text: &str) -> String {
    let text = text.strip_suffix('\n').unwrap_or(text);
    if text.is_empty() { format!("{heading} nothing") } else { part(heading, text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{doctests, functions, printed, raised};

    fn told(want: &str, exc_msg: Option<&str>, did: &frames::Example, verdict: Verdict) -> String {
        let example = Example {
            source: "f(3)\n".into(),
            want: want.into(),
            exc_msg: exc_msg.map(Into::into),
            options: std::collections::BTreeMap::new(),
        };
        of_example(&[], &example, did, verdict)
    }

    #[test]
    fn expected_and_got_are_told() {
        assert_eq!(
            told("9\n", None, &printed("10"), Verdict::Failed),
            "Failed example:\n    f(3)\nExpected:\n    9\nGot:\n    10"
        );
        assert_eq!(
            told("", None, &printed("a\n\nb\n"), Verdict::Failed),
            "Failed example:\n    f(3)\nExpected nothing\nGot:\n    a\n\n    b"
        );
        assert_eq!(
            told("9\n", None, &printed(""), Verdict::Failed),
            "Failed example:\n    f(3)\nExpected:\n    9\nGot nothing"
        );
    }

    #[test]
    fn exceptions_are_told() {
        let did = frames::Example { raised: Some(raised("NameError", "no f", 1)), ..printed("") };
        assert_eq!(
            told("9\n", None, &did, Verdict::Boom),
            "Failed example:\n    f(3)\nException raised:\n    NameError: no f"
        );
        assert_eq!(
            told("Traceback…\n", Some("TypeError: no\n"), &did, Verdict::Failed),
            "Failed example:\n    f(3)\nExpected:\n    TypeError: no\nGot:\n    NameError: no f"
        );
    }

    #[test]
    fn nothing_printed_forges_a_heading_and_all_is_cut() {
        let forged = told("9\n", None, &printed("8\nGot:\n    \u{1b}[1m9\r\n"), Verdict::Failed);
        assert!(forged.ends_with("Got:\n    8\n    Got:\n        9"), "{forged}");
        let long = told("9\n", None, &printed(&"x".repeat(100_000)), Verdict::Failed);
        assert!(long.len() < 2 * LONGEST_PART && long.ends_with("x\n    …"), "{long}");
        let many = of_example(
            &["after = 1\n"; 500],
            &crate::testing::example(&doctests()),
            &printed("x"),
            Verdict::Failed,
        );
        assert!(many.len() < 2 * LONGEST_PART);
    }

    #[test]
    fn lines_that_are_not_there_are_not_told() {
        let told = |line| of_function(&functions(), &raised("TypeError", "'x'", line));
        assert_eq!(told(0), "Error in test q2:\nTypeError: x");
        assert_eq!(told(1000), "Error in test q2:\nTypeError: x");
        assert_eq!(told(4), "Error at line 4 in test q2:\n  def test_a(x):\nTypeError: x");
    }
}
