//! The port, taken at the start.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use server::Front;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// How long clients that never finish their requests are waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A port at which something answers: first that the service is starting, later the service.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    pub(crate) front: Front,
    /// Cancelled when no connection is accepted any more, and streams end.
    pub(crate) closing: CancellationToken,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Listening {
    /// Takes the port.
    pub(crate) async fn start(listen: SocketAddr, prefix: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen}; is another otter-service running?"))?;
        let address = listener.local_addr()?;
        let (front, closing) = (Front::new(prefix), CancellationToken::new());
        let router = front.router().into_make_service_with_connect_info::<SocketAddr>();
        let closed = closing.clone();
        let server =
            axum::serve(listener, router).with_graceful_shutdown(async move { closed.cancelled().await });
        Ok(Self { address, front, closing, serving: tokio::spawn(server.into_future()) })
    }

    /// Accepts nothing more, and lets the requests that run end: they are short.
    pub(crate) async fn close(self) {
        self.closing.cancel();
        tokio::time::timeout(PATIENCE, self.serving).await.ok();
    }
}
