//! The bytes of the tar archive, out of what they are packed in.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

use super::Packing;

pub(super) enum Source<R> {
    Plain(BufReader<R>),
    // A checksum and a length at its end say whether it is whole; the decoder checks them when it gets there.
    Gzip(Box<GzDecoder<BufReader<R>>>),
}

impl<R: Read> Source<R> {
    pub(super) fn new(packed: R, packing: Packing) -> Self {
        let packed = BufReader::with_capacity(64 * 1024, packed);
        match packing {
            Packing::Plain => Self::Plain(packed),
            Packing::Gzip => Self::Gzip(Box::new(GzDecoder::new(packed))),
        }
    }

    /// Whether, after its last byte was read, nothing follows what it was packed in.
    pub(super) fn is_at_end(&mut self) -> io::Result<bool> {
        let packed = match self {
            Self::Plain(packed) => packed,
            Self::Gzip(decoder) => decoder.get_mut(),
        };
        Ok(packed.fill_buf()?.is_empty())
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(packed) => packed.read(buffer),
            Self::Gzip(decoder) => decoder.read(buffer),
        }
    }
}
