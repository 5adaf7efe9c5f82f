//! Gradings, each a document of its own.

use model::{GradingId, Report, SubmissionId};
use serde_json::Value as Json;

use super::{
    FirestoreStore,
    blobs::{Blob, Space},
    fields::{Reader, fields, json, time, to_json},
    rest::{
        Query,
        wire::{self, Document, If},
    },
};
use crate::{
    error::StoreError,
    notebook,
    records::{GradingRecord, NewGrading, Outcome},
};

/// A report of which no more than this is left when it is compressed stands in the grading's own document.
const SHORT: usize = 600_000;

/// What a grading ended in, ready to be kept.
pub(super) struct Packed {
    report: Option<(u64, Result<Vec<u8>, Blob>)>,
    fault: Option<Json>,
    executed: Option<(u64, Blob)>,
    /// What belongs into the commit that keeps the grading.
    pub(super) writes: Vec<Json>,
}

impl FirestoreStore {
    /// Packs what a grading ended in; the long parts of it are kept already.
    pub(super) async fn pack(
        &self,
        submission: SubmissionId,
        outcome: &Outcome,
        executed: Option<&[u8]>,
        space: Space,
    ) -> Result<Packed, StoreError> {
        let mut packed = Packed { report: None, fault: None, executed: None, writes: vec![] };
        match outcome {
            Outcome::Report(report) => {
                let text = to_json(report).into_bytes();
                let size = text.len() as u64;
                let text = notebook::pack(text).await?;
                packed.report = Some((
                    size,
                    if text.len() <= SHORT {
                        Ok(text)
                    } else {
                        Err(self.keep_for(submission, &text, space, &mut packed.writes).await?)
                    },
                ));
            }
            Outcome::Fault(fault) => packed.fault = Some(json(fault)),
        }
        if let Some(executed) = executed {
            let bytes = notebook::pack(executed.to_vec()).await?;
            let blob = self.keep_for(submission, &bytes, space, &mut packed.writes).await?;
            packed.executed = Some((executed.len() as u64, blob));
        }
        Ok(packed)
    }

    async fn keep_for(
        &self,
        submission: SubmissionId,
        packed: &[u8],
        space: Space,
        writes: &mut Vec<Json>,
    ) -> Result<Blob, StoreError> {
        let (blob, belonging) = self.keep(&submission.to_string(), packed, space).await?;
        writes.extend(belonging);
        Ok(blob)
    }

    /// The write that keeps a grading.
    pub(super) fn grading_write(
        &self,
        submission: SubmissionId,
        grading: &NewGrading,
        packed: &Packed,
        only: &If,
    ) -> Json {
        let Packed { report, fault, executed, .. } = packed;
        let short = report.as_ref().and_then(|(_, report)| report.as_ref().ok());
        let long = report.as_ref().and_then(|(_, report)| report.as_ref().err());
        let fields = fields([
            ("submission", Some(wire::text(submission.to_string()))),
            ("revision", Some(wire::text(&grading.revision))),
            ("started_at", Some(time(grading.started_at))),
            ("finished_at", Some(time(grading.finished_at))),
            ("report", short.map(|bytes| wire::bytes(bytes))),
            ("report_blob", long.map(Blob::id)),
            ("report_chunks", long.map(Blob::chunks)),
            ("report_bytes", report.as_ref().map(|(size, _)| wire::count(*size))),
            ("fault", fault.clone()),
            ("executed_blob", executed.as_ref().map(|(_, blob)| blob.id())),
            ("executed_chunks", executed.as_ref().map(|(_, blob)| blob.chunks())),
            ("executed_bytes", executed.as_ref().map(|(size, _)| wire::count(*size))),
        ]);
        wire::set(&self.names.grading(&self.client, submission, grading.id), fields, only)
    }

    /// The documents of a submission's gradings, oldest first.
    pub(super) async fn gradings_of(&self, submission: SubmissionId) -> Result<Vec<Document>, StoreError> {
        let name = |end: &str| {
            wire::reference(&self.client.name(&self.names.gradings, &format!("{submission}{end}")))
        };
        // `~` is between the two ids, and no id begins with what follows it.
        self.client.run(&Query::by_name(&self.names.gradings).from(&name("~")).below(&name("~~"))).await
    }

    /// The grading in a document.
    pub(super) async fn grading(&self, document: &Document) -> Result<GradingRecord, StoreError> {
        let reader = Reader::of(document);
        let outcome = match reader.json_if_any("fault")? {
            Some(fault) => Outcome::Fault(fault),
            None => Outcome::Report(Box::new(self.report(&reader).await?)),
        };
        Ok(GradingRecord {
            id: grading_id(document)?,
            revision: reader.text("revision")?.into(),
            started_at: reader.time("started_at")?,
            finished_at: reader.time("finished_at")?,
            outcome,
            has_executed: executed(&reader)?.is_some(),
        })
    }

    async fn report(&self, reader: &Reader<'_>) -> Result<Report, StoreError> {
        let packed = match (reader.bytes_if_any("report")?, Blob::read(reader, "report")?) {
            (Some(short), _) => short,
            (None, Some(long)) => self.fetch(&long).await?,
            (None, None) => return Err(reader.corrupt("report", "it is missing")),
        };
        let size = reader.count("report_bytes")?;
        let what = reader.corrupt("report", "").to_string();
        let text = notebook::unpack(packed, size, None, &what).await;
        let text = text.map_err(|_| reader.corrupt("report", "it does not decompress to what it was"))?;
        serde_json::from_slice(&text).map_err(|error| reader.corrupt("report", error))
    }

    /// The notebook as a grading executed it, if it is kept.
    pub(super) async fn executed_of(&self, document: &Document) -> Result<Option<Vec<u8>>, StoreError> {
        let reader = Reader::of(document);
        let Some(blob) = executed(&reader)? else { return Ok(None) };
        let size = reader.count("executed_bytes")?;
        let what = format!("{}/{}, executed notebook", self.names.gradings, last(document));
        notebook::unpack(self.fetch(&blob).await?, size, None, &what).await.map(Some)
    }
}

/// Where the executed notebook of a grading is.
pub(super) fn executed(reader: &Reader<'_>) -> Result<Option<Blob>, StoreError> {
    Blob::read(reader, "executed")
}

pub(super) fn grading_id(document: &Document) -> Result<GradingId, StoreError> {
    let id = last(document).rsplit('~').next().unwrap_or_default();
    id.parse().map_err(|error| Reader::of(document).corrupt("__name__", error))
}

fn last(document: &Document) -> &str {
    document.name.rsplit('/').next().unwrap_or_default()
}
