//! The client against a real server on this machine, and names that lead somewhere else each time.

#![expect(clippy::unwrap_used, reason = "clippy knows `#[test]` functions as tests, not what they share")]

mod certificates;

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use outbound::{Lookup, Outbound, OutboundError as E, Policy, Url};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// A server at an address of this machine, and what it says there.
async fn server(address: &str, says: &'static str) -> SocketAddr {
    let app = Router::new()
        .route("/", get(move || async move { says }))
        .route("/away", get(|| async { Redirect::temporary("http://169.254.169.254/latest?token=secret") }))
        .route(
            "/relative",
            get(|| async { (StatusCode::FOUND, [(LOCATION, "../elsewhere?x=1")]).into_response() }),
        )
        .route("/large", get(|| async { Body::from(vec![b'x'; 10_000]) }))
        .route(
            "/auth",
            get(|headers: HeaderMap| async move { headers["authorization"].to_str().unwrap().to_owned() }),
        )
        .route("/echo", post(|body: String| async move { body }))
        .route("/never", get(|| async { std::future::pending::<()>().await }));
    let listener = TcpListener::bind(address).await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    at
}

/// Gives one answer after the other, and counts.
#[derive(Debug)]
struct Scripted(Mutex<VecDeque<Vec<IpAddr>>>);

impl Scripted {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parsed = |answer: &&[&str]| answer.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(Self(Mutex::new(answers.iter().map(parsed).collect())))
    }

    fn left(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

#[async_trait]
impl Lookup for Scripted {
    async fn addresses(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        self.0.lock().unwrap().pop_front().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// A client for a server at an address of this machine.
fn client(at: SocketAddr) -> Outbound {
    let policy = Policy::default().allow(format!("http://{at}").parse().unwrap());
    Outbound::new(policy.allow_private(&at.ip().to_string()).unwrap()).unwrap()
}

fn url(at: SocketAddr, path: &str) -> Url {
    Url::parse(&format!("http://{at}{path}")).unwrap()
}

async fn refusal(client: &Outbound, url: &str) -> E {
    client.get(Url::parse(url).unwrap()).send().await.map(|answer| answer.status()).unwrap_err()
}

#[tokio::test]
async fn an_answer_within_its_limits() {
    let at = server("127.0.0.1:0", "hello").await;
    let client = client(at);
    let answer = client.get(url(at, "/")).send().await.unwrap();
    assert_eq!((answer.status(), answer.redirect()), (StatusCode::OK, None));
    assert_eq!(answer.bytes(5).await.unwrap(), b"hello");
    let error = client.get(url(at, "/")).send().await.unwrap().bytes(4).await.unwrap_err();
    assert!(matches!(error, E::TooLarge { limit_bytes: 4, .. }), "{error}");
    let error = client.get(url(at, "/")).send().await.unwrap().json::<u8>(100).await.unwrap_err();
    assert!(matches!(error, E::Nonsense { .. }) && !error.to_string().contains("hello"), "{error}");
    let echo = client.post(url(at, "/echo")).json(&[1, 2]).send().await.unwrap();
    assert_eq!(echo.json::<Vec<u8>>(100).await.unwrap(), [1, 2]);
    let auth = client.get(url(at, "/auth")).bearer("key").send().await.unwrap();
    assert_eq!(auth.bytes(100).await.unwrap(), b"Bearer key");
    assert!(!format!("{:?}", client.get(url(at, "/auth")).bearer("hidden-key")).contains("hidden-key"));
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let at = server("127.0.0.1:0", "").await;
    let client = client(at);
    let answer = client.get(url(at, "/relative")).send().await.unwrap();
    assert_eq!(answer.redirect().unwrap(), url(at, "/elsewhere?x=1"));
    let away = client.get(url(at, "/away")).send().await.unwrap().redirect().unwrap();
    let error = client.get(away).send().await.unwrap_err();
    assert!(matches!(error, E::NotAllowed { .. }), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn a_name_with_a_private_address_is_refused_however_it_is_hidden() {
    for answer in [
        &["127.0.0.1"][..],
        &["140.82.121.4", "10.0.0.1"],
        &["::1"],
        &["::ffff:192.168.0.1"],
        &["fd00::1"],
        &["100.64.1.1"],
    ] {
        let policy = Policy::default().allow("https://course.example".parse().unwrap());
        let client = Outbound::with_lookup(policy, Scripted::new(&[answer])).unwrap();
        let error = refusal(&client, "https://course.example/").await;
        assert!(matches!(error, E::PrivateAddress { .. }), "{answer:?}: {error}");
    }
}

#[tokio::test]
async fn the_address_that_was_checked_is_the_one_that_is_connected_to() {
    let right = server("127.0.0.1:0", "right").await;
    // Whoever looks the name up a second time for the same connection comes out here.
    let _wrong = server(&format!("127.0.0.2:{}", right.port()), "wrong").await;
    let site = format!("http://rebinding.example:{}", right.port());
    let policy = Policy::default().allow(site.parse().unwrap()).allow_private("rebinding.example").unwrap();
    let lookup = Scripted::new(&[&["127.0.0.1"], &["127.0.0.2"], &["169.254.169.254"]]);
    let client = Outbound::with_lookup(policy.clone(), Arc::clone(&lookup) as Arc<dyn Lookup>).unwrap();
    let answer = client.get(Url::parse(&site).unwrap()).send().await.unwrap();
    assert_eq!(answer.bytes(10).await.unwrap(), b"right");
    assert_eq!(lookup.left(), 2);

    // A new connection is a new check: what was right once may lead elsewhere now.
    let lookup = Scripted::new(&[&["169.254.169.254"]]);
    let client = Outbound::with_lookup(policy, lookup).unwrap();
    let error = refusal(&client, &site).await;
    assert!(matches!(error, E::ForbiddenAddress { .. }), "{error}");
}

#[tokio::test]
async fn addresses_for_a_program_that_connects_by_itself() {
    let client = Outbound::new(Policy::default()).unwrap();
    // By the system's resolver, which knows this name without a network.
    let error = client.addresses("localhost").await.unwrap_err();
    assert!(matches!(error, E::PrivateAddress { .. }), "{error}");
    for host in ["127.0.0.1", "[::1]", "::1", "10.0.0.1"] {
        let error = client.addresses(host).await.unwrap_err();
        assert!(matches!(error, E::PrivateAddress { .. }), "{host}: {error}");
    }
    assert_eq!(client.addresses("140.82.121.4").await.unwrap(), ["140.82.121.4".parse::<IpAddr>().unwrap()]);
    let client = Outbound::new(Policy::default().allow_private("localhost").unwrap()).unwrap();
    assert!(client.addresses("localhost").await.unwrap().iter().all(IpAddr::is_loopback));
}

#[tokio::test]
async fn what_goes_wrong_on_the_way_is_told_apart() {
    let at = server("127.0.0.1:0", "").await;
    let error = client(at).get(url(at, "/never")).within(Duration::from_millis(50)).send().await.unwrap_err();
    assert!(matches!(error, E::TimedOut { .. }) && error.is_passing(), "{error}");

    let policy = Policy::default().allow("https://nowhere.example".parse().unwrap());
    let client = Outbound::with_lookup(policy, Scripted::new(&[])).unwrap();
    let error = refusal(&client, "https://nowhere.example/?secret").await;
    assert!(matches!(error, E::Lookup { .. }) && error.is_passing(), "{error}");

    // Bound, and closed again: nobody listens there.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = refusal(&self::client(closed), &format!("http://{closed}/?secret")).await;
    assert!(matches!(error, E::Connection { .. }) && error.is_passing(), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this").await.unwrap();
        }
    });
    let error = client(at).get(url(at, "/")).send().await.unwrap().bytes(1000).await.unwrap_err();
    assert!(matches!(error, E::Broken { .. }), "{error}");
    // What is announced as too large is not even begun.
    let error = client(at).get(url(at, "/")).send().await.unwrap().bytes(99).await.unwrap_err();
    assert!(matches!(error, E::TooLarge { .. }), "{error}");
}
