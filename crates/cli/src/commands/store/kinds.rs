//! What there is to copy: submissions with all that belongs to them, the audit trail, launches and tokens.

use std::{
    cmp::Ordering,
    fmt::{self, Display},
};

use model::{AssignmentKey, AuditId, SubmissionId, TokenId, UserName};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::{AuditEntry, LaunchRecord, Page, Store, StoreError, TokenRecord, Whole};

use crate::commands::described::{described, size};

/// One kind of thing that a store holds in an order.
pub(super) trait Kind {
    /// In the plural.
    const NAME: &'static str;
    /// One of them.
    const ONE: &'static str;
    /// How many are read at a time. It bounds the memory.
    const PAGE: u32;

    type Id: Clone + Display + Ord;
    type Item;

    fn id(item: &Self::Item) -> Self::Id;

    /// Which one comes first.
    fn order(one: &Self::Id, other: &Self::Id) -> Ordering {
        one.cmp(other)
    }

    /// What comes after the one with the given id.
    async fn page(
        store: &dyn Store,
        after: Option<&Self::Id>,
        limit: u32,
    ) -> Result<Vec<Self::Item>, StoreError>;

    async fn put(store: &dyn Store, item: &Self::Item) -> Result<(), StoreError>;

    /// A hash of all of it that is the same in every engine.
    fn hash(item: &Self::Item) -> [u8; 32];

    /// About how many bytes it takes, if that is worth telling.
    fn size(_: &Self::Item) -> u64 {
        0
    }
}

/// A hash of the value as JSON.
fn hash(item: &impl Serialize) -> [u8; 32] {
    Sha256::digest(serde_json::json!(item).to_string()).into()
}

pub(super) struct Submissions;

impl Kind for Submissions {
    const NAME: &'static str = "submissions";
    const ONE: &'static str = "submission";
    // Each may bring notebooks of 20 MiB, and more than one.
    const PAGE: u32 = 4;

    type Id = SubmissionId;
    type Item = Whole;

    fn id(item: &Whole) -> SubmissionId {
        item.submission.id
    }

    async fn page(
        store: &dyn Store,
        after: Option<&SubmissionId>,
        limit: u32,
    ) -> Result<Vec<Whole>, StoreError> {
        store.wholes(None, after.copied(), limit).await
    }

    async fn put(store: &dyn Store, item: &Whole) -> Result<(), StoreError> {
        store.put_whole(item).await
    }

    fn hash(item: &Whole) -> [u8; 32] {
        Sha256::digest(described(item).to_string()).into()
    }

    fn size(item: &Whole) -> u64 {
        size(item)
    }
}

pub(super) struct Audits;

impl Kind for Audits {
    const NAME: &'static str = "audit entries";
    const ONE: &'static str = "audit entry";
    const PAGE: u32 = 500;

    type Id = AuditId;
    type Item = AuditEntry;

    fn id(item: &AuditEntry) -> AuditId {
        item.id
    }

    fn order(one: &AuditId, other: &AuditId) -> Ordering {
        // The trail is read backwards.
        other.cmp(one)
    }

    async fn page(
        store: &dyn Store,
        after: Option<&AuditId>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        store.audits(None, Page { before: after.copied(), limit }).await
    }

    async fn put(store: &dyn Store, item: &AuditEntry) -> Result<(), StoreError> {
        store.audit(item).await
    }

    fn hash(item: &AuditEntry) -> [u8; 32] {
        hash(item)
    }
}

pub(super) struct Launches;

/// Whose launch for what.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LaunchId(UserName, Option<AssignmentKey>);

impl Display for LaunchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.1 {
            Some(key) => write!(f, "of {} for {key}", self.0),
            None => write!(f, "of {}", self.0),
        }
    }
}

impl Kind for Launches {
    const NAME: &'static str = "launches";
    const ONE: &'static str = "launch";
    const PAGE: u32 = 200;

    type Id = LaunchId;
    type Item = LaunchRecord;

    fn id(item: &LaunchRecord) -> LaunchId {
        LaunchId(item.user.clone(), item.key.clone())
    }

    async fn page(
        store: &dyn Store,
        after: Option<&LaunchId>,
        limit: u32,
    ) -> Result<Vec<LaunchRecord>, StoreError> {
        store.launches(after.map(|LaunchId(user, key)| (user, key.as_ref())), limit).await
    }

    async fn put(store: &dyn Store, item: &LaunchRecord) -> Result<(), StoreError> {
        store.put_launch(item).await
    }

    fn hash(item: &LaunchRecord) -> [u8; 32] {
        hash(item)
    }
}

pub(super) struct Tokens;

impl Kind for Tokens {
    const NAME: &'static str = "tokens";
    const ONE: &'static str = "token";
    // There are never many: as a rule the first page has them all.
    const PAGE: u32 = 10_000;

    type Id = TokenId;
    type Item = TokenRecord;

    fn id(item: &TokenRecord) -> TokenId {
        item.id
    }

    async fn page(
        store: &dyn Store,
        after: Option<&TokenId>,
        limit: u32,
    ) -> Result<Vec<TokenRecord>, StoreError> {
        let all = store.tokens(None).await?.into_iter();
        let rest = all.skip_while(|token| after.is_some_and(|after| token.id <= *after));
        Ok(rest.take(limit as usize).collect())
    }

    async fn put(store: &dyn Store, item: &TokenRecord) -> Result<(), StoreError> {
        store.put_token(item).await
    }

    fn hash(item: &TokenRecord) -> [u8; 32] {
        hash(item)
    }
}
