//! `otter-service token`: tokens of the service's own, for programs that act for a user.

mod create;
mod list;

use std::process::ExitCode;

use clap::{Subcommand, builder::NonEmptyStringValueParser};
use model::{
    AuditId, TokenId, UserName,
    ambient::{Clock, SystemClock, SystemEntropy},
};
use store::{AuditEntry, Store};

pub(super) use self::list::described;
use super::store_args::StoreArgs;

/// The longest a token may be good for: ten years.
const MOST_DAYS: i64 = 3660;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a token and print it. It cannot be shown again.
    Create {
        /// Whom the token acts for, as submissions name them.
        user: UserName,
        /// What it is for, so that its owner knows it again.
        #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
        label: String,
        /// For how many days it is good. Without it, until it is revoked.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=MOST_DAYS))]
        days: Option<i64>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Show what tokens there are. The tokens themselves are not kept.
    List {
        /// Only those of this user.
        user: Option<UserName>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Make a token good for nothing, at once and for ever.
    Revoke {
        /// The token's id, as `token list` shows it.
        id: TokenId,
        #[command(flatten)]
        store: StoreArgs,
    },
}

pub(crate) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Create { user, label, days, json, store } => {
            // Before the service's first start there may be no database yet: this one makes it.
            let store = store.place()?.open().await?;
            let code = create::run(&*store, user, label, days, json).await;
            store.close().await;
            code
        }
        Command::List { user, json, store } => {
            let store = store.place_that_is_there()?.open().await?;
            let code = list::run(&*store, user.as_ref(), json).await;
            store.close().await;
            code
        }
        Command::Revoke { id, store } => {
            let store = store.place_that_is_there()?.open().await?;
            let code = revoke(&*store, id).await;
            store.close().await;
            code
        }
    }
}

async fn revoke(store: &dyn Store, id: TokenId) -> anyhow::Result<ExitCode> {
    let Some(token) = store.tokens(None).await?.into_iter().find(|token| token.id == id) else {
        println!("There is no token {id}.");
        return Ok(ExitCode::FAILURE);
    };
    if let Some(at) = token.revoked_at {
        println!("Token {id} of {}'s was revoked before, at {at}.", token.user);
        return Ok(ExitCode::FAILURE);
    }
    // If somebody else revokes it at this moment, it is revoked all the same.
    store.revoke_token(id, &entry("token_revoke", &token.user, id, &token.label)).await?;
    println!("Token {id} of {}'s ({}) is revoked.", token.user, token.label);
    Ok(ExitCode::SUCCESS)
}

/// Adds to the audit trail what an operator does.
fn entry(action: &str, user: &UserName, id: TokenId, label: &str) -> AuditEntry {
    AuditEntry {
        id: AuditId::new(&SystemClock, &SystemEntropy),
        at: SystemClock.now(),
        actor: "operator".into(),
        action: action.into(),
        course: None,
        user: Some(user.clone()),
        submission: None,
        address: None,
        detail: Some(format!("token {id}: {label}")),
    }
}
