//! `otter-service migrate`.

use std::process::ExitCode;

use store::{PostgresStore, SchemaVersion, SqliteStore};

use super::store_args::StoreArgs;
use crate::place::Place;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// Only look, and end with exit code 1 if the store is to be brought up to date.
    #[arg(long)]
    check: bool,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let place = args.store.place()?;
    if let Place::Sqlite(path) = &place
        && !path.exists()
    {
        // Its folder is the service's to make, too.
        println!("{place} is not there yet; the first start of the service makes it.");
        return Ok(ExitCode::SUCCESS);
    }
    let Some(found) = version(&place).await? else {
        // Whatever it would say about its version is said when it is opened.
        place.open().await?.close().await;
        println!("{place} has no schema that could be brought up to date.");
        return Ok(ExitCode::SUCCESS);
    };
    let SchemaVersion { current, newest } = found;
    if !found.is_due() {
        println!("{place} is up to date: schema version {current}.");
        return Ok(ExitCode::SUCCESS);
    }
    if args.check {
        println!("{place} is to be brought up to date: from schema version {current} to {newest}.");
        return Ok(ExitCode::FAILURE);
    }
    place.open().await?.close().await;
    println!("{place} was brought up to date: from schema version {current} to {newest}.");
    Ok(ExitCode::SUCCESS)
}

/// The version of the store's schema, if it has any.
async fn version(place: &Place) -> anyhow::Result<Option<SchemaVersion>> {
    Ok(match place {
        Place::Sqlite(path) => Some(SqliteStore::schema(path).await?),
        Place::Postgres(url) => Some(PostgresStore::schema(url).await?),
        Place::Firestore(_) => None,
    })
}
