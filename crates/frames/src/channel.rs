//! A socket that carries frames.

use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

/// The longest frame in bytes that is sent or read.
pub const LONGEST_FRAME: usize = 64 << 20;
/// The most descriptors that come with a frame.
const MOST_DESCRIPTORS: usize = 4;

/// One end of a socket pair. Reading and writing block.
///
/// On the wire a frame is its length in bytes (`u32`, little-endian) and a JSON text. Descriptors ride on the first
/// byte of the length.
#[derive(Debug)]
pub struct Channel {
    socket: OwnedFd,
}

/// Why no frame came.
#[derive(Debug, Error)]
pub enum FrameError {
    /// The other end has closed the socket, between two frames.
    #[error("the other end has closed the conversation")]
    Closed,
    /// The socket failed, or was closed within a frame.
    #[error("the conversation broke off: {0}")]
    Io(#[from] io::Error),
    /// The frame is longer than the reader allows.
    #[error("a frame of {length} bytes is longer than the {longest} that are allowed")]
    TooLong {
        /// Its length.
        length: usize,
        /// What is allowed.
        longest: usize,
    },
    /// The frame is not the JSON text of a message that may come here.
    #[error("a frame does not make sense: {0}")]
    Nonsense(#[from] serde_json::Error),
}

impl From<rustix::io::Errno> for FrameError {
    fn from(error: rustix::io::Errno) -> Self {
        Self::Io(error.into())
    }
}

impl From<OwnedFd> for Channel {
    fn from(socket: OwnedFd) -> Self {
        Self { socket }
    }
}

impl From<Channel> for OwnedFd {
    fn from(channel: Channel) -> Self {
        channel.socket
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Channel {
    /// Two ends, closed on exec.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        Ok((one.into(), other.into()))
    }

    /// Another handle to the same end.
    pub fn try_clone(&self) -> io::Result<Self> {
        self.socket.try_clone().map(Self::from)
    }

    /// Sends a message.
    pub fn send(&self, message: &impl Serialize) -> Result<(), FrameError> {
        self.send_with(message, &[])
    }

    /// Sends a message with descriptors, at most four.
    pub fn send_with(
        &self,
        message: &impl Serialize,
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<(), FrameError> {
        let mut frame = vec![0; 4];
        serde_json::to_writer(&mut frame, message)?;
        let length = frame.len() - 4;
        if length > LONGEST_FRAME {
            return Err(FrameError::TooLong { length, longest: LONGEST_FRAME });
        }
        let prefix = u32::try_from(length).map_err(io::Error::other)?.to_le_bytes();
        frame[..4].copy_from_slice(&prefix);

        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
        let mut beside = SendAncillaryBuffer::new(&mut space);
        if !descriptors.is_empty() && !beside.push(SendAncillaryMessage::ScmRights(descriptors)) {
            return Err(io::Error::other("too many descriptors for one frame").into());
        }
        let mut sent = 0;
        while sent < frame.len() {
            match sendmsg(&self.socket, &[IoSlice::new(&frame[sent..])], &mut beside, SendFlags::NOSIGNAL) {
                Ok(bytes) => {
                    sent += bytes;
                    beside.clear();
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Waits for a message; descriptors that came with it are closed.
    pub fn receive<T: DeserializeOwned>(&self) -> Result<T, FrameError> {
        Ok(self.receive_with(LONGEST_FRAME)?.0)
    }

    /// Waits for a message of at most so many bytes, and the descriptors that came with it.
    pub fn receive_with<T: DeserializeOwned>(&self, longest: usize) -> Result<(T, Vec<OwnedFd>), FrameError> {
        let mut descriptors = Vec::new();
        let mut prefix = [0; 4];
        if !self.fill(&mut prefix, Some(&mut descriptors))? {
            return Err(FrameError::Closed);
        }
        let length = usize::try_from(u32::from_le_bytes(prefix)).map_err(io::Error::other)?;
        if length > longest {
            return Err(FrameError::TooLong { length, longest });
        }
        let mut body = Vec::new();
        // Grows as bytes come, not as they are announced.
        while body.len() < length {
            let from = body.len();
            body.resize(length.min(from + (64 << 10)), 0);
            if !self.fill(&mut body[from..], None)? {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        }
        Ok((serde_json::from_slice(&body)?, descriptors))
    }

    /// Fills the buffer; false when the other end closed before the first byte.
    fn fill(
        &self,
        buffer: &mut [u8],
        mut descriptors: Option<&mut Vec<OwnedFd>>,
    ) -> Result<bool, FrameError> {
        let mut filled = 0;
        while filled < buffer.len() {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
            let mut beside = RecvAncillaryBuffer::new(&mut space);
            let mut slices = [IoSliceMut::new(&mut buffer[filled..])];
            let came = match recvmsg(&self.socket, &mut slices, &mut beside, RecvFlags::CMSG_CLOEXEC) {
                Err(rustix::io::Errno::INTR) => continue,
                came => came?,
            };
            for message in beside.drain() {
                // What is not asked for is closed by being dropped.
                if let (RecvAncillaryMessage::ScmRights(fds), Some(descriptors)) =
                    (message, descriptors.as_mut())
                {
                    descriptors.extend(fds);
                }
            }
            if came.bytes == 0 {
                return if filled == 0 {
                    Ok(false)
                } else {
                    Err(io::Error::from(io::ErrorKind::UnexpectedEof).into())
                };
            }
            if came.flags.contains(ReturnFlags::CTRUNC) {
                return Err(io::Error::other("more descriptors came than a frame may carry").into());
            }
            filled += came.bytes;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::{Read, Write},
    };

    use super::*;

    #[test]
    fn a_message_comes_with_its_descriptors() {
        let (one, other) = Channel::pair().unwrap();
        let (mut read, write) = std::io::pipe().unwrap();
        one.send_with(&"hello", &[write.as_fd()]).unwrap();
        one.send(&[1, 2]).unwrap();
        drop(write);
        let (text, mut descriptors) = other.receive_with::<String>(100).unwrap();
        assert_eq!((text.as_str(), descriptors.len()), ("hello", 1));
        assert_eq!(other.receive::<Vec<u8>>().unwrap(), [1, 2]);
        File::from(descriptors.remove(0)).write_all(b"through").unwrap();
        let mut text = String::new();
        read.read_to_string(&mut text).unwrap();
        assert_eq!(text, "through");
        drop(one);
        assert!(matches!(other.receive::<String>(), Err(FrameError::Closed)));
    }

    #[test]
    fn a_long_message_comes_whole() {
        let (one, other) = Channel::pair().unwrap();
        let long = "x".repeat(3 << 20);
        let sender = std::thread::spawn({
            let long = long.clone();
            move || one.send(&long).unwrap()
        });
        assert_eq!(other.receive::<String>().unwrap(), long);
        sender.join().unwrap();
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_bring_the_reader_down(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let (one, other) = Channel::pair().unwrap();
            rustix::io::write(&one, &bytes).unwrap();
            drop(one);
            while let Ok(_) | Err(FrameError::Nonsense(_)) = other.receive_with::<crate::FromSnapshot>(1 << 16) {}
        }
    }
}
