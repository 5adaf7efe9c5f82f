//! Who proves with a certificate who it is, and who does not: real TLS, by openssl's server.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use outbound::{Outbound, OutboundError as E, Policy, Url};
use tempfile::TempDir;

/// Set in the child process, which is this test again, with the certificate among those that the system trusts.
const URL: &str = "OUTBOUND_TEST_URL";

/// A server that shows a certificate for `localhost`, and its URL. Ends when it is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn server(folder: &Path) -> (Server, String) {
    let request = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=outbound-test -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE \
                   -keyout key.pem -out certificate.pem";
    let output = Command::new("openssl")
        .current_dir(folder)
        .args(request.split(' ').filter(|a| !a.is_empty()))
        .output();
    let output = output.expect("this test needs the program openssl");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let arguments =
        ["s_server", "-accept", "127.0.0.1:0", "-cert", "certificate.pem", "-key", "key.pem", "-www"];
    let mut server = Command::new("openssl")
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map(Server)
        .unwrap();
    let said = BufReader::new(server.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let accepts =
        said.skip_while(|line| !line.starts_with("ACCEPT")).next().expect("it says where it listens");
    let port = accepts.rsplit(':').next().unwrap().to_owned();
    (server, format!("https://localhost:{port}"))
}

async fn ask(url: &str) -> Result<u16, E> {
    let policy = Policy::default().allow(url.parse().unwrap()).allow_private("localhost").unwrap();
    let answer = Outbound::new(policy).unwrap().get(Url::parse(url).unwrap()).send().await?;
    Ok(answer.status().as_u16())
}

#[tokio::test]
async fn only_a_trusted_certificate_is_good() {
    if let Ok(url) = std::env::var(URL) {
        assert_eq!(ask(&url).await.unwrap(), 200);
        // The same server by a name that is not in its certificate.
        let url = url.replace("localhost", "127.0.0.1");
        let policy = Policy::default().allow(url.parse().unwrap()).allow_private("127.0.0.1").unwrap();
        let error = Outbound::new(policy).unwrap().get(Url::parse(&url).unwrap()).send().await.unwrap_err();
        assert!(matches!(error, E::Connection { .. }), "{error}");
        return;
    }
    let folder = TempDir::new().unwrap();
    let (_server, url) = server(folder.path());
    let error = ask(&url).await.unwrap_err();
    assert!(matches!(error, E::Connection { .. }) && error.to_string().contains("UnknownIssuer"), "{error}");

    let again = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "certificates::only_a_trusted_certificate_is_good"])
        .env("SSL_CERT_FILE", folder.path().join("certificate.pem"))
        .env(URL, &url)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success() && said.contains("1 passed"), "{said}");
}
