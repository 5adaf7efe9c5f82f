//! `token create`, `token list` and `token revoke`.

use std::path::Path;

use model::ApiToken;
use serde_json::Value;
use store::{Page, SqliteStore, Store, TokenRecord};

use crate::support::{run, said};

fn url(database: &Path) -> String {
    format!("sqlite:{}", database.display())
}

/// What a command prints as JSON.
fn json(args: &[&str]) -> Value {
    let output = run(args.iter().copied());
    assert!(output.status.success(), "{}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn opened<T>(database: &Path, look: impl AsyncFnOnce(&dyn Store) -> T) -> T {
    let store = SqliteStore::open(database).await.unwrap();
    let found = look(&store).await;
    store.close().await;
    found
}

async fn kept(database: &Path) -> Vec<TokenRecord> {
    opened(database, async |store| store.tokens(None).await.unwrap()).await
}

#[tokio::test]
async fn a_token_is_shown_once_and_only_its_hash_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("data/otter.sqlite");
    let store = url(&database);
    let output = run(["token", "create", "ada", "--label", "gradebook", "--days", "30", "--store", &store]);
    assert!(output.status.success(), "{}", said(&output));
    let shown = String::from_utf8(output.stdout).unwrap();
    let token = ApiToken::parse(shown.trim_end()).unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("acts for ada until ") && !told.contains(token.reveal()), "{told}");

    let kept = kept(&database).await.remove(0);
    assert_eq!((kept.hash, kept.label.as_str()), (token.hash(), "gradebook"));
    assert_eq!(kept.expires_at.unwrap().duration_since(kept.created_at).as_hours(), 30 * 24);
    let bytes = std::fs::read(&database).unwrap();
    assert!(!bytes.windows(20).any(|part| part == &token.reveal().as_bytes()[..20]), "it is in the file");
    let again = run(["token", "list", "--store", &store]);
    assert!(!said(&again).contains(&token.reveal()[6..]), "{}", said(&again));

    for wrong in [["--label", ""], ["--label", "two\nlines"], ["--label", &"x".repeat(201)]] {
        let output = run(["token", "create", "ada", "--store", &store].into_iter().chain(wrong));
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", said(&output));
    }
    let output = run(["token", "create", "ada", "--label", "x", "--days", "0", "--store", &store]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

#[tokio::test]
async fn tokens_are_listed_and_revoked_and_the_trail_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("otter.sqlite");
    let store = url(&database);
    let create =
        |user, label| json(&["token", "create", user, "--label", label, "--json", "--store", &store]);
    let (first, second) = (create("ada", "one"), create("bob", "two"));
    assert_eq!(
        (&first["user"], &first["label"], &first["expires_at"]),
        (&"ada".into(), &"one".into(), &Value::Null)
    );
    assert!(ApiToken::parse(first["token"].as_str().unwrap()).is_ok());
    let id = first["id"].as_str().unwrap();

    let revoke = |id: &str| run(["token", "revoke", id, "--store", &store]);
    let output = revoke(id);
    assert!(
        output.status.success() && said(&output).contains("of ada's (one) is revoked"),
        "{}",
        said(&output)
    );
    let output = revoke(id);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("was revoked before"), "{}", said(&output));
    let output = revoke("019a0000-0000-7000-8000-000000000001");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("There is no token"), "{}", said(&output));
    assert_eq!(revoke("nonsense").status.code(), Some(2));

    let all = json(&["token", "list", "--json", "--store", &store]);
    let good: Vec<_> =
        all.as_array().unwrap().iter().map(|one| (one["id"].clone(), one["good"].clone())).collect();
    assert_eq!(good, [(first["id"].clone(), false.into()), (second["id"].clone(), true.into())]);
    assert!(all[0]["revoked_at"].is_string() && all[0].get("hash").is_none(), "{all}");
    let of_bob = json(&["token", "list", "bob", "--json", "--store", &store]);
    assert_eq!(of_bob.as_array().unwrap().len(), 1);
    let output = run(["token", "list", "ada", "--store", &store]);
    let table = said(&output);
    assert!(table.contains(id) && table.contains("revoked 20") && !table.contains("bob"), "{table}");
    let output = run(["token", "list", "eve", "--store", &store]);
    assert!(said(&output).contains("eve has no tokens."), "{}", said(&output));

    let noted =
        opened(&database, async |store| store.audits(None, Page { before: None, limit: 10 }).await.unwrap());
    let noted: Vec<_> = noted
        .await
        .into_iter()
        .map(|entry| (entry.actor, entry.action, entry.user.unwrap().to_string()))
        .collect();
    let entry = |action: &str, user: &str| ("operator".to_owned(), action.to_owned(), user.to_owned());
    let expected = [entry("token_revoke", "ada"), entry("token_create", "bob"), entry("token_create", "ada")];
    assert_eq!(noted, expected);
}

#[tokio::test]
async fn a_missing_database_is_told_where_nothing_is_to_be_made() {
    let dir = tempfile::tempdir().unwrap();
    let store = url(&dir.path().join("otter.sqlite"));
    for args in [&["token", "list"][..], &["token", "revoke", "019a0000-0000-7000-8000-000000000001"]] {
        let output = run(args.iter().copied().chain(["--store", store.as_str()]));
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains("there is no database"), "{}", said(&output));
    }
}
