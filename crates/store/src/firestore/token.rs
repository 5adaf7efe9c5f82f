//! Tokens of the service's own, each a document under the token's hash.

use model::{TokenHash, TokenId, UserName};

use super::{
    FirestoreStore, audit,
    draft::{Draft, Tries},
    fields::{Reader, fields, time},
    names,
    rest::{
        CommitError, Query,
        wire::{self, Document, Fields, If},
    },
};
use crate::{
    error::StoreError,
    records::{AuditEntry, TokenRecord},
};

/// What all tokens are sorted by: their ids, after a slash like everything that is.
const ALL: &str = "of_all";
const OF_USER: &str = "of_user";
const ID: &str = "id";

pub(super) async fn create(
    store: &FirestoreStore,
    token: &TokenRecord,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    let name = store.names.token(&store.client, &token.hash);
    let writes = [wire::set(&name, write(token), &If::Absent), audit::write(store, entry)];
    match store.client.commit(&writes, None).await {
        // It had happened, and the answer was lost.
        Ok(()) | Err(CommitError::Conflict) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn put(store: &FirestoreStore, token: &TokenRecord) -> Result<(), StoreError> {
    let name = store.names.token(&store.client, &token.hash);
    let there = store.client.run(&by_id(store, token.id)).await?;
    let others = there.iter().filter(|other| other.name != name);
    let mut writes: Vec<_> = others.map(|other| wire::delete(&other.name, &If::Always)).collect();
    writes.push(wire::set(&name, write(token), &If::Always));
    Ok(store.client.commit(&writes, None).await?)
}

pub(super) async fn token(
    store: &FirestoreStore,
    hash: &TokenHash,
) -> Result<Option<TokenRecord>, StoreError> {
    let document = store.client.get(&store.names.token(&store.client, hash)).await?;
    document.as_ref().map(read).transpose()
}

pub(super) async fn tokens(
    store: &FirestoreStore,
    user: Option<&UserName>,
) -> Result<Vec<TokenRecord>, StoreError> {
    let query = match user {
        Some(user) => Query::by(&store.names.tokens, OF_USER).beginning(&names::of_user(user)),
        None => Query::by(&store.names.tokens, ALL),
    };
    store.client.run(&query).await?.iter().map(read).collect()
}

pub(super) async fn revoke(
    store: &FirestoreStore,
    id: TokenId,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let mut tries = Tries::default();
    loop {
        let found = store.client.run(&by_id(store, id)).await?;
        let Some(document) = found.first() else { return Ok(false) };
        let token = read(document)?;
        if token.revoked_at.is_some() {
            return Ok(false);
        }
        let revoked = TokenRecord { revoked_at: Some(entry.at), ..token };
        let mut draft = Draft::new(store);
        draft.set_marked(&document.name, write(&revoked), &If::Version(document.update_time.clone()));
        draft.add(audit::write(store, entry));
        match draft.commit().await {
            Err(CommitError::Conflict) => tries.again().await?,
            other => return other.map(|()| true).map_err(Into::into),
        }
    }
}

fn by_id(store: &FirestoreStore, id: TokenId) -> Query {
    Query::by(&store.names.tokens, ID).is(&wire::text(id.to_string()))
}

/// The whole document.
fn write(token: &TokenRecord) -> Fields {
    let TokenRecord { id, user, label, hash, created_at, expires_at, revoked_at } = token;
    fields([
        (ID, Some(wire::text(id.to_string()))),
        ("user", Some(wire::text(user.as_str()))),
        ("label", Some(wire::text(label))),
        ("hash", Some(wire::text(hash.to_string()))),
        ("created_at", Some(time(*created_at))),
        ("expires_at", expires_at.map(time)),
        ("revoked_at", revoked_at.map(time)),
        (ALL, Some(wire::text(format!("/{id}")))),
        (OF_USER, Some(wire::text(format!("{}{id}", names::of_user(user))))),
    ])
}

fn read(document: &Document) -> Result<TokenRecord, StoreError> {
    let reader = Reader::of(document);
    Ok(TokenRecord {
        id: reader.parse(ID)?,
        user: reader.parse("user")?,
        label: reader.text("label")?.into(),
        hash: reader.parse("hash")?,
        created_at: reader.time("created_at")?,
        expires_at: reader.time_if_any("expires_at")?,
        revoked_at: reader.time_if_any("revoked_at")?,
    })
}
