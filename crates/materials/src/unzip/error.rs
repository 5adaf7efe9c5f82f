//! Why an archive is not unpacked.

use std::{fmt, io, path::PathBuf};

use thiserror::Error;

use super::names::NameProblem;

/// Why an archive is not unpacked: which entry, what is wrong with it, and what to do.
///
/// The text may be shown to whoever made the archive. [`UnzipError::is_ours`] tells the few that are not about the
/// archive.
#[derive(Debug, Error)]
pub enum UnzipError {
    /// No list of entries can be read from it.
    #[error("This is not a zip archive, or it was cut off or damaged: {problem}. Make it again.")]
    NotAZip {
        /// What the reader ran into.
        problem: String,
    },
    /// The list of entries is out of proportion, or must be searched for.
    #[error(
        "The archive's list of entries cannot be read within {limit_bytes} bytes. Put fewer files into the archive."
    )]
    DirectoryTooLarge {
        /// The most that is read for it.
        limit_bytes: u64,
    },
    /// More files and folders than allowed.
    #[error(
        "The archive has more than {limit} files and folders. Leave out what is not needed, such as `.git`, `node_modules` or a virtual environment."
    )]
    TooManyEntries {
        /// The most that are taken.
        limit: usize,
    },
    /// A name that is not a plain relative path.
    #[error("The archive's entry {entry} cannot be unpacked: {problem}.")]
    Name {
        /// Which entry.
        entry: EntryName,
        /// What is wrong with its name.
        problem: NameProblem,
    },
    /// Two entries of one name.
    #[error(
        "The archive has the entry {entry} twice, so it is not clear which of the two is meant. Make it again from the folder."
    )]
    Duplicate {
        /// Which entry.
        entry: EntryName,
    },
    /// A name that is a file in one entry and a folder in another.
    #[error("In the archive {entry} is both a file and a folder. Make it again from the folder.")]
    Conflict {
        /// Which entry.
        entry: EntryName,
    },
    /// Neither a file nor a folder.
    #[error(
        "The archive's entry {entry} is {kind}; only files and folders are unpacked. Make it again with the file itself in its place."
    )]
    Kind {
        /// Which entry.
        entry: EntryName,
        /// What it is instead.
        kind: &'static str,
    },
    /// Locked with a password.
    #[error("The archive's entry {entry} is encrypted. Make it again without a password.")]
    Encrypted {
        /// Which entry.
        entry: EntryName,
    },
    /// Neither stored nor deflated.
    #[error(
        "The archive's entry {entry} is packed with method {method} ({}), and only `stored` and `deflate` are unpacked. Make it again as an ordinary zip.",
        zip::CompressionMethod::name_from_u16(*method)
    )]
    Compression {
        /// Which entry.
        entry: EntryName,
        /// The method's number (APPNOTE 4.4.5).
        method: u16,
    },
    /// Two entries share bytes of the archive, as only a bomb's do.
    #[error(
        "The archive's entries {first} and {second} overlap. Make it again with an ordinary zip program."
    )]
    Overlap {
        /// The entry that comes first in the archive.
        first: EntryName,
        /// The entry that begins inside it; the same as `first` if it runs into the list of entries.
        second: EntryName,
    },
    /// The content is not what the archive says of it.
    #[error("The archive's entry {entry} is damaged: {problem}. Make it again.")]
    Damaged {
        /// Which entry.
        entry: EntryName,
        /// What the reader ran into.
        problem: String,
    },
    /// One file is larger than allowed.
    #[error("The archive's entry {entry} is larger than {}, unpacked. Leave it out or make it smaller.", Size(*limit_bytes))]
    FileTooLarge {
        /// Which entry.
        entry: EntryName,
        /// The most bytes a file may have.
        limit_bytes: u64,
    },
    /// All files together are larger than allowed.
    #[error(
        "The archive's files are larger than {} together, unpacked (counted up to {entry}). Leave out what is not needed.",
        Size(*limit_bytes)
    )]
    TotalTooLarge {
        /// The entry at which the limit was passed.
        entry: EntryName,
        /// The most bytes all files may have.
        limit_bytes: u64,
    },
    /// Inflates out of proportion.
    #[error(
        "The archive's files are more than {limit} times larger than the archive (counted up to {entry}), as a zip bomb's are. Leave out files that are all the same byte, or make them smaller."
    )]
    Ratio {
        /// The entry at which the limit was passed.
        entry: EntryName,
        /// How many times larger they may be.
        limit: u64,
    },
    /// Ours: the folder to unpack into already holds something.
    #[error("Nothing is unpacked into {}, because it is not empty. Give a new or empty folder.", into.display())]
    NotEmpty {
        /// The folder.
        into: PathBuf,
    },
    /// Ours: the disk or the archive's file does not work.
    #[error("The archive could not be unpacked: {doing}: {problem}. Check the disk's space and permissions.")]
    Io {
        /// What was being done, with the path if there is one.
        doing: String,
        /// What the system said.
        problem: io::Error,
    },
}

impl UnzipError {
    /// Whether this is about our disk or our folder, and not about the archive; trying again may then help.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::NotEmpty { .. } | Self::Io { .. })
    }

    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |problem| Self::Io { doing: doing.into(), problem }
    }
}

/// The name of an archive's entry for a message: in quotes, escaped, and cut off when it is long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryName(String);

impl EntryName {
    /// The most characters that are shown.
    const MAX: usize = 120;

    pub(crate) fn new(name: &str) -> Self {
        Self(name.chars().take(Self::MAX + 1).collect())
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(Self::MAX) {
            None => write!(f, "`{}`", self.0.escape_debug()),
            Some((end, _)) => write!(f, "`{}…`", self.0[..end].escape_debug()),
        }
    }
}

/// A limit in the largest unit that it is a whole number of.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
        match units.iter().find(|(shift, _)| self.0 >> shift << shift == self.0 && self.0 > 0) {
            Some((shift, unit)) => write!(f, "{} {unit}", self.0 >> shift),
            None => write!(f, "{} bytes", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_escaped_and_short() {
        assert_eq!(EntryName::new("lab/a.py").to_string(), "`lab/a.py`");
        assert_eq!(EntryName::new("a\n\u{1b}[2J\u{202e}b\0").to_string(), r"`a\n\u{1b}[2J\u{202e}b\0`");
        let long = EntryName::new(&"é".repeat(70_000)).to_string();
        assert_eq!(long, format!("`{}…`", "é".repeat(120)));
    }

    #[test]
    fn limits_are_shown_in_round_units() {
        let shown = [0, 5, 1024, 1536, 3 << 20, 2 << 30].map(|bytes| Size(bytes).to_string());
        assert_eq!(shown, ["0 bytes", "5 bytes", "1 KiB", "1536 bytes", "3 MiB", "2 GiB"]);
    }
}
