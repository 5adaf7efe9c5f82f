//! The PostgreSQL engine against a real server: the contract, and what only this engine promises.
#![expect(clippy::unwrap_used, reason = "clippy knows tests by their attribute, and these are trials")]

mod own;

use std::{process::ExitCode, sync::Arc};

use libtest_mimic::{Arguments, Failed, Trial};
use store::{PostgresStore, Store, contract};
use testbed::postgres::Server;
use tokio::runtime::Runtime;

/// A trial with a database of its own.
fn trial<F>(
    server: &Arc<Server>,
    name: &str,
    run: impl FnOnce(PostgresStore, String) -> F + Send + 'static,
) -> Trial
where
    F: Future<Output = ()>,
{
    let (server, name) = (Arc::clone(server), name.to_owned());
    Trial::test(name.clone(), move || {
        // A database's name has at most 63 bytes.
        let database = name.replace("::", "_").chars().take(63).collect::<String>();
        let url = server.database(&database)?;
        let runtime = Runtime::new()?;
        runtime.block_on(async {
            let store = PostgresStore::open(&url).await?;
            run(store.clone(), url).await;
            store.close().await;
            Ok::<_, Failed>(())
        })
    })
}

macro_rules! contract_trials {
    ($($theme:ident { $($case:ident)+ })+) => {
        fn contract_trials(server: &Arc<Server>) -> Vec<Trial> {
            vec![$($(trial(server, stringify!($theme::$case), |store, _| async move {
                contract::run(stringify!($case), &store).await;
            })),+),+]
        }
    };
}
store::each_contract_case!(contract_trials);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let Some(server) = testbed::or_skip("the PostgreSQL engine", Server::start()) else {
        return ExitCode::SUCCESS;
    };
    let server = Arc::new(server);
    let mut trials = contract_trials(&server);
    trials.extend(own::trials(&server));
    libtest_mimic::run(&arguments, trials).exit_code()
}
