//! The Firestore engine against Google's emulator: the contract, and what only this engine promises.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "clippy knows tests by their attribute, and these are trials"
)]

mod outages;
mod own;
mod proxy;
mod python;
mod raw;
mod tokens;

use std::{process::ExitCode, sync::Arc};

use libtest_mimic::{Arguments, Failed, Trial};
use store::{FirestoreSettings, FirestoreStore, Store, contract};
use testbed::firestore::Emulator;
use tokio::runtime::Runtime;

/// The settings of a store in an emulator, which nobody else has.
fn settings(host: &str, environment: &str) -> FirestoreSettings {
    FirestoreSettings {
        emulator: Some(host.into()),
        ..FirestoreSettings::new("otter-test", environment.replace("::", "-"))
    }
}

/// A trial with an environment of its own.
fn trial<F>(
    host: &Arc<str>,
    name: &str,
    run: impl FnOnce(FirestoreStore, FirestoreSettings) -> F + Send + 'static,
) -> Trial
where
    F: Future<Output = ()>,
{
    let settings = settings(host, name);
    Trial::test(name, move || {
        Runtime::new()?.block_on(async {
            run(FirestoreStore::open(settings.clone()).await?, settings).await;
            Ok::<_, Failed>(())
        })
    })
}

macro_rules! contract_trials {
    ($($theme:ident { $($case:ident)+ })+) => {
        fn contract_trials(host: &Arc<str>) -> Vec<Trial> {
            vec![$($(trial(host, concat!(stringify!($theme), "::", stringify!($case)), |store, _| async move {
                contract::run(stringify!($case), &store).await;
                store.close().await;
            })),+),+]
        }
    };
}
store::each_contract_case!(contract_trials);

fn main() -> ExitCode {
    if let Some(ended) = tokens::go() {
        return ended;
    }
    let arguments = Arguments::from_args();
    let Some(emulator) = testbed::or_skip("the Firestore engine", Emulator::start()) else {
        return ExitCode::SUCCESS;
    };
    let host: Arc<str> = emulator.host().into();
    let mut trials = contract_trials(&host);
    trials.extend(own::trials(&host));
    trials.extend(python::trials(&host));
    trials.extend(tokens::trials(&host));
    trials.extend(outages::trials(&host));
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(emulator);
    conclusion.exit_code()
}
