//! Python's `doctest`, as far as it decides whether an example passed (`Lib/doctest.py` of Python 3.9 to
//! 3.13, which agree in this).

mod compare;
mod flags;

pub use compare::matches;
pub use flags::Flags;

use crate::Example;

/// What becomes of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It did what it was to do.
    Passed,
    /// It printed or raised something else.
    Failed,
    /// It raised where no exception was expected.
    Boom,
}

/// Compares what an example did with what it was to do, as `DocTestRunner` does.
#[must_use]
pub fn judge_example(example: &Example, did: &frames::Example) -> Verdict {
    let flags = Flags::of(&example.options);
    let verdict = |matches| if matches { Verdict::Passed } else { Verdict::Failed };
    let Some(raised) = &did.raised else {
        return verdict(matches(&example.want, &with_newline(&did.printed), flags));
    };
    // doctest lets an interrupt through, whatever was expected.
    let is_interrupt = !raised.is_exception && raised.class == "KeyboardInterrupt";
    let Some(expected) = example.exc_msg.as_deref().filter(|_| !is_interrupt) else { return Verdict::Boom };
    verdict(
        matches(expected, &raised.line, flags)
            || flags.ignore_exception_detail
                && matches(exception_name(expected), exception_name(&raised.line), flags),
    )
}

/// Printed text as doctest's stand-in for standard output hands it on.
pub(crate) fn with_newline(printed: &str) -> String {
    let newline = if printed.is_empty() || printed.ends_with('\n') { "" } else { "\n" };
    format!("{printed}{newline}")
}

/// The name of the exception without its module and its message (`doctest._strip_exception_details`).
fn exception_name(text: &str) -> &str {
    let line = text.split_once('\n').map_or(text, |(first, _)| first);
    let name = line.split_once(':').map_or(line, |(name, _)| name);
    name.rsplit_once('.').map_or(name, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{printed, raised};

    fn example(want: &str, exc_msg: Option<&str>, options: &[&str]) -> Example {
        let options = options.iter().map(|name| ((*name).to_owned(), true)).collect();
        Example { source: "f()\n".into(), want: want.into(), exc_msg: exc_msg.map(Into::into), options }
    }

    fn raising(class: &str, message: &str) -> frames::Example {
        frames::Example { raised: Some(raised(class, message, 1)), ..printed("") }
    }

    #[test]
    fn printed_text_is_compared() {
        let three = example("3\n", None, &[]);
        assert_eq!(judge_example(&three, &printed("3\n")), Verdict::Passed);
        assert_eq!(judge_example(&three, &printed("3")), Verdict::Passed);
        assert_eq!(judge_example(&three, &printed("4\n")), Verdict::Failed);
        assert_eq!(judge_example(&three, &raising("ValueError", "no")), Verdict::Boom);
        assert_eq!(judge_example(&example("", None, &[]), &printed("")), Verdict::Passed);
    }

    #[test]
    fn expected_exceptions_are_compared() {
        let want = "Traceback (most recent call last):\nValueError: no\n";
        let strict = example(want, Some("ValueError: no\n"), &[]);
        assert_eq!(judge_example(&strict, &raising("ValueError", "no")), Verdict::Passed);
        assert_eq!(judge_example(&strict, &raising("ValueError", "yes")), Verdict::Failed);
        assert_eq!(judge_example(&strict, &printed("")), Verdict::Failed);
        let lax = example(want, Some("ValueError: no\n"), &["IGNORE_EXCEPTION_DETAIL"]);
        assert_eq!(judge_example(&lax, &raising("a.b.ValueError", "yes\nand: more")), Verdict::Passed);
        assert_eq!(judge_example(&lax, &raising("TypeError", "no")), Verdict::Failed);
    }

    #[test]
    fn an_interrupt_is_never_what_was_expected() {
        let stop = example("", Some("KeyboardInterrupt\n"), &[]);
        let mut did = raising("KeyboardInterrupt", "");
        did.raised.as_mut().unwrap().is_exception = false;
        assert_eq!(judge_example(&stop, &did), Verdict::Boom);
        let exit = example("", Some("SystemExit: 1\n"), &[]);
        let mut did = raising("SystemExit", "1");
        did.raised.as_mut().unwrap().is_exception = false;
        assert_eq!(judge_example(&exit, &did), Verdict::Passed);
    }
}
