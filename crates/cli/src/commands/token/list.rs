//! `otter-service token list`.

use std::process::ExitCode;

use jiff::Timestamp;
use model::{
    UserName,
    ambient::{Clock, SystemClock},
};
use serde_json::{Value, json};
use store::{Store, TokenRecord};

use crate::commands::tables;

pub(super) async fn run(store: &dyn Store, user: Option<&UserName>, json: bool) -> anyhow::Result<ExitCode> {
    let (tokens, now) = (store.tokens(user).await?, SystemClock.now());
    if json {
        println!("{:#}", Value::Array(tokens.iter().map(|token| described(token, now)).collect()));
        return Ok(ExitCode::SUCCESS);
    }
    if tokens.is_empty() {
        match user {
            Some(user) => println!("{user} has no tokens."),
            None => println!("There are no tokens."),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = tables::empty(&["id", "user", "label", "made", "is"], 0..0);
    for token in &tokens {
        table.add_row([
            token.id.to_string(),
            token.user.to_string(),
            token.label.clone(),
            day(token.created_at),
            standing(token, now),
        ]);
    }
    println!("{table}");
    Ok(ExitCode::SUCCESS)
}

/// Everything but the hash, which is of no use to anybody.
pub(crate) fn described(token: &TokenRecord, now: Timestamp) -> Value {
    let TokenRecord { id, user, label, created_at, expires_at, revoked_at, .. } = token;
    json!({
        "id": id, "user": user, "label": label, "created_at": created_at, "expires_at": expires_at,
        "revoked_at": revoked_at, "good": token.is_good(now),
    })
}

/// Whether it is good, in words.
fn standing(token: &TokenRecord, now: Timestamp) -> String {
    match (token.revoked_at, token.expires_at) {
        (Some(at), _) => format!("revoked {}", day(at)),
        (None, Some(end)) if end <= now => format!("expired {}", day(end)),
        (None, Some(end)) => format!("good until {}", day(end)),
        (None, None) => "good".to_owned(),
    }
}

/// The day in UTC.
fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
