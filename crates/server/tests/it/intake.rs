//! Bodies that take their time, and too many at once.

use std::{io, time::Duration};

use axum::{
    body::Body,
    http::{StatusCode, header},
};
use futures_util::{StreamExt, stream};
use serde_json::json;
use server::testing::{Options, TestApp, notebook};
use tokio::sync::oneshot;

#[tokio::test]
async fn while_there_is_no_room_others_are_told_to_come_back() {
    let whole = json!({ "nb": notebook("x = 1") }).to_string();
    let (begin, end) = whole.split_at(whole.len() / 2);
    let (begin, end) = (begin.to_owned(), end.to_owned());
    let intake = (whole.len() + begin.len() - 1, Duration::from_mins(2));
    let test = TestApp::with(Options { intake, ..Options::default() }).await;
    let (stalls, stalled) = oneshot::channel();
    let (goes_on, go_on) = oneshot::channel();
    let rest = stream::once(async {
        stalls.send(()).unwrap();
        go_on.await.unwrap();
        end
    });
    let slow = stream::iter([begin]).chain(rest).map(Ok::<_, io::Error>);
    let others = async {
        stalled.await.unwrap();
        let refused = test.post(whole.clone()).await;
        goes_on.send(()).unwrap();
        refused
    };
    let (slow, refused) = tokio::join!(test.post(Body::from_stream(slow)), others);
    assert_eq!(slow.status, StatusCode::ACCEPTED, "{}", slow.text());
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text());
    assert_eq!(refused.json()["type"], "urn:otter-service:problem:intake-full");
    assert_eq!(refused.header(header::RETRY_AFTER), "10");
    assert_eq!(test.post(whole).await.status, StatusCode::ACCEPTED, "there is room again");
    test.finish_leaving(2).await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for_for_ever() {
    let intake = (1 << 20, Duration::from_millis(50));
    let test = TestApp::with(Options { intake, ..Options::default() }).await;
    let never = stream::iter(["{\"nb\":"]).chain(stream::pending()).map(Ok::<_, io::Error>);
    let answer = test.post(Body::from_stream(never)).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT, "{}", answer.text());
    assert_eq!(answer.json()["type"], "urn:otter-service:problem:slow-body");
    test.finish().await;
}
