//! Notebooks as they are kept: compressed on the way in, checked on the way out.

use std::io::{self, Read};

use model::NotebookHash;
use tokio::task::spawn_blocking;

use crate::error::StoreError;

/// Compressing is the most expensive part of taking a notebook in. Level 3 takes twice as long and makes real notebooks
/// 3 % smaller.
const LEVEL: i32 = 1;

/// Compresses a notebook, away from the threads that serve requests.
pub(crate) async fn pack(notebook: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    let packed = spawn_blocking(move || {
        let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
        // All that tells later whether an executed notebook is what it was: nobody else has its hash.
        compressor.include_checksum(true)?;
        compressor.compress(&notebook)
    });
    packed.await.map_err(io::Error::from).flatten().map_err(|error| StoreError::Unavailable(error.into()))
}

/// The notebook that was packed, if it has the expected size and, where one is given, the expected hash. `what` names
/// it in the error.
pub(crate) async fn unpack(
    packed: Vec<u8>,
    size_bytes: u64,
    sha256: Option<NotebookHash>,
    what: &str,
) -> Result<Vec<u8>, StoreError> {
    let unpacked = spawn_blocking(move || {
        let mut notebook = Vec::new();
        // Never more than was packed, whatever the compressed data say; one byte beyond, where the checksum is met.
        let most = size_bytes.saturating_add(1);
        zstd::Decoder::with_buffer(&packed[..])?.take(most).read_to_end(&mut notebook)?;
        let is_whole = notebook.len() as u64 == size_bytes;
        let is_good = sha256.is_none_or(|sha256| NotebookHash::of(&notebook) == sha256);
        Ok((is_whole && is_good).then_some(notebook))
    });
    let corrupt = |problem: String| StoreError::Corrupt { what: format!("{what}: {problem}") };
    let unpacked = unpacked.await.map_err(io::Error::from).flatten();
    unpacked.map_err(|error| corrupt(error.to_string()))?.ok_or_else(|| match sha256 {
        Some(_) => corrupt("these are not the bytes that were submitted".into()),
        None => corrupt(format!("it does not have {size_bytes} bytes")),
    })
}
