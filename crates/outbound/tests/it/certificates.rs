//! Who proves with a certificate who it is, and who does not: real TLS, by openssl's server.

use std::{
    io::{BufRead, BufReader, Lines},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use outbound::{Outbound, OutboundError as E, Policy, Url};
use tempfile::TempDir;

/// Set in the child process, which is this test again, with the certificate among those that the system trusts.
const URL: &str = "OUTBOUND_TEST_URL";

/// A server that shows a certificate for `localhost`. Ends when it is dropped.
struct Server {
    process: Child,
    /// Kept open, so that it can go on talking.
    said: Lines<BufReader<ChildStdout>>,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let extensions =
            ["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"];
        let files = ["-keyout", "key.pem", "-out", "certificate.pem"];
        let kind =
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=outbound-test"];
        let output = openssl(folder).args(kind).args(extensions).args(files).output();
        let output = output.expect("this test needs the program openssl");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let listens = ["s_server", "-accept", "127.0.0.1:0", "-www"];
        let mut process = openssl(folder)
            .args(listens)
            .args(["-cert", "certificate.pem", "-key", "key.pem"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, said }
    }

    fn url(&mut self) -> String {
        let mut said = self.said.by_ref().map(Result::unwrap);
        let accepts = said.find(|line| line.starts_with("ACCEPT")).expect("it says where it listens");
        format!("https://localhost:{}", accepts.rsplit(':').next().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn openssl(folder: &Path) -> Command {
    let mut command = Command::new("openssl");
    command.current_dir(folder);
    command
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
    let mut server = Server::start(folder.path());
    let url = server.url();
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
