//! The pages.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use model::{Fault, Flag, Limit, LimitHit, Report, ReportStatus};
use server::testing::{Act, PREFIX, TestApp, full_marks};

#[tokio::test]
async fn pages_hold_nothing_inline_and_say_so() {
    let mut test = TestApp::new().await;
    test.work();
    let id = test.submit("x = 1").await;
    test.follow(id).await;
    for path in ["", &format!("submissions/{id}"), "submissions/none"] {
        let page = test.get(path).await;
        assert!(page.header(header::CONTENT_SECURITY_POLICY).contains("default-src 'none'"), "{path}");
        assert_eq!(page.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        for inline in ["<style", "style=", "onclick", "onload", "javascript:"] {
            assert!(!page.text().contains(inline), "{inline} in {path}");
        }
        let scripts = page.text().matches("<script").count();
        assert_eq!(scripts, page.text().matches("<script defer src=").count());
    }
    test.finish().await;
}

#[tokio::test]
async fn the_list_shows_what_was_submitted_and_its_assets_can_be_had() {
    let mut test = TestApp::new().await;
    assert!(test.get("").await.text().contains("Nothing has arrived yet"));
    test.work();
    let id = test.submit("x = 1").await;
    test.follow(id).await;
    let page = test.get("").await;
    assert!(
        page.text().contains("</strong> of 2") && page.text().contains(&format!("submissions/{id}")),
        "{}",
        page.text()
    );
    for asset in page.text().split('"').filter(|text| text.contains("/static/")) {
        let answer = test.send(Request::get(asset).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{asset}");
        assert!(answer.header(header::CACHE_CONTROL).contains("immutable"));
    }
    assert_eq!(test.get("static/none.css").await.status, StatusCode::NOT_FOUND);
    test.finish().await;
}

#[tokio::test]
async fn what_a_notebook_says_is_text_on_a_page() {
    let mut test = TestApp::new().await;
    let mut report = Report { message: Some("<img src=x onerror=alert(1)>".into()), ..full_marks() };
    report.questions[0].name = "<script>alert(2)</script>".into();
    report.questions[0].cases[0].message = Some("failed\n</pre><svg onload=alert(3)>".into());
    report.questions[0].cases[0].passed = Some(false);
    test.engine.then(Act::Report(Box::new(report)));
    test.work();
    let id = test.submit("x = 1").await;
    test.follow(id).await;
    let page = test.get(&format!("submissions/{id}")).await;
    for raw in ["<img", "<script>", "<svg"] {
        assert!(!page.text().contains(raw), "{raw} is on the page");
    }
    assert!(page.text().contains("alert(3)"), "but it is shown");
    assert!(!page.text().contains("q1 - 2"), "hidden cases are not");
    test.finish().await;
}

#[tokio::test]
async fn a_page_says_how_it_was_graded_and_which_limits_were_met() {
    let mut test = TestApp::new().await;
    let hit = |limit, value, cell| LimitHit { limit, value, cell: Some(cell) };
    let report = Report {
        status: ReportStatus::Stopped,
        message: Some("Your notebook met the time limit of 30 seconds for one cell (cell 12).".into()),
        engine: "warm".into(),
        engine_reason: Some("It needs nothing that the warm engine lacks.".into()),
        isolation: "namespaces+own-user".into(),
        limits: vec![hit(Limit::CellSeconds, 30, 12), hit(Limit::OutputBytes, 16 << 20, 3)],
        flags: vec![Flag { kind: "decoy".into(), reason: "it passed a wrong case".into() }],
        ..full_marks()
    };
    test.engine.then(Act::Report(Box::new(report)));
    test.work();
    let id = test.submit("x = 1").await;
    test.follow(id).await;
    let answer = test.get(&format!("submissions/{id}")).await;
    let page = answer.text();
    let (seen_first, details) = page.split_once("How it was graded").unwrap();
    // What the message says is not said again.
    assert_eq!(seen_first.matches("(cell 12)").count(), 1, "{seen_first}");
    assert!(seen_first.contains("It also met the limit of 16 MiB of output (cell 3)."), "{seen_first}");
    for part in ["warm", "nothing that the warm engine lacks", "namespaces+own-user", "(cell 12)", "(cell 3)"]
    {
        assert!(details.contains(part), "{part} is not in {details}");
    }
    assert!(!page.contains("decoy") && !page.contains("wrong case"), "flags are for staff");
    test.finish().await;
}

#[tokio::test]
async fn a_failed_grading_is_said_to_be_ours() {
    let mut test = TestApp::new().await;
    test.engine.then(Act::Fault(Fault::lasting("secret reason")));
    test.work();
    let id = test.submit("x = 1").await;
    test.follow(id).await;
    let page = test.get(&format!("submissions/{id}")).await;
    assert!(page.text().contains("not because of you") && !page.text().contains("secret reason"));
    test.finish().await;
}

#[tokio::test]
async fn browsers_get_pages_for_errors() {
    let test = TestApp::new().await;
    let path = format!("{PREFIX}nowhere");
    let request = Request::get(&path).header(header::ACCEPT, "text/html,*/*").body(Body::empty()).unwrap();
    let page = test.send(request).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text().contains("<h1>Not found</h1>"));
    test.finish().await;
}
