//! The questions put to the snapshots, after the last cell has run.

use std::time::Duration;

use frames::{Channel, FromInit, ToInit, ToSnapshot};
use judge::{Answer, Bundle, Judged, Question};
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
}

/// Puts the questions of an assignment to the snapshots of a submission.
pub(super) struct Evaluation<'a> {
    bundle: &'a Bundle,
    limits: &'a WarmLimits,
    init: &'a Channel,
    entropy: &'a dyn Entropy,
    end: Deadline,
    found: Evaluated,
}

/// A snapshot, its copy for decoys, and the questions that they answer.
struct Asked<'a> {
    for_cases: Snapshot,
    /// None if no question has a decoy.
    for_decoys: Option<Snapshot>,
    questions: Vec<(usize, &'a Question)>,
    turns: [Vec<Turn>; 2],
    /// The cases of each question that have been judged so far.
    judged: Vec<Vec<Case>>,
    /// Why the rest of a question cannot be asked any more.
    broken: Vec<Option<String>>,
    /// Question, case, and what came of its decoy.
    decoys: Vec<(usize, usize, Answer)>,
    /// Whether the snapshot for decoys has stopped answering.
    is_silent: bool,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(
        bundle: &'a Bundle,
        limits: &'a WarmLimits,
        init: &'a Channel,
        entropy: &'a dyn Entropy,
    ) -> Self {
        // The tests get as much time again as the notebook had.
        Self {
            bundle,
            limits,
            init,
            entropy,
            end: Deadline::after(limits.all.wall),
            found: Evaluated::default(),
        }
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
        let mut inverted = Vec::new();
        for asked in all {
            self.settle(asked, &mut inverted);
        }
        self.found.flags.extend(judge::flag_of_inverted(&inverted));
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
                all.push(self.pair(snapshot, &[question]));
            }
        }
        all.extend(last.map(|snapshot| self.pair(snapshot, &unchecked)));
        all
    }

    /// Forks the copy before the first case, so that the decoys find what the true cases find.
    fn pair(&self, snapshot: Snapshot, questions: &[usize]) -> Asked<'a> {
        let bundle = self.bundle;
        let questions: Vec<_> = questions.iter().map(|index| (*index, &bundle.questions[*index])).collect();
        let has_decoys =
            questions.iter().any(|(_, question)| question.cases.iter().any(|case| case.decoy.is_some()));
        let copy = if has_decoys { snapshot.fork(self.case_deadline()).ok() } else { None };
        // Code that behaves one way for true cases and another for decoys has to tell them apart. It can tell a copy
        // from an original, and the first that is asked from the second; so both are left to chance.
        let (for_cases, for_decoys) = match copy {
            Some(copy) if self.coin() => (copy, Some(snapshot)),
            copy => (snapshot, copy),
        };
        let turns = plan::of(&questions.iter().map(|(_, question)| *question).collect::<Vec<_>>());
        let count = questions.len();
        let (judged, broken, decoys) = (vec![Vec::new(); count], vec![None; count], Vec::new());
        Asked { for_cases, for_decoys, questions, turns, judged, broken, decoys, is_silent: false }
    }

    fn coin(&self) -> bool {
        let mut byte = [0];
        self.entropy.fill(&mut byte);
        byte[0] & 1 == 1
    }

    fn ask_part(&mut self, asked: &mut Asked<'_>, part: usize) {
        if self.coin() {
            self.ask_decoys(asked, part);
            self.ask_cases(asked, part);
        } else {
            self.ask_cases(asked, part);
            self.ask_decoys(asked, part);
        }
    }

    /// Puts cases to the snapshot, in their order.
    fn ask_cases(&mut self, asked: &mut Asked<'_>, part: usize) {
        let Asked { for_cases: snapshot, questions, turns, judged, broken, .. } = asked;
        for turn in &turns[part] {
            let (question, broken) = (questions[turn.question].1, &mut broken[turn.question]);
            if let (Some(module), None) = (&turn.module, &broken) {
                *broken = self.answer(snapshot, module).module_problem();
            }
            for (index, request) in
                turn.cases.clone().filter_map(|index| Some((index, question.request(index)?)))
            {
                let answer = match &broken {
                    Some(why) => Answer::Unanswered(why.clone()),
                    None => self.answer(snapshot, &request),
                };
                if let (Answer::Unanswered(why), None) = (&answer, &broken) {
                    *broken = Some(why.clone());
                }
                let mut case = question.judge(index, &answer);
                if let Some(case) =
                    case.as_mut().filter(|case| part > 0 && !case.hidden && case.passed == Some(false))
                {
                    case.message = question.message_without_answer(index);
                }
                judged[turn.question].extend(case);
            }
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
    fn limit_met(&self) -> Option<Limit> {
        while wait([self.init], Deadline::after(TOLD)).is_ok_and(|[told]| told) {
            if let FromInit::Limit { limit } = self.init.receive().ok()? {
                return Some(super::notebook::limit_named(&limit));
            }
        }
        None
    }

    /// Asks what no honest submission can pass. Decoys decide nothing, so none of them stops a grading.
    fn ask_decoys(&self, asked: &mut Asked<'_>, part: usize) {
        let Some(snapshot) = asked.for_decoys.as_ref().filter(|_| !asked.is_silent) else { return };
        for turn in &asked.turns[part] {
            let question = asked.questions[turn.question].1;
            let changed = if turn.decoys { question.decoy_module() } else { None };
            let module = changed.or_else(|| turn.module.clone());
            asked.is_silent |=
                module.is_some_and(|module| snapshot.ask(&module, self.case_deadline()).is_err());
            for case in turn.cases.clone() {
                let decoy = if turn.decoys { question.decoy_request(case) } else { None };
                let is_decoy = decoy.is_some();
                // Where there is none, the case itself: the next decoy must find the state that it leaves.
                let Some(request) = decoy.or_else(|| question.request(case)) else { continue };
                let answer =
                    if asked.is_silent { None } else { snapshot.ask(&request, self.case_deadline()).ok() };
                if answer.is_none() {
                    // It is left alone until all is asked: the snapshot that answers the true cases may be its child.
                    asked.is_silent = true;
                    return;
                }
                let answer = answer.filter(|_| is_decoy).map(Answer::from);
                asked.decoys.extend(answer.map(|answer| (turn.question, case, answer)));
            }
        }
    }

    /// What a snapshot's answers come to.
    fn settle(&mut self, asked: Asked<'a>, inverted: &mut Vec<&'a str>) {
        for (place, case, answer) in &asked.decoys {
            let question = asked.questions[*place].1;
            if let Some(judged) = asked.judged[*place].get(*case) {
                self.found.flags.extend(question.flag(*case, judged, answer));
                if question.is_inverted(*case, judged, answer) {
                    inverted.push(&question.cases[*case].name);
                }
            }
        }
        if asked.is_silent {
            self.flag_silence(&asked);
        }
        let judged = asked.questions.iter().zip(asked.judged);
        self.found
            .judged
            .extend(judged.map(|((index, _), cases)| Judged { question: *index, cases: Some(cases) }));
    }

    /// Flags decoys that did not answer although their cases passed: what took no time with one literal should take none
    /// with another.
    fn flag_silence(&mut self, asked: &Asked<'_>) {
        let answered = |place, case| asked.decoys.iter().any(|(p, c, _)| (*p, *c) == (place, case));
        let passed = |case: &Case| case.passed == Some(true);
        for (place, (_, question)) in asked.questions.iter().enumerate() {
            let cases = question.cases.iter().zip(&asked.judged[place]).enumerate();
            let mut silent = cases.filter(|(index, (case, judged))| {
                case.decoy.is_some() && passed(judged) && !answered(place, *index)
            });
            if let Some((_, (case, _))) = silent.next() {
                let name = judge::clean(&case.name);
                let reason = format!(
                    "The test case {name} passed, and with a literal changed there was no answer to it."
                );
                self.found.flags.push(Flag { kind: "decoy".into(), reason });
                return;
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
        // The init is gone only if the whole job is being ended.
        self.init.send(&ToInit::KillSnapshot { pid: snapshot.pid }).ok();
    }
}
