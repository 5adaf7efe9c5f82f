//! Grading again, at the wish of staff.

use jiff::Timestamp;
use model::{Step, SubmissionId};

use super::{
    FirestoreStore, accept, audit,
    draft::{Draft, Tries},
    rest::CommitError,
};
use crate::{
    error::StoreError,
    records::{AuditEntry, JobState, Lane, Regrade, Scope},
};

pub(super) async fn regrade(
    store: &FirestoreStore,
    scope: &Scope,
    id: SubmissionId,
    audit_entry: &AuditEntry,
) -> Result<Regrade, StoreError> {
    let mut tries = Tries::default();
    loop {
        let Some((mut entry, only)) = store.entry(id).await?.filter(|(entry, _)| entry.is_in(scope)) else {
            return Ok(Regrade::Unknown);
        };
        if !entry.is_finished() {
            return Ok(Regrade::Unfinished);
        }
        if entry.notebook.is_none() {
            return Ok(Regrade::NoNotebook);
        }
        let _turn = store.rows.wait(&entry.submission.user).await?;
        let turn = accept::next_turn(store, Lane::Regrade, &entry.submission, audit_entry.at, 0).await?;
        let position = store.ahead(Lane::Regrade, turn, id).await? + 1;
        entry.rest(JobState::Queued);
        entry.job.lane = Lane::Regrade;
        entry.job.turn = turn;
        entry.job.due_at = Timestamp::UNIX_EPOCH;
        entry.job.faults = 0;
        entry.job.claims = 0;
        entry.job.fault = None;
        let mut draft = Draft::new(store);
        draft.add(audit::write(store, audit_entry));
        let steps = [Step::Regrade, Step::Queued { position }];
        draft.events(&mut entry, audit_entry.at, Some(&audit_entry.actor), &steps);
        draft.entry(&entry, &only);
        match draft.commit().await {
            Err(CommitError::Conflict) => tries.again().await?,
            other => return other.map(|()| Regrade::Queued).map_err(Into::into),
        }
    }
}
