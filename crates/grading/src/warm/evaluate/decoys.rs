//! Decoys: what no honest submission can pass. They decide nothing, so none of them stops a grading.

use std::time::Duration;

use judge::{Answer, Shown};
use model::Flag;

use super::{Asked, Deadline, Evaluation, Put, Snapshot, Turn};

/// What asking a question's cases once more may cost, on average.
const ONCE_MORE: Duration = Duration::from_millis(5);
/// How much longer than the first time that may take.
const PATIENCE: Duration = Duration::from_secs(1);

impl<'a> Evaluation<'a> {
    /// Puts cases to the snapshot, and their decoys to a copy of it.
    ///
    /// Code that behaves one way for true cases and another for decoys has to tell them apart. It can tell a copy from an
    /// original, and the first that is asked from the second; so both are left to chance, each time anew.
    pub(super) fn ask_with_decoys(&mut self, asked: &mut Asked<'a>, turn: &Turn, part: usize) {
        let Ok(mut copy) = asked.snapshot.fork(self.case_deadline()) else {
            self.ask_cases(&asked.snapshot, &mut asked.questions[turn.question], turn, part);
            return self.compare(asked, turn, &[]);
        };
        if self.coin() {
            std::mem::swap(&mut asked.snapshot, &mut copy);
        }
        let put = &mut asked.questions[turn.question];
        let answers = if self.coin() {
            let answers = self.ask_decoys(&copy, put, turn);
            self.ask_cases(&asked.snapshot, put, turn, part);
            answers
        } else {
            self.ask_cases(&asked.snapshot, put, turn, part);
            self.ask_decoys(&copy, put, turn)
        };
        self.compare(asked, turn, &answers);
        let put = &mut asked.questions[turn.question];
        let passed = answers.iter().filter(|(case, answer)| put.decoys.is_passed(*case, answer));
        let suspects = passed.map(|(case, _)| *case).filter(|case| !put.flagged.contains(case)).collect();
        self.ask_in_a_row(&copy, put, suspects, Shown::Other(0));
        if turn.cases.clone().any(|case| put.decoys.has(case) && find(&answers, case).is_none()) {
            // It may go on for ever.
            self.end_snapshot(&copy);
        }
    }

    /// What came of each decoy, as far as there were answers.
    fn ask_decoys(&self, copy: &Snapshot, put: &Put<'_>, turn: &Turn) -> Vec<(usize, Answer)> {
        let mut answers = Vec::new();
        if let Some(module) = put.decoys.module(0)
            && copy.ask(&module, self.case_deadline()).is_err()
        {
            return answers;
        }
        for case in turn.cases.clone() {
            // Where there is none, the case itself: the next decoy must find the state that it leaves.
            let decoy = put.decoys.request(case, 0);
            let is_decoy = decoy.is_some();
            let Some(request) = decoy.or_else(|| put.question.request(case)) else { continue };
            let Ok(answer) = copy.ask(&request, self.case_deadline()) else { break };
            answers.extend(is_decoy.then(|| (case, Answer::from(answer))));
        }
        answers
    }

    /// What the cases and their decoys say together.
    fn compare(&mut self, asked: &mut Asked<'a>, turn: &Turn, answers: &[(usize, Answer)]) {
        let put = &mut asked.questions[turn.question];
        for case in turn.cases.clone().filter(|case| put.decoys.has(*case)) {
            let Some((judged, _)) = put.judged.get(case) else { continue };
            match (judged.passed == Some(true), find(answers, case)) {
                (true, Some(answer)) if put.decoys.is_passed(case, answer) => {
                    self.found.flags.extend(put.decoys.flag(case, Shown::True, Shown::Other(0)));
                    put.flagged.push(case);
                }
                (false, Some(answer)) => {
                    self.failed += 1;
                    self.inverted.extend(put.decoys.inverted(case, answer));
                }
                // What took no time with one literal should take none with another. But if the snapshot itself has ended,
                // so may have its copy.
                (true, None) if put.broken.is_none() && !asked.is_silent => {
                    let name = judge::clean(&judged.name);
                    let reason = format!(
                        "The test case {name} passed, and with a literal changed there was no answer to it."
                    );
                    self.found.flags.push(Flag { kind: "decoy".into(), reason });
                    asked.is_silent = true;
                }
                (true, Some(_)) | (_, None) => {}
            }
        }
    }

    /// Puts decoys to the snapshot that has passed the true cases, when these are over: whichever of its copies code takes
    /// itself for, there it met one literal and now meets another.
    pub(super) fn ask_again(&mut self, asked: &mut Asked<'a>) {
        for put in asked.questions.iter_mut().filter(|put| put.broken.is_none()) {
            let cases = put.judged.iter().enumerate();
            let (suspects, took): (Vec<_>, Vec<_>) = cases
                .filter(|(case, (judged, _))| judged.passed == Some(true) && put.decoys.has(*case))
                .filter(|(case, _)| !put.flagged.contains(case))
                .map(|(case, (_, took))| (case, *took))
                .unzip();
            if self.is_worth(took.iter().sum()) {
                self.ask_in_a_row(&asked.snapshot, put, suspects, Shown::True);
            }
        }
    }

    /// Asks a snapshot that has passed cases with one literal with others, as long as it passes. Staff is told of those
    /// that pass more often than chance lets them.
    fn ask_in_a_row(
        &mut self,
        snapshot: &Snapshot,
        put: &mut Put<'a>,
        mut suspects: Vec<usize>,
        passed: Shown,
    ) {
        let begin = match passed {
            Shown::True => 1,
            Shown::Other(nth) => nth,
        };
        suspects.retain(|case| put.decoys.enough_in_a_row(*case, begin).is_some());
        for nth in 1.. {
            let module = if suspects.is_empty() { return } else { put.decoys.module(nth) };
            if module.is_some_and(|module| snapshot.ask(&module, self.deadline_again(put, None)).is_err()) {
                return;
            }
            let mut passing = Vec::new();
            for case in suspects {
                let Some(request) = put.decoys.request(case, nth) else { continue };
                let Ok(answer) = snapshot.ask(&request, self.deadline_again(put, Some(case))) else { return };
                if !put.decoys.is_passed(case, &Answer::from(answer)) {
                    continue;
                }
                if put.decoys.enough_in_a_row(case, begin) == Some(nth + 1 - begin) {
                    self.found.flags.extend(put.decoys.flag(case, passed, Shown::Other(nth)));
                    put.flagged.push(case);
                } else {
                    passing.push(case);
                }
            }
            suspects = passing;
        }
    }

    /// Whether to ask once more what took so long: always if that is cheap, else so rarely that it is.
    fn is_worth(&self, took: Duration) -> bool {
        let mut byte = [0];
        self.entropy.fill(&mut byte);
        took * u32::from(byte[0]) <= ONCE_MORE * 255
    }

    fn deadline_again(&self, put: &Put<'_>, case: Option<usize>) -> Deadline {
        let took = case.and_then(|case| put.judged.get(case)).map_or(Duration::ZERO, |(_, took)| *took);
        Deadline::after(took + PATIENCE).earlier(self.end)
    }
}

/// A case's answer, if it has one.
fn find(answers: &[(usize, Answer)], case: usize) -> Option<&Answer> {
    answers.iter().find(|(other, _)| *other == case).map(|(_, answer)| answer)
}
