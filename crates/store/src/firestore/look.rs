//! Reading. Each query about submissions looks through a [`Scope`].

use jiff::Timestamp;
use model::{AssignmentKey, Event, Grade, ReportStatus, SubmissionId, UserName};
use tokio::try_join;

use super::{
    FirestoreStore,
    entry::{
        Entry, FAILED_OF_COURSE, FAILED_OF_USER, LEASE_UNTIL, OF_ASSIGNMENT, OF_COURSE, OF_USER,
        OF_USER_AND_ASSIGNMENT, WAITING,
    },
    fields::{Reader, time},
    names, passback,
    rest::{
        Query, after_slash,
        wire::{self, Document},
    },
};
use crate::{
    error::StoreError,
    notebook,
    records::{
        Filter, GradingRecord, JobState, Lease, Outcome, Page, PassbackRecord, Queue, Scope, Status,
        SubmissionRecord,
    },
};

impl FirestoreStore {
    /// A submission, if the scope holds it.
    async fn seen(&self, scope: &Scope, id: SubmissionId) -> Result<Option<Entry>, StoreError> {
        let found = self.entry(id).await?;
        Ok(found.map(|(entry, _)| entry).filter(|entry| entry.is_in(scope)))
    }

    /// The documents of a submission's events that are numbered higher than `after`.
    pub(super) async fn events_of(&self, id: SubmissionId, after: u64) -> Result<Vec<Document>, StoreError> {
        let first = self.names.event(&self.client, id, after.saturating_add(1));
        let end = self.client.name(&self.names.events, &format!("{id}~~"));
        let query = Query::by_name(&self.names.events);
        self.client.run(&query.from(&wire::reference(&first)).below(&wire::reference(&end))).await
    }

    /// The notebook of a submission, if it is kept.
    pub(super) async fn notebook_of(&self, entry: &Entry) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(blob) = &entry.notebook else { return Ok(None) };
        let submission = &entry.submission;
        let what = format!("{}/{}, notebook", self.names.submissions, submission.id);
        let packed = self.fetch(blob).await?;
        notebook::unpack(packed, submission.size_bytes, Some(submission.sha256), &what).await.map(Some)
    }

    async fn newest_grading(&self, entry: &Entry) -> Result<Option<Document>, StoreError> {
        let Some(grading) = entry.job.grading else { return Ok(None) };
        self.client.get(&self.names.grading(&self.client, entry.submission.id, grading)).await
    }

    async fn with_gradings(&self, entries: Vec<Entry>) -> Result<Vec<SubmissionRecord>, StoreError> {
        let with_one = || entries.iter().filter_map(|entry| Some((entry.submission.id, entry.job.grading?)));
        let names: Vec<_> =
            with_one().map(|(id, grading)| self.names.grading(&self.client, id, grading)).collect();
        let mut found = self.client.get_all(&names).await?.into_iter();
        let mut records = Vec::with_capacity(entries.len());
        for entry in entries {
            let document = entry.job.grading.and_then(|_| found.next()).flatten();
            let grading = match document {
                Some(document) => Some(self.grading(&document).await?),
                None => None,
            };
            records.push(self.record(entry, grading)?);
        }
        Ok(records)
    }

    fn record(&self, entry: Entry, grading: Option<GradingRecord>) -> Result<SubmissionRecord, StoreError> {
        let status = match (entry.job.state, &grading) {
            (JobState::Queued, _) => Status::Queued,
            (JobState::Leased, _) => Status::Grading,
            (JobState::Failed, _) => Status::Failed,
            (JobState::Superseded, _) => Status::Superseded,
            (JobState::Done, Some(GradingRecord { outcome: Outcome::Report(report), .. })) => {
                match report.status {
                    ReportStatus::Rejected => Status::Rejected,
                    ReportStatus::Complete | ReportStatus::Stopped | ReportStatus::Crashed => Status::Graded,
                }
            }
            (JobState::Done, _) => {
                let (collection, id) = (&self.names.submissions, entry.submission.id);
                return Err(StoreError::Corrupt {
                    what: format!("{collection}/{id}, field state: done without a report"),
                });
            }
        };
        Ok(SubmissionRecord { submission: entry.submission, status, grading, fault: entry.job.fault })
    }
}

pub(super) async fn submission(
    store: &FirestoreStore,
    scope: &Scope,
    id: SubmissionId,
) -> Result<Option<SubmissionRecord>, StoreError> {
    let entry = store.seen(scope, id).await?;
    Ok(store.with_gradings(entry.into_iter().collect()).await?.pop())
}

pub(super) async fn submissions(
    store: &FirestoreStore,
    scope: &Scope,
    filter: &Filter,
    page: Page,
) -> Result<Vec<SubmissionRecord>, StoreError> {
    let (field, prefix) = match (scope, filter) {
        (Scope::Own(user), Filter::All) => (OF_USER, names::of_user(user)),
        (Scope::Own(user), Filter::Failed) => (FAILED_OF_USER, names::of_user(user)),
        (Scope::Own(user), Filter::Assignment(key)) => {
            (OF_USER_AND_ASSIGNMENT, names::of_user_and_assignment(user, key))
        }
        (Scope::Course(course), Filter::All) => (OF_COURSE, names::of_course(course)),
        (Scope::Course(course), Filter::Failed) => (FAILED_OF_COURSE, names::of_course(course)),
        (Scope::Course(course), Filter::Assignment(key)) if key.course == *course => {
            (OF_ASSIGNMENT, names::of_assignment(key))
        }
        (Scope::Course(_), Filter::Assignment(_)) => return Ok(vec![]),
    };
    if page.limit == 0 {
        return Ok(vec![]);
    }
    let end = page.before.map_or_else(|| after_slash(&prefix), |id| format!("{prefix}{id}"));
    let query = Query::by(&store.names.submissions, field).from(&wire::text(&prefix)).below(&wire::text(end));
    let found = store.client.run(&query.descending().limit(page.limit)).await?;
    store.with_gradings(found.iter().map(Entry::read).collect::<Result<_, _>>()?).await
}

pub(super) async fn gradings(
    store: &FirestoreStore,
    scope: &Scope,
    id: SubmissionId,
) -> Result<Vec<GradingRecord>, StoreError> {
    let (entry, documents) = try_join!(store.seen(scope, id), store.gradings_of(id))?;
    let mut gradings = vec![];
    if entry.is_some() {
        for document in &documents {
            gradings.push(store.grading(document).await?);
        }
    }
    Ok(gradings)
}

pub(super) async fn events(
    store: &FirestoreStore,
    scope: &Scope,
    id: SubmissionId,
    after: u64,
) -> Result<Vec<Event>, StoreError> {
    let (entry, documents) = try_join!(store.seen(scope, id), store.events_of(id, after))?;
    if entry.is_none() {
        return Ok(vec![]);
    }
    let mut events = read_events(&documents)?;
    events.retain(|event| event.seq > after);
    if matches!(scope, Scope::Own(_)) {
        for event in &mut events {
            event.actor = None;
        }
    }
    Ok(events)
}

/// The events in documents.
pub(super) fn read_events(documents: &[Document]) -> Result<Vec<Event>, StoreError> {
    let mut events = vec![];
    for document in documents {
        let reader = Reader::of(document);
        for text in reader.texts("events")? {
            events.push(serde_json::from_str(text).map_err(|error| reader.corrupt("events", error))?);
        }
    }
    Ok(events)
}

pub(super) async fn position(
    store: &FirestoreStore,
    scope: &Scope,
    id: SubmissionId,
) -> Result<Option<u64>, StoreError> {
    let entry = store.seen(scope, id).await?;
    let Some(entry) = entry.filter(|entry| entry.job.state == JobState::Queued) else { return Ok(None) };
    let (lane, turn, id) = entry.place();
    Ok(Some(store.ahead(lane, turn, id).await? + 1))
}

pub(super) async fn queue(store: &FirestoreStore, now: Timestamp) -> Result<Queue, StoreError> {
    let by = |field| Query::by(&store.names.submissions, field);
    let (waiting, silent, working) = (
        by(WAITING).from(&wire::text("")),
        by(LEASE_UNTIL).up_to(&time(now)),
        by(LEASE_UNTIL).above(&time(now)),
    );
    let (waiting, silent, working) =
        try_join!(store.client.count(&waiting), store.client.count(&silent), store.client.count(&working))?;
    Ok(Queue { waiting: waiting + silent, working })
}

pub(super) async fn notebook(
    store: &FirestoreStore,
    scope: &Scope,
    id: SubmissionId,
) -> Result<Option<Vec<u8>>, StoreError> {
    match store.seen(scope, id).await? {
        Some(entry) => store.notebook_of(&entry).await,
        None => Ok(None),
    }
}

pub(super) async fn notebook_to_grade(store: &FirestoreStore, held: &Lease) -> Result<Vec<u8>, StoreError> {
    let notebook = match store.entry(held.submission).await? {
        Some((entry, _)) => store.notebook_of(&entry).await?,
        None => None,
    };
    let missing = || StoreError::Corrupt { what: format!("submission {} has no notebook", held.submission) };
    notebook.ok_or_else(missing)
}

pub(super) async fn executed(
    store: &FirestoreStore,
    scope: &Scope,
    id: SubmissionId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(entry) = store.seen(scope, id).await? else { return Ok(None) };
    match store.newest_grading(&entry).await? {
        Some(document) => store.executed_of(&document).await,
        None => Ok(None),
    }
}

pub(super) async fn grade(
    store: &FirestoreStore,
    user: &UserName,
    key: &AssignmentKey,
) -> Result<Option<Grade>, StoreError> {
    Ok(store.standing(user, key).await?.grade)
}

pub(super) async fn passbacks(
    store: &FirestoreStore,
    scope: &Scope,
    id: SubmissionId,
) -> Result<Vec<PassbackRecord>, StoreError> {
    let (entry, deliveries) = try_join!(store.seen(scope, id), passback::of_submission(store, id))?;
    Ok(entry.map_or_else(Vec::new, |_| deliveries.into_iter().map(|delivery| delivery.record).collect()))
}
