//! Writes tar archives block by block, also those that no program would write.

use std::{fmt::Write as _, io::Write as _};

use flate2::{Compression, write::GzEncoder};

/// One entry, with everything that its header says.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: Vec<u8>,
    pub(crate) prefix: Vec<u8>,
    pub(crate) kind: u8,
    pub(crate) mode: u32,
    /// What the header says is the length of the content.
    pub(crate) size: u64,
    pub(crate) content: Vec<u8>,
    pub(crate) link: Vec<u8>,
    pub(crate) magic: [u8; 8],
    pub(crate) checksum: Option<u32>,
}

impl Member {
    pub(crate) fn file(name: &str, content: &[u8]) -> Self {
        Self {
            name: name.into(),
            prefix: Vec::new(),
            kind: b'0',
            mode: 0o644,
            size: content.len() as u64,
            content: content.to_vec(),
            link: Vec::new(),
            magic: *b"ustar\x0000",
            checksum: None,
        }
    }

    pub(crate) fn folder(name: &str) -> Self {
        Self { kind: b'5', mode: 0o755, ..Self::file(name, b"") }
    }

    pub(crate) fn link(name: &str, to: &str) -> Self {
        Self { link: to.into(), ..Self::of_kind(b'2', name) }
    }

    pub(crate) fn of_kind(kind: u8, name: &str) -> Self {
        Self { kind, ..Self::file(name, b"") }
    }

    /// An extended header of pax, for the next entry (`x`) or for all (`g`).
    pub(crate) fn pax(kind: u8, records: &[(&str, &str)]) -> Self {
        let mut content = String::new();
        for (key, value) in records {
            let rest = format!(" {key}={value}\n");
            let length = (1..100_000).find(|n| n.to_string().len() + rest.len() == *n).unwrap();
            write!(content, "{length}{rest}").unwrap();
        }
        Self { kind, ..Self::file("pax_global_header", content.as_bytes()) }
    }

    /// GNU's way to give the next entry a long name.
    pub(crate) fn gnu_name(name: &str) -> Self {
        let content = [name.as_bytes(), b"\0"].concat();
        Self { kind: b'L', magic: *b"ustar  \0", ..Self::file("././@LongLink", &content) }
    }

    fn blocks(&self) -> Vec<u8> {
        let mut block = vec![0; 512];
        let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &self.name);
        put(100, format!("{:07o}", self.mode).as_bytes());
        put(124, format!("{:011o}", self.size).as_bytes());
        put(148, b"        ");
        put(156, &[self.kind]);
        put(157, &self.link);
        put(257, &self.magic);
        put(345, &self.prefix);
        let sum = self.checksum.unwrap_or_else(|| block.iter().map(|byte| u32::from(*byte)).sum());
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block.extend(&self.content);
        block.resize(block.len().next_multiple_of(512), 0);
        block
    }
}

/// The archive, with its end.
pub(crate) fn tar(members: &[Member]) -> Vec<u8> {
    let mut tar: Vec<u8> = members.iter().flat_map(Member::blocks).collect();
    tar.extend([0; 1024]);
    tar
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A repository's files as GitHub gives them: a header that names the commit, and all in one folder.
pub(crate) fn github_tarball(commit: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    let top = format!("owner-repo-{}", &commit[..7]);
    let mut members = vec![Member::pax(b'g', &[("comment", commit)]), Member::folder(&format!("{top}/"))];
    members.extend(files.iter().map(|(name, content)| Member::file(&format!("{top}/{name}"), content)));
    gzip(&tar(&members))
}
