//! What may happen between us and Firestore: answers that get lost, and silence.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What becomes of the next commits.
#[derive(Default)]
pub(crate) struct Mischief {
    /// So many commits are handed on, and their answers dropped with the connection.
    pub(crate) lose: AtomicU32,
    /// So many are answered with `503` instead of being handed on.
    pub(crate) refuse: AtomicU32,
    /// How many were handed on.
    pub(crate) commits: AtomicU32,
}

/// Takes one off, if there is one left.
fn take(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

/// A proxy for HTTP/1.1 before a host, for as long as the runtime lives.
pub(crate) async fn before(host: &str) -> (SocketAddr, Arc<Mischief>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, host) = (listener.local_addr().unwrap(), host.to_owned());
    let mischief = Arc::new(Mischief::default());
    let shared = Arc::clone(&mischief);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (host, mischief) = (host.clone(), Arc::clone(&shared));
            // An error is an end of the connection, like any other.
            tokio::spawn(async move { serve(client, &host, &mischief).await.ok() });
        }
    });
    (address, mischief)
}

async fn serve(mut client: TcpStream, host: &str, mischief: &Mischief) -> std::io::Result<()> {
    let mut server = TcpStream::connect(host).await?;
    while let Some(request) = message(&mut client).await? {
        let is_commit = request.starts_with(b"POST ") && {
            let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
            String::from_utf8_lossy(line).contains(":commit ")
        };
        if is_commit && take(&mischief.refuse) {
            client.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n").await?;
            continue;
        }
        server.write_all(&request).await?;
        let Some(answer) = message(&mut server).await? else { return Ok(()) };
        if is_commit {
            mischief.commits.fetch_add(1, Ordering::SeqCst);
            if take(&mischief.lose) {
                return Ok(());
            }
        }
        client.write_all(&answer).await?;
    }
    Ok(())
}

/// One message with its body, as it came; `None` at the end.
pub(crate) async fn message(from: &mut TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let mut text = vec![];
    loop {
        if let Some(head) = text.windows(4).position(|end| end == b"\r\n\r\n") {
            let head_text = String::from_utf8_lossy(&text[..head]).to_ascii_lowercase();
            let field =
                |name: &str| head_text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let is_whole = match field("content-length") {
                Some(length) => text.len() >= head + 4 + length.trim().parse::<usize>().unwrap(),
                None if field("transfer-encoding").is_some() => text.ends_with(b"\r\n0\r\n\r\n"),
                None => true,
            };
            if is_whole {
                return Ok(Some(text));
            }
        }
        let mut part = vec![0; 1 << 16];
        let read = from.read(&mut part).await?;
        if read == 0 {
            return Ok(None);
        }
        text.extend(&part[..read]);
    }
}
