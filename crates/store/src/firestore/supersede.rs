//! What a new submission supersedes.

use model::Submission;

use super::{
    FirestoreStore,
    entry::{Entry, SKIPPABLE},
    names,
    rest::{Query, wire},
};
use crate::error::StoreError;

impl FirestoreStore {
    /// The user's earlier submissions for the same assignment that nobody ever took, oldest first, each with its
    /// version.
    pub(super) async fn superseded(&self, newer: &Submission) -> Result<Vec<(Entry, String)>, StoreError> {
        let prefix = names::of_user_and_assignment(&newer.user, &newer.key);
        let older = Query::by(&self.names.submissions, SKIPPABLE)
            .from(&wire::text(&prefix))
            .below(&wire::text(format!("{prefix}{}", newer.id)));
        let found = self.client.run(&older).await?;
        // One that is unreadable is set aside when it is claimed, and refuses nothing newer.
        Ok(found.into_iter().filter_map(|one| Some((Entry::read(&one).ok()?, one.update_time))).collect())
    }
}
