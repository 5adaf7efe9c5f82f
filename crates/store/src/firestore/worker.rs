//! Who works.

use jiff::Timestamp;

use super::{
    FirestoreStore,
    fields::{Reader, fields, time},
    rest::{
        Query,
        wire::{self, Document, If},
    },
};
use crate::{
    error::StoreError,
    records::{WorkerId, WorkerRecord},
};

const SEEN_AT: &str = "seen_at";

pub(super) async fn heartbeat(store: &FirestoreStore, worker: &WorkerRecord) -> Result<(), StoreError> {
    let fields = fields([
        ("id", Some(wire::text(&*worker.id.0))),
        ("version", Some(wire::text(&worker.version))),
        ("jobs", Some(wire::count(worker.jobs.into()))),
        ("started_at", Some(time(worker.started_at))),
        (SEEN_AT, Some(time(worker.seen_at))),
    ]);
    let name = store.names.worker(&store.client, &worker.id);
    Ok(store.client.commit(&[wire::set(&name, fields, &If::Always)], None).await?)
}

pub(super) async fn goodbye(
    store: &FirestoreStore,
    worker: &WorkerId,
    silent_since: Timestamp,
) -> Result<(), StoreError> {
    let silent = Query::by(&store.names.workers, SEEN_AT).below(&time(silent_since));
    let silent = store.client.run(&silent).await?.into_iter().map(|document| document.name);
    let own = store.names.worker(&store.client, worker);
    // Once each: Firestore does not take two writes of one document in one commit.
    let mut names: Vec<_> = silent.filter(|name| *name != own).collect();
    names.push(own);
    let writes: Vec<_> = names.iter().map(|name| wire::delete(name, &If::Always)).collect();
    Ok(store.client.commit(&writes, None).await?)
}

pub(super) async fn workers(store: &FirestoreStore) -> Result<Vec<WorkerRecord>, StoreError> {
    let found = store.client.run(&Query::by(&store.names.workers, "id")).await?;
    found.iter().map(worker).collect()
}

fn worker(document: &Document) -> Result<WorkerRecord, StoreError> {
    let reader = Reader::of(document);
    Ok(WorkerRecord {
        id: WorkerId(reader.text("id")?.into()),
        version: reader.text("version")?.into(),
        jobs: reader.count("jobs")?,
        started_at: reader.time("started_at")?,
        seen_at: reader.time(SEEN_AT)?,
    })
}
