//! `otter-service store`: from one engine to another.

mod kinds;
mod walk;

use std::{process::ExitCode, sync::Arc, time::Duration};

use anyhow::bail;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use model::ambient::{Clock, SystemClock};
use store::Store;

use self::{
    kinds::{Audits, Kind, Launches, Submissions, Tokens},
    walk::{Compared, Found, compare},
};
use super::store_args::must_be_there;
use crate::{place::Place, service::Kept};

/// How long ago a process must have given its last sign of life to count as ended: four times as long as it may be
/// silent while it works.
const SILENT: Duration = Duration::from_mins(1);

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Copy everything into another store, and verify the copy. Stop the service first.
    Copy {
        #[command(flatten)]
        stores: Stores,
        /// Go on where an earlier copy was interrupted: what is there already and the same is left alone.
        #[arg(long)]
        resume: bool,
        /// Copy although a service seems to be at work. What it changes meanwhile may be missing or of two moments.
        #[arg(long)]
        force: bool,
    },
    /// Compare what two stores hold.
    Verify {
        #[command(flatten)]
        stores: Stores,
    },
}

#[derive(clap::Args)]
pub(crate) struct Stores {
    /// `sqlite:PATH`, `postgres://USER@HOST/DATABASE` or `firestore://PROJECT?environment=NAME`.
    #[arg(long, value_name = "URL")]
    from: Place,
    /// The other one; it is prepared if it is new.
    #[arg(long, value_name = "URL")]
    to: Place,
}

pub(crate) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Copy { stores, resume, force } => {
            stores.must_differ()?;
            must_be_there(&stores.from)?;
            let (from, _from_lock) = open(&stores.from, force).await?;
            let (to, _to_lock) = open(&stores.to, force).await?;
            if !resume && !is_empty(&*to).await? {
                bail!(
                    "{} is not empty; --resume goes on with an earlier copy, and replaces what is there under the same id",
                    stores.to
                );
            }
            copy::<Submissions>(&*from, &*to).await?;
            copy::<Audits>(&*from, &*to).await?;
            copy::<Launches>(&*from, &*to).await?;
            copy::<Tokens>(&*from, &*to).await?;
            let code = verify(&stores, &*from, &*to).await;
            to.close().await;
            from.close().await;
            code
        }
        Command::Verify { stores } => {
            stores.must_differ()?;
            must_be_there(&stores.from)?;
            must_be_there(&stores.to)?;
            let (from, to) = (stores.from.open().await?, stores.to.open().await?);
            let code = verify(&stores, &*from, &*to).await;
            to.close().await;
            from.close().await;
            code
        }
    }
}

impl Stores {
    fn must_differ(&self) -> anyhow::Result<()> {
        if self.from == self.to {
            bail!("{} is named twice", self.from);
        }
        Ok(())
    }
}

/// Opens a store for a copy, which nobody else is to work with meanwhile.
async fn open(place: &Place, force: bool) -> anyhow::Result<(Arc<dyn Store>, Option<Kept>)> {
    if force {
        return Ok((place.open().await?, None));
    }
    let kept = Kept::open(place).await?;
    must_be_idle(&*kept.store, place).await?;
    Ok((Arc::clone(&kept.store), Some(kept)))
}

/// Refuses a store that somebody works with: a copy of what changes meanwhile is not whole.
async fn must_be_idle(store: &dyn Store, place: &Place) -> anyhow::Result<()> {
    let since = SystemClock.now() - SILENT;
    let alive = |seen: Timestamp| seen >= since;
    let at_work: Vec<_> = store.workers().await?.into_iter().filter(|worker| alive(worker.seen_at)).collect();
    if at_work.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = at_work.iter().map(|worker| &*worker.id.0).collect();
    bail!(
        "{place} is in use: {} gave a sign of life within the last minute. Stop the service and its workers, wait a minute \
         if they were killed, or say --force",
        names.join(", ")
    )
}

async fn is_empty(store: &dyn Store) -> anyhow::Result<bool> {
    Ok(Submissions::page(store, None, 1).await?.is_empty()
        && Audits::page(store, None, 1).await?.is_empty()
        && Launches::page(store, None, 1).await?.is_empty()
        && Tokens::page(store, None, 1).await?.is_empty())
}

/// Copies what is not there, or is there and not the same.
async fn copy<K: Kind>(from: &dyn Store, to: &dyn Store) -> anyhow::Result<()> {
    let bar = progress(&format!("copying {}", K::NAME))?;
    let (mut copied, mut skipped) = (0_u64, 0_u64);
    compare::<K>(from, to, &bar, async |found| {
        match found {
            Found::Same => skipped += 1,
            // It has no counterpart to copy; the verification tells of it.
            Found::OnlyThere(_) => {}
            Found::OnlyHere(item) | Found::Different(item) => {
                K::put(to, item).await?;
                copied += 1;
            }
        }
        Ok(())
    })
    .await?;
    bar.finish_and_clear();
    println!("{}: {copied} copied, {skipped} were there already", K::NAME);
    Ok(())
}

/// Says what differs and how much there is.
async fn verify(stores: &Stores, from: &dyn Store, to: &dyn Store) -> anyhow::Result<ExitCode> {
    let is_good = verify_kind::<Submissions>(stores, from, to).await?
        & verify_kind::<Audits>(stores, from, to).await?
        & verify_kind::<Launches>(stores, from, to).await?
        & verify_kind::<Tokens>(stores, from, to).await?;
    println!("{}", if is_good { "Both hold the same." } else { "They do NOT hold the same." });
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn verify_kind<K: Kind>(stores: &Stores, from: &dyn Store, to: &dyn Store) -> anyhow::Result<bool> {
    let bar = progress(&format!("comparing {}", K::NAME))?;
    let mut is_good = true;
    let compared = compare::<K>(from, to, &bar, async |found| {
        let (id, what) = match found {
            Found::Same => return Ok(()),
            Found::OnlyHere(item) => (K::id(item), format!("is missing in {}", stores.to)),
            Found::OnlyThere(item) => (K::id(item), format!("is only in {}", stores.to)),
            Found::Different(item) => (K::id(item), "is not the same in both".to_owned()),
        };
        is_good = false;
        bar.suspend(|| println!("{} {id} {what}", K::ONE));
        Ok(())
    })
    .await?;
    bar.finish_and_clear();
    let Compared { here, there } = compared;
    for (place, tally) in [(&stores.from, here), (&stores.to, there)] {
        println!("{place}: {} {}, SHA-256 {}", tally.count, K::NAME, tally.digest());
    }
    Ok(is_good)
}

fn progress(what: &str) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::no_length();
    bar.set_style(ProgressStyle::with_template("{spinner} {elapsed} {msg}: {pos}, {per_sec}")?);
    bar.set_message(what.to_owned());
    if !bar.is_hidden() {
        bar.enable_steady_tick(Duration::from_millis(250));
    }
    Ok(bar)
}
