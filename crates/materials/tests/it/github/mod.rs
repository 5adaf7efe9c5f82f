//! A stand-in for GitHub: a real HTTP server that checks what the real one checks, and counts.
//!
//! ```ignore
//! let stand = Stand::start().await;
//! stand.publish("main", COMMIT, github_tarball(COMMIT, &[("course-config.json", b"{}")]));
//! let remote = stand.remote();                       // as an App, with a key that is really verified
//! assert_eq!(stand.count(Kind::Archive), 0);
//! stand.next(Kind::Newest, Canned::status(500));     // the next such request is answered so
//! ```

mod archives;
mod canned;
mod clock;
mod keys;
mod rest;

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::Router;
use materials::remote::github::{
    AppKey, AppTokens, BranchName, Credentials, GitHub, GitHubApi, GitHubSettings, Token,
};
use tokio::net::TcpListener;

pub(crate) use canned::Canned;
pub(crate) use clock::StandClock;
pub(crate) use keys::{key_pem, key_pkcs8, openssl_verifies};

pub(crate) const APP: &str = "12345";
pub(crate) const INSTALLATION: u64 = 42;
/// A token that somebody made by hand; as good as an App's, and without end.
pub(crate) const BY_HAND: &str = "github_pat_by_hand";

/// What can be asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A token for an installation.
    Token,
    /// The newest commit of a branch.
    Newest,
    /// Where a commit's archive is.
    Tarball,
    /// The archive itself, from the other server.
    Archive,
}

/// The stand-in, as long as it lives; its state can be looked at and changed while it runs.
pub(crate) struct Stand {
    state: Shared,
    api: SocketAddr,
    archives: SocketAddr,
    pub(crate) clock: Arc<StandClock>,
    servers: Vec<tokio::task::JoinHandle<()>>,
}

type Shared = Arc<Mutex<State>>;

struct State {
    clock: Arc<StandClock>,
    /// Where it says that the archives are.
    archives: String,
    /// Branch to commit.
    branches: BTreeMap<String, String>,
    /// Commit to archive.
    tarballs: BTreeMap<String, Vec<u8>>,
    counts: BTreeMap<Kind, usize>,
    /// How many of the questions for the newest commit were answered by 304.
    unchanged: usize,
    /// Given tokens, with the second in which each ends.
    tokens: BTreeMap<String, i64>,
    next: BTreeMap<Kind, VecDeque<Canned>>,
    /// Requests to the archives' server that had somebody's token in a header.
    leaked: usize,
    latest_jwt: Option<String>,
    /// What was wrong with the latest JWT.
    complaint: Option<String>,
}

impl Stand {
    pub(crate) async fn start() -> Self {
        let clock = Arc::new(StandClock::new());
        let (api, archives) = (listener().await, listener().await);
        let addresses = (api.local_addr().unwrap(), archives.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            clock: Arc::clone(&clock),
            archives: format!("http://{}", addresses.1),
            branches: BTreeMap::new(),
            tarballs: BTreeMap::new(),
            counts: BTreeMap::new(),
            unchanged: 0,
            tokens: [(BY_HAND.to_owned(), i64::MAX)].into(),
            next: BTreeMap::new(),
            leaked: 0,
            latest_jwt: None,
            complaint: None,
        }));
        let servers = vec![
            serve(api, rest::router(Arc::clone(&state))),
            serve(archives, archives::router(Arc::clone(&state))),
        ];
        Self { state, api: addresses.0, archives: addresses.1, clock, servers }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A branch has a new commit.
    pub(crate) fn publish(&self, branch: &str, commit: &str, tarball: Vec<u8>) {
        let mut state = self.state();
        state.branches.insert(branch.to_owned(), commit.to_owned());
        state.tarballs.insert(commit.to_owned(), tarball);
    }

    /// How many requests of a kind came, whatever was answered.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.state().counts.get(&kind).copied().unwrap_or_default()
    }

    /// Waits until so many requests of a kind have come.
    pub(crate) async fn until(&self, kind: Kind, count: usize) {
        while self.count(kind) < count {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }

    /// How many questions for the newest commit were answered by 304.
    pub(crate) fn unchanged(&self) -> usize {
        self.state().unchanged
    }

    /// The next request of this kind is answered so, after those that were said before.
    pub(crate) fn next(&self, kind: Kind, canned: Canned) {
        self.state().next.entry(kind).or_default().push_back(canned);
    }

    /// No token that was given is good any more.
    pub(crate) fn revoke_tokens(&self) {
        self.state().tokens.clear();
    }

    /// How many requests brought a token to the archives' server.
    pub(crate) fn leaked(&self) -> usize {
        self.state().leaked
    }

    /// The latest JWT that came, and what was wrong with it.
    pub(crate) fn latest_jwt(&self) -> (String, Option<String>) {
        let state = self.state();
        (state.latest_jwt.clone().unwrap_or_default(), state.complaint.clone())
    }

    /// It says that archives are somewhere else.
    pub(crate) fn move_archives(&self, to: &str) {
        to.clone_into(&mut self.state().archives);
    }

    /// Nobody answers any more.
    pub(crate) fn stop(&self) {
        for server in &self.servers {
            server.abort();
        }
    }

    /// A client of it.
    pub(crate) fn api(&self) -> Arc<GitHubApi> {
        let (base, archives) = (format!("http://{}", self.api), [format!("http://{}", self.archives)]);
        let settings =
            GitHubSettings { api: &base, archives: &archives, allow_private: &["127.0.0.1".to_owned()] };
        Arc::new(GitHubApi::open(settings, Arc::clone(&self.clock) as _).unwrap())
    }

    /// The App's tokens.
    pub(crate) fn tokens(&self) -> Arc<AppTokens> {
        let key = AppKey::parse(APP, key_pem()).unwrap();
        Arc::new(AppTokens::new(self.api(), key, INSTALLATION))
    }

    /// The repository `owner/repo`, its usual branch, as the App.
    pub(crate) fn remote(&self) -> GitHub {
        self.remote_as(Credentials::App(self.tokens()), None)
    }

    pub(crate) fn remote_as(&self, credentials: Credentials, branch: Option<&str>) -> GitHub {
        let branch = branch.map(|branch| branch.parse::<BranchName>().unwrap());
        GitHub::new(self.api(), "owner/repo".parse().unwrap(), branch, credentials).unwrap()
    }

    /// The same with the token that somebody made by hand.
    pub(crate) fn remote_by_hand(&self) -> GitHub {
        self.remote_as(Credentials::Token(Token::parse(BY_HAND).unwrap()), None)
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.stop();
    }
}

impl State {
    /// Counts a request; gives what was said for it.
    fn arrived(&mut self, kind: Kind) -> Option<Canned> {
        *self.counts.entry(kind).or_default() += 1;
        self.next.get_mut(&kind)?.pop_front()
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

fn serve(listener: TcpListener, app: Router) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() })
}
