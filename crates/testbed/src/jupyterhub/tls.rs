//! A proxy that does TLS before a hub, as sites have one: the hub's own proxy program, once more.

use std::{
    io,
    net::{Ipv4Addr, TcpStream},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use super::{JupyterHub, PATIENCE};
use crate::process::Process;

/// A running proxy, with a certificate that nobody has signed. Dropped, it ends.
#[derive(Debug)]
pub struct TlsProxy {
    _process: Process,
    port: u16,
}

impl TlsProxy {
    /// Starts one before a hub, and waits until it listens. Needs the program openssl.
    pub fn before(hub: &JupyterHub) -> io::Result<Self> {
        certify(hub)?;
        let (hub_port, port, api) = (hub.port(), hub.port() + 4, hub.port() + 5);
        let mut command = hub.command_of("configurable-http-proxy", "tls.log");
        command
            .args(["--ip", "127.0.0.1", "--port", &port.to_string()])
            .args(["--api-ip", "127.0.0.1", "--api-port", &api.to_string()])
            .args(["--ssl-key", "tls.key", "--ssl-cert", "tls.crt"])
            .args(["--default-target", &format!("http://127.0.0.1:{hub_port}")]);
        let process = Process::start(&command, None)?;
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            if Instant::now() > deadline {
                return Err(error);
            }
            sleep(Duration::from_millis(50));
        }
        Ok(Self { _process: process, port })
    }

    /// Where browsers find it: `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn site(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }
}

fn certify(hub: &JupyterHub) -> io::Result<()> {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-keyout", "tls.key", "-out", "tls.crt"])
        .current_dir(hub.folder())
        .stderr(Stdio::null())
        .status()?;
    if made.success() { Ok(()) } else { Err(io::Error::other("openssl makes no certificate")) }
}
