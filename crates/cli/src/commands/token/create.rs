//! `otter-service token create`.

use std::process::ExitCode;

use anyhow::ensure;
use jiff::{Timestamp, ToSpan};
use model::{
    ApiToken, TokenId, UserName,
    ambient::{Clock, SystemClock, SystemEntropy},
};
use serde_json::json;
use store::{Store, TokenRecord};

/// The most characters of a label.
const LONGEST_LABEL: usize = 200;

pub(super) async fn run(
    store: &dyn Store,
    user: UserName,
    label: String,
    days: Option<i64>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    ensure!(
        label.chars().count() <= LONGEST_LABEL && !label.chars().any(char::is_control),
        "a label is one line of at most {LONGEST_LABEL} characters"
    );
    let token = ApiToken::generate(&SystemEntropy);
    let created_at = SystemClock.now();
    let record = TokenRecord {
        id: TokenId::new(&SystemClock, &SystemEntropy),
        user,
        label,
        hash: token.hash(),
        created_at,
        expires_at: days.map(|days| end(created_at, days)).transpose()?,
        revoked_at: None,
    };
    let entry = super::entry("token_create", &record.user, record.id, &record.label);
    store.create_token(&record, &entry).await?;
    if json {
        let TokenRecord { id, user, label, created_at, expires_at, .. } = &record;
        let told = json!({
            "token": token.reveal(), "id": id, "user": user, "label": label, "created_at": created_at,
            "expires_at": expires_at,
        });
        println!("{told:#}");
        return Ok(ExitCode::SUCCESS);
    }
    // The token alone on standard output, so that it can be piped into a file.
    println!("{}", token.reveal());
    let until = match record.expires_at {
        Some(end) => format!("until {end}"),
        None => "until it is revoked".to_owned(),
    };
    eprintln!(
        "Token {} acts for {} {until}. It is not kept and cannot be shown again.",
        record.id, record.user
    );
    eprintln!("Send it as `Authorization: Bearer …`. Revoke it: otter-service token revoke {}", record.id);
    Ok(ExitCode::SUCCESS)
}

fn end(begin: Timestamp, days: i64) -> anyhow::Result<Timestamp> {
    Ok(begin.checked_add((24 * days).hours())?)
}
