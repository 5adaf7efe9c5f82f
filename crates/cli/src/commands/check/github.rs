//! Annotations for GitHub Actions:
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message>.

use super::{
    finding::{Finding, Level},
    outcome::Outcome,
};

/// One command a line.
pub(super) fn commands(outcome: &Outcome) -> String {
    outcome.findings.iter().map(|finding| command(finding) + "\n").collect()
}

fn command(finding: &Finding) -> String {
    let name = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let line = finding.line.map(|line| line.to_string());
    let parts = [("file", finding.file.as_deref()), ("line", line.as_deref()), ("title", Some(finding.code))];
    let properties: Vec<_> =
        parts.into_iter().filter_map(|(key, value)| Some(format!("{key}={}", property(value?)))).collect();
    let about = [finding.assignment.as_deref(), finding.question.as_deref()];
    let about: Vec<_> = about.into_iter().flatten().collect();
    let about = if about.is_empty() { String::new() } else { about.join(", ") + ": " };
    let action = if finding.action.is_empty() { String::new() } else { format!("\n{}", finding.action) };
    format!("::{name} {}::{}", properties.join(","), data(&format!("{about}{}{action}", finding.what)))
}

/// Text behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{super::outcome::tests::sample, *};

    #[test]
    fn commands_are_escaped_as_github_asks_for() {
        insta::assert_snapshot!(commands(&sample()));
        assert_eq!(property("a%b\r\n:,"), "a%25b%0D%0A%3A%2C");
        assert_eq!(data("50 %: a, b"), "50 %25: a, b");
    }
}
