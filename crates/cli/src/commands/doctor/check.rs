//! One thing that was looked at, and the page of all.

use std::fmt::Write;

use serde::Serialize;

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) state: State,
    /// In words.
    pub(super) found: String,
    /// What is not as it could be, and what to do about each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) remedies: Vec<Remedy>,
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    /// The service works, with less than it could have.
    Warning,
    /// The service cannot work.
    Failure,
}

/// One thing to do.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Remedy {
    pub(super) why: String,
    /// Empty where the reason says it all.
    #[serde(rename = "do", skip_serializing_if = "String::is_empty")]
    pub(super) action: String,
}

impl Check {
    pub(super) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Ok, found: found.into(), remedies: Vec::new() }
    }

    pub(super) fn warning(name: &'static str, found: impl Into<String>) -> Self {
        Self { state: State::Warning, ..Self::ok(name, found) }
    }

    pub(super) fn failure(name: &'static str, found: impl Into<String>) -> Self {
        Self { state: State::Failure, ..Self::ok(name, found) }
    }

    pub(super) fn because(mut self, why: impl Into<String>, action: impl Into<String>) -> Self {
        self.remedies.push(Remedy { why: why.into(), action: action.into() });
        self
    }
}

/// One line for each check, below it what to do, and a sentence at the end.
pub(super) fn page(checks: &[Check]) -> String {
    let mut page = String::new();
    for check in checks {
        let mark = match check.state {
            State::Ok => "ok     ",
            State::Warning => "warning",
            State::Failure => "failure",
        };
        entry(&mut page, &format!("{mark}  {:<14}", check.name), &check.found);
        for Remedy { why, action } in &check.remedies {
            entry(&mut page, "             - ", why);
            if !action.is_empty() {
                entry(&mut page, "               do: ", action);
            }
        }
    }
    let count = |state| checks.iter().filter(|check| check.state == state).count();
    let told = match (count(State::Failure), count(State::Warning)) {
        (0, 0) => "All is well.".to_owned(),
        (0, warnings) => format!("The service can work; {warnings} of these could be better."),
        (failures, _) => format!("The service cannot work like this; mend each failure ({failures})."),
    };
    page + "\n" + &told + "\n"
}

/// Text behind a mark, its further lines below its first.
fn entry(page: &mut String, mark: &str, text: &str) {
    let indent = " ".repeat(mark.chars().count());
    for (at, line) in text.lines().enumerate() {
        // Writing to a string cannot fail.
        writeln!(page, "{}{line}", if at == 0 { mark } else { &indent }).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_to_do() {
        let checks = [
            Check::ok("program", "otter-service 1.2.3"),
            Check::warning("jail", "landlock7").because("user namespaces are refused", "allow them"),
            Check::failure("data folder", "/data").because("it is not writable\nby anybody", ""),
        ];
        insta::assert_snapshot!(page(&checks));
        insta::assert_snapshot!(serde_json::to_string_pretty(&checks).unwrap());
        assert!(page(&checks[..1]).ends_with("All is well.\n"));
    }
}
