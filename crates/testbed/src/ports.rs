//! Ports in a row.

use std::{
    fs::{self, File},
    io,
    net::{Ipv4Addr, TcpListener},
};

/// A hundred ports of loopback that nobody listens on, below those that the system gives out by itself. As long as it
/// is held, no other test takes them, in this process or another.
#[derive(Debug)]
pub struct Ports {
    first: u16,
    _lock: File,
}

impl Ports {
    /// Takes a row in which the ports that are counted from its first by `needed` are free.
    pub fn take(needed: &[u16]) -> io::Result<Self> {
        let locks = std::env::temp_dir().join("otter-testbed-ports");
        fs::create_dir_all(&locks)?;
        for first in (20_000..30_000).step_by(100) {
            // Another user's file cannot be opened, and the ports are that user's.
            let Ok(lock) = File::create(locks.join(first.to_string())) else { continue };
            let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, first + port)).is_ok();
            if lock.try_lock().is_ok() && needed.iter().all(is_free) {
                return Ok(Self { first, _lock: lock });
            }
        }
        Err(io::Error::other("all ports from 20000 to 30000 are taken"))
    }

    /// The first port.
    #[must_use]
    pub fn first(&self) -> u16 {
        self.first
    }
}
