//! Removing everything of a user's.

use model::{SubmissionId, UserName};
use tokio::try_join;

use super::{
    FirestoreStore, audit,
    blobs::Blob,
    delivery::Delivery,
    draft::{Draft, Tries},
    entry::{OF_USER, id_of},
    fields::Reader,
    grading::executed,
    names, passback,
    rest::{
        CommitError, Query,
        wire::{self, Document, If},
    },
};
use crate::{error::StoreError, records::AuditEntry};

/// How many documents are removed at a time.
const TOGETHER: u32 = 100;

/// What belongs to a submission, beside its notebook.
pub(super) struct Parts {
    pub(super) gradings: Vec<Document>,
    pub(super) events: Vec<Document>,
    pub(super) deliveries: Vec<Delivery>,
}

impl FirestoreStore {
    pub(super) async fn parts(&self, id: SubmissionId) -> Result<Parts, StoreError> {
        let (gradings, events, deliveries) =
            try_join!(self.gradings_of(id), self.events_of(id, 0), passback::of_submission(self, id))?;
        Ok(Parts { gradings, events, deliveries })
    }

    /// The names of all documents that belong to a submission, but for its own and the grade.
    pub(super) fn belongings(
        &self,
        notebook: Option<&Blob>,
        parts: &Parts,
    ) -> Result<Vec<String>, StoreError> {
        let mut blobs: Vec<_> = notebook.cloned().into_iter().collect();
        for grading in &parts.gradings {
            let reader = Reader::of(grading);
            blobs.extend(executed(&reader)?);
            blobs.extend(Blob::read(&reader, "report")?);
        }
        let pieces = blobs.iter().flat_map(|blob| self.pieces(blob));
        let documents = parts.gradings.iter().chain(&parts.events).map(|document| document.name.clone());
        let of_delivery =
            |delivery: &Delivery| self.names.passback(&self.client, delivery.record.passback.grading);
        Ok(pieces.chain(documents).chain(parts.deliveries.iter().map(of_delivery)).collect())
    }
}

pub(super) async fn erase(
    store: &FirestoreStore,
    user: &UserName,
    audit_entry: &AuditEntry,
) -> Result<u64, StoreError> {
    audit::add(store, audit_entry).await?;
    let mut erased = 0;
    let of_user = Query::by(&store.names.submissions, OF_USER).beginning(&names::of_user(user));
    loop {
        let found = store.client.run(&of_user.clone().only_names().limit(TOGETHER)).await?;
        for document in &found {
            erased += u64::from(submission(store, id_of(document)?).await?);
        }
        if found.is_empty() {
            break;
        }
    }
    let names = &store.names;
    for collection in
        [&names.launches, &names.tokens, &names.python_submissions, &names.python_grades, &names.python_logs]
    {
        forget(store, collection, user).await?;
    }
    Ok(erased)
}

/// Removes a submission; says whether it was there.
async fn submission(store: &FirestoreStore, id: SubmissionId) -> Result<bool, StoreError> {
    let mut tries = Tries::default();
    loop {
        let Some((entry, only)) = store.entry(id).await? else { return Ok(false) };
        let parts = store.parts(id).await?;
        let mut draft = Draft::new(store);
        let belongings = store.belongings(entry.notebook.as_ref(), &parts)?;
        draft.extend(belongings.iter().map(|name| wire::delete(name, &If::Always)));
        let grade = store.names.grade(&store.client, &entry.submission.user, &entry.submission.key);
        draft.add(wire::delete(&grade, &If::Always));
        draft.add(wire::delete(&store.names.submission(&store.client, id), &only));
        match draft.commit_in_parts().await {
            Err(CommitError::Conflict) => tries.again().await?,
            other => return other.map(|()| true).map_err(Into::into),
        }
    }
}

/// Removes a user's documents of a collection; of the Python service's, those that it wrote itself among them.
async fn forget(store: &FirestoreStore, collection: &str, user: &UserName) -> Result<(), StoreError> {
    let of_user = Query::by(collection, "user").is(&wire::text(user.as_str())).only_names().limit(TOGETHER);
    loop {
        let found = store.client.run(&of_user).await?;
        if found.is_empty() {
            return Ok(());
        }
        let writes: Vec<_> = found.iter().map(|document| wire::delete(&document.name, &If::Always)).collect();
        store.client.commit(&writes, None).await?;
    }
}
