//! Large pages for the zygote's heap. A fork copies an entry for each page: of 4 KiB there are tens of thousands, of
//! 2 MiB some dozens. What a job changes is copied in small pages all the same.

#![expect(unsafe_code, reason = "the kernel is told about memory by its address")]

/// The size of a large page in bytes.
const LARGE: usize = 2 << 20;

/// Gathers this process's private memory into large pages, as far as the kernel can: nothing depends on it.
pub(crate) fn gather() {
    // `MADV_COLLAPSE` is Linux 6.1's; an older kernel refuses each piece.
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    for (from, to) in maps.lines().filter_map(private_memory) {
        let mut piece = from.next_multiple_of(LARGE);
        while piece + LARGE <= to {
            // SAFETY: the advice changes how memory is mapped and not what is in it, wherever it points.
            unsafe { libc::madvise(piece as *mut libc::c_void, LARGE, libc::MADV_COLLAPSE) };
            piece += LARGE;
        }
    }
}

/// The bounds of a mapping (a line of `/proc/self/maps`) that is private, writable and of no file.
fn private_memory(line: &str) -> Option<(usize, usize)> {
    let mut fields = line.split_ascii_whitespace();
    let (from, to) = fields.next()?.split_once('-')?;
    let flags = fields.next()?;
    let name = fields.nth(3).unwrap_or_default();
    let is_ours = flags == "rw-p" && (name.is_empty() || name == "[heap]");
    let bounds = (usize::from_str_radix(from, 16).ok()?, usize::from_str_radix(to, 16).ok()?);
    is_ours.then_some(bounds)
}
