//! The SQLite engine: the contract, and what only this engine promises.
#![expect(clippy::unwrap_used, reason = "clippy knows tests by their attribute, and these have helpers")]

mod backup;
mod damage;
mod file;
mod interruptions;

use store::SqliteStore;
use tempfile::TempDir;

const NAME: &str = "otter.sqlite";

async fn open(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(&folder.path().join(NAME)).await.unwrap()
}

macro_rules! tests {
    ($($theme:ident { $($case:ident)+ })+) => {$(
        mod $theme {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let folder = tempfile::tempdir().unwrap();
                let store = crate::open(&folder).await;
                store::contract::run(stringify!($case), &store).await;
                store::Store::close(&store).await;
            }
        )+}
    )+};
}
store::each_contract_case!(tests);
