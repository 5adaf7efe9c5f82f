//! The questions put to the snapshots, after the last cell has run.

mod decoys;

use std::time::{Duration, Instant};

use frames::{Channel, FromInit, ToSnapshot};
use judge::{Answer, Bundle, Decoys, Inverted, Judged, Question};
use model::{Case, Flag, Limit, LimitHit, ambient::Entropy};

use super::{
    clock::Deadline,
    limits::WarmLimits,
    notebook::Taken,
    plan::{self, Turn},
    snapshot::{Silence, Snapshot},
    sockets::wait,
};

/// How long the init may take to tell why a snapshot has ended.
const TOLD: Duration = Duration::from_millis(200);

/// What the snapshots showed.
#[derive(Default)]
pub(super) struct Evaluated {
    /// The questions that were judged, in the order in which otter-grader would have.
    pub(super) judged: Vec<Judged>,
    pub(super) flags: Vec<Flag>,
    pub(super) hits: Vec<LimitHit>,
    /// Questions whose cases could not all be asked because the snapshot ended by itself.
    pub(super) crashed: bool,
    /// Why the init gave the job up, if it did: no doing of the submission's.
    pub(super) gave_up: Option<String>,
}

/// Puts the questions of an assignment to the snapshots of a submission.
pub(super) struct Evaluation<'a> {
    bundle: &'a Bundle,
    limits: &'a WarmLimits,
    init: &'a Channel,
    entropy: &'a dyn Entropy,
    end: Deadline,
    found: Evaluated,
    /// Cases that failed while their decoys passed, of so many that failed and whose decoys were answered.
    inverted: Vec<Inverted<'a>>,
    failed: usize,
}

/// A snapshot, and the questions that it answers.
struct Asked<'a> {
    snapshot: Snapshot,
    questions: Vec<Put<'a>>,
    turns: [Vec<Turn>; 2],
    /// Whether staff is told that a decoy has got no answer.
    is_silent: bool,
}

/// A question that is put to a snapshot.
struct Put<'a> {
    /// Its index in the bundle.
    index: usize,
    question: &'a Question,
    decoys: Decoys<'a>,
    /// The cases that have been judged so far, and how long each took; the first of a module with the module.
    judged: Vec<(Case, Duration)>,
    /// Why the rest of it cannot be asked any more.
    broken: Option<String>,
    /// Cases that staff is told of.
    flagged: Vec<usize>,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(
        bundle: &'a Bundle,
        limits: &'a WarmLimits,
        init: &'a Channel,
        entropy: &'a dyn Entropy,
    ) -> Self {
        // The tests get as much time again as the notebook had.
        let end = Deadline::after(limits.all.wall);
        let (found, inverted) = (Evaluated::default(), Vec::new());
        Self { bundle, limits, init, entropy, end, found, inverted, failed: 0 }
    }

    /// All questions for which there is a snapshot.
    pub(super) fn run(mut self, taken: Taken) -> Evaluated {
        for why in taken.refused {
            let reason = format!("What the notebook showed at a check was not believed: {why}.");
            self.found.flags.push(Flag { kind: "snapshot".into(), reason });
        }
        let mut all = self.distribute(taken.checked, taken.last);
        for part in 0..2 {
            for asked in &mut all {
                self.ask_part(asked, part);
            }
        }
        // Whatever these do, the points have been earned.
        for asked in &mut all {
            self.ask_again(asked);
        }
        self.found.flags.extend(judge::flag_of_inverted(&self.inverted, self.failed));
        self.hear_the_rest();
        for put in all.into_iter().flat_map(|asked| asked.questions) {
            let cases = put.judged.into_iter().map(|(case, _)| case).collect();
            self.found.judged.push(Judged { question: put.index, cases: Some(cases) });
        }
        self.found
    }

    /// Which snapshot answers what: a question that was checked is answered by its own, every other by the last one.
    fn distribute(&self, checked: Vec<(String, Snapshot)>, last: Option<Snapshot>) -> Vec<Asked<'a>> {
        let mut unchecked: Vec<_> = (0..self.bundle.questions.len()).collect();
        let mut all = Vec::new();
        for (name, snapshot) in checked {
            // A name that the autograder does not have is nobody's question.
            if let Some(question) = self.bundle.index_of(&name) {
                unchecked.retain(|other| *other != question);
                all.push(self.asked(snapshot, &[question]));
            }
        }
        all.extend(last.map(|snapshot| self.asked(snapshot, &unchecked)));
        all
    }

    fn asked(&self, snapshot: Snapshot, questions: &[usize]) -> Asked<'a> {
        let put = |index: &usize| {
            let question = &self.bundle.questions[*index];
            let decoys = question.decoys(self.entropy);
            let (judged, flagged) = (Vec::new(), Vec::new());
            Put { index: *index, question, decoys, judged, broken: None, flagged }
        };
        let questions: Vec<_> = questions.iter().map(put).collect();
        let turns = plan::of(&questions.iter().map(|put| (put.question, &put.decoys)).collect::<Vec<_>>());
        Asked { snapshot, questions, turns, is_silent: false }
    }

    fn coin(&self) -> bool {
        let mut byte = [0];
        self.entropy.fill(&mut byte);
        byte[0] & 1 == 1
    }

    fn ask_part(&mut self, asked: &mut Asked<'a>, part: usize) {
        for turn in std::mem::take(&mut asked.turns[part]) {
            if turn.decoys && asked.questions[turn.question].broken.is_none() {
                self.ask_with_decoys(asked, &turn, part);
            } else {
                self.ask_cases(&asked.snapshot, &mut asked.questions[turn.question], &turn, part);
            }
        }
    }

    /// Puts cases to the snapshot, in their order.
    fn ask_cases(&mut self, snapshot: &Snapshot, put: &mut Put<'_>, turn: &Turn, part: usize) {
        let mut began = Instant::now();
        if let (Some(module), None) = (&turn.module, &put.broken) {
            put.broken = self.answer(snapshot, module).module_problem();
        }
        for index in turn.cases.clone() {
            let Some(request) = put.question.request(index) else { continue };
            let answer = match &put.broken {
                Some(why) => Answer::Unanswered(why.clone()),
                None => self.answer(snapshot, &request),
            };
            if let (Answer::Unanswered(why), None) = (&answer, &put.broken) {
                put.broken = Some(why.clone());
            }
            let Some(mut case) = put.question.judge(index, &answer) else { continue };
            if part > 0 && !case.hidden && case.passed == Some(false) {
                case.message = put.question.message_without_answer(index);
            }
            put.judged.push((case, began.elapsed()));
            began = Instant::now();
        }
    }

    fn answer(&mut self, snapshot: &Snapshot, request: &ToSnapshot) -> Answer {
        match snapshot.ask(request, self.case_deadline()) {
            Ok(answer) => Answer::from(answer),
            Err(Silence::TimeIsUp) => {
                self.end_snapshot(snapshot);
                let limit = if self.end.has_passed() { Limit::WallSeconds } else { Limit::CaseSeconds };
                let value = if limit == Limit::CaseSeconds {
                    self.case_time().as_secs()
                } else {
                    self.limits.all.wall.as_secs()
                };
                self.unanswered(LimitHit { limit, value, cell: None })
            }
            Err(Silence::Gone) => {
                if let Some(limit) = self.limit_met() {
                    return self.unanswered(self.limits.hit(limit));
                }
                self.found.crashed = true;
                Answer::Unanswered("the Python process ended".into())
            }
        }
    }

    fn unanswered(&mut self, hit: LimitHit) -> Answer {
        let why = format!("it met {hit}");
        self.found.hits.push(hit);
        Answer::Unanswered(why)
    }

    /// The limit because of which the init has ended a snapshot, if it has.
    fn limit_met(&mut self) -> Option<Limit> {
        while wait([self.init], Deadline::after(TOLD)).is_ok_and(|[told]| told) {
            match self.init.receive().ok()? {
                FromInit::Limit { limit } => return Some(super::notebook::limit_named(&limit)),
                FromInit::GaveUp { why } => {
                    self.found.gave_up = Some(why);
                    return None;
                }
                _ => {}
            }
        }
        None
    }

    /// Whether the init has given up without having been heard. It says so before it ends anybody, and takes its time to
    /// end itself.
    fn hear_the_rest(&mut self) {
        while wait([self.init], Deadline::after(Duration::ZERO)).is_ok_and(|[told]| told) {
            match self.init.receive() {
                Ok(FromInit::GaveUp { why }) => self.found.gave_up = Some(why),
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    /// A part of the whole, so that one endless case leaves time for others.
    fn case_time(&self) -> Duration {
        self.limits.case.min(self.limits.all.wall / 4).max(Duration::from_secs(1))
    }

    fn case_deadline(&self) -> Deadline {
        Deadline::after(self.case_time()).earlier(self.end)
    }

    fn end_snapshot(&self, snapshot: &Snapshot) {
        snapshot.end(self.init);
    }
}

#[cfg(test)]
mod tests;
