//! What the program writes: counted, its lines passed on, its complaints kept at their end.

use std::{collections::VecDeque, fs::File, io::Read};

/// The longest line that is passed on; longer ones, which no driver writes, are dropped.
const LONGEST_LINE: usize = 4096;
/// How many lines are passed on at most.
const MOST_LINES: u32 = 10_000;
/// How much of standard error is kept.
const TAIL: usize = 4096;
/// How much is read at a time.
const CHUNK: usize = 16 * 1024;

/// How many chunks a pipe may still hold when its writer has ended: 64 KiB, read as they were written, at most.
const MOST_CHUNKS_LEFT: usize = 64;

/// What was written so far.
pub(super) struct Output {
    bytes: u64,
    line: Vec<u8>,
    line_too_long: bool,
    lines_left: u32,
    tail: VecDeque<u8>,
    on_line: fn(String),
}

impl Output {
    pub(super) fn new(on_line: fn(String)) -> Self {
        Self {
            bytes: 0,
            line: Vec::new(),
            line_too_long: false,
            lines_left: MOST_LINES,
            tail: VecDeque::new(),
            on_line,
        }
    }

    /// How many bytes came so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The end of standard error.
    pub(super) fn stderr_tail(&self) -> String {
        String::from_utf8_lossy(&self.tail.iter().copied().collect::<Vec<_>>()).into_owned()
    }

    /// Reads once from standard output and hands on each whole line; false at its end.
    pub(super) fn read_stdout(&mut self, stream: &mut impl Read) -> bool {
        let mut chunk = [0; CHUNK];
        let Some(length) = self.read(stream, &mut chunk) else { return false };
        for &byte in &chunk[..length] {
            if byte == b'\n' {
                self.end_line();
            } else if self.line.len() < LONGEST_LINE {
                self.line.push(byte);
            } else {
                self.line_too_long = true;
            }
        }
        true
    }

    /// Reads once from standard error and keeps the end; false at its end.
    pub(super) fn read_stderr(&mut self, stream: &mut impl Read) -> bool {
        let mut chunk = [0; CHUNK];
        let Some(length) = self.read(stream, &mut chunk) else { return false };
        self.tail.extend(&chunk[..length]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        true
    }

    /// Reads what the program left in its pipes when it ended. Only what is there at once: a descendant may still
    /// hold the other end open.
    pub(super) fn drain(&mut self, stdout: Option<File>, stderr: Option<File>) {
        if let Some(mut stream) = stdout {
            for _ in 0..MOST_CHUNKS_LEFT {
                if !is_readable(&stream) || !self.read_stdout(&mut stream) {
                    break;
                }
            }
        }
        if let Some(mut stream) = stderr {
            for _ in 0..MOST_CHUNKS_LEFT {
                if !is_readable(&stream) || !self.read_stderr(&mut stream) {
                    break;
                }
            }
        }
    }

    fn end_line(&mut self) {
        if !self.line_too_long
            && self.lines_left > 0
            && let Ok(line) = std::str::from_utf8(&self.line)
        {
            self.lines_left -= 1;
            (self.on_line)(line.to_owned());
        }
        self.line.clear();
        self.line_too_long = false;
    }

    fn read(&mut self, stream: &mut impl Read, chunk: &mut [u8]) -> Option<usize> {
        let length = stream.read(chunk).ok().filter(|length| *length > 0)?;
        self.bytes += length as u64;
        Some(length)
    }
}

fn is_readable(stream: &impl std::os::fd::AsFd) -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let mut fds = [PollFd::new(stream.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}
