//! An engine that does what the test says.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use grading::{Engine, Graded, Submitted, Work};
use model::{Case, Fault, Points, Question, Report, ReportStatus, Step};
use tokio::sync::Notify;

/// What the engine does with one submission.
#[derive(Debug, Clone)]
pub enum Act {
    /// It reports.
    Report(Box<Report>),
    /// It gives full marks and this notebook as the one that it executed.
    Executed(Vec<u8>),
    /// It meets a fault.
    Fault(Fault),
    /// It panics.
    Panic,
    /// It waits for [`ScriptedEngine::go_on`], then gives full marks.
    Wait,
}

/// Does the acts in order, then gives full marks to whatever else comes.
#[derive(Debug, Default)]
pub struct ScriptedEngine {
    acts: Mutex<VecDeque<Act>>,
    gate: Notify,
    begun: AtomicUsize,
    seen: Mutex<Vec<Vec<u8>>>,
}

impl ScriptedEngine {
    /// Adds an act.
    pub fn then(&self, act: Act) {
        self.acts.lock().unwrap_or_else(PoisonError::into_inner).push_back(act);
    }

    /// Lets one waiting submission go on.
    pub fn go_on(&self) {
        self.gate.notify_one();
    }

    /// How many gradings have begun.
    pub fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    /// The notebooks it was given, in order.
    pub fn seen(&self) -> Vec<Vec<u8>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Engine for ScriptedEngine {
    fn name(&self) -> &'static str {
        "scripted"
    }

    async fn grade(&self, work: &Work, on_step: &mut (dyn FnMut(Step) + Send)) -> Result<Graded, Fault> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        assert!(work.autograder.join("tests/q1.py").is_file(), "the autograder is unpacked");
        if let Submitted::File { name, content } = &work.submitted {
            assert_eq!(name, "lab01.ipynb");
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(content.clone());
        }
        on_step(Step::Cell { cell: 1, of: 1 });
        let act = self.acts.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match act {
            Some(Act::Report(report)) => Ok((*report).into()),
            Some(Act::Executed(notebook)) => Ok(Graded { executed: Some(notebook), ..full_marks().into() }),
            Some(Act::Fault(fault)) => Err(fault),
            Some(Act::Panic) => panic!("the engine was told to panic"),
            Some(Act::Wait) => {
                self.gate.notified().await;
                Ok(full_marks().into())
            }
            None => Ok(full_marks().into()),
        }
    }
}

/// A report with all points, of a question with a public and a hidden case.
#[must_use]
pub fn full_marks() -> Report {
    let points = |value| Points::new(value).expect("a finite number");
    let case = |name: &str, hidden| Case {
        name: name.into(),
        hidden,
        passed: Some(true),
        points: Some(points(1.0)),
        message: Some(format!("message of {name}")),
        hint: Some(format!("hint of {name}")),
    };
    Report {
        status: ReportStatus::Complete,
        score: Points::ZERO,
        max_score: Points::ZERO,
        reported_score: None,
        questions: vec![Question {
            name: "q1".into(),
            score: points(2.0),
            max_score: points(2.0),
            cases: vec![case("q1 - 1", false), case("q1 - 2", true)],
        }],
        engine: "scripted".into(),
        engine_reason: None,
        lateness: None,
        engine_version: "1".into(),
        isolation: "none".into(),
        seconds: 0.5,
        cpu_seconds: 0.5,
        limits: vec![],
        flags: vec![],
        message: None,
    }
    .summed()
}
