//! Deliveries of grades, each a document of its own.

use jiff::Timestamp;
use model::{GradingId, UserName};
use serde_json::Value as Json;

use super::{
    FirestoreStore,
    fields::{Reader, fields, time},
    names,
    rest::wire::{self, Document, Fields, If},
};
use crate::{
    error::StoreError,
    records::{Passback, PassbackLease, PassbackRecord, PassbackState, UNREADABLE, WorkerId},
};

/// When a delivery is to be handed out: when it is due, or when the lease of who sends it ends.
pub(super) const DUE: &str = "due";

pub(super) const STATE: &str = "state";
/// User, state and grading.
pub(super) const OF_USER: &str = "of_user";
/// Course, state and grading.
pub(super) const OF_COURSE: &str = "of_course";

/// A delivery with what only its order and its lease need.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) record: PassbackRecord,
    /// When its first try was due.
    pub(super) since: Timestamp,
    /// The number of the last try that is among the events: one that was postponed is told once.
    pub(super) told: u32,
    /// How often it was handed out.
    pub(super) token: u64,
    /// Who sends it until when, while it is being sent.
    pub(super) holder: Option<(WorkerId, Timestamp)>,
    /// On what a change of it is conditional.
    pub(super) only: If,
}

impl Delivery {
    pub(super) fn new(record: PassbackRecord) -> Self {
        let since = record.passback.graded_at;
        Self { record, since, told: 0, token: 0, holder: None, only: If::Absent }
    }

    pub(super) fn read(document: &Document) -> Result<Self, StoreError> {
        let reader = Reader::of(document);
        let grading = document.name.rsplit('/').next().unwrap_or_default();
        let grading: GradingId = grading.parse().map_err(|error| reader.corrupt("__name__", error))?;
        let user: UserName = reader.parse("user")?;
        let state = reader.parse("state")?;
        Ok(Self {
            record: PassbackRecord {
                passback: Passback {
                    grading,
                    submission: reader.parse("submission")?,
                    user,
                    key: reader.key()?,
                    seq: reader.count("seq")?,
                    score: reader.points("score")?,
                    max_score: reader.points("max_score")?,
                    graded_at: reader.time("graded_at")?,
                },
                state,
                attempts: reader.count("attempts")?,
                due_at: reader.time("due_at")?,
                words: reader.text_if_any("words")?.map(Into::into),
                changed_at: reader.time("changed_at")?,
                stamp: reader.time_if_any("stamp")?,
            },
            since: reader.time("since")?,
            told: if reader.integer_if_any("told")?.is_some() { reader.count("told")? } else { 0 },
            token: reader.count("token")?,
            holder: match state {
                PassbackState::Sending => {
                    Some((WorkerId(reader.text("worker")?.into()), reader.time("lease_until")?))
                }
                _ => None,
            },
            only: If::Version(document.update_time.clone()),
        })
    }

    /// The whole document.
    pub(super) fn write(&self, write: &str) -> Fields {
        let PassbackRecord { passback, state, attempts, due_at, words, changed_at, stamp } = &self.record;
        let lease_until = self.holder.as_ref().map(|(_, until)| *until);
        let listed = |whose: String| wire::text(format!("{whose}{}/{}", state.as_str(), passback.grading));
        let due = (*state == PassbackState::Pending).then_some(*due_at).or(lease_until);
        fields([
            ("submission", Some(wire::text(passback.submission.to_string()))),
            ("user", Some(wire::text(passback.user.as_str()))),
            ("course", Some(wire::text(passback.key.course.as_str()))),
            ("section", Some(wire::text(passback.key.section.as_str()))),
            ("assignment", Some(wire::text(passback.key.assignment.as_str()))),
            ("seq", Some(wire::count(passback.seq))),
            ("score", Some(wire::double(passback.score.get()))),
            ("max_score", Some(wire::double(passback.max_score.get()))),
            ("graded_at", Some(time(passback.graded_at))),
            (STATE, Some(wire::text(state.as_str()))),
            ("attempts", Some(wire::count((*attempts).into()))),
            ("due_at", Some(time(*due_at))),
            ("words", words.as_ref().map(wire::text)),
            ("changed_at", Some(time(*changed_at))),
            ("stamp", stamp.map(time)),
            ("since", Some(time(self.since))),
            ("told", Some(wire::count(self.told.into()))),
            ("token", Some(wire::count(self.token))),
            ("worker", self.holder.as_ref().map(|(worker, _)| wire::text(&*worker.0))),
            ("lease_until", lease_until.map(time)),
            (DUE, due.map(time)),
            (OF_USER, Some(listed(names::of_user(&passback.user)))),
            (OF_COURSE, Some(listed(names::of_course(&passback.key.course)))),
            ("write", Some(wire::text(write))),
        ])
    }

    pub(super) fn is_held(&self, lease: &PassbackLease) -> bool {
        self.token == lease.token && self.holder.as_ref().is_some_and(|(worker, _)| *worker == lease.worker)
    }

    /// Whether it is under a live lease.
    pub(super) fn is_under_way(&self, now: Timestamp) -> bool {
        self.holder.as_ref().is_some_and(|(_, until)| *until > now)
    }

    /// Whether a newer one takes its place: the platform does not have it, and nobody is sending it.
    pub(super) fn gives_way(&self, now: Timestamp) -> bool {
        match self.record.state {
            PassbackState::Pending
            | PassbackState::Refused
            | PassbackState::GivenUp
            | PassbackState::Withheld => true,
            PassbackState::Sending => !self.is_under_way(now),
            PassbackState::Posted | PassbackState::Superseded => false,
        }
    }

    /// Puts it into a state in which nobody sends it.
    pub(super) fn rest(&mut self, state: PassbackState, now: Timestamp) {
        self.record.state = state;
        self.record.changed_at = now;
        self.holder = None;
    }
}

/// Takes a delivery that cannot be read out of the way of the others.
pub(super) fn set_aside(document: &Document, now: Timestamp) -> Json {
    let (state, words) = (wire::text(PassbackState::GivenUp.as_str()), wire::text(UNREADABLE));
    let fields = fields([(STATE, Some(state)), ("words", Some(words)), ("changed_at", Some(time(now)))]);
    wire::change(&document.name, fields, &[STATE, "words", "changed_at", "worker", "lease_until", DUE])
}

impl FirestoreStore {
    /// A delivery.
    pub(super) async fn delivery(&self, grading: GradingId) -> Result<Option<Delivery>, StoreError> {
        let document = self.client.get(&self.names.passback(&self.client, grading)).await?;
        document.as_ref().map(Delivery::read).transpose()
    }

    /// Those deliveries of a list that are there and can be read: one that cannot is set aside when its turn comes, and
    /// stops no other.
    pub(super) async fn deliveries(
        &self,
        gradings: impl IntoIterator<Item = GradingId>,
    ) -> Result<Vec<Delivery>, StoreError> {
        let names: Vec<_> =
            gradings.into_iter().map(|grading| self.names.passback(&self.client, grading)).collect();
        let found = self.client.get_all(&names).await?;
        Ok(found.iter().flatten().filter_map(|document| Delivery::read(document).ok()).collect())
    }
}
