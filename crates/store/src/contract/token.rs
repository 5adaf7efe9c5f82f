//! Tokens of the service's own.

use model::{ApiToken, TokenId, UserName, ambient::SystemEntropy};

use super::kit::{At, at, by, entry, page};
use crate::{
    records::{AuditEntry, TokenRecord},
    store::Store,
};

fn user(name: &str) -> UserName {
    name.parse().unwrap()
}

/// A token that is not kept yet, and what it is.
fn new(name: &str, ms: i64) -> (ApiToken, TokenRecord) {
    let token = ApiToken::generate(&SystemEntropy);
    let record = TokenRecord {
        id: TokenId::new(&At(ms), &SystemEntropy),
        user: user(name),
        label: "a \"script\" for the gradebook, 성적".into(),
        hash: token.hash(),
        created_at: at(ms),
        expires_at: (ms % 2 == 0).then(|| at(ms + 1000)),
        revoked_at: None,
    };
    (token, record)
}

fn told(action: &str, ms: i64) -> AuditEntry {
    AuditEntry { submission: None, ..entry(action, &by("ada", "88e/1/lab01", ms).submission, ms) }
}

pub(super) async fn a_token_is_known_by_its_hash(store: &dyn Store) {
    let (token, record) = new("ada", 0);
    assert_eq!(store.token(&token.hash()).await.unwrap(), None);
    let entry = told("token_create", 0);
    store.create_token(&record, &entry).await.unwrap();
    assert_eq!(store.token(&token.hash()).await.unwrap().as_ref(), Some(&record));
    assert_eq!(store.token(&new("ada", 0).0.hash()).await.unwrap(), None);
    assert_eq!(store.audits(None, page(None, 10)).await.unwrap(), std::slice::from_ref(&entry));
    // Again, as after an answer that was lost: once is enough.
    let other = TokenRecord { label: "another".into(), ..record.clone() };
    store.create_token(&other, &entry).await.unwrap();
    assert_eq!(store.tokens(None).await.unwrap(), [record]);
    assert_eq!(store.audits(None, page(None, 10)).await.unwrap(), [entry]);
}

pub(super) async fn tokens_are_listed_oldest_first(store: &dyn Store) {
    let mut all = vec![];
    for (ms, name) in [(0, "ada"), (1, "bob"), (2, "ada"), (3, "ad"), (4, "ada/x")] {
        let (_, record) = new(name, ms);
        store.create_token(&record, &told("token_create", ms)).await.unwrap();
        all.push(record);
    }
    assert_eq!(store.tokens(None).await.unwrap(), all);
    assert_eq!(store.tokens(Some(&user("ada"))).await.unwrap(), [all[0].clone(), all[2].clone()]);
    assert_eq!(store.tokens(Some(&user("ad"))).await.unwrap(), [all[3].clone()]);
    assert_eq!(store.tokens(Some(&user("eve"))).await.unwrap(), []);
}

pub(super) async fn a_token_is_revoked_once_and_for_ever(store: &dyn Store) {
    let (token, record) = new("ada", 0);
    let (_, bystander) = new("ada", 1);
    for record in [&record, &bystander] {
        store.create_token(record, &told("token_create", 1)).await.unwrap();
    }
    assert!(store.revoke_token(record.id, &told("token_revoke", 10)).await.unwrap());
    let revoked = TokenRecord { revoked_at: Some(at(10)), ..record.clone() };
    assert_eq!(store.token(&token.hash()).await.unwrap().as_ref(), Some(&revoked));
    assert!(!revoked.is_good(at(10)) && bystander.is_good(at(10)));
    assert!(!store.revoke_token(record.id, &told("token_revoke", 20)).await.unwrap());
    assert!(!store.revoke_token(new("ada", 0).1.id, &told("token_revoke", 20)).await.unwrap());
    assert_eq!(store.tokens(None).await.unwrap(), [revoked, bystander]);
    assert_eq!(store.audits(None, page(None, 10)).await.unwrap().len(), 3, "what did not happen is not told");
}

pub(super) async fn tokens_are_copied_and_erased(store: &dyn Store) {
    let (token, record) = new("ada", 0);
    let (_, others) = new("bob", 1);
    store.put_token(&record).await.unwrap();
    store.put_token(&others).await.unwrap();
    let revoked = TokenRecord { revoked_at: Some(at(5)), ..record.clone() };
    store.put_token(&revoked).await.unwrap();
    assert_eq!(store.tokens(None).await.unwrap(), [revoked, others.clone()], "the last one put is kept");
    // Under the same id, another token takes the place of the first.
    let (_, second) = new("ada", 0);
    let second = TokenRecord { id: record.id, ..second };
    store.put_token(&second).await.unwrap();
    assert_eq!(store.token(&token.hash()).await.unwrap(), None);
    assert_eq!(store.tokens(None).await.unwrap(), [second.clone(), others.clone()]);

    store.erase(&user("ada"), &told("erase", 10)).await.unwrap();
    assert_eq!(store.tokens(None).await.unwrap(), [others]);
    assert_eq!(store.token(&second.hash).await.unwrap(), None);
}
