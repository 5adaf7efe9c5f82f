//! Writes archives byte by byte, also those that no library would write (APPNOTE 4.3).

use std::io::{Cursor, Read, Write};

use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

/// One entry, with everything that its headers say.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    /// The name in the header before the data; `None` for the same.
    pub(crate) local_name: Option<Vec<u8>>,
    pub(crate) made_by: u8,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) mode: u32,
    pub(crate) crc: u32,
    /// Declared sizes; zero in the header before the data if the flags promise a data descriptor.
    pub(crate) size: u32,
    pub(crate) packed_size: u32,
    pub(crate) packed: Vec<u8>,
    pub(crate) extra: Vec<u8>,
    /// Where the list of entries says that the header is, if not where it is. No header and data are then written.
    pub(crate) offset: Option<u32>,
}

impl Entry {
    pub(crate) fn stored(name: &str, content: &[u8]) -> Self {
        let size = u32::try_from(content.len()).unwrap();
        Self {
            name: name.into(),
            local_name: None,
            made_by: 3,
            flags: 0,
            method: 0,
            mode: 0o100_644,
            crc: crc32(content),
            size,
            packed_size: size,
            packed: content.to_vec(),
            extra: Vec::new(),
            offset: None,
        }
    }

    pub(crate) fn deflated(name: &str, content: &[u8]) -> Self {
        let packed = deflate(content);
        let packed_size = u32::try_from(packed.len()).unwrap();
        Self { method: 8, packed_size, packed, ..Self::stored(name, content) }
    }

    pub(crate) fn with_mode(self, mode: u32) -> Self {
        Self { mode, ..self }
    }

    /// The header before the data.
    pub(crate) fn local_header(&self) -> Vec<u8> {
        let name = self.local_name.as_ref().unwrap_or(&self.name);
        let streamed = self.flags & 8 != 0;
        let (crc, packed_size, size) =
            if streamed { (0, 0, 0) } else { (self.crc, self.packed_size, self.size) };
        let mut bytes = b"PK\x03\x04\x14\x00".to_vec();
        bytes.extend(self.flags.to_le_bytes());
        bytes.extend(self.method.to_le_bytes());
        bytes.extend([0, 0, 0x21, 0]);
        for field in [crc, packed_size, size] {
            bytes.extend(field.to_le_bytes());
        }
        bytes.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        bytes.extend(0_u16.to_le_bytes());
        bytes.extend(name);
        bytes
    }

    fn central_header(&self, offset: u32) -> Vec<u8> {
        let mut bytes = b"PK\x01\x02\x14".to_vec();
        bytes.extend([self.made_by, 0x14, 0]);
        bytes.extend(self.flags.to_le_bytes());
        bytes.extend(self.method.to_le_bytes());
        bytes.extend([0, 0, 0x21, 0]);
        for field in [self.crc, self.packed_size, self.size] {
            bytes.extend(field.to_le_bytes());
        }
        for length in [self.name.len(), self.extra.len(), 0, 0, 0] {
            bytes.extend(u16::try_from(length).unwrap().to_le_bytes());
        }
        bytes.extend((self.mode << 16).to_le_bytes());
        bytes.extend(self.offset.unwrap_or(offset).to_le_bytes());
        bytes.extend(&self.name);
        bytes.extend(&self.extra);
        bytes
    }
}

/// An archive of the entries.
pub(crate) fn archive(entries: &[Entry]) -> Vec<u8> {
    let (mut bytes, mut list) = (Vec::new(), Vec::new());
    for entry in entries {
        list.extend(entry.central_header(u32::try_from(bytes.len()).unwrap()));
        if entry.offset.is_none() {
            bytes.extend(entry.local_header());
            bytes.extend(&entry.packed);
            if entry.flags & 8 != 0 {
                bytes.extend(b"PK\x07\x08");
                for field in [entry.crc, entry.packed_size, entry.size] {
                    bytes.extend(field.to_le_bytes());
                }
            }
        }
    }
    let (start, count) = (bytes.len(), u16::try_from(entries.len()).unwrap());
    bytes.extend(&list);
    bytes.extend(end_of_list(count, list.len(), start));
    bytes
}

/// The record after the list of entries.
pub(crate) fn end_of_list(count: u16, size: usize, start: usize) -> Vec<u8> {
    let mut bytes = b"PK\x05\x06\0\0\0\0".to_vec();
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(u32::try_from(size).unwrap().to_le_bytes());
    bytes.extend(u32::try_from(start).unwrap().to_le_bytes());
    bytes.extend(0_u16.to_le_bytes());
    bytes
}

/// The raw deflate stream of the content, as the library packs it.
pub(crate) fn deflate(content: &[u8]) -> Vec<u8> {
    pack(content, CompressionMethod::Deflated).0
}

/// The content's CRC-32.
pub(crate) fn crc32(content: &[u8]) -> u32 {
    pack(content, CompressionMethod::Stored).1
}

fn pack(content: &[u8], method: CompressionMethod) -> (Vec<u8>, u32) {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("x", SimpleFileOptions::default().compression_method(method)).unwrap();
    zip.write_all(content).unwrap();
    let mut zip = ZipArchive::new(zip.finish().unwrap()).unwrap();
    let mut entry = zip.by_index_raw(0).unwrap();
    let mut packed = Vec::new();
    entry.read_to_end(&mut packed).unwrap();
    (packed, entry.crc32())
}
