//! `otter-service backup` and `otter-service restore`: a folder with a copy of the database and of the key that signs
//! receipts, and a description by which it is checked.

mod files;
mod manifest;
mod restore;

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use model::ambient::{Clock, SystemClock};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use store::SqliteStore;

use self::manifest::Manifest;
pub(crate) use self::restore::{RestoreArgs, restore};
use super::store_args::{self, must_be_there};
use crate::{config::Config, place::Place};

/// The database's name in a backup.
const DATABASE: &str = "otter-service.sqlite";

/// The key that signs receipts, in the data folder and in a backup.
const KEY: &str = "receipt-key.pem";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder to make.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// The service's configuration file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Put it in the place of the backup that is there under this name, once it is complete.
    #[arg(long)]
    replace: bool,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = store_args::load(args.config.clone())?;
    let database = database(&config)?;
    must_be_there(&Place::Sqlite(database.clone()))?;
    let is_replaced = may_be_made(&args.to, args.replace)?;

    let to = std::path::absolute(&args.to)?;
    let parent = to.parent().context("a backup needs a name")?;
    fs::create_dir_all(parent).with_context(|| format!("{} cannot be used", parent.display()))?;
    // Under another name until it is complete; for its owner only, as the notebooks and the key are.
    let unfinished = tempfile::Builder::new()
        .prefix(".otter-backup-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(parent)
        .with_context(|| format!("nothing can be written to {}", parent.display()))?;
    let manifest = fill(unfinished.path(), &database, &config.data_dir).await?;

    if is_replaced {
        // The old one is there under the name until the very moment when the new one is.
        renameat_with(CWD, unfinished.path(), CWD, &to, RenameFlags::EXCHANGE)
            .with_context(|| format!("{} cannot be replaced", to.display()))?;
    } else {
        fs::rename(unfinished.path(), &to).with_context(|| format!("{} cannot be made", to.display()))?;
    }
    files::sync_folder(parent)?;
    println!(
        "{}: {} MiB, schema version {}{}",
        to.display(),
        manifest.database.size_bytes >> 20,
        manifest.schema_version,
        if manifest.has_key { ", with the key that signs receipts: keep it secret" } else { "" }
    );
    Ok(ExitCode::SUCCESS)
}

/// The service's SQLite file. For other engines there are better tools than ours.
fn database(config: &Config) -> anyhow::Result<PathBuf> {
    let place = config.place();
    match &place {
        Place::Sqlite(path) => Ok(path.clone()),
        Place::Postgres(_) => bail!(
            "the store is {place}: back it up with `pg_dump --format=custom`, or with your provider's backups, and the \
             data folder's {KEY} with it"
        ),
        Place::Firestore(_) => bail!(
            "the store is {place}: back it up with `gcloud firestore export` or scheduled backups, and the data folder's \
             {KEY} with it"
        ),
    }
}

/// Whether there is an earlier backup that is to be replaced. What is no backup is not.
fn may_be_made(to: &Path, replace: bool) -> anyhow::Result<bool> {
    let is_there = fs::symlink_metadata(to).is_ok();
    let is_empty = fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_none());
    if !is_there || is_empty {
        return Ok(false);
    }
    if !replace {
        bail!("{} is there already; take another name, or say --replace", to.display());
    }
    Manifest::read(to).context("only a backup is replaced")?;
    Ok(true)
}

/// Copies everything into a folder and sees to it that it is on the disk.
async fn fill(folder: &Path, database: &Path, data_dir: &Path) -> anyhow::Result<Manifest> {
    let made_at = SystemClock.now();
    let copy = folder.join(DATABASE);
    files::new_secret(&copy)?;
    SqliteStore::copy_file(database, &copy).await?;
    let version = SqliteStore::check_file(&copy).await.context("the copy is not good")?;
    let key = match fs::read(data_dir.join(KEY)) {
        Ok(key) => Some(key),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("{KEY} cannot be read")),
    };
    if let Some(key) = &key {
        files::write_secret(&folder.join(KEY), key)?;
    }
    files::sync(&copy)?;
    let database = files::measure(&copy)?;
    let manifest = Manifest {
        made_at,
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        schema_version: version.current,
        database,
        has_key: key.is_some(),
    };
    manifest.write(folder)?;
    files::sync_folder(folder)?;
    Ok(manifest)
}
