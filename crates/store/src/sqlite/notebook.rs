//! Notebooks: compressed on the way in, checked against their hash on the way out.

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
    let packed = spawn_blocking(move || zstd::bulk::compress(&notebook, LEVEL)).await;
    packed.map_err(io::Error::from).flatten().map_err(|error| StoreError::Unavailable(error.into()))
}

/// The notebook in a row with all columns of the tables `submission` and `notebook`: exactly the bytes that were
/// submitted, or an error.
pub(super) async fn unpack(row: &SqliteRow) -> Result<Vec<u8>, StoreError> {
    let Submission { sha256, size_bytes, .. } = rows::submission(row)?;
    let record = Record::new("notebook", "id", row);
    let packed: Vec<u8> = record.get("zstd")?;
    let unpacked = spawn_blocking(move || {
        let mut notebook = Vec::new();
        // Never more than was submitted, whatever the compressed data say.
        zstd::Decoder::with_buffer(&packed[..])?.take(size_bytes).read_to_end(&mut notebook)?;
        Ok((NotebookHash::of(&notebook) == sha256).then_some(notebook))
    });
    unpacked
        .await
        .map_err(io::Error::from)
        .flatten()
        .map_err(|error| record.corrupt("zstd", error))?
        .ok_or_else(|| record.corrupt("zstd", "these are not the bytes that were submitted"))
}
