//! Files that hold one secret each.

use std::{
    fs::{self, File},
    io::Read,
    os::unix::fs::PermissionsExt,
    path::Path,
};

/// Larger than any key.
const MAX_BYTES: u64 = 64 * 1024;

/// The file's text without the line end that editors and `echo` leave. Why not, as the end of a sentence.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("it is larger than {} KiB, which no secret is", MAX_BYTES / 1024));
    }
    // What the system would say of it could hold a part of the text.
    let text = String::from_utf8(bytes).map_err(|_| "it is not text in UTF-8")?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() { Err("it is empty".into()) } else { Ok(text.to_owned()) }
}

/// Whether every user of the machine may read it, folders aside.
pub(super) fn others_may_read(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}
