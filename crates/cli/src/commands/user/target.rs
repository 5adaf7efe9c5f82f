//! Where an export goes: a folder or a zip file, under another name until it is complete.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use tempfile::{NamedTempFile, TempDir};
use zip::{ZipWriter, write::SimpleFileOptions};

/// An unfinished export. Dropped, nothing is left of it. It is for its owner only.
pub(super) struct Target {
    to: PathBuf,
    unfinished: Unfinished,
}

enum Unfinished {
    Folder(TempDir),
    Zip { file: NamedTempFile, zip: Box<ZipWriter<File>> },
}

impl Target {
    pub(super) fn new(to: &Path) -> anyhow::Result<Self> {
        if fs::symlink_metadata(to).is_ok() {
            bail!("{} is there already; take another name", to.display());
        }
        let to = std::path::absolute(to)?;
        let parent = to.parent().context("an export needs a name")?;
        let unusable = || format!("nothing can be written to {}", parent.display());
        fs::create_dir_all(parent).with_context(unusable)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".otter-export-");
        let unfinished = if to.extension().is_some_and(|ending| ending == "zip") {
            let file = builder.tempfile_in(parent).with_context(unusable)?;
            let zip = Box::new(ZipWriter::new(file.reopen()?));
            Unfinished::Zip { file, zip }
        } else {
            builder.permissions(Permissions::from_mode(0o700));
            Unfinished::Folder(builder.tempdir_in(parent).with_context(unusable)?)
        };
        Ok(Self { to, unfinished })
    }

    /// Adds a file, whose name may begin with a folder.
    pub(super) fn add(&mut self, name: &str, content: &[u8]) -> anyhow::Result<()> {
        let unusable = || format!("{name} cannot be written");
        match &mut self.unfinished {
            Unfinished::Folder(folder) => {
                let path = folder.path().join(name);
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder).with_context(unusable)?;
                }
                let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
                let mut file = file.with_context(unusable)?;
                file.write_all(content).and_then(|()| file.sync_all()).with_context(unusable)
            }
            Unfinished::Zip { zip, .. } => {
                let options = SimpleFileOptions::default().unix_permissions(0o600);
                zip.start_file(name, options).with_context(unusable)?;
                zip.write_all(content).with_context(unusable)
            }
        }
    }

    /// Gives it its name.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let unusable = || format!("{} cannot be made", self.to.display());
        match self.unfinished {
            Unfinished::Folder(folder) => fs::rename(folder.path(), &self.to).with_context(unusable),
            Unfinished::Zip { file, zip } => {
                zip.finish()?.sync_all().with_context(unusable)?;
                file.persist_noclobber(&self.to).with_context(unusable)?;
                Ok(())
            }
        }
    }
}
