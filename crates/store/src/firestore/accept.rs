//! Taking a submission in.

use jiff::Timestamp;
use model::{AssignmentKey, Step, Submission, SubmissionId};
use serde_json::Value as Json;
use tokio::try_join;

use super::{
    FirestoreStore,
    blobs::{Blob, Space},
    draft::{Draft, Tries},
    entry::{Entry, OPEN_OF_COURSE, OPEN_OF_USER, WAITING},
    names, python,
    rest::{
        CommitError, Query,
        wire::{self, If},
    },
};
use crate::{
    error::StoreError,
    notebook,
    records::{Accepted, JobState, Lane, NewSubmission, WholeJob},
    turn::turn,
};

/// A new submission's notebook, ready to belong to it.
struct Kept {
    blob: Blob,
    /// What makes it belong to the submission.
    writes: Vec<Json>,
    /// The notebook as the Python service's collection holds it.
    content: python::Content,
}

pub(super) async fn accept(store: &FirestoreStore, new: NewSubmission) -> Result<Accepted, StoreError> {
    let NewSubmission { submission, notebook, supersedes } = new;
    let content = python::content(&notebook);
    let packed = notebook::pack(notebook).await?;
    let (blob, writes) = store.keep(&submission.id.to_string(), &packed, Space::InTheCommit).await?;
    let mut kept = Kept { blob, writes, content };
    let turn = store.rows.wait(&submission.user).await?;
    turn.end(in_turn(store, &submission, &mut kept, supersedes).await)
}

async fn in_turn(
    store: &FirestoreStore,
    submission: &Submission,
    kept: &mut Kept,
    supersedes: bool,
) -> Result<Accepted, StoreError> {
    let mut tries = Tries::default();
    loop {
        match once(store, submission, kept, supersedes).await {
            Ok(accepted) => return Ok(accepted),
            // Whatever Firestore has against the notebook as a map, that is no reason to refuse the submission.
            Err(CommitError::Invalid(_)) if matches!(kept.content, python::Content::Map(_)) => {
                kept.content = python::Content::Omitted(python::REFUSED);
            }
            Err(CommitError::Conflict) => {
                let name = store.names.submission(&store.client, submission.id);
                if store.client.get(&name).await?.is_some() {
                    return Err(StoreError::Unavailable(
                        format!("there is a submission {} already", submission.id).into(),
                    ));
                }
                tries.again().await?;
            }
            Err(other) => return Err(other.into()),
        }
    }
}

async fn once(
    store: &FirestoreStore,
    submission: &Submission,
    kept: &Kept,
    skips_older: bool,
) -> Result<Accepted, CommitError> {
    let superseded = if skips_older { store.superseded(submission).await? } else { vec![] };
    let gone: Vec<_> = superseded.iter().map(|(entry, _)| entry.place()).collect();
    let turn = next_turn(store, Lane::Live, submission, submission.received_at, gone.len() as u64).await?;
    let before = gone.iter().filter(|place| **place < (Lane::Live, turn, submission.id)).count() as u64;
    let position = store.ahead(Lane::Live, turn, submission.id).await?.saturating_sub(before) + 1;
    let mut entry = Entry {
        submission: submission.clone(),
        notebook: Some(kept.blob.clone()),
        job: WholeJob {
            state: JobState::Queued,
            lane: Lane::Live,
            turn,
            due_at: Timestamp::UNIX_EPOCH,
            faults: 0,
            claims: 0,
            token: 0,
            grading: None,
            fault: None,
        },
        holder: None,
        earned: None,
        events: 0,
    };
    let mut draft = Draft::new(store);
    let mut ids = vec![];
    for (mut older, version) in superseded {
        ids.push(older.submission.id);
        older.rest(JobState::Superseded);
        draft.events(&mut older, submission.received_at, None, &[Step::Superseded { newer: submission.id }]);
        draft.entry(&older, &If::Version(version));
    }
    draft.extend(kept.writes.iter().cloned());
    let steps = [Step::Received, Step::Queued { position }];
    draft.events(&mut entry, submission.received_at, None, &steps);
    draft.entry(&entry, &If::Absent);
    draft.add(store.python_submission(submission, &kept.content));
    draft.commit().await?;
    Ok(Accepted { position, superseded: ids })
}

/// The turn of a job that is queued now; so many of its user's open jobs no longer count.
pub(super) async fn next_turn(
    store: &FirestoreStore,
    lane: Lane,
    submission: &Submission,
    now: Timestamp,
    gone: u64,
) -> Result<u64, StoreError> {
    let Submission { user, key: AssignmentKey { course, .. }, .. } = submission;
    let open = |field: &str, whose: &str| {
        let value = wire::text(format!("{}{whose}", names::of_lane(lane)));
        Query::by(&store.names.submissions, field).is(&value)
    };
    let of_user = open(OPEN_OF_USER, &names::escape(user.as_str()));
    let of_course = open(OPEN_OF_COURSE, course.as_str());
    let (of_user, of_course) = try_join!(store.client.count(&of_user), store.client.count(&of_course))?;
    Ok(turn(now, of_user.saturating_sub(gone), of_course.saturating_sub(gone)))
}

impl FirestoreStore {
    /// How many jobs wait before this place.
    pub(super) async fn ahead(&self, lane: Lane, turn: u64, id: SubmissionId) -> Result<u64, StoreError> {
        let place = wire::text(names::place(lane, turn, id));
        self.client.count(&Query::by(&self.names.submissions, WAITING).below(&place)).await
    }

    /// The write that keeps what the Python service kept of a submission.
    pub(super) fn python_submission(&self, submission: &Submission, content: &python::Content) -> Json {
        let id = submission.id.to_string();
        let ours = self.names.submission(&self.client, submission.id);
        let name = self.client.name(&self.names.python_submissions, &id);
        wire::set(&name, python::submission(submission, content, &ours), &If::Always)
    }
}
