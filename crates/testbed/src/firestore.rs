//! Google's emulator of Cloud Firestore.

use std::{
    fs,
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::process::{Process, free_port};

/// How long the emulator may take to answer after its start.
const PATIENCE: Duration = Duration::from_mins(2);

/// A running emulator with nothing in it. Dropped, it ends.
#[derive(Debug)]
pub struct Emulator {
    process: Option<Process>,
    port: u16,
    jar: PathBuf,
    folder: TempDir,
}

impl Emulator {
    /// Starts an emulator. The error says what is missing.
    pub fn start() -> io::Result<Self> {
        if Command::new("java").arg("-version").output().is_err() {
            return Err(io::Error::other(
                "there is no Java on this machine (Debian: apt-get install default-jre-headless)",
            ));
        }
        let folder = TempDir::with_prefix("testbed-firestore-")?;
        let mut emulator = Self { process: None, port: free_port()?, jar: jar()?, folder };
        emulator.resume()?;
        Ok(emulator)
    }

    /// Its host and port, as `FIRESTORE_EMULATOR_HOST` has them.
    #[must_use]
    pub fn host(&self) -> String {
        format!("{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// What the emulator says.
    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// The emulator's process.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// Ends the emulator; its data are gone, and connections are refused.
    pub fn end(&mut self) {
        self.process = None;
    }

    /// Starts it again after [`Emulator::end`], at the same address and empty.
    pub fn resume(&mut self) -> io::Result<()> {
        // A shell that starts tests in the background makes them ignore SIGINT, and Java would then ignore it, too.
        let mut command = Command::new("sh");
        command.args(["-c", r#"exec env --default-signal=INT "$@" >"$0" 2>&1"#]).arg(self.log());
        command.args(["java", "-Duser.language=en", "-cp"]).arg(&self.jar);
        command.arg("com.google.cloud.datastore.emulator.firestore.CloudFirestore").arg("start");
        command.args(["--host=127.0.0.1", &format!("--port={}", self.port)]);
        self.process = Some(Process::start(&command, None)?);
        let deadline = Instant::now() + PATIENCE;
        while self.ask().is_err() {
            if Instant::now() > deadline {
                let log = fs::read_to_string(self.log()).unwrap_or_default();
                return Err(io::Error::other(format!("the Firestore emulator does not answer: {log}")));
            }
            sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Asks for something and waits for the answer: the first one takes seconds, while Java loads what it needs.
    fn ask(&self) -> io::Result<()> {
        let body = r#"{"documents":["projects/none/databases/(default)/documents/none/none"]}"#;
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "POST /v1/projects/none/databases/(default)/documents:batchGet HTTP/1.1\r\nhost: {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nauthorization: Bearer owner\r\n\r\n{body}",
            self.host(),
            body.len()
        )?;
        let mut answer = [0; 15];
        stream.read_exact(&mut answer)?;
        if answer == *b"HTTP/1.1 200 OK" { Ok(()) } else { Err(io::Error::other("it does not work yet")) }
    }
}

/// The emulator in the Google Cloud CLI's installation.
fn jar() -> io::Result<PathBuf> {
    let missing = |what: &str| {
        io::Error::other(format!(
            "there is no {what} on this machine (https://cloud.google.com/sdk, `gcloud components install cloud-firestore-emulator`)"
        ))
    };
    let root = Command::new("gcloud")
        .args(["info", "--format=value(installation.sdk_root)"])
        .stderr(Stdio::null())
        .output()
        .map_err(|_| missing("gcloud"))?;
    let root = String::from_utf8_lossy(&root.stdout).trim().to_owned();
    let jar = Path::new(&root).join("platform/cloud-firestore-emulator/cloud-firestore-emulator.jar");
    if jar.exists() { Ok(jar) } else { Err(missing("Firestore emulator")) }
}
