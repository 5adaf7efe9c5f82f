//! `otter-service user`: what the store has of a user.

mod erase;
mod export;
mod target;

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use model::{
    AuditId, UserName,
    ambient::{Clock, SystemClock, SystemEntropy},
};
use store::{AuditEntry, LaunchRecord, Page, Store, StoreError, Whole};

use super::store_args::StoreArgs;

/// How many submissions are read at a time: each may bring notebooks of 20 MiB, and more than one.
const PAGE: u32 = 4;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Write everything of a user's to a folder or a zip file.
    Export {
        /// As submissions name them.
        user: UserName,
        /// A folder to make, or a zip file if the name ends in `.zip`.
        #[arg(long, value_name = "DIR|FILE.zip")]
        to: PathBuf,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Remove everything of a user's but for the audit trail. Asks first.
    Erase {
        /// As submissions name them.
        user: UserName,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        store: StoreArgs,
    },
}

pub(crate) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Export { user, to, store } => {
            let store = store.place_that_is_there()?.open().await?;
            let code = export::run(&*store, &user, &to).await;
            store.close().await;
            code
        }
        Command::Erase { user, yes, store } => {
            let place = store.place_that_is_there()?;
            let store = place.open().await?;
            let code = erase::run(&*store, &place, &user, yes).await;
            store.close().await;
            code
        }
    }
}

/// Reads all submissions of a user's, a few at a time.
async fn each(
    store: &dyn Store,
    user: &UserName,
    mut one: impl FnMut(Whole) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = store.wholes(Some(user), after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.submission.id);
        page.into_iter().try_for_each(&mut one)?;
    }
}

/// Adds to the audit trail what an operator does.
fn entry(action: &str, user: &UserName, detail: String) -> AuditEntry {
    AuditEntry {
        id: AuditId::new(&SystemClock, &SystemEntropy),
        at: SystemClock.now(),
        actor: "operator".into(),
        action: action.into(),
        course: None,
        user: Some(user.clone()),
        submission: None,
        address: None,
        detail: Some(detail),
    }
}

/// The audit trail's entries that are about a user or name the user as the one who acted, newest first.
async fn audits_of(store: &dyn Store, user: &UserName) -> Result<Vec<AuditEntry>, StoreError> {
    let (mut found, mut before) = (vec![], None);
    loop {
        let page = store.audits(None, Page { before, limit: 500 }).await?;
        let Some(last) = page.last() else { return Ok(found) };
        before = Some(last.id);
        let of_user = |entry: &AuditEntry| entry.user.as_ref() == Some(user) || entry.actor == user.as_str();
        found.extend(page.into_iter().filter(of_user));
    }
}

/// All of a user's launches.
async fn launches_of(store: &dyn Store, user: &UserName) -> Result<Vec<LaunchRecord>, StoreError> {
    let mut found: Vec<_> = store.last_launch(user).await?.into_iter().collect();
    loop {
        let last = found.last().and_then(|launch| launch.key.as_ref());
        let page = store.launches(Some((user, last)), 100).await?;
        let all = page.len();
        let known = found.len();
        found.extend(page.into_iter().take_while(|launch| launch.user == *user));
        if all == 0 || found.len() - known < all {
            return Ok(found);
        }
    }
}
