//! `otter-service restore`.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use model::ambient::{Clock, SystemClock};
use store::SqliteStore;

use super::{DATABASE, KEY, database, files, manifest::Manifest};
use crate::commands::store_args;

#[derive(clap::Args)]
pub(crate) struct RestoreArgs {
    /// A folder that `otter-service backup` made.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The service's configuration file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(crate) async fn restore(args: RestoreArgs) -> anyhow::Result<ExitCode> {
    let config = store_args::load(args.config.clone())?;
    let database = std::path::absolute(database(&config)?)?;
    let data_dir = std::path::absolute(&config.data_dir)?;
    let manifest = check(&args.from).await?;
    let folder = database.parent().context("the database is in a folder")?;
    let _locks = lock(&data_dir, folder, &database)?;

    let new = prepare(&args.from, folder, &manifest)?;
    let name = SystemClock.now().strftime("before-restore-%Y%m%dT%H%M%S.%3fZ").to_string();
    if manifest.has_key {
        restore_key(&args.from, &data_dir, &name)?;
    }
    let kept = put_in_place(new, &database, &name).await?;
    files::sync_folder(folder)?;
    println!("{} is as it was at {}.", database.display(), manifest.made_at);
    if let Some(kept) = kept {
        println!("What was there before is kept as {}.", kept.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether the backup is whole and this program can work with it.
async fn check(from: &Path) -> anyhow::Result<Manifest> {
    let manifest = Manifest::read(from)?;
    let database = from.join(DATABASE);
    if files::measure(&database)? != manifest.database {
        bail!("{} is damaged: it is not the file that the backup was made with", database.display());
    }
    SqliteStore::check_file(&database).await?;
    if manifest.has_key {
        fs::metadata(from.join(KEY)).with_context(|| format!("{KEY} is missing in the backup"))?;
    }
    Ok(manifest)
}

/// Takes what a running service holds.
fn lock(data_dir: &Path, folder: &Path, database: &Path) -> anyhow::Result<[File; 2]> {
    for dir in [data_dir, folder] {
        if !dir.exists() {
            let unusable = || format!("the folder {} cannot be used", dir.display());
            // As the service itself would make it: others may pass through, but not look around.
            DirBuilder::new().recursive(true).create(dir).with_context(unusable)?;
            fs::set_permissions(dir, Permissions::from_mode(0o711)).with_context(unusable)?;
        }
    }
    let take = |path: PathBuf| {
        let unusable = || format!("{} cannot be used", path.display());
        let lock = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        let lock = lock.with_context(unusable)?;
        files::give_to_owner_of_folder(&path)?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => {
                bail!("{} is in use by an otter-service; stop it first", database.display())
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(unusable),
        }
    };
    Ok([take(data_dir.join("lock"))?, take(beside(database, ".lock"))?])
}

/// The database under another name in its folder, on the disk.
fn prepare(from: &Path, folder: &Path, manifest: &Manifest) -> anyhow::Result<tempfile::NamedTempFile> {
    let mut new = tempfile::Builder::new()
        .prefix(".otter-restore-")
        .tempfile_in(folder)
        .with_context(|| format!("nothing can be written to {}", folder.display()))?;
    if files::copy(&from.join(DATABASE), new.as_file_mut())? != manifest.database {
        bail!("the backup changed while it was read");
    }
    files::give_to_owner_of_folder(new.path())?;
    new.as_file().sync_all()?;
    Ok(new)
}

/// Puts the new file in the place of the old one, which is kept under another name.
async fn put_in_place(
    new: tempfile::NamedTempFile,
    database: &Path,
    name: &str,
) -> anyhow::Result<Option<PathBuf>> {
    let kept = beside(database, &format!(".{name}"));
    if !database.exists() {
        remove_logs(database)?;
        new.persist_noclobber(database)?;
        return Ok(None);
    }
    // A damaged file may be why somebody restores.
    if let Err(error) = SqliteStore::settle_file(database).await {
        eprintln!("otter-service: what is there cannot be opened, and is kept as it is: {error}");
    }
    // A log that is left belongs to the old file; the new one must never be opened with it.
    for ending in ["-wal", "-shm"] {
        move_if_there(&beside(database, ending), &beside(&kept, ending))?;
    }
    // From here on there is a complete file under the name at every moment.
    fs::hard_link(database, &kept).with_context(|| format!("{} cannot be made", kept.display()))?;
    new.persist(database)?;
    Ok(Some(kept))
}

fn remove_logs(database: &Path) -> io::Result<()> {
    for ending in ["-wal", "-shm"] {
        match fs::remove_file(beside(database, ending)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Puts the key back with which the restored submissions' receipts were signed.
fn restore_key(from: &Path, data_dir: &Path, name: &str) -> anyhow::Result<()> {
    let (key, path) = (fs::read(from.join(KEY))?, data_dir.join(KEY));
    match fs::read(&path) {
        Ok(present) if present == key => return Ok(()),
        Ok(_) => {
            let kept = beside(&path, &format!(".{name}"));
            fs::hard_link(&path, &kept)?;
            println!("The key that signs receipts was another one; it is kept as {}.", kept.display());
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    }
    let new = beside(&path, ".new");
    if let Err(error) = fs::remove_file(&new)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error.into());
    }
    files::write_secret(&new, &key)?;
    files::give_to_owner_of_folder(&new)?;
    fs::rename(&new, &path)?;
    files::sync_folder(data_dir)
}

/// A path with more at its end.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(ending);
    text.into()
}

fn move_if_there(from: &Path, to: &Path) -> anyhow::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be moved", from.display()))
        }
        _ => Ok(()),
    }
}
