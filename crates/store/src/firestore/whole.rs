//! Submissions with all that belongs to them.

use std::collections::HashSet;

use model::{SubmissionId, UserName};

use super::{
    FirestoreStore,
    blobs::Space,
    delivery::Delivery,
    draft::{Draft, Tries, portion},
    entry::{Earned, Entry, OF_USER},
    look::read_events,
    names, python,
    rest::{
        CommitError, Query, after_slash,
        wire::{self, If},
    },
};
use crate::{
    error::StoreError,
    notebook,
    records::{JobState, NewGrading, Outcome, PassbackState, Whole, WholeJob},
};

pub(super) async fn wholes(
    store: &FirestoreStore,
    of: Option<&UserName>,
    after: Option<SubmissionId>,
    limit: u32,
) -> Result<Vec<Whole>, StoreError> {
    if limit == 0 {
        return Ok(vec![]);
    }
    let collection = &store.names.submissions;
    let query = match (of, after) {
        (Some(user), after) => {
            let prefix = names::of_user(user);
            let begin = format!("{prefix}{}", after.map(|id| id.to_string()).unwrap_or_default());
            Query::by(collection, OF_USER).above(&wire::text(begin)).below(&wire::text(after_slash(&prefix)))
        }
        (None, Some(after)) => {
            Query::by_name(collection).above(&wire::reference(&store.names.submission(&store.client, after)))
        }
        (None, None) => Query::by_name(collection),
    };
    let mut wholes = vec![];
    for document in store.client.run(&query.limit(limit)).await? {
        wholes.push(whole(store, Entry::read(&document)?).await?);
    }
    Ok(wholes)
}

async fn whole(store: &FirestoreStore, entry: Entry) -> Result<Whole, StoreError> {
    let notebook = store.notebook_of(&entry).await?;
    let parts = store.parts(entry.submission.id).await?;
    let mut gradings = vec![];
    for document in &parts.gradings {
        gradings.push((store.grading(document).await?, store.executed_of(document).await?));
    }
    let standing = store.standing(&entry.submission.user, &entry.submission.key).await?;
    Ok(Whole {
        notebook,
        gradings,
        events: read_events(&parts.events)?,
        grade: standing.grade.filter(|grade| grade.submission == entry.submission.id),
        passbacks: parts.deliveries.into_iter().map(|delivery| delivery.record).collect(),
        submission: entry.submission,
        job: entry.job,
    })
}

pub(super) async fn put(store: &FirestoreStore, whole: &Whole) -> Result<(), StoreError> {
    let mut entry = entry(whole);
    let mut belonging = vec![];
    if let Some(bytes) = &whole.notebook {
        let packed = notebook::pack(bytes.clone()).await?;
        let (blob, writes) = store.keep(&whole.submission.id.to_string(), &packed, Space::Before).await?;
        entry.notebook = Some(blob);
        belonging = writes;
    }
    let mut gradings = vec![];
    for (record, executed) in &whole.gradings {
        let packed =
            store.pack(whole.submission.id, &record.outcome, executed.as_deref(), Space::Before).await?;
        let grading = NewGrading {
            id: record.id,
            revision: record.revision.clone(),
            started_at: record.started_at,
            finished_at: record.finished_at,
        };
        gradings.push((grading, packed));
    }
    let mut tries = Tries::default();
    loop {
        let mut draft = Draft::new(store);
        let only = clear(store, &mut draft, whole).await?;
        draft.extend(belonging.iter().cloned());
        for (grading, packed) in &gradings {
            draft.extend(packed.writes.iter().cloned());
            draft.add(store.grading_write(whole.submission.id, grading, packed, &If::Always));
        }
        if let Some(last) = whole.events.last() {
            let name = store.names.event(&store.client, whole.submission.id, last.seq);
            draft.add(wire::set(&name, portion(&whole.events, &store.new_write()), &If::Always));
        }
        stand(store, &mut draft, whole).await?;
        as_python(store, &mut draft, whole);
        draft.entry(&entry, &only);
        match draft.commit_in_parts().await {
            Err(CommitError::Conflict) => tries.again().await?,
            other => return other.map_err(Into::into),
        }
    }
}

/// The submission's document.
fn entry(whole: &Whole) -> Entry {
    let state = if whole.job.state == JobState::Leased { JobState::Queued } else { whole.job.state };
    let earned = whole.earned().map(|(report, at)| Earned {
        score: report.counted(),
        max_score: report.max_score,
        at,
    });
    Entry {
        submission: whole.submission.clone(),
        notebook: None,
        job: WholeJob { state, ..whole.job.clone() },
        holder: None,
        earned,
        events: whole.events.last().map_or(0, |event| event.seq),
    }
}

/// Adds the removal of what is there under the id, and says on what that depends. What is written anew is not removed:
/// Firestore does not take two writes of one document in one commit.
async fn clear(store: &FirestoreStore, draft: &mut Draft<'_>, whole: &Whole) -> Result<If, StoreError> {
    let id = whole.submission.id;
    let Some((old, only)) = store.entry(id).await? else { return Ok(If::Absent) };
    let (names, client) = (&store.names, &store.client);
    let gradings = whole.gradings.iter().map(|(grading, _)| names.grading(client, id, grading.id));
    let events = whole.events.last().map(|event| names.event(client, id, event.seq));
    let deliveries = whole.passbacks.iter().map(|record| names.passback(client, record.passback.grading));
    let written: HashSet<_> = gradings.chain(events).chain(deliveries).collect();
    let belongings = store.belongings(old.notebook.as_ref(), &store.parts(id).await?)?;
    let removed = belongings.iter().filter(|name| !written.contains(*name));
    draft.extend(removed.map(|name| wire::delete(name, &If::Always)));
    Ok(only)
}

/// Adds the grade and the deliveries.
async fn stand(store: &FirestoreStore, draft: &mut Draft<'_>, whole: &Whole) -> Result<(), StoreError> {
    let id = whole.submission.id;
    let mut standing = store.standing(&whole.submission.user, &whole.submission.key).await?;
    let was_its = standing.grade.as_ref().is_some_and(|grade| grade.submission == id);
    if whole.grade.is_none() && whole.passbacks.is_empty() && !was_its {
        return Ok(());
    }
    if whole.grade.is_some() || was_its {
        standing.grade.clone_from(&whole.grade);
    }
    for record in &whole.passbacks {
        let passback = &record.passback;
        if passback.seq >= standing.deliveries {
            standing.deliveries = passback.seq;
            standing.newest = Some(passback.grading);
        }
        if standing.sending == Some(passback.grading) {
            standing.sending = None;
        }
        standing.stamp = standing.stamp.max(record.stamp);
        let mut record = record.clone();
        if record.state == PassbackState::Sending {
            record.state = PassbackState::Pending;
        }
        draft.delivery(&Delivery { only: If::Always, ..Delivery::new(record) });
    }
    draft.standing(&standing);
    Ok(())
}

/// Adds what the Python service would have written.
fn as_python(store: &FirestoreStore, draft: &mut Draft<'_>, whole: &Whole) {
    let content = match &whole.notebook {
        Some(notebook) => python::content(notebook),
        None => python::Content::Omitted(python::EXPIRED),
    };
    draft.add(store.python_submission(&whole.submission, &content));
    for (grading, _) in &whole.gradings {
        if let Outcome::Report(report) = &grading.outcome
            && let Some(grade) = python::grade_of(report)
        {
            let name = store.client.name(&store.names.python_grades, &grading.id.to_string());
            let fields = python::grade(&whole.submission, grade, grading.finished_at);
            draft.add(wire::set(&name, fields, &If::Always));
        }
    }
}
