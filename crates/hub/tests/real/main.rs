//! The real thing: JupyterHub 6.1.1 and 5.5.4, with their own sign-in, tokens, roles and database.
//!
//! They are installed at first use (`tests/peers/install`).
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a failed test says where, a skipped one why")]

mod browser;
mod cases;
mod peer;
mod scopes;

use hub::Missing;
use peer::Peer;
use testbed::peers::HubVersion;

fn service() -> String {
    "otter_grade".into()
}

/// What an operator adds who has read what the service says.
fn all_snippets() -> [String; 2] {
    let (scope, group) = ("custom:otter_grade:staff".into(), "instructors".into());
    let custom = Missing::CustomScope { service: service(), scope, group };
    [Missing::StockRoles { service: service() }.snippet(), custom.snippet()]
}

async fn with_the_lines_that_are_named(version: HubVersion) {
    let Some(mut peer) = Peer::start(version, &all_snippets()).await else { return };
    let hub = peer.service();
    cases::version(&peer, version.number()).await;
    cases::managed(&peer).await;
    cases::tokens(&peer, &hub).await;
    cases::posing(&peer, &hub).await;
    cases::servers(&peer, &hub).await;
    cases::sign_in(&peer, &hub).await;
    cases::launches(&peer, &hub).await;
    cases::away(&mut peer, &hub).await;
}

#[tokio::test]
async fn on_jupyterhub_6() {
    with_the_lines_that_are_named(HubVersion::Six).await;
}

#[tokio::test]
async fn on_jupyterhub_5() {
    with_the_lines_that_are_named(HubVersion::Five).await;
}

#[tokio::test]
async fn on_a_hub_with_subdomains() {
    let lines =
        "c.JupyterHub.subdomain_host = f'http://hub.localhost:{PORT}'\nc.JupyterHub.load_roles = []\n";
    let Some(peer) = Peer::start(HubVersion::Six, &[lines.to_owned()]).await else { return };
    cases::subdomains(&peer).await;
}

#[tokio::test]
async fn stock_roles_give_nothing_and_it_says_what_to_add() {
    let Some(peer) = Peer::start(HubVersion::Six, &[]).await else { return };
    cases::stock_roles(&peer, &peer.service()).await;
}
