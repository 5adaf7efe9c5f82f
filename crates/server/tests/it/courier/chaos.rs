//! 500 grades, and a platform that is away, slow, busy, broken or speaks nonsense, at random.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use outbound::{Outbound, Policy};
use passback::{Caller, Consumer};
use server::{AddressBook, Gradebook, Lti11};
use store::{PassbackState, Scope};
use tokio::{net::TcpListener, task::JoinHandle};

use super::{Outbox, settings};
use crate::work::soon;

const USERS: usize = 100;
const ROUNDS: usize = 5;
const STEP: Duration = Duration::from_secs(5);

/// A platform of LTI 1.1 on a bad day.
#[derive(Default)]
struct BadDay {
    /// The scores that it recorded, in order, by `sourcedId`.
    recorded: Mutex<BTreeMap<String, Vec<String>>>,
    chance: Mutex<u64>,
    asked: AtomicUsize,
    is_well: AtomicBool,
    answers: Mutex<BTreeMap<&'static str, usize>>,
}

impl BadDay {
    /// A number below 100, the same in each run (Marsaglia's xorshift).
    fn draw(&self) -> u64 {
        let mut state = self.chance.lock().unwrap();
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state % 100
    }

    fn record(&self, body: &str) {
        let between = |begin: &str, end: &str| {
            let rest = body.split_once(begin).unwrap().1;
            rest.split_once(end).unwrap().0.to_owned()
        };
        let user = between("<sourcedId>", "</sourcedId>");
        let score = between("<textString>", "</textString>");
        self.recorded.lock().unwrap().entry(user).or_default().push(score);
    }
}

const SUCCESS: &str =
    "<r><imsx_codeMajor>success</imsx_codeMajor><imsx_description>ok</imsx_description></r>";

async fn answer(State(it): State<Arc<BadDay>>, body: String) -> Response {
    it.asked.fetch_add(1, Ordering::Relaxed);
    let draw = if it.is_well.load(Ordering::Relaxed) { 0 } else { it.draw() };
    let xml = [(header::CONTENT_TYPE, "application/xml")];
    let (name, takes, response) = match draw {
        0..40 => ("took it", true, (xml, SUCCESS).into_response()),
        40..45 => {
            tokio::time::sleep(Duration::from_millis(10)).await;
            ("took it, slowly", true, (xml, SUCCESS).into_response())
        }
        45..50 => ("took it, malformed", true, (xml, SUCCESS.replace("ok", "a&b<c")).into_response()),
        50..58 => ("took it, and failed to say so", true, StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        58..66 => ("took it, and spoke nonsense", true, (xml, "<r><imsx_code").into_response()),
        66..76 => {
            let busy = (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "20")]);
            ("429", false, busy.into_response())
        }
        76..88 => ("500", false, StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        88..94 => ("503", false, StatusCode::SERVICE_UNAVAILABLE.into_response()),
        _ => ("a page", false, "<html>Back soon</html>".into_response()),
    };
    *it.answers.lock().unwrap().entry(name).or_default() += 1;
    if takes {
        it.record(&body);
    }
    response
}

/// Begins to listen, or begins again.
async fn listen(at: SocketAddr, it: &Arc<BadDay>) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind(at).await.unwrap();
    let at = listener.local_addr().unwrap();
    let app = Router::new().fallback(answer).with_state(Arc::clone(it));
    let task = tokio::spawn(async move {
        let _ = axum::serve(listener, app).await;
    });
    (at, task)
}

/// Lets time pass while nothing is being sent, until there is nothing to send or so much of it has passed.
async fn pass(outbox: &Outbox, most: Duration) {
    let mut passed = Duration::ZERO;
    while passed < most {
        let now = outbox.store().outbox().await.unwrap();
        if now.pending + now.sending == 0 {
            return;
        }
        if now.sending == 0 {
            outbox.test.clock.advance(STEP);
            passed += STEP;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_bad_day_every_newest_grade_is_there_and_none_came_after_a_newer_one() {
    let outbox = Outbox::new().await;
    let it = Arc::new(BadDay { chance: Mutex::new(0x2545_F491_4F6C_DD1D), ..BadDay::default() });
    let (at, mut serving) = listen("127.0.0.1:0".parse().unwrap(), &it).await;
    let policy = Policy::default().allow(format!("http://{at}").parse().unwrap());
    let workshop = &outbox.test.app.workshop;
    let caller = Caller::new(
        Outbound::new(policy.allow_private("127.0.0.1").unwrap()).unwrap(),
        Arc::clone(&workshop.clock),
        Arc::clone(&workshop.entropy),
    );
    let consumer = Arc::new(Consumer::new("key", "secret").unwrap());
    let to =
        Gradebook::Lti { lti11: Some(Lti11 { consumer, edx: Some(format!("http://{at}")) }), lti13: None };
    let (store, materials) = (Arc::clone(&workshop.store), Arc::clone(&workshop.materials));
    let book = AddressBook::new(store, materials, None, caller, to);
    let courier = outbox.courier(book, "courier", settings());

    for round in 1..=ROUNDS {
        for user in 0..USERS {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            outbox.due(&format!("user{user:03}"), round as f64).await;
        }
        pass(&outbox, Duration::from_mins(15)).await;
        if round == 3 {
            // Nobody listens for a while.
            serving.abort();
            let _ = serving.await;
            pass(&outbox, Duration::from_mins(5)).await;
            serving = listen(at, &it).await.1;
        }
    }
    pass(&outbox, Duration::from_hours(2)).await;
    it.is_well.store(true, Ordering::Relaxed);
    soon("all is sent", async || {
        pass(&outbox, Duration::from_mins(1)).await;
        let now = outbox.store().outbox().await.unwrap();
        now.pending + now.sending == 0
    })
    .await;
    outbox.test.app.stopping.cancel();
    courier.ended().await;

    let recorded = it.recorded.lock().unwrap().clone();
    assert_eq!(recorded.len(), USERS);
    let mut repeated = 0;
    for (user, scores) in &recorded {
        assert_eq!(scores.last().unwrap(), "1.0", "{user}: the newest is there");
        assert!(scores.is_sorted(), "{user}: {scores:?}");
        repeated += scores.len() - scores.iter().collect::<BTreeSet<_>>().len();
    }
    let course = Scope::Course("88e".parse().unwrap());
    let page = store::Page { before: None, limit: 1000 };
    let all = outbox.store().deliveries(&course, &[], page).await.unwrap();
    assert_eq!(all.len(), USERS * ROUNDS);
    let in_state = |state| all.iter().filter(|record| record.state == state).count();
    let (posted, superseded) = (in_state(PassbackState::Posted), in_state(PassbackState::Superseded));
    assert_eq!(posted + superseded, USERS * ROUNDS);
    let asked = it.asked.load(Ordering::Relaxed);
    println!(
        "500 grades: {posted} posted, {superseded} superseded, {asked} requests, {repeated} recorded again because their answer was lost; {:?}",
        it.answers.lock().unwrap()
    );
    serving.abort();
    outbox.test.finish().await;
}
