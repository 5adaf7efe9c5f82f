//! The real program behind a real JupyterHub, with Chromium before them. See `tests/README.md`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test says where, a case how long it took"
)]

mod browser;
mod cases;
mod chromium;
mod course;
mod edx;
mod http;
#[path = "../system/notebooks.rs"]
#[expect(dead_code, reason = "others use the rest")]
mod notebooks;
#[path = "../system/running.rs"]
#[expect(dead_code, reason = "others use the rest")]
mod running;
#[path = "../system/sample.rs"]
#[expect(dead_code, reason = "others use the rest")]
mod sample;
mod stage;
#[path = "../support/mod.rs"]
mod support;

use testbed::peers::HubVersion;

use crate::{cases::Cases, stage::Stage};

/// Everything that one hub with the roles of the documentation can show, one after the other: the last ones stop it.
fn on_a_hub(version: HubVersion) {
    let Some(mut stage) = Stage::with_documented_roles(version) else { return };
    let mut cases = Cases::default();
    let revoked = cases.run("a token is revoked", || cases::tokens::revoke(&stage));
    let resting = cases.run("a session rests", || cases::away::rest(&stage));
    cases.run("both schemes of a hub's token", || cases::tokens::schemes(&stage));
    cases.run("tokens without the scope", || cases::tokens::wrong_scope(&stage));
    cases.run("services posing as users", || cases::tokens::posing(&stage));
    cases.run("headers that say who one is", || cases::tokens::forged_headers(&stage));
    cases.run("students, staff and administrators", || cases::roles::who_may_what(&stage));
    cases.run("a session's cookie", || cases::sessions::cookie(&stage));
    cases.run("a session ends", || cases::sessions::sign_out(&stage));
    cases.run("where a sign-in may lead", || cases::sessions::next(&stage));
    cases.run("pages in frames", || cases::sessions::framing(&stage));
    cases.run("writes by other sites", || cases::cross_site::by_headers(&stage));
    cases.run("a page of another origin", || cases::cross_site::in_chromium(&stage));
    cases.run("the hub's menu of services", || cases::menu::from_the_menu_to_signed_out(&stage));
    cases.run("a student's server", || cases::servers::submits_with_its_token(&stage));
    cases.run("the button in JupyterLab", || cases::button::of_the_owner_in_lab(&stage));
    cases.run("the button in Notebook, by a visitor", || cases::button::of_a_visitor_in_notebook(&stage));
    if let Some(mut revoked) = revoked {
        cases.run("the revoked token is refused", || cases::tokens::is_refused(&stage, &mut revoked));
    }
    let waiting = cases.run("a browser waits at the callback", || cases::away::wait(&stage));
    cases.run("a managed service begins slowly", || cases::managed::begins(&stage));
    cases.run("a managed service is at work", || cases::managed::submits(&stage));
    cases.run("the hub ends, and its managed service", || cases::managed::ends(&mut stage));
    if let (Some(mut resting), Some(mut waiting)) = (resting, waiting) {
        cases.run("without the hub", || cases::away::during(&stage, &mut resting, &mut waiting));
        cases.run("the hub is back", || cases::away::after(&mut stage, &mut waiting));
        cases.run("the managed service goes on", || cases::managed::goes_on(&stage));
    }
    cases.end(&stage);
}

#[test]
fn on_jupyterhub_6() {
    on_a_hub(HubVersion::Six);
}

#[test]
fn on_jupyterhub_5() {
    on_a_hub(HubVersion::Five);
}

#[test]
fn stock_roles_give_nothing_and_the_lines_that_it_names_mend_it() {
    let Some(mut stage) = Stage::with_stock_roles(HubVersion::Six) else { return };
    let mut cases = Cases::default();
    let lines = cases.run("stock roles", || cases::stock::says_what_is_missing(&stage));
    if let Some(lines) = lines {
        cases.run("the lines that it named", || cases::stock::is_mended_by(&mut stage, &lines));
    }
    cases.end(&stage);
}

#[test]
fn on_a_hub_with_subdomains() {
    let Some(stage) = Stage::with_subdomains(HubVersion::Six) else { return };
    let mut cases = Cases::default();
    cases.run("a service at a host of its own", || cases::subdomains::signs_in(&stage));
    cases.end(&stage);
}

#[test]
fn behind_a_proxy_that_does_tls() {
    let Some(stage) = Stage::with_tls(HubVersion::Six) else { return };
    let mut cases = Cases::default();
    cases.run("a session's cookie", || cases::sessions::cookie(&stage));
    cases.run("a session ends", || cases::sessions::sign_out(&stage));
    cases.run("where a sign-in may lead", || cases::sessions::next(&stage));
    cases.run("writes by other sites", || cases::cross_site::by_headers(&stage));
    cases.run("the hub's menu of services", || cases::menu::from_the_menu_to_signed_out(&stage));
    cases.run("a student's server", || cases::servers::submits_with_its_token(&stage));
    cases.run("the button in JupyterLab", || cases::button::of_the_owner_in_lab(&stage));
    cases.end(&stage);
}

#[test]
fn a_grade_goes_from_a_launch_to_the_gradebook() {
    let Some((stage, edx)) = Stage::with_launches(HubVersion::Six) else { return };
    let mut cases = Cases::default();
    cases.run("from a launch to the gradebook", || cases::chain::from_launch_to_gradebook(&stage, &edx));
    cases.end(&stage);
}
