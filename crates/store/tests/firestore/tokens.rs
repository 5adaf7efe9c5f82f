//! Who we say we are: the two ways without the emulator's "owner", each against stand-ins for Google's servers.
//!
//! Google's library reads its settings from the environment, so each way is gone by a process of its own: this very
//! program, started again with `WAY` set.

use std::{
    io,
    process::{Command, ExitCode},
    sync::Arc,
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use libtest_mimic::Trial;
use rustls::pki_types::alg_id;
use serde_json::Value;
use store::{FirestoreSettings, FirestoreStore, Store, contract::kit::accepted};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

use super::{proxy::message, raw::Raw, trial};

/// Where the stand-in for Firestore is, for the process that goes a way.
const WAY: &str = "OTTER_TEST_WAY";
/// In which environment.
const ENVIRONMENT: &str = "OTTER_TEST_ENVIRONMENT";

const KEY_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/firestore/service-account.json");

pub(crate) fn trials(host: &Arc<str>) -> Vec<Trial> {
    vec![
        trial(host, "tokens::the_metadata_server_says_who_a_pod_is", metadata),
        trial(host, "tokens::a_key_file_signs_its_own_tokens", key_file),
        trial(host, "tokens::who_is_not_known_is_told_so", unknown),
    ]
}

/// What the process does that goes a way; `None` in the process of the tests.
pub(crate) fn go() -> Option<ExitCode> {
    let endpoint = std::env::var(WAY).ok()?;
    let settings = FirestoreSettings {
        emulator: None,
        endpoint: Some(endpoint),
        ..FirestoreSettings::new("otter-test", std::env::var(ENVIRONMENT).unwrap())
    };
    let opened = Runtime::new().unwrap().block_on(async {
        let store = FirestoreStore::open(settings).await?;
        accepted(&store, "ada", "88e/1/lab01", 0).await;
        store.ready().await
    });
    Some(match opened {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    })
}

/// Goes a way with these variables; gives its success and what it said.
async fn start(
    settings: &FirestoreSettings,
    endpoint: &str,
    variables: Vec<(&'static str, String)>,
) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(WAY, endpoint).env(ENVIRONMENT, &settings.environment);
    // Nothing of this machine's own.
    for name in ["GOOGLE_APPLICATION_CREDENTIALS", "FIRESTORE_EMULATOR_HOST", "GCE_METADATA_HOST"] {
        command.env_remove(name);
    }
    command.env("HOME", "/nonexistent").envs(variables);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A stand-in for Firestore before the emulator, which lets through only whom it knows.
async fn gate(settings: &FirestoreSettings, knows: fn(&str) -> bool) -> String {
    let host = settings.emulator.clone().unwrap();
    serve(move |request| {
        let host = host.clone();
        async move {
            let head = String::from_utf8_lossy(&request[..request.len().min(4000)]).into_owned();
            let token = field(&head, "authorization").and_then(|value| value.strip_prefix("Bearer "));
            if !token.is_some_and(knows) {
                let body = r#"{"error":{"code":403,"message":"Missing or insufficient permissions.","status":"PERMISSION_DENIED"}}"#;
                return Ok(answer("403 Forbidden", body));
            }
            // The emulator takes everybody, but wants to be told that it is the owner.
            let at = head.find(token.unwrap()).unwrap();
            let mut changed = request[..at].to_vec();
            changed.extend(b"owner");
            changed.extend(&request[at + token.unwrap().len()..]);
            let mut server = TcpStream::connect(&*host).await?;
            server.write_all(&changed).await?;
            Ok(message(&mut server).await?.unwrap_or_default())
        }
    })
    .await
}

fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let is_it = |line: &&str| line.to_ascii_lowercase().starts_with(&format!("{name}:"));
    head.lines().find(is_it).map(|line| line[name.len() + 1..].trim())
}

fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// A server that answers with what a function makes of each request; gives its URL.
async fn serve<F>(respond: impl Fn(Vec<u8>) -> F + Clone + Send + 'static) -> String
where
    F: Future<Output = io::Result<Vec<u8>>> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let respond = respond.clone();
            tokio::spawn(async move {
                while let Some(request) = message(&mut client).await? {
                    let answer = respond(request).await?;
                    client.write_all(&answer).await?;
                }
                Ok::<_, io::Error>(())
            });
        }
    });
    url
}

/// The stand-in for the metadata server (<https://cloud.google.com/compute/docs/metadata/overview>).
async fn metadata_server() -> String {
    let url = serve(|request| async move {
        let head = String::from_utf8_lossy(&request).into_owned();
        let path = "GET /computeMetadata/v1/instance/service-accounts/default/token";
        Ok(if head.starts_with(path) && field(&head, "metadata-flavor") == Some("Google") {
            answer("200 OK", r#"{"access_token":"of-the-pod","expires_in":3600,"token_type":"Bearer"}"#)
        } else {
            answer("404 Not Found", "{}")
        })
    })
    .await;
    url.strip_prefix("http://").unwrap().to_owned()
}

async fn metadata(_: FirestoreStore, settings: FirestoreSettings) {
    let endpoint = gate(&settings, |token| token == "of-the-pod").await;
    let variables = vec![("GCE_METADATA_HOST", metadata_server().await)];
    assert_eq!(start(&settings, &endpoint, variables).await, (true, String::new()));
    assert_eq!(Raw::of(&settings).all("otter-submissions").await.len(), 1);
}

/// A token that the key file signed (RS256) for Firestore.
fn is_signed(token: &str) -> bool {
    let parts: Vec<_> = token.split('.').collect();
    let [head, claims, signature] = parts[..] else { return false };
    let json =
        |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    let key: Value = serde_json::from_str(include_str!("service-account.json")).unwrap();
    let public = STANDARD.decode(key["public_key"].as_str().unwrap()).unwrap();
    let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
    let is_rs256 = |algorithm: &&&dyn rustls::pki_types::SignatureVerificationAlgorithm| {
        algorithm.signature_alg_id() == alg_id::RSA_PKCS1_SHA256
    };
    let rs256 = algorithms.all.iter().find(is_rs256).unwrap();
    let signed = format!("{head}.{claims}");
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let claims = json(claims);
    json(head)["alg"] == "RS256"
        && rs256.verify_signature(&public, signed.as_bytes(), &signature).is_ok()
        && claims["iss"] == key["client_email"]
        && claims["scope"] == "https://www.googleapis.com/auth/datastore"
}

async fn key_file(_: FirestoreStore, settings: FirestoreSettings) {
    let endpoint = gate(&settings, is_signed).await;
    let variables = vec![("GOOGLE_APPLICATION_CREDENTIALS", KEY_FILE.to_owned())];
    assert_eq!(start(&settings, &endpoint, variables).await, (true, String::new()));
    assert_eq!(Raw::of(&settings).all("otter-submissions").await.len(), 1);
}

async fn unknown(_: FirestoreStore, settings: FirestoreSettings) {
    let endpoint = gate(&settings, |token| token == "of-another-pod").await;
    let variables = vec![("GCE_METADATA_HOST", metadata_server().await)];
    let (is_open, said) = start(&settings, &endpoint, variables).await;
    assert!(!is_open && said.contains("PERMISSION_DENIED: Missing or insufficient permissions."), "{said}");
    assert!(!said.contains("of-the-pod"), "no secrets: {said}");
    let missing = vec![("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/key.json".to_owned())];
    let (is_open, said) = start(&settings, &endpoint, missing).await;
    assert!(!is_open && said.contains("/nonexistent/key.json"), "{said}");
}
