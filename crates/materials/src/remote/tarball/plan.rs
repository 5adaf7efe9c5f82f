//! Looks at every entry before anything is written.

use std::{collections::BTreeMap, io::Read};

use super::{
    Expected, Unpacked,
    entries::{Entries, Entry, Kind},
    error::TarballError,
};
use crate::unzip::{EntryName, Meter, NameProblem, Node, UnzipError, UnzipLimits, add, relative_path};

/// How many links are named.
const NAMED_LINKS: usize = 10;

/// What will be written.
pub(super) struct Plan {
    /// Parents before what is in them.
    pub(super) folders: Vec<String>,
    pub(super) summary: Unpacked,
}

impl Plan {
    /// Reads the archive to its end; checks names, kinds, sizes, and whose files they are.
    pub(super) fn of<R: Read>(
        entries: &mut Entries<R>,
        expected: Expected<'_>,
        limits: &UnzipLimits,
        mut meter: Meter<'_>,
    ) -> Result<Self, TarballError> {
        let mut nodes = BTreeMap::new();
        let (mut files, mut links) = (0, 0);
        let mut some_links = Vec::new();
        let mut top = Top::default();
        let mut buffer = vec![0; 64 * 1024];
        while let Some(entry) = entries.next()? {
            let name = EntryName::new(&entry.name);
            let path = top.below(&entry, expected)?;
            if path.is_empty() && entry.kind != Kind::Folder {
                return Err(UnzipError::Name { entry: name, problem: NameProblem::Nothing }.into());
            }
            let node = if entry.kind == Kind::Folder { Node::Folder } else { Node::File };
            add(&mut nodes, &path, node, &name)?;
            if nodes.len() > limits.entries {
                return Err(UnzipError::TooManyEntries { limit: limits.entries }.into());
            }
            match entry.kind {
                Kind::File { .. } => files += 1,
                Kind::Link => {
                    links += 1;
                    if some_links.len() < NAMED_LINKS {
                        some_links.push(EntryName::new(&path));
                    }
                }
                Kind::Folder => {}
            }
            // Declared first, because it is known first; then as it turns out, of which there is never more.
            meter.next_file();
            meter.add(&name, entry.bytes)?;
            while entries.read(&mut buffer)? > 0 {}
        }
        match &entries.comment {
            Some(comment) if comment != expected.commit.as_str() => {
                return Err(TarballError::OtherCommit { found: EntryName::new(comment) });
            }
            _ => {}
        }
        // In the order of the paths a folder comes before everything that begins with its path.
        let folders: Vec<String> =
            nodes.into_iter().filter(|(_, node)| *node == Node::Folder).map(|(path, _)| path).collect();
        let summary =
            Unpacked { files, folders: folders.len(), bytes: meter.total_bytes(), links, some_links };
        Ok(Self { folders, summary })
    }
}

/// The one folder that all is in.
#[derive(Default)]
pub(super) struct Top(Option<String>);

impl Top {
    /// The entry's path below the top folder, if there is to be one; empty for that folder itself.
    pub(super) fn below(&mut self, entry: &Entry, expected: Expected<'_>) -> Result<String, TarballError> {
        let name = || EntryName::new(&entry.name);
        let path =
            relative_path(&entry.name).map_err(|problem| UnzipError::Name { entry: name(), problem })?;
        if !expected.in_a_folder {
            return Ok(path);
        }
        let (top, below) = path.split_once('/').unwrap_or((&path, ""));
        let known = self.0.get_or_insert_with(|| top.to_owned());
        // GitHub shortens the commit, to seven digits or more, or does not.
        let commit = known.rsplit_once('-').map_or("", |(_, commit)| commit);
        if known != top || commit.len() < 7 || !expected.commit.as_str().starts_with(commit) {
            return Err(TarballError::OtherCommit { found: name() });
        }
        Ok(below.to_owned())
    }
}
