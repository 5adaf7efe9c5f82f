//! A store with something of everything in it.

use std::path::Path;

use model::{
    ApiToken, Fault, GradePolicy, TokenId,
    ambient::{SystemClock, SystemEntropy},
};
use store::{
    Delivery, Effects, LaunchRecord, PassbackOutcome, Retry, SqliteStore, Store, TokenRecord,
    contract::kit::{
        LEASE, accepted, at, by, claim, entry, finish_executed, grading, key, report, staff, worker,
    },
};

/// A configuration whose data folder is `data`.
pub(crate) fn config(data: &Path) -> String {
    let file = data.with_extension("toml");
    std::fs::write(&file, format!("[data]\ndir = {:?}\n", data.display().to_string())).unwrap();
    file.display().to_string()
}

/// A launch of a user.
fn launch(user: &str, key_text: Option<&str>) -> LaunchRecord {
    let data = serde_json::json!({ "lineitem": "https://lms.example.org/1", "weight": 0.1 });
    LaunchRecord { user: user.parse().unwrap(), key: key_text.map(key), at: at(0), data }
}

/// A token of a user's.
fn token(user: &str) -> TokenRecord {
    TokenRecord {
        id: TokenId::new(&SystemClock, &SystemEntropy),
        user: user.parse().unwrap(),
        label: "gradebook".into(),
        hash: ApiToken::generate(&SystemEntropy).hash(),
        created_at: at(0),
        expires_at: Some(at(1)),
        revoked_at: None,
    }
}

/// Submissions of three users in every state, with what may belong to them, launches and tokens.
pub(crate) async fn fill(database: &Path) {
    let store = SqliteStore::open(database).await.unwrap();
    let store: &dyn Store = &store;
    let due = Effects { policy: GradePolicy::Latest, delivery: Delivery::Due };
    accepted(store, "ada", "88e/1/lab01", 0).await;
    finish_executed(store, &claim(store, "w", 10).await, b"{\"run\": true}", 20).await;
    for ms in [1, 2] {
        let again = accepted(store, "ada", &format!("88e/1/lab0{}", ms + 1), ms).await;
        let job = claim(store, "w", 30 + ms).await;
        store.record_report(&job.lease, grading(40 + ms), &report(1.0, 3.0), None, due).await.unwrap();
        let sent = store.claim_passback(&worker("w"), at(50 + ms), LEASE).await.unwrap().unwrap();
        if ms == 1 {
            let words = Some("403 \"past due\"");
            store.settle_passback(&sent.lease, at(60), PassbackOutcome::Refused, words).await.unwrap();
            store.regrade(&staff(&again), again.id, &entry("regrade", &again, 70)).await.unwrap();
        }
    }
    accepted(store, "bob", "88e/1/lab01", 3).await;
    let job = claim(store, "w", 80).await;
    store.record_fault(&job.lease, grading(90), &Fault::lasting("broken"), Retry::Never).await.unwrap();
    store.accept(by("eve", "88e/1/lab01", 4)).await.unwrap();
    let mut newer = by("eve", "88e/1/lab01", 5);
    newer.supersedes = true;
    store.accept(newer).await.unwrap();
    claim(store, "w", 100).await;
    for (user, key) in [("ada", Some("88e/1/lab01")), ("ada", None), ("dan", None)] {
        store.put_launch(&launch(user, key)).await.unwrap();
    }
    store.put_token(&token("ada")).await.unwrap();
    store.put_token(&token("eve")).await.unwrap();
    store.close().await;
}
