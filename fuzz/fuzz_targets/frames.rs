//! Whatever bytes a process in the jail sends, the judge reads messages or errors, and neither panics nor waits.
#![no_main]

use std::os::fd::AsFd;

use frames::{Channel, FrameError, FromInit, FromNotebook, FromSnapshot, FromZygote};
use libfuzzer_sys::fuzz_target;

macro_rules! read_all {
    ($message:ty, $channel:expr) => {
        while let Ok(_) | Err(FrameError::Nonsense(_)) = $channel.receive_with::<$message>(1 << 16) {}
    };
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else { return };
    // More would fill the socket, with nobody reading.
    let bytes = &bytes[..bytes.len().min(60_000)];
    let (one, other) = Channel::pair().expect("a socket pair");
    rustix::io::write(one.as_fd(), bytes).expect("it fits");
    drop(one);
    match which % 4 {
        0 => read_all!(FromNotebook, other),
        1 => read_all!(FromSnapshot, other),
        2 => read_all!(FromInit, other),
        _ => read_all!(FromZygote, other),
    }
});
