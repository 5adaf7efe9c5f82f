//! What the tests themselves show.

use std::collections::BTreeSet;

use grading::bundle::{Body, Bundle, Case, Question};
use model::Points;

use super::{finding::Finding, outcome, tells::tells};

/// Looks at the tests of the assignment of this name.
pub(super) fn findings(bundle: &Bundle, assignment: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(why) = &bundle.broken {
        let finding =
            Finding::error("autograder-broken", format!("nobody can grade with this autograder: {why}."));
        found
            .push(finding.fix("Mend the test files named here, and make the zip again with `otter assign`."));
    }
    if !bundle.declined.is_empty() {
        let what = format!("otter-grader's own program grades this. {}", bundle.declined.join(" "));
        let fix = "Nothing needs to be done. It takes longer, and a submission could forge its points: see the chapter on security.";
        found.push(Finding::note("engine-otter", what).fix(fix));
    }
    let named =
        bundle.config.assignment_name.as_deref().filter(|name| !name.is_empty() && *name != assignment);
    if let Some(name) = named {
        let what = format!(
            "its autograder takes only notebooks of the assignment {name:?} (assignment_name in otter_config.json), and \
             course-config.json calls it {assignment:?}."
        );
        let fix = "If this is the right zip, nothing needs to be done; the student version must carry the same name.";
        found.push(Finding::warning("assignment-name", what).fix(fix));
    }
    found.extend(points(bundle));
    let mut seen = BTreeSet::new();
    for question in &bundle.questions {
        if !seen.insert(&question.name) {
            let finding = Finding::error(
                "name-duplicate",
                "two test files have this name, so points cannot be told apart.",
            );
            found.push(finding.fix("Give each question a name of its own.").in_question(&question.name));
        }
        found.extend(of_question(question));
    }
    found
}

/// What questions are worth.
fn points(bundle: &Bundle) -> Vec<Finding> {
    let mut found = Vec::new();
    let is_whole = bundle.broken.is_none() && bundle.declined.is_empty();
    if is_whole && bundle.questions.iter().all(|question| worth(question) <= 0.0) {
        let finding = Finding::error("points-none", "no point can be earned.");
        return vec![finding.fix("Give at least one question points, and make the zip again.")];
    }
    let takes = |question: &&Question| question.cases.iter().any(|case| case.points < 0.0);
    for question in bundle.questions.iter().filter(takes) {
        let finding = Finding::error("points-negative", "passing a test case takes points away.");
        let finding = finding.fix("Give the question points that are not negative.");
        found.push(finding.in_question(&question.name));
    }
    let is_free = |question: &&Question| worth(question) == 0.0 && !takes(question);
    let free: Vec<_> =
        bundle.questions.iter().filter(is_free).map(|question| question.name.as_str()).collect();
    if let [first, rest @ ..] = &free[..] {
        // Some courses have many: checks that only help students.
        let finding = if rest.is_empty() {
            Finding::warning("points-zero", "it gives no points.").in_question(first)
        } else {
            Finding::warning(
                "points-zero",
                format!("{} questions give no points: {}.", free.len(), free.join(", ")),
            )
        };
        found.push(finding.fix("If that is not meant, give them points."));
    }
    found
}

fn worth(question: &Question) -> f64 {
    question.cases.iter().map(|case| case.points).sum()
}

fn of_question(question: &Question) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |finding: Finding| found.push(finding.in_question(&question.name));
    let hidden = question.cases.iter().filter(|case| case.hidden).count();
    if question.cases.is_empty() {
        let finding = Finding::warning("question-empty", "it has no test case.");
        add(finding.fix("Add a test case, or remove the test file."));
    } else if hidden == question.cases.len() {
        add(Finding::note(
            "only-hidden",
            "all of its cases are hidden: `grader.check` tells students nothing.",
        ));
    }
    let mut names = BTreeSet::new();
    for case in &question.cases {
        if !names.insert(&case.name) {
            let what = format!("two of its cases are named `{}`.", case.name);
            add(Finding::warning("case-duplicate", what).fix("Give each a name of its own."));
        }
        if let Some(why) = constant(case) {
            let what = format!("`{}` {why}: its outcome is the same for every submission.", case.name);
            add(Finding::warning("case-constant", what).fix("Let it test something, or remove it."));
        }
        if let Some(literal) = case.hidden.then(|| tells(question, case)).flatten() {
            let what = format!(
                "the hidden case `{}` has {literal:?} in its name, which its test looks for too. Students see the names of \
                 hidden cases.",
                case.name
            );
            add(Finding::warning("hidden-name-tells", what)
                .fix("Choose a name that does not give the answer away."));
        }
    }
    found
}

/// Why a case ends in the same way whatever the submission is, if that can be seen.
fn constant(case: &Case) -> Option<&'static str> {
    let Body::Doctest(examples) = &case.body else { return None };
    let is_run = |options: &std::collections::BTreeMap<String, bool>| options.get("SKIP") != Some(&true);
    let mut run = examples.iter().filter(|example| is_run(&example.options)).peekable();
    if run.peek().is_none() {
        return Some("runs nothing");
    }
    run.all(|example| is_constant(&example.source)).then_some("looks at nothing of the submission")
}

/// Whether a source names nothing: no variable, no function.
fn is_constant(source: &str) -> bool {
    let code = without_comment_and_text(source);
    let mut words = code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    words.all(|word| {
        matches!(word, "True" | "False" | "None" | "not" | "and" | "or" | "is" | "in" | "pass")
            || word.starts_with(|c: char| c.is_ascii_digit())
    })
}

fn without_comment_and_text(source: &str) -> String {
    let (mut kept, mut quote) = (String::new(), None);
    for line in source.lines() {
        for c in line.chars() {
            match quote {
                // A text that formats may name variables.
                None if c == '#' => break,
                None if c == '"' || c == '\'' => quote = Some(c),
                None => kept.push(c),
                Some(end) if c == end => quote = None,
                Some(_) if c == '{' => kept.push_str(" formatted "),
                Some(_) => {}
            }
        }
        kept.push(' ');
    }
    kept
}

/// What the tests are, in numbers.
pub(super) fn questions(bundle: &Bundle) -> (Points, Vec<outcome::Question>) {
    let points = |number: f64| Points::new(number).unwrap_or_default().rounded();
    let line = |question: &Question| {
        let hidden_cases = question.cases.iter().filter(|case| case.hidden).count();
        outcome::Question {
            name: question.name.clone(),
            points: points(worth(question)),
            public_cases: question.cases.len() - hidden_cases,
            hidden_cases,
        }
    };
    (points(bundle.questions.iter().map(worth).sum()), bundle.questions.iter().map(line).collect())
}

#[cfg(test)]
mod tests {
    use grading::bundle::{Config, Example};

    use super::*;

    pub(super) fn doctest(name: &str, points: f64, hidden: bool, source: &str) -> Case {
        let example = Example {
            source: source.into(),
            want: "True\n".into(),
            exc_msg: None,
            options: std::collections::BTreeMap::new(),
        };
        let (success_message, failure_message) = (None, None);
        let body = Body::Doctest(if source.is_empty() { vec![] } else { vec![example] });
        Case { name: name.into(), hidden, points, success_message, failure_message, body, literals: vec![] }
    }

    fn bundle(questions: Vec<(&str, Vec<Case>)>) -> Bundle {
        let question = |(name, cases): (&str, Vec<Case>)| Question {
            name: name.into(),
            check: name.into(),
            all_or_nothing: false,
            module: None,
            cases,
        };
        Bundle {
            otter: "7.0.0".into(),
            python: "3.11.7".into(),
            config: Config { assignment_name: Some("lab1".into()), ..Config::default() },
            questions: questions.into_iter().map(question).collect(),
            declined: vec![],
            broken: None,
        }
    }

    fn codes(bundle: &Bundle) -> Vec<&'static str> {
        findings(bundle, "lab1").into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn a_sound_bundle_has_nothing_to_be_told() {
        let cases =
            || vec![doctest("q1 - 1", 1.0, false, "x == 3\n"), doctest("q1 - 2", 1.0, true, "f(3) == x\n")];
        assert_eq!(codes(&bundle(vec![("q1", cases()), ("q2", cases())])), Vec::<&str>::new());
    }

    #[test]
    fn each_kind_of_mistake_has_its_code() {
        let one = |case| bundle(vec![("q0", vec![doctest("q0 - 1", 1.0, false, "x\n")]), ("q1", vec![case])]);
        for (case, code) in [
            (doctest("q1 - 1", -1.0, false, "x == 3\n"), "points-negative"),
            (doctest("q1 - 1", 0.0, false, "x == 3\n"), "points-zero"),
            (doctest("q1 - 1", 1.0, true, "x == 3\n"), "only-hidden"),
            (doctest("q1 - 1", 1.0, false, ""), "case-constant"),
            (doctest("q1 - 1", 1.0, false, "True # x\n"), "case-constant"),
            (doctest("q1 - 1", 1.0, false, "'x' == \"x\"\n"), "case-constant"),
        ] {
            assert_eq!(codes(&one(case)), [code]);
        }
        let case = || doctest("a", 1.0, false, "x\n");
        assert_eq!(codes(&bundle(vec![("q1", vec![case(), case()])])), ["case-duplicate"]);
        assert_eq!(codes(&bundle(vec![("q1", vec![case()]), ("q1", vec![case()])])), ["name-duplicate"]);
        assert_eq!(codes(&bundle(vec![("q1", vec![doctest("a", 0.0, false, "x\n")])])), ["points-none"]);
        let broken = Bundle { broken: Some("tests/q1.py: SyntaxError".into()), ..bundle(vec![]) };
        assert_eq!(codes(&broken), ["autograder-broken"]);
        let declined = Bundle { declined: vec!["The assignment is in R.".into()], ..bundle(vec![]) };
        assert_eq!(codes(&declined), ["engine-otter"]);
        assert_eq!(findings(&bundle(vec![("q1", vec![case()])]), "lab2")[0].code, "assignment-name");
    }

    #[test]
    fn a_test_of_anything_can_fail() {
        for source in ["x == 3\n", "f'{x}' == '3'\n", "print(1)\n", "assert x\n"] {
            assert!(!is_constant(source), "{source}");
        }
    }
}
