//! A submission and its job: the document that most effects depend on.

use jiff::Timestamp;
use model::{AssignmentKey, GradingId, Points, Submission, SubmissionId};
use serde_json::Value as Json;

use super::{
    blobs::Blob,
    fields::{Reader, fields, json, time},
    names,
    rest::wire::{self, Document, Fields},
};
use crate::{
    error::StoreError,
    records::{JobState, Lane, Lease, Scope, WholeJob, WorkerId},
};

/// A submission and its job.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) submission: Submission,
    /// Where its notebook is, unless retention removed it.
    pub(super) notebook: Option<Blob>,
    pub(super) job: WholeJob,
    /// Who has it until when, while it is leased.
    pub(super) holder: Option<(WorkerId, Timestamp)>,
    /// What its newest grading with a report earned, if it counts.
    pub(super) earned: Option<Earned>,
    /// How many events there are: the number of the last one.
    pub(super) events: u64,
}

/// What counts for the grade.
#[derive(Debug, Clone, Copy)]
pub(super) struct Earned {
    pub(super) score: Points,
    pub(super) max_score: Points,
    pub(super) at: Timestamp,
}

impl Entry {
    pub(super) fn read(document: &Document) -> Result<Self, StoreError> {
        let reader = Reader::of(document);
        let job = WholeJob {
            state: reader.parse("state")?,
            lane: match reader.text("lane")? {
                "live" => Lane::Live,
                "regrade" => Lane::Regrade,
                _ => return Err(reader.corrupt("lane", "it is neither live nor regrade")),
            },
            turn: reader.count("turn")?,
            due_at: reader.time("due_at")?,
            faults: reader.count("faults")?,
            claims: reader.count("claims")?,
            token: reader.count("token")?,
            grading: reader.parse_if_any("grading")?,
            fault: reader.json_if_any("fault")?,
        };
        let holder = match job.state {
            JobState::Leased => Some((WorkerId(reader.text("worker")?.into()), reader.time("lease_until")?)),
            _ => None,
        };
        let earned = match reader.points_if_any("score")? {
            Some(score) => {
                Some(Earned { score, max_score: reader.points("max_score")?, at: reader.time("graded_at")? })
            }
            None => None,
        };
        Ok(Self {
            submission: Submission {
                id: id_of(document)?,
                user: reader.parse("user")?,
                key: reader.key()?,
                received_at: reader.time("received_at")?,
                sha256: reader.parse("sha256")?,
                size_bytes: reader.count("size_bytes")?,
            },
            notebook: Blob::read(&reader, "notebook")?,
            job,
            holder,
            earned,
            events: reader.count("events")?,
        })
    }

    /// The whole document, with the fields that only queries look at. Each of these is there only while it means
    /// something, so that a query over it meets nothing else.
    pub(super) fn write(&self) -> Fields {
        let Self { submission, notebook, job, holder, earned, events } = self;
        let Submission { id, user, key, received_at, sha256, size_bytes } = submission;
        let AssignmentKey { course, section, assignment } = key;
        let is_queued = job.state == JobState::Queued;
        let is_finished = self.is_finished();
        let place = || wire::text(names::place(job.lane, job.turn, *id));
        let waits_for_nothing = job.due_at <= Timestamp::UNIX_EPOCH;
        let due_at = (is_queued && !waits_for_nothing).then_some(job.due_at);
        let lease_until = holder.as_ref().map(|(_, until)| *until);
        let in_lane = |whose: &str| wire::text(format!("{}{whose}", names::of_lane(job.lane)));
        let with_id = |prefix: String| wire::text(format!("{prefix}{id}"));
        let nobody_ever_took_it = is_queued && job.claims == 0 && job.lane == Lane::Live;
        let has_failed = job.state == JobState::Failed;
        fields([
            ("user", Some(wire::text(user.as_str()))),
            ("course", Some(wire::text(course.as_str()))),
            ("section", Some(wire::text(section.as_str()))),
            ("assignment", Some(wire::text(assignment.as_str()))),
            ("received_at", Some(time(*received_at))),
            ("sha256", Some(wire::text(sha256.to_string()))),
            ("size_bytes", Some(wire::count(*size_bytes))),
            ("notebook_blob", notebook.as_ref().map(Blob::id)),
            ("notebook_chunks", notebook.as_ref().map(Blob::chunks)),
            ("state", Some(wire::text(job.state.as_str()))),
            ("lane", Some(wire::text(names::of_lane(job.lane).trim_end_matches('/')))),
            ("turn", Some(wire::count(job.turn))),
            ("due_at", Some(time(job.due_at))),
            ("faults", Some(wire::count(job.faults.into()))),
            ("claims", Some(wire::count(job.claims.into()))),
            ("token", Some(wire::count(job.token))),
            ("worker", holder.as_ref().map(|(worker, _)| wire::text(&*worker.0))),
            ("grading", job.grading.map(|grading: GradingId| wire::text(grading.to_string()))),
            ("fault", job.fault.as_ref().map(json)),
            ("score", earned.map(|earned| wire::double(earned.score.get()))),
            ("max_score", earned.map(|earned| wire::double(earned.max_score.get()))),
            ("graded_at", earned.map(|earned| time(earned.at))),
            ("events", Some(wire::count(*events))),
            // The queue: claimable at once; claimable from a time on; waiting; leased; open.
            (READY, (is_queued && waits_for_nothing).then(place)),
            (WAKE, due_at.or(lease_until).map(time)),
            (WAITING, is_queued.then(place)),
            (LEASE_UNTIL, lease_until.map(time)),
            (OPEN_OF_USER, (!is_finished).then(|| in_lane(&names::escape(user.as_str())))),
            (OPEN_OF_COURSE, (!is_finished).then(|| in_lane(course.as_str()))),
            (SKIPPABLE, nobody_ever_took_it.then(|| with_id(names::of_user_and_assignment(user, key)))),
            // Lists.
            (OF_USER, Some(with_id(names::of_user(user)))),
            (OF_COURSE, Some(with_id(names::of_course(course)))),
            (OF_ASSIGNMENT, Some(with_id(names::of_assignment(key)))),
            (OF_USER_AND_ASSIGNMENT, Some(with_id(names::of_user_and_assignment(user, key)))),
            (FAILED_OF_USER, has_failed.then(|| with_id(names::of_user(user)))),
            (FAILED_OF_COURSE, has_failed.then(|| with_id(names::of_course(course)))),
            // Retention.
            (NOTEBOOK_SINCE, (is_finished && notebook.is_some()).then(|| time(*received_at))),
            (EVENTS_SINCE, (is_finished && *events > 0).then(|| time(*received_at))),
        ])
    }

    pub(super) fn is_finished(&self) -> bool {
        !matches!(self.job.state, JobState::Queued | JobState::Leased)
    }

    /// Whether the lease is the one that is in force.
    pub(super) fn is_held(&self, lease: &Lease) -> bool {
        self.job.token == lease.token
            && self.holder.as_ref().is_some_and(|(worker, _)| *worker == lease.worker)
    }

    pub(super) fn is_in(&self, scope: &Scope) -> bool {
        match scope {
            Scope::Own(user) => self.submission.user == *user,
            Scope::Course(course) => self.submission.key.course == *course,
        }
    }

    /// Where it stands in the order of claims.
    pub(super) fn place(&self) -> (Lane, u64, SubmissionId) {
        (self.job.lane, self.job.turn, self.submission.id)
    }

    /// Puts it into a state in which nobody has it.
    pub(super) fn rest(&mut self, state: JobState) {
        self.job.state = state;
        self.holder = None;
    }
}

/// The id in a document's name.
pub(super) fn id_of(document: &Document) -> Result<SubmissionId, StoreError> {
    let id = document.name.rsplit('/').next().unwrap_or_default();
    id.parse().map_err(|error| Reader::of(document).corrupt("__name__", error))
}

/// The place of a job that can be claimed at once.
pub(super) const READY: &str = "ready";
/// From when on a job can be claimed: when it is due, or its lease ends.
pub(super) const WAKE: &str = "wake";
/// The place of a job that waits.
pub(super) const WAITING: &str = "waiting";
/// When the lease of a job ends.
pub(super) const LEASE_UNTIL: &str = "lease_until";
/// Lane and user of an open job.
pub(super) const OPEN_OF_USER: &str = "open_of_user";
/// Lane and course of an open job.
pub(super) const OPEN_OF_COURSE: &str = "open_of_course";
/// User, assignment and id of a job that a newer submission may supersede.
pub(super) const SKIPPABLE: &str = "skippable";
pub(super) const OF_USER: &str = "of_user";
pub(super) const OF_COURSE: &str = "of_course";
pub(super) const OF_ASSIGNMENT: &str = "of_assignment";
pub(super) const OF_USER_AND_ASSIGNMENT: &str = "of_user_and_assignment";
pub(super) const FAILED_OF_USER: &str = "failed_of_user";
pub(super) const FAILED_OF_COURSE: &str = "failed_of_course";
/// When the submission was received, while it is finished and has a notebook.
pub(super) const NOTEBOOK_SINCE: &str = "notebook_since";
/// When the submission was received, while it is finished and has events.
pub(super) const EVENTS_SINCE: &str = "events_since";

/// What keeps an unreadable document out of every queue; the rest of it stays as it is, for whoever looks into it.
pub(super) fn set_aside() -> (Fields, [&'static str; 9]) {
    let state: Json = wire::text(JobState::Failed.as_str());
    let gone =
        ["state", "worker", READY, WAKE, WAITING, LEASE_UNTIL, OPEN_OF_USER, OPEN_OF_COURSE, SKIPPABLE];
    (fields([("state", Some(state))]), gone)
}
