//! In which order a snapshot is asked.

use std::ops::Range;

use frames::ToSnapshot;
use judge::{Decoys, Question};

/// Cases of one question that are asked in a row.
#[derive(Debug)]
pub(super) struct Turn {
    /// The question's place among those that the snapshot answers.
    pub(super) question: usize,
    /// The module to run first.
    pub(super) module: Option<ToSnapshot>,
    pub(super) cases: Range<usize>,
    /// Whether a copy of the snapshot is asked as well, with the decoys of these cases.
    pub(super) decoys: bool,
}

/// The turns of a snapshot: those before its first hidden test, and the rest.
///
/// Whatever code of the submission sees a hidden test might leave it where code that runs later finds it, in the same
/// snapshot or through a file in another, and tell it in an answer that the student reads. So all snapshots have their
/// first part before any has its second, and of public cases in a second part the student is not shown what came.
/// The order within a snapshot stays otter-grader's, on which scores may depend.
pub(super) fn of(questions: &[(&Question, &Decoys<'_>)]) -> [Vec<Turn>; 2] {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (place, (question, decoys)) in questions.iter().enumerate() {
        let all = question.cases.len();
        let public = if after.is_empty() { question.leading_public_cases() } else { 0 };
        let is_module = question.module.is_some();
        let turns = |module, cases| split(place, module, cases, is_module, decoys);
        if public == all && after.is_empty() {
            before.extend(turns(question.module(), 0..all));
            continue;
        }
        if public > 0 {
            let first = turns(question.public_module(), 0..public);
            // A function's decoy would bring the whole module along.
            before.extend(first.into_iter().map(|turn| Turn { decoys: turn.decoys && !is_module, ..turn }));
        }
        after.extend(turns(question.module(), public..all));
    }
    [before, after]
}

/// Leaves to a copy only the cases from the first that has a decoy to the last: it finds what those before have left. But
/// the functions of a module are called in one go, as the copy's module is another.
fn split(
    question: usize,
    module: Option<ToSnapshot>,
    cases: Range<usize>,
    is_module: bool,
    decoys: &Decoys<'_>,
) -> Vec<Turn> {
    let with: Vec<_> = cases.clone().filter(|case| decoys.has(*case)).collect();
    let [first, last] = [with.first(), with.last()].map(|case| case.copied().unwrap_or(cases.start));
    let has_decoys = !with.is_empty();
    if is_module || !has_decoys {
        return vec![Turn { question, module, cases, decoys: has_decoys }];
    }
    [(cases.start..first, false), (first..last + 1, true), (last + 1..cases.end, false)]
        .into_iter()
        .filter(|(cases, _)| !cases.is_empty())
        .map(|(cases, decoys)| Turn { question, module: None, cases, decoys })
        .collect()
}

#[cfg(test)]
mod tests {
    use judge::{Body, Case, Literal, Module};
    use model::ambient::SystemEntropy;

    use super::*;

    /// A question of cases, in capitals those with a decoy: `p` for public, `h` for hidden ones.
    fn question(cases: &str, is_module: bool) -> Question {
        let case = |kind: char| {
            let literal = Literal {
                example: (!is_module).then_some(0),
                literal: (5, 6),
                expression: (0, 6),
                others: vec!["12".into()],
                likelihood: 0.1,
            };
            let example = judge::Example {
                source: "x == 3\n".into(),
                want: "True\n".into(),
                exc_msg: None,
                options: std::collections::BTreeMap::new(),
            };
            Case {
                name: kind.to_string(),
                hidden: kind.eq_ignore_ascii_case(&'h'),
                points: 1.0,
                success_message: None,
                failure_message: None,
                body: if is_module {
                    Body::Function { name: "test".into(), params: Vec::new() }
                } else {
                    Body::Doctest(vec![example])
                },
                literals: if kind.is_uppercase() { vec![literal] } else { Vec::new() },
            }
        };
        let source = "x == 3\n".to_owned();
        let module = Module { public: Some(String::new()), original: source.clone(), source };
        Question {
            name: "q".into(),
            check: "q".into(),
            all_or_nothing: false,
            module: is_module.then_some(module),
            cases: cases.chars().map(case).collect(),
        }
    }

    /// The turns in short: the question, its cases, and whether they have decoys.
    fn plan(questions: &[Question]) -> [Vec<String>; 2] {
        let decoys: Vec<_> = questions.iter().map(|question| question.decoys(&SystemEntropy)).collect();
        of(&questions.iter().zip(&decoys).collect::<Vec<_>>()).map(|turns| {
            let short = |turn: Turn| {
                let Range { start, end } = turn.cases;
                let module = if turn.module.is_some() { " module" } else { "" };
                format!(
                    "{}: {start}..{end}{module}{}",
                    turn.question,
                    if turn.decoys { " decoys" } else { "" }
                )
            };
            turns.into_iter().map(short).collect()
        })
    }

    #[test]
    fn public_cases_come_first() {
        let [before, after] = plan(&[question("pp", false), question("phph", false), question("p", false)]);
        assert_eq!(before, ["0: 0..2", "1: 0..1"]);
        assert_eq!(after, ["1: 1..4", "2: 0..1"]);
    }

    #[test]
    fn a_copy_is_asked_from_the_first_decoy_to_the_last() {
        assert_eq!(plan(&[question("phHphHp", false)])[1], ["0: 1..2", "0: 2..6 decoys", "0: 6..7"]);
        assert_eq!(plan(&[question("pPp", false)])[0], ["0: 0..1", "0: 1..2 decoys", "0: 2..3"]);
    }

    #[test]
    fn functions_of_a_module_stay_together() {
        let [before, after] = plan(&[question("phHh", true), question("h", true)]);
        assert_eq!(before, ["0: 0..1 module"]);
        assert_eq!(after, ["0: 1..4 module decoys", "1: 0..1 module"]);
        assert_eq!(plan(&[question("Ph", true)])[0], ["0: 0..1 module"]);
    }
}
