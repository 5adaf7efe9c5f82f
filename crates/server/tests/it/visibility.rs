//! What students see where only public tests are to be seen.

use serde_json::{Value, json};
use server::testing::TestApp;

/// All that a student can ask for about a submission, in one text.
async fn seen(test: &TestApp, id: model::SubmissionId) -> String {
    let mut seen = test.follow(id).await;
    for path in [
        format!("api/v1/submissions/{id}"),
        "api/v1/submissions".into(),
        format!("submissions/{id}"),
        String::new(),
    ] {
        seen += test.get(&path).await.text();
    }
    seen
}

#[tokio::test]
async fn only_public_tests_and_their_points_are_shown() {
    let mut test = TestApp::new().await;
    test.set(&json!({"visibility": "public"}));
    test.work();
    let id = test.submit("x = 1").await;
    let told = test.follow(id).await;
    assert!(told.contains(r#""event":"graded","score":1.0,"max_score":1.0"#), "{told}");
    assert!(!told.contains("event: question"), "{told}");
    let view = test.submission(id).await;
    assert_eq!(view["grade"], Value::Null);
    let report = &view["grading"]["report"];
    assert_eq!((&report["score"], &report["max_score"]), (&json!(1.0), &json!(1.0)));
    assert_eq!(view["grading"]["only_public"], true);
    let all = seen(&test, id).await;
    for hidden in ["q1 - 2", "2.0", "<strong>2</strong>", "of 2"] {
        assert!(!all.contains(hidden), "{hidden}: {all}");
    }
    assert!(all.contains("Hidden ones, where there are any, count for your grade, too."), "{all}");
    assert!(
        all.contains("Every test that you can see passes.") && !all.contains("Nothing left to do"),
        "{all}"
    );
    assert!(!all.contains("This submission counts for your grade"), "{all}");

    // The staff shows everything: at once, also of what was graded before.
    test.set(&json!({}));
    let view = test.submission(id).await;
    assert_eq!((&view["grade"]["score"], &view["grading"]["report"]["score"]), (&json!(2.0), &json!(2.0)));
    assert!(seen(&test, id).await.contains("This submission counts for your grade"));
    test.finish().await;
}
