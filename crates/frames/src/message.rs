//! The messages.

use serde::{Deserialize, Serialize};

/// To the zygote.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ToZygote {
    /// Fork and jail a child for this job. Three descriptors come along: the init's socket, the notebook process's
    /// socket, and a sealed memory file with what is to lie in the work folder (see `jail::files`).
    Start(Start),
}

/// A job for the zygote.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Start {
    /// A number that no other running job of this zygote has.
    pub id: u64,
    /// What the child is to do.
    pub role: Role,
    /// What the child may use.
    pub limits: JobLimits,
}

/// What a child of the zygote does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Runs a submission ([`Job`]).
    Notebook,
    /// Reads an autograder into a bundle of tests ([`Bundling`]). Its code is the course's, not a student's.
    Bundle,
}

/// What one job, with all its processes, may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLimits {
    /// CPU seconds of one process.
    pub cpu_s: u64,
    /// Bytes of memory, all processes together, beyond what the zygote had.
    pub memory_bytes: u64,
    /// Processes and threads at once.
    pub processes: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of all files together (work folder, `/tmp`, `/dev/shm`).
    pub disk_bytes: u64,
    /// Files and folders at once.
    pub inodes: u64,
}

/// From the zygote.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FromZygote {
    /// All is imported; jobs may come.
    Ready {
        /// The interpreter's version, for instance `3.11.7`.
        python: String,
        /// otter-grader's version in this environment.
        otter: String,
    },
    /// The job's init runs, with this pid as the zygote sees it.
    Started {
        /// The job.
        id: u64,
    },
    /// The job could not be started; nothing of it runs.
    NotStarted {
        /// The job.
        id: u64,
        /// What went wrong.
        why: String,
    },
    /// The job's init has ended, and with it every process of the job.
    Ended {
        /// The job.
        id: u64,
        /// CPU seconds of all its processes that were waited for.
        cpu_s: f64,
    },
}

/// To a job's init. When this socket closes, the init ends and the kernel ends the rest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ToInit {
    /// Send the notebook process an interrupt (Ctrl-C), which ends the running cell.
    Interrupt,
    /// End every process but the snapshots with these pids (as they themselves see them).
    CloseNotebook {
        /// The pids of the snapshots to keep.
        keep: Vec<i32>,
    },
    /// The same later on, for instance because a case met its time limit: end that snapshot with all that it has made.
    /// There is no answer.
    EndOthers {
        /// The pids of the snapshots that are still wanted.
        keep: Vec<i32>,
    },
}

/// From a job's init.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FromInit {
    /// The jail is closed; the notebook process is about to start.
    Jailed {
        /// The layers that hold, as the report records them, for instance `namespaces+landlock7+seccomp`.
        isolation: String,
    },
    /// The jail could not be closed; nothing was run.
    NotJailed {
        /// What went wrong.
        why: String,
    },
    /// All processes together met a limit and were ended, but for the snapshots.
    Limit {
        /// `memory` or `processes`.
        limit: String,
    },
    /// The job could not go on through no fault of its own, and has ended.
    GaveUp {
        /// What was in its way.
        why: String,
    },
    /// The notebook process has ended.
    NotebookEnded {
        /// Its exit code, or minus the signal that ended it.
        status: i32,
    },
    /// The answer to [`ToInit::CloseNotebook`]: only snapshots are left.
    Closed {
        /// CPU seconds used so far by processes that have ended.
        cpu_s: f64,
        /// The most memory in bytes that all processes had together, as sampled.
        peak_memory_bytes: u64,
    },
}

/// To the notebook process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ToNotebook {
    /// The submission to run (role [`Role::Notebook`]).
    Job(Job),
    /// The autograder to read (role [`Role::Bundle`]).
    Bundle(Bundling),
    /// The answer to [`FromNotebook::Cell`].
    Go {
        /// No further cell is to run; take the last snapshot and be done.
        stop: bool,
    },
    /// The answer to [`FromNotebook::Snapshot`]: it has reported in, the notebook may go on.
    Taken,
}

/// A submission to run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// The submission's file name, one path component; the notebook process puts it into the work folder.
    pub name: String,
    /// The submission's text: a notebook as JSON, or a script.
    pub content: String,
    /// The names of the autograder's questions: what `grader.check` may be called with.
    pub questions: Vec<String>,
    /// The seed to set before each cell.
    pub seed: Option<i64>,
    /// The variable to set to the seed instead of seeding numpy and random.
    pub seed_variable: Option<String>,
    /// Bytes of output of one cell that are kept.
    pub cell_output_bytes: u64,
    /// Bytes of output of all cells that are kept.
    pub output_bytes: u64,
}

/// An autograder to read; it lies unpacked in the work folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Bundling {}

/// From the notebook process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FromNotebook {
    /// A cell is about to run; waits for [`ToNotebook::Go`].
    Cell {
        /// Which one, counted from 1 over the cells that run.
        index: u32,
        /// Of how many.
        of: u32,
        /// Where it stands in the submitted notebook, counted from 1 over all its cells; absent for cells that
        /// otter-grader adds.
        position: Option<u32>,
    },
    /// A snapshot of this moment has been forked; its socket comes along. Waits for [`ToNotebook::Taken`].
    Snapshot {
        /// The question that was checked; absent for the final state.
        question: Option<String>,
    },
    /// All is done; nothing more will be said.
    Done {
        /// For a notebook: the executed notebook (a JSON text). For a bundle: the bundle (a JSON text).
        result: String,
        /// Whether output was dropped because it was too much.
        output_dropped: bool,
    },
    /// It cannot be done: the notebook is of another kind, or the autograder is broken.
    Failed {
        /// What went wrong.
        why: String,
    },
}

/// To a snapshot. Each is answered once before the next is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ToSnapshot {
    /// Run doctest examples one after the other in a copy of the notebook's variables.
    Doctest {
        /// What stands for the file name in tracebacks, for instance `q1 0`.
        name: String,
        /// The sources of the examples, each ending in a newline.
        examples: Vec<String>,
    },
    /// Run the source of an exception-based test file (decorators blanked out) as a module; keep its variables.
    Module {
        /// What stands for the file name in tracebacks.
        name: String,
        /// The source.
        source: String,
    },
    /// Fork a copy of yourself as you are now, which reports in ([`FromSnapshot::Ready`]) over a socket of its own and
    /// then waits for messages as you do, whatever becomes of you. For decoys: they must find the state that the true
    /// cases find.
    Fork,
    /// Call a function of the module that was run last.
    Call {
        /// Its name.
        function: String,
        /// Its parameters: `env` gets all of the notebook's variables, any other the variable of that name, or
        /// `None`.
        params: Vec<String>,
    },
}

/// From a snapshot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FromSnapshot {
    /// It is there and waits. Comes first of all; and before an answer, if another process goes on in its place.
    Ready {
        /// Its pid as it sees itself.
        pid: i32,
        /// Its number of threads; more than one and it is not believed.
        threads: u32,
    },
    /// The answer to [`ToSnapshot::Doctest`].
    Examples(Vec<Example>),
    /// The answer to [`ToSnapshot::Fork`]; the copy's socket comes along.
    Forked,
    /// The answer to [`ToSnapshot::Module`] and [`ToSnapshot::Call`].
    Ran(Outcome),
}

/// What a doctest example did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// What it printed, as doctest would see it. Capped.
    pub printed: String,
    /// What it raised.
    pub raised: Option<Raised>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It returned.
    Returned,
    /// It raised.
    Raised(Raised),
}

/// An exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// The last line that Python would print of it (`traceback.format_exception_only(...)[-1]`), with its newline.
    pub line: String,
    /// The class's `__name__`.
    pub class: String,
    /// `str(exception)`. Capped.
    pub message: String,
    /// The line of the test's source where it came from, counted from 1; 0 when unknown.
    pub line_number: u32,
    /// Whether it is an `Exception`, and not a `SystemExit` or a `KeyboardInterrupt`.
    pub is_exception: bool,
}
