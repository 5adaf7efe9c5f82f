//! What otter-grader says about a test case that failed, taken apart so that it can be read at a glance: what was
//! checked, what was expected, what came.
//!
//! otter-grader hands on the transcript of Python's `doctest`, which says everything twice, or one line of an
//! exception-based test. What does not look like either is left as it is. The API gives the whole text.

/// One failure: its parts in the order in which they are shown.
pub(super) type Failure = Vec<Part>;

/// A part of a failure.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) label: &'static str,
    /// Without a text, it is that there was nothing.
    pub(super) text: Option<String>,
}

impl Part {
    /// Whether long lines may be broken. What was printed keeps its lines: it may be a table.
    pub(super) fn wraps(&self) -> bool {
        matches!(self.label, "After" | "Check" | "Error")
    }
}

/// How far `doctest` indents what is not its own.
const INDENT: &str = "    ";
/// The first line of a traceback.
const TRACEBACK: &str = "Traceback (most recent call last):";

/// The message without its first line where that only repeats that the case failed.
pub(super) fn without_verdict(message: &str) -> &str {
    let (first, rest) = message.split_once('\n').unwrap_or((message, ""));
    if first.ends_with("Test case failed") { rest.trim_end() } else { message.trim_end() }
}

/// The failures in a message; none if it cannot be taken apart.
pub(super) fn take_apart(message: &str) -> Vec<Failure> {
    let failures = of_doctest(message);
    if failures.is_empty() { of_exception_test(message).into_iter().collect() } else { failures }
}

/// The failed examples in a `doctest` transcript.
///
/// All that an example holds or prints is indented there. Only what the submission wrote to standard error is not,
/// and never stands inside the lines about a failed example, which are written at once.
fn of_doctest(transcript: &str) -> Vec<Failure> {
    let mut failures = Vec::new();
    // The examples of this case that ran before, without which the failed one may not be understood.
    let (mut before, mut now) = (Vec::<String>::new(), None);
    let mut lines = transcript.lines().peekable();
    while let Some(line) = lines.next() {
        match line {
            "Trying:" => {
                before.extend(now.take());
                now = indented(&mut lines);
            }
            // Our own judge says this, and each thing once.
            "After:" => before = indented(&mut lines).into_iter().collect(),
            "Failed example:" => {
                let Some(mut failure) = failed_example(&mut lines) else { return Vec::new() };
                if !before.is_empty() {
                    failure.insert(0, Part { label: "After", text: Some(before.join("\n")) });
                }
                failures.push(failure);
            }
            _ => {}
        }
    }
    failures
}

/// Reads on after the line `Failed example:`.
fn failed_example<'a>(lines: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> Option<Failure> {
    let mut failure = vec![Part { label: "Check", text: Some(indented(lines)?) }];
    while let Some(line) = lines.next_if(|line| heading(line).is_some()) {
        let (label, has_text) = heading(line)?;
        let text = if has_text { indented(lines) } else { None };
        match text.as_deref().filter(|_| label == "Error").and_then(of_traceback) {
            Some(error) => failure.extend(error),
            None => failure.push(Part { label, text }),
        }
    }
    (failure.len() > 1).then_some(failure)
}

/// What `doctest` writes above a part, and whether something follows.
fn heading(line: &str) -> Option<(&'static str, bool)> {
    Some(match line {
        "Expected:" => ("Expected", true),
        "Expected nothing" => ("Expected", false),
        "Got:" => ("Got", true),
        "Got nothing" => ("Got", false),
        "Exception raised:" => ("Error", true),
        _ if line.starts_with("Differences (") => ("Difference", true),
        _ => return None,
    })
}

/// The indented lines that follow, without their indentation. A message that was too long ends with `…`.
fn indented<'a>(lines: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> Option<String> {
    let mut text = Vec::new();
    while let Some(line) = lines.next_if(|line| line.starts_with(INDENT) || line.is_empty() || *line == "…")
    {
        text.push(line.strip_prefix(INDENT).unwrap_or(line));
    }
    let text = text.join("\n");
    Some(text.trim_end().to_owned()).filter(|text| !text.is_empty())
}

/// The exception, and where in the submission or in a library it was raised: the frames of the test itself and of
/// `doctest` help nobody. `None` for what is more than one traceback.
fn of_traceback(text: &str) -> Option<Vec<Part>> {
    let mut lines = text.strip_prefix(TRACEBACK)?.strip_prefix('\n')?.lines();
    if lines.clone().any(|line| line == TRACEBACK) {
        return None;
    }
    let mut frames = Vec::new();
    let mut is_test = true;
    let first = loop {
        let line = lines.next()?;
        let Some(inside) = line.strip_prefix("  ") else { break line };
        if let Some((path, place)) = inside.strip_prefix("File \"").and_then(|rest| rest.split_once('"')) {
            is_test = path.ends_with("/doctest.py") || path.starts_with("<doctest ");
            if !is_test {
                frames.push(format!("{}{place}", short(path)));
            }
        } else if !is_test {
            frames.push(inside.to_owned());
        }
    };
    let exception = std::iter::once(first).chain(lines).collect::<Vec<_>>().join("\n");
    let mut parts = vec![Part { label: "Error", text: Some(exception) }];
    if !frames.is_empty() {
        parts.push(Part { label: "Where", text: Some(frames.join("\n")) });
    }
    Some(parts)
}

/// A file as its reader knows it: ipykernel gives each cell a file of its own, and where libraries are installed says
/// nothing.
fn short(path: &str) -> &str {
    if path.contains("/ipykernel_") {
        return "your notebook";
    }
    path.rsplit_once("/site-packages/").map_or(path, |(_, inside)| inside)
}

/// `Error at line 12 in test q2:`, the indented line of the test, and the exception.
fn of_exception_test(message: &str) -> Option<Failure> {
    let (first, rest) = message.split_once('\n')?;
    if !(first.starts_with("Error at line ") && first.ends_with(':')) {
        return None;
    }
    let (line, exception) = rest.split_once('\n').unwrap_or((rest, ""));
    let check = line.strip_prefix("  ")?.trim();
    let mut failure = vec![Part { label: "Check", text: Some(check.to_owned()) }];
    let exception = exception.trim();
    // An assertion without a message says no more than that it does not hold.
    if !matches!(exception, "" | "AssertionError:") {
        failure.push(Part { label: "Error", text: Some(exception.to_owned()) });
    }
    Some(failure)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(message: &str) -> Vec<Vec<(&'static str, Option<String>)>> {
        let parts = |failure: Failure| failure.into_iter().map(|part| (part.label, part.text)).collect();
        take_apart(without_verdict(message)).into_iter().map(parts).collect()
    }

    #[expect(clippy::unnecessary_wraps, reason = "reads as the part does")]
    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    const STARS: &str = "**********************************************************************";

    #[test]
    fn a_failed_example_is_told_once() {
        let message = format!(
            "❌ Test case failed\nTrying:\n    warmest in water\nExpecting:\n    True\n{STARS}\nLine 1, in q1 0\n\
             Failed example:\n    warmest in water\nExpected:\n    True\nGot:\n    False\n\n"
        );
        let parts =
            vec![("Check", some("warmest in water")), ("Expected", some("True")), ("Got", some("False"))];
        assert_eq!(told(&message), [parts]);
    }

    #[test]
    fn our_own_words_are_told_as_well() {
        let message = "❌ Test case failed\nAfter:\n    x = f(3)\n    g(x)\nFailed example:\n    x\nExpected:\n    \
                       1\nGot nothing\nAfter:\n    x = f(3)\n    g(x)\n    x\nFailed example:\n    y\nException \
                       raised:\n    NameError: y";
        let after = |text| ("After", some(text));
        let first =
            vec![after("x = f(3)\ng(x)"), ("Check", some("x")), ("Expected", some("1")), ("Got", None)];
        let second = vec![after("x = f(3)\ng(x)\nx"), ("Check", some("y")), ("Error", some("NameError: y"))];
        assert_eq!(told(message), [first, second]);
    }

    #[test]
    fn examples_before_the_failed_one_are_told_and_noise_on_standard_error_is_not() {
        let message = format!(
            "❌ Test case failed\nTrying:\n    x = f(3)\nExpecting nothing\nok\nTrying:\n    for i in x:\n        g(i)\n\
             Expecting:\n    1\n    <BLANKLINE>\n    2\nwarning: a thing\nFailed to see it\n{STARS}\n\
             File \"q1\", line 2, in q1 0\nFailed example:\n    for i in x:\n        g(i)\nExpected:\n    1\n\
             \u{20}   <BLANKLINE>\n    2\nGot nothing\nTrying:\n    h()\nExpecting nothing\n{STARS}\nLine 5, in q1 0\n\
             Failed example:\n    h()\nExpected nothing\nGot:\n    a\n\n      b\n\nTrying:\n    1\nExpecting:\n    1\nok\n"
        );
        let first = vec![
            ("After", some("x = f(3)")),
            ("Check", some("for i in x:\n    g(i)")),
            ("Expected", some("1\n<BLANKLINE>\n2")),
            ("Got", None),
        ];
        let second = vec![
            ("After", some("x = f(3)\nfor i in x:\n    g(i)")),
            ("Check", some("h()")),
            ("Expected", None),
            ("Got", some("a\n\n  b")),
        ];
        assert_eq!(told(&message), [first, second]);
    }

    #[test]
    fn of_a_traceback_the_exception_and_the_students_frames_remain() {
        let message = |frames: &str| {
            format!(
                "❌ Test case failed\nTrying:\n    f(x)\nExpecting:\n    1\n{STARS}\nLine 1, in q2 0\nFailed example:\n    \
                 f(x)\nException raised:\n    {TRACEBACK}\n      File \"/usr/lib/python3.11/doctest.py\", line 1353, in \
                 __run\n        exec(compile(example.source, filename, \"single\",\n      File \"<doctest q2 0[0]>\", line \
                 1, in <module>\n        f(x)\n          ^\n{frames}    NameError: name 'x' is not defined\n    Did you \
                 mean: 'y'?\n\n"
            )
        };
        let check = ("Check", some("f(x)"));
        let error = ("Error", some("NameError: name 'x' is not defined\nDid you mean: 'y'?"));
        assert_eq!(told(&message("")), [[check.clone(), error.clone()]]);
        let frames = "      File \"/srv/gradings/1/tmp/ipykernel_1/2.py\", line 3, in f\n        return g(x)\n      \
                      [Previous line repeated 9 times]\n      File \"/env/lib/python3.11/site-packages/numpy/x.py\", \
                      line 4, in g\n";
        let place = "your notebook, line 3, in f\n  return g(x)\n[Previous line repeated 9 times]\nnumpy/x.py, line 4, in g";
        assert_eq!(told(&message(frames)), [[check, error, ("Where", some(place))]]);
    }

    #[test]
    fn a_chain_of_exceptions_stays_whole() {
        let chain =
            format!("{TRACEBACK}\n  File \"/x/doctest.py\", line 1\nA: b\n\nDuring …\n\n{TRACEBACK}\nC: d");
        let indented = chain.replace('\n', "\n    ");
        let message = format!("Failed example:\n    f()\nException raised:\n    {indented}");
        assert_eq!(told(&message), [[("Check", some("f()")), ("Error", Some(chain))]]);
    }

    #[test]
    fn exception_based_tests_are_told() {
        let message = "❌ Test case failed\nError at line 12 in test q2:\n      assert isinstance(b, S), 'a series'\n\
                       AssertionError: a series";
        let parts = vec![
            ("Check", some("assert isinstance(b, S), 'a series'")),
            ("Error", some("AssertionError: a series")),
        ];
        assert_eq!(told(message), [parts]);
        let message = "❌ Test case failed\nError at line 12 in test q3:\n      assert cancelled == 1\nAssertionError: ";
        assert_eq!(told(message), [[("Check", some("assert cancelled == 1"))]]);
    }

    #[test]
    fn what_is_cut_says_so() {
        let message = format!(
            "{STARS}\nLine 1, in q\nFailed example:\n    f()\nExpected:\n    1\nGot:\n    22\n    2\n…"
        );
        assert_eq!(told(&message)[0][2], ("Got", some("22\n2\n…")));
    }

    #[test]
    fn what_looks_otherwise_is_left_alone() {
        for message in [
            "",
            "no",
            "❌ Test case failed",
            "Failed example:\nno",
            "Failed example:\n    f()\nHm",
            "Error at",
        ] {
            assert!(told(message).is_empty(), "{message}");
        }
        assert_eq!(without_verdict("❌ Test case failed\n\nplugin says no\n"), "\nplugin says no");
        assert_eq!(without_verdict("❌ Test case failed"), "");
        assert_eq!(without_verdict("plugin says no"), "plugin says no");
    }

    proptest! {
        #[test]
        fn no_message_is_too_strange(
            lines in prop::collection::vec(
                prop::sample::select(vec![
                    "Trying:", "Failed example:", "Expected:", "Got:", "Exception raised:", "    Traceback (most recent call last):",
                    "      File \"", "    x", "", "  y", "…", "Error at line 1 in test q:", "z",
                ]),
                0..30,
            ),
        ) {
            for failure in take_apart(&lines.join("\n")) {
                prop_assert!(failure.iter().any(|part| part.label == "Check"));
            }
        }
    }
}
