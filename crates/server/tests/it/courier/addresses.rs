//! Where grades go: what the store and the hub know of launches, and the configuration.

use std::sync::Arc;

use hub::{Hub, HubOptions, HubSettings};
use model::{AssignmentKey, GradingId, Points, SubmissionId, ambient::SystemEntropy};
use outbound::{Outbound, Policy};
use passback::{Caller, Consumer, Keyring, ToolKeys};
use serde_json::json;
use server::{
    AddressBook, Destinations, Gradebook, Lti11, Lti13, NoDestination, Rules, Workshop, remember,
    testing::TestApp,
};
use store::{Delivery, LaunchRecord, Passback};

fn key() -> AssignmentKey {
    let name = |text: &str| text.parse().unwrap();
    AssignmentKey { course: name("88e"), section: name("1"), assignment: name("lab01") }
}

/// A launch says how a notebook is called, and not of which course it is: who was launched for one course must not fill
/// the column of another with what they did for a third.
#[tokio::test]
async fn a_name_that_two_courses_use_chooses_no_column() {
    let test = TestApp::new().await;
    let path = test.materials().join("course-config.json");
    let mut config: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    config["8x"] = config["88e"].clone();
    std::fs::write(path, config.to_string()).unwrap();
    let book = book_with(&test, Some(hub(200, launch_of_both()).await));
    assert_eq!(platform(&book, &test).await, "https://edge.edx.org", "its block says what that one is for");
    remember(&test.app.workshop, &*hub(200, launch_of_both()).await, &"ada".parse().unwrap(), &key(), None)
        .await;
    assert_eq!(platform(&book, &test).await, "https://edge.edx.org", "nor is it kept");
    test.set(&json!({"lineitem": "https://lms/li/2"}));
    assert_eq!(platform(&book, &test).await, "https://lms", "the course says so");
    test.finish().await;
}

fn passback(test: &TestApp) -> Passback {
    let clock = &*test.clock;
    Passback {
        grading: GradingId::new(clock, &SystemEntropy),
        submission: SubmissionId::new(clock, &SystemEntropy),
        user: "ada".parse().unwrap(),
        key: key(),
        seq: 1,
        score: Points::new(1.0).unwrap(),
        max_score: Points::new(2.0).unwrap(),
        graded_at: "2026-01-01T00:00:00Z".parse().unwrap(),
    }
}

/// LTI 1.1 to edX and LTI 1.3 both.
fn book(test: &TestApp) -> AddressBook {
    book_with(test, None)
}

/// The same, behind a hub.
fn book_with(test: &TestApp, hub: Option<Arc<Hub>>) -> AddressBook {
    let caller = Caller::new(
        Outbound::new(Policy::default()).unwrap(),
        Arc::clone(&test.clock) as _,
        Arc::new(SystemEntropy),
    );
    let pem = std::process::Command::new("openssl").args(["genrsa", "2048"]).output();
    let pem = String::from_utf8(pem.expect("this test needs the program openssl").stdout).unwrap();
    let keys = Arc::new(ToolKeys::parse(&pem, None).unwrap());
    let consumer = Arc::new(Consumer::new("key", "secret").unwrap());
    let to = Gradebook::Lti {
        lti11: Some(Lti11 { consumer, edx: Some("courses.edx.org".into()) }),
        lti13: Some(Lti13 {
            keyring: Arc::new(Keyring::new(caller.clone(), keys)),
            client_id: None,
            audience: None,
        }),
    };
    let workshop = &test.app.workshop;
    AddressBook::new(Arc::clone(&workshop.store), Arc::clone(&workshop.materials), hub, caller, to)
}

async fn launched(test: &TestApp, key: Option<AssignmentKey>, data: serde_json::Value) {
    let record =
        LaunchRecord { user: "ada".parse().unwrap(), key, at: "2026-01-01T00:00:00Z".parse().unwrap(), data };
    test.app.workshop.store.put_launch(&record).await.unwrap();
}

async fn platform(book: &AddressBook, test: &TestApp) -> String {
    book.of(&passback(test)).await.unwrap().platform().to_owned()
}

#[tokio::test]
async fn launches_count_as_far_as_they_are_about_the_assignment() {
    let test = TestApp::new().await;
    let book = book(&test);
    assert_eq!(platform(&book, &test).await, "https://courses.edx.org");

    let url = |block: &str| format!("https://edge.edx.org/xblock/x@{block}/outcome_service_handler");
    let other = json!({"lti11": {"url": url("a1"), "sourcedid": "s"}});
    launched(&test, None, other).await;
    assert_eq!(platform(&book, &test).await, "https://courses.edx.org", "attack 56: of another assignment");
    let own = json!({"lti11": {"url": url("c09d043b662b4b4b96fceacb1f4aa1c9"), "sourcedid": "s"}});
    launched(&test, Some(key()), own).await;
    assert_eq!(platform(&book, &test).await, "https://edge.edx.org");

    let lti13 = |line_item: &str| json!({"lti13": {"line_item": line_item, "token_url": "https://lms/token", "client_id": "c", "sub": "u"}});
    launched(&test, None, lti13("https://lms/li/9")).await;
    assert_eq!(platform(&book, &test).await, "https://edge.edx.org", "anybody's guess what it is for");
    launched(&test, Some(key()), lti13("https://lms/li/1")).await;
    assert_eq!(platform(&book, &test).await, "https://lms");
    test.set(&json!({"lineitem": "https://other-lms/li/2"}));
    assert_eq!(platform(&book, &test).await, "https://other-lms", "the course says so");
    launched(&test, Some(key()), lti13("no url")).await;
    assert_eq!(platform(&book, &test).await, "https://other-lms");

    test.store.set_away(true);
    assert!(matches!(book.of(&passback(&test)).await, Err(NoDestination::NotNow(_))));
    test.store.set_away(false);
    test.finish().await;
}

/// A hub that says this of every user.
async fn hub(status: u16, auth_state: serde_json::Value) -> Arc<Hub> {
    let answer = json!({"name": "ada", "kind": "user", "auth_state": auth_state}).to_string();
    let status = axum::http::StatusCode::from_u16(status).unwrap();
    let app = axum::Router::new().fallback(async move || (status, answer.clone()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let settings = HubSettings::from_environment(|name| match name {
        "JUPYTERHUB_API_URL" => Some(format!("http://{at}/hub/api")),
        "JUPYTERHUB_API_TOKEN" => Some("token".into()),
        "JUPYTERHUB_SERVICE_NAME" => Some("otter_grade".into()),
        _ => None,
    });
    let clock = Arc::new(model::ambient::SystemClock);
    Arc::new(Hub::open(settings.unwrap().unwrap(), HubOptions::default(), clock).unwrap())
}

fn launch_of_both() -> serde_json::Value {
    json!({
        "lis_outcome_service_url": "https://edge.edx.org/x@c09d043b662b4b4b96fceacb1f4aa1c9/outcome",
        "lis_result_sourcedid": "s",
        "lti13_ags": {"lineitem": "https://lms/li/9", "token_url": "https://lms/token", "client_id": "c", "sub": "u"},
        "lti13_ags_lineitems": {"tree/88e/lab01.ipynb": "https://lms/li/1", "final.ipynb": "https://lms/li/7"},
    })
}

/// Where grades are sent.
fn delivering(test: &TestApp) -> Workshop {
    let ours = &test.app.workshop;
    let rules = Rules { delivery: Delivery::Due, ..ours.rules.clone() };
    let (store, materials) = (Arc::clone(&ours.store), Arc::clone(&ours.materials));
    Workshop::new(store, materials, rules, Arc::clone(&ours.clock), Arc::clone(&ours.entropy))
}

#[tokio::test]
async fn the_launch_that_led_to_a_submission_is_kept() {
    let test = TestApp::new().await;
    let workshop = delivering(&test);
    let hub = hub(200, launch_of_both()).await;
    let ada = "ada".parse().unwrap();
    let kept = async |path| {
        remember(&workshop, &hub, &ada, &key(), path).await;
        let here = workshop.store.launch(&ada, &key()).await.unwrap().unwrap();
        let last = workshop.store.last_launch(&ada).await.unwrap().unwrap();
        (here.data, last.data)
    };
    let (here, last) = kept(Some("/tree/88e/lab01.ipynb")).await;
    assert_eq!(here["lti13"]["line_item"], "https://lms/li/1");
    assert_eq!((&here["lti11"]["sourcedid"], &last["lti13"]["sub"]), (&json!("s"), &json!("u")));
    assert_eq!(last["lti13"].get("line_item"), None, "it is about that notebook only");
    for unknown in [Some("88e/lab02.ipynb"), Some("final.ipynb"), Some(""), None] {
        let (here, _) = kept(unknown).await;
        let item = &here["lti13"]["line_item"];
        assert_eq!(item, "https://lms/li/1", "{unknown:?}: never another assignment's (attack 56)");
        assert_eq!(here["lti11"]["sourcedid"], "s");
    }
    // Where no grades are sent nobody is asked.
    let bob = "bob".parse().unwrap();
    remember(&test.app.workshop, &hub, &bob, &key(), None).await;
    assert_eq!(workshop.store.last_launch(&bob).await.unwrap(), None);
    test.finish().await;
}

#[tokio::test]
async fn the_hub_is_asked_where_the_store_knows_nothing() {
    let test = TestApp::new().await;
    let named = book_with(&test, Some(hub(200, launch_of_both()).await));
    assert_eq!(
        platform(&named, &test).await,
        "https://lms",
        "it has the line item of the notebook of that name"
    );
    let mut launch = launch_of_both();
    launch["lti13_ags_lineitems"] = json!({"final.ipynb": "https://lms/li/7"});
    let known = book_with(&test, Some(hub(200, launch).await));
    assert_eq!(platform(&known, &test).await, "https://edge.edx.org");
    test.set(&json!({"lineitem": "https://lms/li/2"}));
    assert_eq!(platform(&known, &test).await, "https://lms", "the hub says who the user is there");
    test.set(&json!({}));
    let silent = book_with(&test, Some(hub(200, serde_json::Value::Null).await));
    assert_eq!(platform(&silent, &test).await, "https://courses.edx.org");
    // One that is away, or does not know this service's token at the moment.
    for status in [503, 403] {
        let away = book_with(&test, Some(hub(status, serde_json::Value::Null).await));
        assert!(matches!(away.of(&passback(&test)).await, Err(NoDestination::NotNow(_))), "{status}");
    }
    test.finish().await;
}
