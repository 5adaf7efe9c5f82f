//! A git server: the real `git http-backend` behind a few lines of HTTP.

use std::{
    fs,
    io::Write,
    net::SocketAddr,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, net::TcpListener};

/// A repository `materials.git` on a disk.
pub(crate) struct Repository(TempDir);

impl Repository {
    pub(crate) fn new() -> Self {
        Self::of_format("sha1")
    }

    /// With commits named by `sha1` or `sha256`.
    pub(crate) fn of_format(format: &str) -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        fs::create_dir(repository.files()).unwrap();
        repository.git(&["init", "--quiet", "--initial-branch=main", &format!("--object-format={format}")]);
        repository
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    /// The folder whose files are committed.
    pub(crate) fn files(&self) -> PathBuf {
        self.root().join("files")
    }

    pub(crate) fn git_dir(&self) -> PathBuf {
        self.root().join("materials.git")
    }

    /// Runs git on it; gives what it says.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_with(arguments, b"")
    }

    pub(crate) fn git_with(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut git = Command::new("git")
            .args(arguments)
            .current_dir(self.files())
            .env("GIT_DIR", self.git_dir())
            .env("GIT_WORK_TREE", self.files())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env_remove("GIT_INDEX_FILE")
            .envs(["AUTHOR", "COMMITTER"].iter().flat_map(|who| {
                [(format!("GIT_{who}_NAME"), "Ada"), (format!("GIT_{who}_EMAIL"), "ada@example.org")]
            }))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        git.stdin.take().unwrap().write_all(input).unwrap();
        let output = git.wait_with_output().unwrap();
        assert!(output.status.success(), "git {arguments:?} failed");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.files().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Commits all files to the branch that is checked out; gives the commit.
    pub(crate) fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message=x"]);
        self.git(&["rev-parse", "HEAD"])
    }
}

/// Serves a [`Repository`] to those who have the token.
pub(crate) struct GitServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    root: PathBuf,
    /// The header that lets in; `None` lets everybody in.
    authorization: Option<&'static str>,
    /// Says this to everything instead.
    instead: Mutex<Option<(StatusCode, String)>>,
    requests: Mutex<Vec<Request>>,
}

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) authorization: Option<String>,
    body: Vec<u8>,
}

/// `Basic` of `oauth2:right`.
pub(crate) const RIGHT: &str = "Basic b2F1dGgyOnJpZ2h0";

impl GitServer {
    pub(crate) async fn start(repository: &Repository, authorization: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { root: repository.root(), authorization, ..Shared::default() });
        let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/materials.git", self.address)
    }

    /// Answers everything with this from now on; `text` is where a redirection leads.
    pub(crate) fn say_instead(&self, status: StatusCode, text: &str) {
        *self.shared.instead.lock().unwrap() = Some((status, text.to_owned()));
    }

    /// The requests since this was asked last.
    pub(crate) fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut *self.shared.requests.lock().unwrap())
    }

    /// How many of them fetched something.
    pub(crate) fn fetches(&self) -> usize {
        let asks_for_objects =
            |request: &Request| request.body.windows(13).any(|words| words == b"command=fetch");
        self.requests().iter().filter(|request| asks_for_objects(request)).count()
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name: header::HeaderName| {
        headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
    let request = Request { authorization: authorization.clone(), body: body.to_vec() };
    shared.requests.lock().unwrap().push(request);
    if let Some((status, to)) = shared.instead.lock().unwrap().clone() {
        return (status, [(header::LOCATION, format!("{to}{uri}"))]).into_response();
    }
    if shared.authorization.is_some_and(|wanted| authorization.as_deref() != Some(wanted)) {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"git\"")])
            .into_response();
    }
    let mut backend = tokio::process::Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", &shared.root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("REQUEST_METHOD", method.as_str())
        .env("PATH_INFO", uri.path())
        .env("QUERY_STRING", uri.query().unwrap_or_default())
        .env("CONTENT_TYPE", text(header::CONTENT_TYPE))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", text(header::CONTENT_ENCODING))
        .env("GIT_PROTOCOL", text(header::HeaderName::from_static("git-protocol")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = backend.stdin.take().unwrap();
    let (_, output) = tokio::join!(async move { stdin.write_all(&body).await }, backend.wait_with_output());
    let output = output.unwrap().stdout;
    let end = output.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let mut response = Response::new(output[end + 4..].to_vec().into());
    for line in std::str::from_utf8(&output[..end]).unwrap().lines() {
        let (name, value) = line.split_once(": ").unwrap();
        if name == "Status" {
            *response.status_mut() = StatusCode::from_bytes(&value.as_bytes()[..3]).unwrap();
        } else {
            let name = header::HeaderName::from_bytes(name.as_bytes()).unwrap();
            response.headers_mut().insert(name, value.parse().unwrap());
        }
    }
    response
}
