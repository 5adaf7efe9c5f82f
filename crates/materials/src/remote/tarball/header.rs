//! One header block (POSIX.1-1988 `ustar`, and GNU's form of it).

pub(super) const BLOCK: usize = 512;
pub(super) type Block = [u8; BLOCK];

/// What a header block says, as far as it matters here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The type flag.
    pub(super) kind: u8,
    /// The name in this block; a longer one may have come before.
    pub(super) name: Vec<u8>,
    /// Bytes of content, padded to whole blocks.
    pub(super) bytes: u64,
    /// Whether the owner may execute it.
    pub(super) executable: bool,
}

impl Header {
    /// Reads a block that is not all zeros.
    pub(super) fn parse(block: &Block) -> Result<Self, &'static str> {
        let sum: u64 = block
            .iter()
            .enumerate()
            .map(|(at, &byte)| u64::from(if (148..156).contains(&at) { b' ' } else { byte }))
            .sum();
        if octal(&block[148..156]) != Some(sum) {
            return Err("a header's checksum is wrong");
        }
        let prefix = match &block[257..265] {
            b"ustar\x0000" => text(&block[345..500]),
            // GNU keeps other things where POSIX has the prefix.
            b"ustar  \0" => b"",
            _ => return Err("a header is neither POSIX's nor GNU's"),
        };
        let mut name = prefix.to_vec();
        if !name.is_empty() {
            name.push(b'/');
        }
        name.extend(text(&block[..100]));
        // GNU's binary sizes are for files of 8 GiB and more.
        let bytes = octal(&block[124..136]).ok_or("a header has no size that can be read")?;
        let executable = octal(&block[100..108]).is_some_and(|mode| mode & 0o100 != 0);
        Ok(Self { kind: block[156], name, bytes, executable })
    }
}

/// What stands before the first NUL.
pub(super) fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// A number in octal digits, with spaces before it and a space or NUL behind it.
fn octal(field: &[u8]) -> Option<u64> {
    let digits = field.trim_ascii_start();
    let end = digits.iter().position(|byte| matches!(byte, 0 | b' ')).unwrap_or(digits.len());
    let digits = std::str::from_utf8(&digits[..end]).ok()?;
    if digits.starts_with('+') { None } else { u64::from_str_radix(digits, 8).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal() {
        assert_eq!(octal(b"0000644\0"), Some(0o644));
        assert_eq!(octal(b"   644 \0"), Some(0o644));
        assert_eq!(octal(b"77777777777\0"), Some((8 << 30) - 1));
        assert_eq!(octal(b"777777777777"), Some((64 << 30) - 1));
        for bad in [
            &b"\0\0\0\0"[..],
            b"    ",
            b"8",
            b"-1",
            b"+1",
            b"0x1",
            b"1.0",
            b"\x80\0\0\0\0\0\0\x01",
            b"\xc3\xa9",
        ] {
            assert_eq!(octal(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_changed_bit_is_noticed() {
        let mut block = [0; BLOCK];
        block[..4].copy_from_slice(b"name");
        block[100..107].copy_from_slice(b"0000755");
        block[124..135].copy_from_slice(b"00000000012");
        block[156] = b'0';
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[345..348].copy_from_slice(b"a/b");
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum::<u32>() + 8 * 32;
        block[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        let header = Header { kind: b'0', name: b"a/b/name".to_vec(), bytes: 10, executable: true };
        assert_eq!(Header::parse(&block), Ok(header));
        for at in (0..BLOCK).filter(|at| !(148..156).contains(at)) {
            let mut changed = block;
            changed[at] ^= 1;
            assert!(Header::parse(&changed).is_err(), "{at}");
        }
    }
}
