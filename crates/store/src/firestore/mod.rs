//! Cloud Firestore, for several machines: documents over its REST interface
//! (<https://firebase.google.com/docs/firestore/reference/rest>).
//!
//! There are no transactions here. An effect is put together from what was read and happens in one commit, which
//! Firestore makes atomic and durable, and which is conditional: each document that the effect depends on must have
//! the version that was read, each new one must not be there. If another write came first, the effect is put together
//! anew. A commit whose answer was lost is sent again; if Firestore then says that a condition does not hold, a word
//! in one of its documents tells whether that was because it had happened (`Mark`).
//!
//! | method | what it reads | what its commit is conditional on |
//! |---|---|---|
//! | `accept` | the head of the queue, counts, older submissions | the submission and its events are new; each superseded one is as it was read. Large notebooks are written before, and belong to nothing until then |
//! | `claim` | the head of the queue | the job is as it was read |
//! | `renew`, `progress`, `release`, `record_fault`, `regrade` | the submission | it is as it was read; its events are new |
//! | `record_report` | the submission; the grade; its open deliveries; under `best`, what the user's others earned | all of these are as they were read, but for the last: whoever changes what counts changes the grade's document |
//! | `claim_passback`, `settle_passback`, `resend` | the delivery, the grade, the submission | they are as they were read |
//! | `release_abandoned`, `expire`, `erase` | the submissions in question | each is as it was read, one commit for each |
//! | `revoke_token` | the token | it is as it was read |
//! | `create_token` | nothing | the token is new |
//! | `put_whole` | what is there under the id | it is as it was read |
//! | `heartbeat`, `goodbye`, `audit`, `put_launch`, `put_token` | nothing | nothing: they may happen twice |
//! | the others | | they only read |
//!
//! Queries go over one field each, which holds all that they filter and sort by (`entry.rs`), so that the indexes
//! that Firestore makes by itself are enough.

mod accept;
mod audit;
mod auth;
mod blobs;
mod claim;
mod delivery;
mod draft;
mod effects;
mod entry;
mod erase;
mod expire;
mod fields;
mod grading;
mod launch;
mod lease;
mod look;
mod names;
mod open;
mod outbox;
mod passback;
mod python;
mod record;
mod regrade;
mod rest;
mod rows;
mod standing;
mod store;
mod supersede;
mod token;
mod whole;
mod worker;

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use model::SubmissionId;

pub use self::{auth::use_ring, open::FirestoreSettings};
use self::{names::Collections, rest::Client, rows::Rows};

/// The store in a Cloud Firestore database. Any number of processes may open the same one.
#[derive(Debug)]
pub struct FirestoreStore {
    client: Client,
    names: Collections,
    settings: FirestoreSettings,
    /// Names this store among all that ever wrote.
    instance: String,
    writes: AtomicU64,
    /// Submissions of a user are accepted one after the other, so that each one's turn counts the one before.
    rows: Rows,
    /// Jobs that a claim of this process is about to take: another one does not try the same.
    tried: Mutex<HashSet<SubmissionId>>,
}

impl FirestoreStore {
    fn new(client: Client, names: Collections, settings: FirestoreSettings, instance: String) -> Self {
        Self {
            client,
            names,
            settings,
            instance,
            writes: AtomicU64::new(0),
            rows: Rows::new(),
            tried: Mutex::default(),
        }
    }

    /// A word that no other write has.
    fn new_write(&self) -> String {
        format!("{}-{}", self.instance, self.writes.fetch_add(1, Ordering::Relaxed))
    }
}
