//! What there is to copy: submissions with all that belongs to them, and the audit trail.

use std::{cmp::Ordering, fmt::Display};

use model::{AuditId, SubmissionId};
use sha2::{Digest, Sha256};
use store::{AuditEntry, Page, Store, StoreError, Whole};

use crate::commands::described::{described, size};

/// One kind of thing that a store holds in an order.
pub(super) trait Kind {
    /// In the plural.
    const NAME: &'static str;
    /// One of them.
    const ONE: &'static str;
    /// How many are read at a time. It bounds the memory.
    const PAGE: u32;

    type Id: Copy + Display;
    type Item;

    fn id(item: &Self::Item) -> Self::Id;

    /// Which one comes first.
    fn order(one: Self::Id, other: Self::Id) -> Ordering;

    /// What comes after the one with the given id.
    async fn page(
        store: &dyn Store,
        after: Option<Self::Id>,
        limit: u32,
    ) -> Result<Vec<Self::Item>, StoreError>;

    async fn put(store: &dyn Store, item: &Self::Item) -> Result<(), StoreError>;

    /// A hash of all of it that is the same in every engine.
    fn hash(item: &Self::Item) -> [u8; 32];

    /// About how many bytes it takes.
    fn size(item: &Self::Item) -> u64;
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

    fn order(one: SubmissionId, other: SubmissionId) -> Ordering {
        one.cmp(&other)
    }

    async fn page(
        store: &dyn Store,
        after: Option<SubmissionId>,
        limit: u32,
    ) -> Result<Vec<Whole>, StoreError> {
        store.wholes(None, after, limit).await
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

    fn order(one: AuditId, other: AuditId) -> Ordering {
        // The trail is read backwards.
        other.cmp(&one)
    }

    async fn page(
        store: &dyn Store,
        after: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        store.audits(None, Page { before: after, limit }).await
    }

    async fn put(store: &dyn Store, item: &AuditEntry) -> Result<(), StoreError> {
        store.audit(item).await
    }

    fn hash(item: &AuditEntry) -> [u8; 32] {
        Sha256::digest(serde_json::json!(item).to_string()).into()
    }

    fn size(_: &AuditEntry) -> u64 {
        0
    }
}
