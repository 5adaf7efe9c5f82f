//! Looks at every entry before anything is written, and says what will be.

use std::{
    collections::BTreeMap,
    io::{Read, Seek},
};

use zip::CompressionMethod;

use super::{
    directory::{Archive, entry_error},
    error::{EntryName, UnzipError},
    limits::UnzipLimits,
    names::{NameProblem, relative_path},
};

/// What will be written. Paths are relative, of plain parts joined by `/`, and no two are the same.
pub(super) struct Plan {
    /// Parents before what is in them.
    pub(super) folders: Vec<String>,
    pub(super) files: Vec<PlannedFile>,
}

pub(super) struct PlannedFile {
    pub(super) index: usize,
    pub(super) path: String,
    pub(super) entry: EntryName,
    pub(super) executable: bool,
    pub(super) declared_bytes: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Node {
    File,
    Folder,
}

impl Plan {
    /// Checks names, kinds, methods and the number of entries.
    pub(super) fn of<R: Read + Seek>(archive: &Archive<R>, limits: &UnzipLimits) -> Result<Self, UnzipError> {
        let too_many = UnzipError::TooManyEntries { limit: limits.entries };
        if archive.len() > limits.entries {
            return Err(too_many);
        }
        let mut nodes = BTreeMap::new();
        let mut files = Vec::new();
        for index in 0..archive.len() {
            let unnamed = EntryName::new("");
            let found = archive.by_index_data(index).map_err(|error| entry_error(&unnamed, error))?;
            let name = found.name().map_err(|error| entry_error(&unnamed, error))?;
            let entry = EntryName::new(&name);
            let path =
                relative_path(&name).map_err(|problem| UnzipError::Name { entry: entry.clone(), problem })?;
            let mode = found.external_attributes() >> 16;
            let kind =
                kind(mode, found.is_dir()).map_err(|kind| UnzipError::Kind { entry: entry.clone(), kind })?;
            check_packing(&entry, found.flags().as_u16(), found.compression())?;
            if kind == Node::Folder && found.size() > 0 {
                return Err(UnzipError::Kind { entry, kind: "a folder with content of its own" });
            }
            if kind == Node::File && path.is_empty() {
                return Err(UnzipError::Name { entry, problem: NameProblem::Nothing });
            }
            add(&mut nodes, &path, kind, &entry)?;
            if nodes.len() > limits.entries {
                return Err(too_many);
            }
            if kind == Node::File {
                let executable = mode & 0o100 != 0;
                files.push(PlannedFile { index, path, entry, executable, declared_bytes: found.size() });
            }
        }
        // In the order of the paths a folder comes before everything that begins with its path.
        let folders =
            nodes.into_iter().filter(|(_, node)| *node == Node::Folder).map(|(path, _)| path).collect();
        Ok(Self { folders, files })
    }
}

/// Adds a path and the folders it implies.
pub(crate) fn add(
    nodes: &mut BTreeMap<String, Node>,
    path: &str,
    kind: Node,
    entry: &EntryName,
) -> Result<(), UnzipError> {
    for (end, _) in path.match_indices('/') {
        if *nodes.entry(path[..end].to_owned()).or_insert(Node::Folder) == Node::File {
            return Err(UnzipError::Conflict { entry: EntryName::new(&path[..end]) });
        }
    }
    if path.is_empty() {
        return Ok(());
    }
    match (nodes.insert(path.to_owned(), kind), kind) {
        (None, _) | (Some(Node::Folder), Node::Folder) => Ok(()),
        (Some(Node::File), Node::File) => Err(UnzipError::Duplicate { entry: entry.clone() }),
        _ => Err(UnzipError::Conflict { entry: entry.clone() }),
    }
}

/// A file or a folder, by the name and the Unix mode; anything else, as a noun. A zip has no hard links, and
/// whatever system made it, a mode with a file type means that type.
fn kind(mode: u32, named_as_folder: bool) -> Result<Node, &'static str> {
    match (mode & 0o170_000, named_as_folder) {
        (0 | 0o100_000 | 0o040_000, true) => Ok(Node::Folder),
        (0 | 0o100_000, false) => Ok(Node::File),
        (0o040_000, false) => Err("a folder, but its name does not end in `/`"),
        (0o120_000, _) => Err("a symbolic link"),
        (0o020_000 | 0o060_000, _) => Err("a device"),
        (0o010_000, _) => Err("a named pipe"),
        (0o140_000, _) => Err("a socket"),
        _ => Err("of an unknown kind"),
    }
}

/// Refuses what is encrypted (flag bits 0, 6 and 13, method 99) or packed otherwise than stored or deflated.
fn check_packing(entry: &EntryName, flags: u16, method: CompressionMethod) -> Result<(), UnzipError> {
    let entry = entry.clone();
    if flags & 0b0010_0000_0100_0001 != 0 || method == CompressionMethod::AES {
        return Err(UnzipError::Encrypted { entry });
    }
    match method {
        CompressionMethod::Stored | CompressionMethod::Deflated => Ok(()),
        other => Err(UnzipError::Compression { entry, method: other.into_compression().as_u16() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: &[(&str, Node)]) -> Result<Vec<String>, UnzipError> {
        let mut nodes = BTreeMap::new();
        for (path, kind) in entries {
            add(&mut nodes, path, *kind, &EntryName::new(path))?;
        }
        Ok(nodes.into_keys().collect())
    }

    #[test]
    fn folders_are_implied_and_come_first() {
        use Node::{File, Folder};
        let paths = tree(&[("a/b/c", File), ("a-b", File), ("a", Folder), ("", Folder), ("a/b", Folder)]);
        assert_eq!(paths.unwrap(), ["a", "a-b", "a/b", "a/b/c"]);
    }

    #[test]
    fn a_path_is_one_thing() {
        use Node::{File, Folder};
        let duplicate = [("a", File), ("a", File)];
        assert!(matches!(tree(&duplicate), Err(UnzipError::Duplicate { .. })));
        for conflict in [
            [("a", File), ("a/b", File)],
            [("a/b", File), ("a", File)],
            [("a", File), ("a", Folder)],
            [("a", Folder), ("a", File)],
        ] {
            assert!(matches!(tree(&conflict), Err(UnzipError::Conflict { .. })));
        }
    }
}
