//! Asks for newer revisions in the background.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{Materials, Origin};
use crate::fetched::Fetched;

impl Materials {
    /// Asks each remote every so often for its newest commit, and switches to it once it is here and good. Ends soon
    /// after `stopping`.
    ///
    /// With a remote away, grading goes on with what is here; it is then asked less and less often, but at least
    /// every 15 minutes.
    #[must_use = "it ends by itself; who wants to know when waits for it"]
    pub fn watch(self: &Arc<Self>, every: Duration, stopping: CancellationToken) -> JoinHandle<()> {
        let materials = Arc::clone(self);
        tokio::spawn(async move {
            let mut remotes = JoinSet::new();
            for origin in materials.origins() {
                if origin.as_fetched().is_some() {
                    remotes.spawn(watch(Arc::clone(origin), every, stopping.clone()));
                }
            }
            while remotes.join_next().await.is_some() {}
        })
    }

    /// Has the remotes of a GitHub repository `owner/repo` asked at once, because it was pushed to; `false` if no
    /// course has it. The caller has verified who says so.
    #[must_use]
    pub fn look_now(&self, repository: &str) -> bool {
        let mut found = false;
        for fetched in self.origins().into_iter().filter_map(|origin| origin.as_fetched()) {
            if fetched.is_of(repository) {
                fetched.look_soon();
                found = true;
            }
        }
        found
    }

    /// Waits until each remote that has nothing on this disk was looked at once, but at most `patience` in all. Call
    /// it after [`Materials::watch`], which does the looking.
    pub async fn first_look(&self, patience: Duration) {
        let empty: Vec<_> = self
            .origins()
            .into_iter()
            .filter_map(|origin| origin.as_fetched())
            .filter(|fetched| fetched.current().is_none())
            .collect();
        let all = async {
            for fetched in empty {
                fetched.looked().await;
            }
        };
        // What is not here in time is told by `problems`.
        let _ = timeout(patience, all).await;
    }
}

async fn watch(origin: Arc<Origin>, every: Duration, stopping: CancellationToken) {
    loop {
        let (watched, until) = (Arc::clone(&origin), stopping.clone());
        let watching = tokio::spawn(async move {
            if let Some(fetched) = watched.as_fetched() {
                fetched.watch(every, &until).await;
            }
        });
        match watching.await {
            // A defect of ours must not mean that nobody looks any more until the next start.
            Err(error) if error.is_panic() => {
                let remote = origin.as_fetched().map(Fetched::name);
                tracing::error!(remote, %error, "looking for newer materials failed; it is tried again");
            }
            _ => return,
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = sleep(every) => {}
        }
    }
}
