//! For people: a block for each assignment, and what to mend at the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    io::{IsTerminal, stdout},
};

use super::{
    finding::{Finding, Level},
    outcome::{Outcome, Run, Sheet, Tests},
};

/// Colours, where they are wanted.
#[derive(Clone, Copy)]
pub(super) struct Paint {
    is_on: bool,
}

impl Paint {
    /// On a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
    pub(super) fn of_terminal() -> Self {
        Self {
            is_on: stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty()),
        }
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.is_on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn level(self, level: Level) -> String {
        match level {
            Level::Error => self.with("1;31", "error  "),
            Level::Warning => self.with("33", "warning"),
            Level::Note => self.with("36", "note   "),
        }
    }

    fn title(self, text: &str) -> String {
        self.with("1", text)
    }
}

/// The whole page.
pub(super) fn page(outcome: &Outcome, paint: Paint) -> String {
    let mut page = String::new();
    let of = |name: Option<&str>| {
        let mut found: Vec<_> =
            outcome.findings.iter().filter(|finding| finding.assignment.as_deref() == name).collect();
        found.sort_by_key(|finding| finding.level);
        found
    };
    let general = of(None);
    if !general.is_empty() {
        block(&mut page, (&paint.title(&outcome.checked), ""), &[], &general, paint);
    }
    for sheet in &outcome.assignments {
        let lines = lines(sheet);
        let title = (&*paint.title(&sheet.assignment), &*sheet.autograder);
        block(&mut page, title, &lines, &of(Some(&sheet.assignment)), paint);
    }
    page + &summary(outcome, paint)
}

/// `title` comes with the block's own file.
fn block(
    page: &mut String,
    (title, own): (&str, &str),
    lines: &[String],
    findings: &[&Finding],
    paint: Paint,
) {
    // Writing to a string cannot fail.
    writeln!(page, "{title}").ok();
    for line in lines {
        writeln!(page, "  {line}").ok();
    }
    for finding in findings {
        let about = match &finding.question {
            Some(question) => format!("{question}: "),
            None => String::new(),
        };
        let what = format!("{about}{}", finding.what);
        let mut text = what.lines();
        let first = text.next().unwrap_or_default();
        writeln!(page, "  {} {}  {first}", paint.level(finding.level), finding.code).ok();
        for line in text.chain(place(finding, own).as_deref()) {
            writeln!(page, "            {line}").ok();
        }
        if !finding.action.is_empty() {
            writeln!(page, "            do: {}", finding.action).ok();
        }
    }
    page.push('\n');
}

/// The file, where it is another one than the block's.
fn place(finding: &Finding, own: &str) -> Option<String> {
    let file = finding.file.as_deref().filter(|file| *file != own || finding.line.is_some())?;
    Some(finding.line.map_or_else(|| format!("in {file}"), |line| format!("in {file}, line {line}")))
}

fn lines(sheet: &Sheet) -> Vec<String> {
    let tests = sheet.tests.iter().flat_map(about_tests);
    std::iter::once(sheet.autograder.clone()).chain(tests).chain(sheet.runs.iter().map(about_run)).collect()
}

fn about_tests(tests: &Tests) -> [String; 2] {
    let sum =
        |cases: fn(&super::outcome::Question) -> usize| tests.questions.iter().map(cases).sum::<usize>();
    let (public, hidden) = (sum(|question| question.public_cases), sum(|question| question.hidden_cases));
    let Tests { points, questions, otter_grader, python, engine, .. } = tests;
    let each = questions.iter().map(|question| format!("{} {}", question.name, question.points));
    [
        format!(
            "{points} points in {} questions, {public} public and {hidden} hidden cases; graded by the {engine} engine, \
             otter-grader {otter_grader}, Python {python}",
            questions.len()
        ),
        format!("points: {}", each.collect::<Vec<_>>().join(", ")),
    ]
}

fn about_run(run: &Run) -> String {
    let Run { notebook, kind, graded } = run;
    let Some(graded) = graded else { return format!("{kind:<8}  not graded  {notebook}") };
    let memory = graded
        .peak_memory_bytes
        .filter(|bytes| *bytes >= 1 << 20)
        .map(|bytes| format!(", at most {} MiB", bytes >> 20))
        .unwrap_or_default();
    format!(
        "{kind:<8}  {} of {} in {:.1} s{memory}  {notebook}",
        graded.score, graded.max_score, graded.seconds
    )
}

fn summary(outcome: &Outcome, paint: Paint) -> String {
    let [errors, warnings, notes] =
        [Level::Error, Level::Warning, Level::Note].map(|level| outcome.count(level));
    let many =
        |count: usize, what: &str| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") };
    let mut told = format!(
        "{}: {}, {}, {}.\n",
        many(outcome.assignments.len(), "assignment"),
        many(errors, "error"),
        many(warnings, "warning"),
        many(notes, "note")
    );
    // One line for each kind and place; the questions in it behind each other.
    let mut worst: BTreeMap<(Level, &str, &str), BTreeSet<&str>> = BTreeMap::new();
    for finding in outcome.findings.iter().filter(|finding| finding.level != Level::Note) {
        let at = finding.assignment.as_deref().or(finding.file.as_deref()).unwrap_or(&outcome.checked);
        let questions = worst.entry((finding.level, at, finding.code)).or_default();
        questions.extend(finding.question.as_deref());
    }
    for ((level, at, code), questions) in worst {
        let questions: String = questions.iter().flat_map(|question| [", ", question]).collect();
        writeln!(told, "  {} {code:<20} {at}{questions}", paint.level(level)).ok();
    }
    told
}

#[cfg(test)]
mod tests {
    use super::{super::outcome::tests::sample, *};

    #[test]
    fn the_page_tells_all_and_the_worst_again_at_its_end() {
        insta::assert_snapshot!(page(&sample(), Paint { is_on: false }));
        assert!(page(&sample(), Paint { is_on: true }).contains("\u{1b}[1;31merror"));
    }
}
