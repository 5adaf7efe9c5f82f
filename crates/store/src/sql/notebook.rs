//! Notebooks: compressed on the way in, checked on the way out.

use std::io::{self, Read};

use model::{NotebookHash, Submission};
use sqlx::sqlite::SqliteRow;
use tokio::task::spawn_blocking;

use crate::{
    error::StoreError,
    sqlite::rows::{self, Record},
};

/// The best ratio of effort to size for text; a notebook of 130 KB takes less than a millisecond.
const LEVEL: i32 = 3;

/// Compresses a notebook, away from the threads that serve requests.
pub(super) async fn pack(notebook: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    let packed = spawn_blocking(move || {
        let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
        // All that tells later whether an executed notebook is what it was: nobody else has its hash.
        compressor.include_checksum(true)?;
        compressor.compress(&notebook)
    });
    packed.await.map_err(io::Error::from).flatten().map_err(|error| StoreError::Unavailable(error.into()))
}

/// The notebook in a row with all columns of the tables `submission` and `notebook`: exactly the bytes that were
/// submitted, or an error.
pub(super) async fn unpack(row: &SqliteRow) -> Result<Vec<u8>, StoreError> {
    let Submission { sha256, size_bytes, .. } = rows::submission(row)?;
    let record = Record::new("notebook", "id", row);
    decompress(&record, size_bytes, move |notebook| NotebookHash::of(notebook) == sha256)
        .await?
        .ok_or_else(|| record.corrupt("zstd", "these are not the bytes that were submitted"))
}

/// The notebook in a row with all columns of the table `executed_notebook`.
pub(super) async fn unpack_executed(row: &SqliteRow) -> Result<Vec<u8>, StoreError> {
    let record = Record::new("executed notebook of grading", "grading", row);
    let size_bytes = record.count("size_bytes")?;
    decompress(&record, size_bytes, |_| true)
        .await?
        .ok_or_else(|| record.corrupt("zstd", format_args!("it does not have {size_bytes} bytes")))
}

/// The content of the column `zstd`, or `None` if it is not so large, or not good.
async fn decompress(
    record: &Record<'_>,
    size_bytes: u64,
    is_good: impl FnOnce(&[u8]) -> bool + Send + 'static,
) -> Result<Option<Vec<u8>>, StoreError> {
    let packed: Vec<u8> = record.get("zstd")?;
    let unpacked = spawn_blocking(move || {
        let mut notebook = Vec::new();
        // Never more than was packed, whatever the compressed data say; one byte beyond, where the checksum is met.
        let most = size_bytes.saturating_add(1);
        zstd::Decoder::with_buffer(&packed[..])?.take(most).read_to_end(&mut notebook)?;
        let is_whole = notebook.len() as u64 == size_bytes;
        Ok((is_whole && is_good(&notebook)).then_some(notebook))
    });
    unpacked.await.map_err(io::Error::from).flatten().map_err(|error| record.corrupt("zstd", error))
}
