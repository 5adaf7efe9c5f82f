//! `otter-service user export`.

use std::{path::Path, process::ExitCode};

use model::{
    UserName,
    ambient::{Clock, SystemClock},
};
use serde_json::{Value, json};
use store::{Store, Whole};

use super::{audits_of, each, entry, launches_of, target::Target};
use crate::commands::{described::described, token::described as token};

pub(super) async fn run(store: &dyn Store, user: &UserName, to: &Path) -> anyhow::Result<ExitCode> {
    let mut into = Target::new(to)?;
    let mut submissions = vec![];
    each(store, user, |whole| {
        submissions.push(write(&mut into, &whole)?);
        Ok(())
    })
    .await?;
    let audits = audits_of(store, user).await?;
    let launches = launches_of(store, user).await?;
    let now = SystemClock.now();
    let tokens: Vec<_> = store.tokens(Some(user)).await?.iter().map(|one| token(one, now)).collect();
    if submissions.is_empty() && audits.is_empty() && launches.is_empty() && tokens.is_empty() {
        println!("The store has nothing of {user}'s.");
        return Ok(ExitCode::FAILURE);
    }
    let count = submissions.len();
    into.add("audit.json", &json_file(&json!(audits)))?;
    into.add("launches.json", &json_file(&json!(launches)))?;
    into.add("tokens.json", &json_file(&json!(tokens)))?;
    let index = json!({
        "user": user, "exported_at": now, "program_version": env!("CARGO_PKG_VERSION"),
        "submissions": submissions, "audit": "audit.json",
        "launches": "launches.json", "tokens": "tokens.json",
    });
    into.add("index.json", &json_file(&index))?;
    // Before the export can be seen: none leaves without having been noted.
    store.audit(&entry("export", user, format!("{count} submissions"))).await?;
    into.finish()?;
    println!("{}: {count} submissions of {user}'s", to.display());
    Ok(ExitCode::SUCCESS)
}

/// Writes a submission's files and gives its place in the index.
fn write(into: &mut Target, whole: &Whole) -> anyhow::Result<Value> {
    let id = whole.submission.id;
    let mut files = vec![format!("{id}/submission.json")];
    into.add(&files[0], &json_file(&described(whole)))?;
    let executed = whole.gradings.iter().filter_map(|(grading, executed)| {
        Some((format!("{id}/executed-{}.ipynb", grading.id), executed.as_ref()?))
    });
    let submitted = whole.notebook.iter().map(|notebook| (format!("{id}/notebook.ipynb"), notebook));
    for (name, bytes) in submitted.chain(executed) {
        into.add(&name, bytes)?;
        files.push(name);
    }
    let grade =
        whole.grade.as_ref().map(|grade| json!({ "score": grade.score, "max_score": grade.max_score }));
    Ok(json!({
        "id": id, "for": whole.submission.key.to_string(), "received_at": whole.submission.received_at,
        "counts": grade, "files": files,
    }))
}

fn json_file(value: &Value) -> Vec<u8> {
    let mut text = format!("{value:#}").into_bytes();
    text.push(b'\n');
    text
}
