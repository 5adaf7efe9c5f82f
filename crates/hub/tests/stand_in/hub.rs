//! A hub that says what it is told to say, and notes what it was asked.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use hub::{Hub, HubOptions, HubSettings};
use jiff::Timestamp;
use model::ambient::Clock;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What it says.
#[derive(Debug, Clone)]
pub(crate) enum Says {
    Json(u16, Value),
    Text(u16, String),
    /// To another place at itself.
    Redirect,
    /// Nothing, ever.
    Nothing,
    /// `Json` of 200, after a while in which others can come.
    Slowly(Value),
    /// One thing about any user by name, another about whose a token is.
    Apart {
        users: Box<Says>,
        user: Box<Says>,
    },
}

/// What it was asked: method, path with query, authorization, body.
pub(crate) type Question = (String, String, String, String);

#[derive(Debug, Default)]
pub(crate) struct StandIn {
    says: Mutex<Option<Says>>,
    questions: Mutex<Vec<Question>>,
    at_once: AtomicUsize,
    pub(crate) most_at_once: AtomicUsize,
    seconds: AtomicI64,
}

impl Clock for StandIn {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + self.seconds.load(Ordering::Relaxed)).unwrap()
    }
}

impl StandIn {
    pub(crate) fn says(&self, says: Says) {
        *self.says.lock().unwrap() = Some(says);
    }

    pub(crate) fn json(&self, status: u16, body: Value) {
        self.says(Says::Json(status, body));
    }

    pub(crate) fn later(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) fn asked(&self) -> usize {
        self.questions.lock().unwrap().len()
    }

    pub(crate) fn last_question(&self) -> Question {
        self.questions.lock().unwrap().last().unwrap().clone()
    }
}

async fn answer(
    State(it): State<Arc<StandIn>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    let authorization = headers.get("authorization").map_or("", |value| value.to_str().unwrap()).to_owned();
    let says = it.says.lock().unwrap().clone().unwrap();
    let says = match says {
        Says::Apart { users, .. } if uri.path().contains("/users/") => *users,
        Says::Apart { user, .. } => *user,
        says => says,
    };
    it.questions.lock().unwrap().push((method.to_string(), uri.to_string(), authorization, body));
    let now = it.at_once.fetch_add(1, Ordering::SeqCst) + 1;
    it.most_at_once.fetch_max(now, Ordering::SeqCst);
    let with = |status: u16, body: Body| {
        (StatusCode::from_u16(status).unwrap(), [("content-type", "application/json")], body).into_response()
    };
    let response = match says {
        Says::Json(status, value) => with(status, value.to_string().into()),
        Says::Text(status, text) => with(status, text.into()),
        Says::Redirect => (StatusCode::FOUND, [("location", "/hub/elsewhere")]).into_response(),
        Says::Slowly(value) => {
            tokio::time::sleep(Duration::from_millis(20)).await;
            with(200, value.to_string().into())
        }
        Says::Nothing | Says::Apart { .. } => std::future::pending().await,
    };
    it.at_once.fetch_sub(1, Ordering::SeqCst);
    response
}

/// A stand-in, and the service's side of it.
pub(crate) async fn start(options: HubOptions) -> (Arc<StandIn>, Hub) {
    let it = Arc::new(StandIn::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let app = Router::new().fallback(answer).with_state(Arc::clone(&it));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let hub = service(at, options, &it);
    (it, hub)
}

/// A service of the hub at that address.
pub(crate) fn service(at: SocketAddr, options: HubOptions, clock: &Arc<StandIn>) -> Hub {
    let settings = HubSettings::from_environment(|name| match name {
        "JUPYTERHUB_API_URL" => Some(format!("http://{at}/hub/api")),
        "JUPYTERHUB_API_TOKEN" => Some("own-token".into()),
        "JUPYTERHUB_SERVICE_NAME" => Some("otter_grade".into()),
        _ => None,
    });
    Hub::open(settings.unwrap().unwrap(), options, Arc::clone(clock) as Arc<dyn Clock>).unwrap()
}

/// A user as the hub shows one to whom this service is open.
pub(crate) fn ada() -> Value {
    json!({"kind": "user", "name": "ada", "admin": false, "groups": ["g"], "scopes": ["access:services!service=otter_grade"]})
}
