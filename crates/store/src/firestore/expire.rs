//! Removing what is too old.

use jiff::Timestamp;

use super::{
    FirestoreStore,
    blobs::{Blob, PENDING},
    draft::{Draft, Tries},
    entry::{EVENTS_SINCE, NOTEBOOK_SINCE},
    fields::{Reader, fields, time},
    grading::executed,
    lease::versioned,
    python,
    rest::{
        CommitError, Query,
        wire::{self, Document, If},
    },
};
use crate::{
    error::StoreError,
    records::{Expired, Retention},
};

/// How many pieces that belong to nothing are removed at a time.
const SWEPT: u32 = 100;

pub(super) async fn expire(
    store: &FirestoreStore,
    what: Retention,
    limit: u32,
) -> Result<Expired, StoreError> {
    let mut expired = Expired::default();
    if let Some(before) = what.notebooks_before {
        expired.notebooks = of_all(store, NOTEBOOK_SINCE, before, limit, What::Notebooks).await?;
    }
    if let Some(before) = what.events_before {
        expired.events = of_all(store, EVENTS_SINCE, before, limit, What::Events).await?;
    }
    sweep(store).await?;
    Ok(expired)
}

/// What is removed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Notebooks,
    Events,
}

async fn of_all(
    store: &FirestoreStore,
    field: &str,
    before: Timestamp,
    limit: u32,
    what: What,
) -> Result<u64, StoreError> {
    if limit == 0 {
        return Ok(0);
    }
    let old = Query::by(&store.names.submissions, field).below(&time(before)).limit(limit);
    let mut removed = 0;
    for document in store.client.run(&old).await? {
        removed += u64::from(of_one(store, document, what).await?);
    }
    Ok(removed)
}

async fn of_one(store: &FirestoreStore, mut document: Document, what: What) -> Result<bool, StoreError> {
    let mut tries = Tries::default();
    loop {
        let draft = match what {
            What::Notebooks => without_notebooks(store, &document).await?,
            What::Events => without_events(store, &document).await?,
        };
        match draft.commit_in_parts().await {
            Err(CommitError::Conflict) => tries.again().await?,
            other => return other.map(|()| true).map_err(Into::into),
        }
        // Removed, or claimed again at the wish of staff: then it is not finished any more.
        match store.client.get(&document.name).await? {
            Some(newer) if versioned(&newer)?.0.is_finished() => document = newer,
            _ => return Ok(false),
        }
    }
}

async fn without_notebooks<'s>(
    store: &'s FirestoreStore,
    document: &Document,
) -> Result<Draft<'s>, StoreError> {
    let (mut entry, only) = versioned(document)?;
    let mut draft = Draft::new(store);
    let remove = |draft: &mut Draft<'_>, blob: &Blob| {
        draft.extend(store.pieces(blob).iter().map(|name| wire::delete(name, &If::Always)));
    };
    for grading in store.gradings_of(entry.submission.id).await? {
        if let Some(blob) = executed(&Reader::of(&grading))? {
            remove(&mut draft, &blob);
            let mut fields = grading.fields;
            fields.retain(|name, _| !name.starts_with("executed_"));
            draft.add(wire::set(&grading.name, fields, &If::Version(grading.update_time)));
        }
    }
    if let Some(blob) = entry.notebook.take() {
        remove(&mut draft, &blob);
    }
    // One that was there before the store was copied here has no such document.
    let python = store.client.name(&store.names.python_submissions, &entry.submission.id.to_string());
    if store.client.get(&python).await?.is_some() {
        let reason = fields([("notebook_omitted", Some(wire::text(python::EXPIRED)))]);
        draft.add(wire::change(&python, reason, &["notebook", "notebook_reference", "notebook_omitted"]));
    }
    draft.entry(&entry, &only);
    Ok(draft)
}

async fn without_events<'s>(store: &'s FirestoreStore, document: &Document) -> Result<Draft<'s>, StoreError> {
    let (mut entry, only) = versioned(document)?;
    let mut draft = Draft::new(store);
    for events in store.events_of(entry.submission.id, 0).await? {
        draft.add(wire::delete(&events.name, &If::Always));
    }
    entry.events = 0;
    draft.entry(&entry, &only);
    Ok(draft)
}

/// Removes pieces of notebooks whose submission was never accepted, or whose grading never recorded.
async fn sweep(store: &FirestoreStore) -> Result<(), StoreError> {
    let pending = Query::by(&store.names.chunks, PENDING).is(&wire::flag(true)).only_names().limit(SWEPT);
    let (found, read_at) = store.client.run_timed(&pending).await?;
    // Both times are the server's.
    let at = |text: &str| text.parse::<Timestamp>().unwrap_or(Timestamp::UNIX_EPOCH).as_second();
    let patience = i64::try_from(store.settings.sweep_after_seconds).unwrap_or(i64::MAX);
    let is_old = |piece: &&Document| at(&read_at).saturating_sub(at(&piece.create_time)) >= patience;
    let removal = |piece: &Document| wire::delete(&piece.name, &If::Version(piece.update_time.clone()));
    let writes: Vec<_> = found.iter().filter(is_old).map(removal).collect();
    if writes.is_empty() {
        return Ok(());
    }
    match store.client.commit(&writes, None).await {
        // One of them belongs to something now; the others are met again next time.
        Ok(()) | Err(CommitError::Conflict) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
