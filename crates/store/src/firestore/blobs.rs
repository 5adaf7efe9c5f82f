//! Bytes of any length in documents of less than 1 MiB (<https://firebase.google.com/docs/firestore/quotas>).

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value as Json;

use super::{
    FirestoreStore,
    fields::{Reader, fields},
    rest::{
        CommitError,
        wire::{self, Fields, If},
    },
};
use crate::error::StoreError;

/// How much one document takes.
const CHUNK: usize = 900_000;
/// How many of them go into one commit or come with one read: some megabytes.
const TOGETHER: usize = 4;
/// How many commits or reads are under way at once.
const AT_ONCE: usize = 3;
/// The field of a piece that belongs to nothing yet.
pub(super) const PENDING: &str = "pending";

/// Where bytes that one document holds are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// In the commit that names them.
    InTheCommit,
    /// Before it, as longer ones are: the commit names many.
    Before,
}

/// Where bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blob {
    id: String,
    chunks: u32,
}

impl Blob {
    /// The blob whose place is in the fields `{prefix}_blob` and `{prefix}_chunks`.
    pub(super) fn read(reader: &Reader<'_>, prefix: &str) -> Result<Option<Self>, StoreError> {
        let Some(id) = reader.text_if_any(&format!("{prefix}_blob"))? else { return Ok(None) };
        Ok(Some(Self { id: id.into(), chunks: reader.count(&format!("{prefix}_chunks"))? }))
    }

    pub(super) fn id(&self) -> Json {
        wire::text(&self.id)
    }

    pub(super) fn chunks(&self) -> Json {
        wire::count(self.chunks.into())
    }
}

impl FirestoreStore {
    /// Keeps bytes of `owner`, and gives the writes that make them belong to something: to be part of the commit that
    /// names the blob. What is not named in the end is swept away.
    pub(super) async fn keep(
        &self,
        owner: &str,
        packed: &[u8],
        space: Space,
    ) -> Result<(Blob, Vec<Json>), StoreError> {
        let id = format!("{owner}~{}", self.new_write());
        let chunks = || (0..).zip(packed.chunks(CHUNK));
        let blob = Blob { chunks: u32::try_from(chunks().count()).unwrap_or(u32::MAX), id };
        let name = |number| self.names.chunk(&self.client, &blob.id, number);
        if blob.chunks <= 1 && space == Space::InTheCommit {
            let data = |(number, chunk)| wire::set(&name(number), piece(chunk, false), &If::Absent);
            let writes = chunks().map(data).collect();
            return Ok((blob, writes));
        }
        let pieces: Vec<_> = chunks().map(|(number, chunk)| (name(number), chunk)).collect();
        let mut commits = vec![];
        for together in pieces.chunks(TOGETHER) {
            commits.push(self.put_pieces(together));
        }
        stream::iter(commits).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        let writes = pieces.iter().map(|(name, _)| wire::change(name, Fields::new(), &[PENDING])).collect();
        Ok((blob, writes))
    }

    async fn put_pieces(&self, pieces: &[(String, &[u8])]) -> Result<(), CommitError> {
        let write = |(name, chunk): &(String, &[u8])| wire::set(name, piece(chunk, true), &If::Always);
        self.client.commit(&pieces.iter().map(write).collect::<Vec<_>>(), None).await
    }

    /// The bytes of a blob.
    pub(super) async fn fetch(&self, blob: &Blob) -> Result<Vec<u8>, StoreError> {
        let names = self.pieces(blob);
        let reads: Vec<_> = names.chunks(TOGETHER).map(|together| self.client.get_all(together)).collect();
        let found: Vec<_> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
        let mut bytes = vec![];
        for (name, document) in names.iter().zip(found.into_iter().flatten()) {
            let document = document.ok_or_else(|| {
                let path = name.split("/documents/").nth(1).unwrap_or(name);
                StoreError::Corrupt { what: format!("{path} is missing") }
            })?;
            let reader = Reader::of(&document);
            bytes
                .extend(reader.bytes_if_any("data")?.ok_or_else(|| reader.corrupt("data", "it is missing"))?);
        }
        Ok(bytes)
    }

    /// The documents of a blob.
    pub(super) fn pieces(&self, blob: &Blob) -> Vec<String> {
        (0..blob.chunks).map(|number| self.names.chunk(&self.client, &blob.id, number)).collect()
    }
}

fn piece(chunk: &[u8], is_pending: bool) -> Fields {
    fields([("data", Some(wire::bytes(chunk))), (PENDING, is_pending.then(|| wire::flag(true)))])
}
