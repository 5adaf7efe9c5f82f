//! The conversation while the submission's cells run: from the job to the moment when only snapshots are left.

use std::{io, time::Duration};

use frames::{Channel, FrameError, FromInit, FromNotebook, ToInit, ToNotebook};
use model::{Limit, LimitHit, Step};

use super::{
    clock::Deadline,
    limits::WarmLimits,
    roster::Roster,
    snapshot::{Refusal, Snapshot},
    sockets::{descriptors_are_free, unstallable, wait},
    zygote::RunningJob,
};

/// How long an interrupted cell may take to end before the whole notebook is ended.
const GRACE: Duration = Duration::from_secs(2);
/// How long the init may take to close the jail, and at the end to end what still runs.
const INIT: Duration = Duration::from_secs(20);
/// More bytes than any message of the notebook process but its last has.
const LONGEST_RESULT: usize = frames::LONGEST_FRAME;

/// A job's sockets, and what is known so far.
pub(super) struct Notebook<'a> {
    init: &'a Channel,
    process: &'a Channel,
    limits: &'a WarmLimits,
    /// The questions that can be checked.
    questions: &'a [String],
    hits: Vec<LimitHit>,
    taken: Taken,
    roster: Roster,
    cell: Option<Cell>,
    end: Deadline,
    is_stopping: bool,
}

/// The snapshots of a run.
#[derive(Default)]
pub(super) struct Taken {
    /// By the question that was checked, in the order of the first checks; the last check of a name counts.
    pub(super) checked: Vec<(String, Snapshot)>,
    /// Of the final state.
    pub(super) last: Option<Snapshot>,
    /// Reasons why snapshots were not believed.
    pub(super) refused: Vec<String>,
}

/// The cell that runs.
struct Cell {
    position: Option<u32>,
    deadline: Deadline,
    was_interrupted: bool,
}

/// What there is when only snapshots are left.
pub(super) struct Closed {
    pub(super) taken: Taken,
    /// Of the snapshots taken, and of their copies to come.
    pub(super) roster: Roster,
    pub(super) hits: Vec<LimitHit>,
    /// How the notebook process came to its end.
    pub(super) how: How,
    /// The layers of the jail.
    pub(super) isolation: String,
    /// The most memory in bytes that all processes had together while cells ran, as sampled; 0 if they were done sooner.
    pub(super) peak_memory_bytes: u64,
}

/// How the notebook process came to its end.
pub(super) enum How {
    /// It was done, and left this (a JSON text).
    Done { result: String, output_dropped: bool },
    /// It says that it cannot run what it was given.
    Failed(String),
    /// A limit ended it before it was done.
    Limit,
    /// It ended by itself, or said something that makes no sense.
    Crashed,
}

/// The job could not be done; our failure.
#[derive(Debug, thiserror::Error)]
pub(super) enum JobError {
    #[error("the jail could not be closed: {0}")]
    NotJailed(String),
    #[error("the init of the jail fell silent: {0}")]
    Init(#[from] FrameError),
    #[error("the job could not go on: {0}")]
    GaveUp(String),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("this program has no free descriptor for a snapshot; raise its limit on open files")]
    NoDescriptors,
    #[error("the init of the jail did not do as it was told within {} seconds", INIT.as_secs())]
    InitSilent,
}

impl<'a> Notebook<'a> {
    pub(super) fn new(
        job: &'a RunningJob,
        limits: &'a WarmLimits,
        questions: &'a [String],
    ) -> io::Result<Self> {
        let (init, process) = (&job.init, &job.notebook);
        unstallable(init)?;
        unstallable(process)?;
        let end = Deadline::after(limits.all.wall);
        let (hits, taken, roster) = (Vec::new(), Taken::default(), Roster::default());
        let (cell, is_stopping) = (None, false);
        Ok(Self { init, process, limits, questions, hits, taken, roster, cell, end, is_stopping })
    }

    /// Runs the submission until it is done or ended, and then ends every process but the snapshots.
    pub(super) fn run(
        mut self,
        task: &ToNotebook,
        on_step: &mut dyn FnMut(Step),
    ) -> Result<Closed, JobError> {
        let isolation = self.jailed()?;
        let how = match self.process.send(task) {
            Ok(()) => self.listen(on_step)?,
            Err(_) => How::Crashed,
        };
        let peak_memory_bytes = self.close()?;
        let Self { taken, roster, hits, .. } = self;
        Ok(Closed { taken, roster, hits, how, isolation, peak_memory_bytes })
    }

    fn jailed(&self) -> Result<String, JobError> {
        if !wait([self.init], Deadline::after(INIT))?[0] {
            return Err(JobError::InitSilent);
        }
        match self.init.receive()? {
            FromInit::Jailed { isolation } => Ok(isolation),
            FromInit::NotJailed { why } => Err(JobError::NotJailed(why)),
            other => Err(JobError::NotJailed(format!("the init began with {other:?}"))),
        }
    }

    fn listen(&mut self, on_step: &mut dyn FnMut(Step)) -> Result<How, JobError> {
        loop {
            let [spoke, init_spoke] = wait([self.process, self.init], self.next_deadline())?;
            if spoke {
                match self.hear(on_step) {
                    Ok(None) => {}
                    Ok(Some(how)) => return Ok(how),
                    // Its message came with a descriptor for which there was no room on this side.
                    Err(_) if !descriptors_are_free() => return Err(JobError::NoDescriptors),
                    // Whatever it was, the process that runs the student's code said it.
                    Err(_) => return self.why_it_ended(),
                }
            } else if init_spoke {
                match self.init.receive()? {
                    FromInit::Limit { limit } => {
                        self.hit(limit_named(&limit));
                        return Ok(How::Limit);
                    }
                    FromInit::NotebookEnded { status } => return Ok(self.ended(status)),
                    FromInit::GaveUp { why } => return Err(JobError::GaveUp(why)),
                    _ => {}
                }
            } else if self.time_is_up()? {
                return Ok(How::Limit);
            }
        }
    }

    fn next_deadline(&self) -> Deadline {
        self.cell.as_ref().map_or(self.end, |cell| cell.deadline.earlier(self.end))
    }

    /// One message of the notebook process. Gives how it ended, once it has.
    fn hear(&mut self, on_step: &mut dyn FnMut(Step)) -> Result<Option<How>, FrameError> {
        let (message, mut descriptors) = self.process.receive_with(LONGEST_RESULT)?;
        match message {
            FromNotebook::Cell { index, of, position } => {
                let deadline = Deadline::after(self.limits.cell);
                self.cell = Some(Cell { position, deadline, was_interrupted: false });
                on_step(Step::Cell { cell: index, of });
                self.process.send(&ToNotebook::Go { stop: self.is_stopping })?;
            }
            FromNotebook::Snapshot { question } => {
                let Some(socket) = descriptors.pop() else {
                    return Err(io::Error::other("a snapshot came without its socket").into());
                };
                // When a limit is met, nothing moves on before the init has heard what to do.
                let (until, init) = (self.next_deadline(), Some(self.init));
                match Snapshot::report_in(socket.into(), until, init, &self.roster) {
                    Ok(snapshot) => self.keep(question, snapshot),
                    Err(Refusal::Interrupted) => {}
                    Err(Refusal::NotBelieved(why)) => self.taken.refused.push(why),
                }
                self.process.send(&ToNotebook::Taken)?;
            }
            FromNotebook::Done { result, output_dropped } => {
                return Ok(Some(How::Done { result, output_dropped }));
            }
            // Once a cell has run, whoever speaks here may be the student's code.
            FromNotebook::Failed { .. } if self.cell.is_some() => return Ok(Some(How::Crashed)),
            FromNotebook::Failed { why } => return Ok(Some(How::Failed(why))),
        }
        Ok(None)
    }

    fn keep(&mut self, question: Option<String>, snapshot: Snapshot) {
        match question {
            // Whatever asked for it, nobody will ask it.
            Some(question) if !self.questions.contains(&question) => drop(snapshot),
            Some(question) => match self.taken.checked.iter_mut().find(|(name, _)| *name == question) {
                // The one before is let go, and ends.
                Some((_, before)) => *before = snapshot,
                None => self.taken.checked.push((question, snapshot)),
            },
            None => self.taken.last = Some(snapshot),
        }
    }

    /// Interrupts what has taken too long; true when it was interrupted before and goes on.
    fn time_is_up(&mut self) -> Result<bool, JobError> {
        let position = self.cell.as_ref().and_then(|cell| cell.position);
        if self.end.has_passed() {
            if self.is_stopping {
                return Ok(true);
            }
            self.is_stopping = true;
            self.end = Deadline::after(GRACE);
            self.hits.push(LimitHit { cell: position, ..self.limits.hit(Limit::WallSeconds) });
            self.init.send(&ToInit::Interrupt)?;
        } else if let Some(cell) = &mut self.cell
            && cell.deadline.has_passed()
        {
            if cell.was_interrupted {
                return Ok(true);
            }
            cell.was_interrupted = true;
            cell.deadline = Deadline::after(GRACE);
            self.hits.push(LimitHit { cell: position, ..self.limits.hit(Limit::CellSeconds) });
            self.init.send(&ToInit::Interrupt)?;
        }
        Ok(false)
    }

    /// The notebook process broke off: the init knows how it ended.
    fn why_it_ended(&mut self) -> Result<How, JobError> {
        if !wait([self.init], Deadline::after(GRACE))?[0] {
            return Ok(How::Crashed);
        }
        Ok(match self.init.receive()? {
            FromInit::Limit { limit } => {
                self.hit(limit_named(&limit));
                How::Limit
            }
            FromInit::NotebookEnded { status } => self.ended(status),
            FromInit::GaveUp { why } => return Err(JobError::GaveUp(why)),
            _ => How::Crashed,
        })
    }

    fn ended(&mut self, status: i32) -> How {
        // The kernel ends a process that has used up its computing time.
        if status == -rustix::process::Signal::XCPU.as_raw() {
            self.hit(Limit::CpuSeconds);
            return How::Limit;
        }
        How::Crashed
    }

    fn hit(&mut self, limit: Limit) {
        let cell = self.cell.as_ref().and_then(|cell| cell.position);
        self.hits.push(LimitHit { cell, ..self.limits.hit(limit) });
    }

    /// Ends every process but the snapshots. Gives the most memory that all had together.
    fn close(&self) -> Result<u64, JobError> {
        self.init.send(&ToInit::CloseNotebook { keep: self.roster.pids() })?;
        let until = Deadline::after(INIT);
        while wait([self.init], until)?[0] {
            match self.init.receive()? {
                FromInit::Closed { peak_memory_bytes, .. } => return Ok(peak_memory_bytes),
                FromInit::GaveUp { why } => return Err(JobError::GaveUp(why)),
                _ => {}
            }
        }
        Err(JobError::InitSilent)
    }
}

pub(super) fn limit_named(name: &str) -> Limit {
    match name {
        "processes" => Limit::Processes,
        _ => Limit::MemoryBytes,
    }
}
