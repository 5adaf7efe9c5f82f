//! The stream of a submission's events.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use server::testing::{Act, Answer, Options, PREFIX, TestApp};

use crate::identity::{behind_a_hub, get, submit, token};

fn events_after(id: model::SubmissionId, after: &str) -> Request<Body> {
    let path = format!("{PREFIX}api/v1/submissions/{id}/events");
    Request::get(path).header("last-event-id", after).body(Body::empty()).unwrap()
}

/// The kinds and ids of a stream's events.
fn outline(stream: &str) -> Vec<(String, Option<u64>)> {
    let field =
        |block: &str, name: &str| block.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
    let blocks = stream.split("\n\n").filter(|block| block.contains("event: "));
    blocks
        .map(|block| (field(block, "event: ").unwrap(), field(block, "id: ").and_then(|id| id.parse().ok())))
        .collect()
}

#[tokio::test]
async fn a_stream_tells_every_step_in_order_and_ends() {
    let mut test = TestApp::new().await;
    let id = test.submit("x = 1").await;
    test.work();
    let stream = test.follow(id).await;
    let told = outline(&stream);
    let kinds: Vec<_> = told.iter().map(|(kind, _)| kind.as_str()).filter(|kind| *kind != "cell").collect();
    assert_eq!(kinds, ["received", "queued", "started", "question", "graded"]);
    let ids: Vec<_> = told.iter().filter_map(|(_, id)| *id).collect();
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>(), "numbered without gaps");
    test.finish().await;
}

#[tokio::test]
async fn a_client_that_comes_back_gets_what_it_missed_and_then_is_told_to_stay_away() {
    let mut test = TestApp::new().await;
    test.work();
    let id = test.submit("x = 1").await;
    let all = outline(&test.follow(id).await);
    let rest = test.send(events_after(id, "2")).await;
    assert_eq!(rest.header(header::CONTENT_TYPE), "text/event-stream");
    assert_eq!(outline(rest.text()), all[2..]);
    let last = all.last().and_then(|(_, id)| *id).unwrap();
    assert_eq!(test.send(events_after(id, &last.to_string())).await.status, StatusCode::NO_CONTENT);
    assert_eq!(test.send(events_after(id, "nonsense")).await.status, StatusCode::OK);
    test.finish().await;
}

#[tokio::test]
async fn who_waits_learns_its_place_in_the_queue() {
    let mut test = TestApp::new().await;
    for _ in 0..3 {
        test.engine.then(Act::Wait);
    }
    for number in 0..4 {
        test.submit(&format!("x = {number}")).await;
    }
    let fifth = test.submit("x = 4").await;
    test.work();
    let following = test.follow(fifth);
    let unblocking = async {
        for _ in 0..3 {
            tokio::time::sleep(std::time::Duration::from_millis(1300)).await;
            test.engine.go_on();
        }
    };
    let (stream, ()) = tokio::join!(following, unblocking);
    let place =
        |line: &str| line.split("\"position\":").nth(1)?.split([',', '}']).next()?.parse::<u64>().ok();
    let places: Vec<_> = stream.lines().filter_map(place).collect();
    assert!(places.len() >= 2 && places[0] <= 5, "its place changed while it waited: {places:?}");
    assert!(places.is_sorted_by(|earlier, later| earlier > later), "it came ever nearer: {places:?}");
    test.finish().await;
}

/// What a stream tells while time goes by.
async fn while_time_passes(test: &TestApp, stream: impl Future<Output = Answer>) -> Answer {
    let time = async {
        loop {
            test.clock.advance(std::time::Duration::from_secs(20));
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        answer = stream => answer,
        () = time => unreachable!("time goes on for ever"),
    }
}

#[tokio::test]
async fn a_stream_ends_after_a_while_and_goes_on_for_who_comes_back() {
    let test = TestApp::new().await;
    let id = test.submit("x = 1").await;
    let path = format!("api/v1/submissions/{id}/events");
    let told = outline(while_time_passes(&test, test.get(&path)).await.text());
    assert_eq!(told, [("received".to_owned(), Some(1)), ("queued".to_owned(), Some(2))]);
    let told = outline(while_time_passes(&test, test.send(events_after(id, "2"))).await.text());
    assert_eq!(told, [("queued".to_owned(), None)], "the place may be another one by now");
    test.finish_leaving(1).await;
}

#[tokio::test]
async fn who_may_see_nothing_any_more_is_told_so_when_the_stream_ends() {
    let (test, hub) = behind_a_hub(Options::default()).await;
    let id = submit(&test, "ada", "x = 1").await["id"].as_str().unwrap().to_owned();
    let path = format!("api/v1/submissions/{id}/events");
    hub.revoke(&token("ada"));
    assert_eq!(while_time_passes(&test, get(&test, "ada", &path)).await.status, StatusCode::OK);
    assert_eq!(get(&test, "ada", &path).await.status, StatusCode::UNAUTHORIZED);
    test.finish_leaving(1).await;
}

#[tokio::test]
async fn a_user_has_so_many_streams_open() {
    let (test, _hub) = behind_a_hub(Options::default()).await;
    let id = submit(&test, "ada", "x = 1").await["id"].as_str().unwrap().to_owned();
    let path = format!("api/v1/submissions/{id}/events");
    let streams = (0..101).map(|_| Box::pin(get(&test, "ada", &path)));
    // The others do not end.
    let (answer, _, others) = futures_util::future::select_all(streams).await;
    assert_eq!((answer.status, answer.header(header::RETRY_AFTER)), (StatusCode::TOO_MANY_REQUESTS, "20"));
    drop(others);
    assert_eq!(while_time_passes(&test, get(&test, "ada", &path)).await.status, StatusCode::OK);
    test.finish_leaving(1).await;
}

#[tokio::test]
async fn a_stop_ends_streams() {
    let mut test = TestApp::new().await;
    let id = test.submit("x = 1").await;
    let app = std::sync::Arc::clone(&test.app);
    let stopping = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        app.closing.cancel();
    };
    let (stream, ()) = tokio::join!(test.follow(id), stopping);
    assert_eq!(outline(&stream).len(), 2, "received, queued, and then the end");
    test.stop().await;
    test.finish_leaving(1).await;
}
