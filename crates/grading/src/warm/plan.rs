//! In which order a snapshot is asked.

use std::ops::Range;

use frames::ToSnapshot;
use judge::Question;

/// Cases of one question that are asked in a row.
pub(super) struct Turn {
    /// The question's place among those that the snapshot answers.
    pub(super) question: usize,
    /// The module to run first.
    pub(super) module: Option<ToSnapshot>,
    pub(super) cases: Range<usize>,
    /// Whether the decoys of these cases may be shown: a function's decoy brings the whole module along.
    pub(super) decoys: bool,
}

/// The turns of a snapshot: those before its first hidden test, and the rest.
///
/// Whatever code of the submission sees a hidden test might leave it where code that runs later finds it, in the same
/// snapshot or through a file in another, and tell it in an answer that the student reads. So all snapshots have their
/// first part before any has its second, and of public cases in a second part the student is not shown what came.
/// The order within a snapshot stays otter-grader's, on which scores may depend.
pub(super) fn of(questions: &[&Question]) -> [Vec<Turn>; 2] {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (place, question) in questions.iter().enumerate() {
        let all = question.cases.len();
        let public = if after.is_empty() { question.leading_public_cases() } else { 0 };
        let turn = |module, cases, decoys| Turn { question: place, module, cases, decoys };
        if public == all && after.is_empty() {
            before.push(turn(question.module(), 0..all, true));
            continue;
        }
        if public > 0 {
            let is_module = question.module.is_some();
            before.push(turn(question.public_module(), 0..public, !is_module));
        }
        after.push(turn(question.module(), public..all, true));
    }
    [before, after]
}
