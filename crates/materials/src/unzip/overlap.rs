//! Entries that share bytes of the archive, as in D. Fifield's "A better zip bomb" (USENIX WOOT 2019): one block of
//! data that many entries quote (attack 46).

use std::{
    io::{Read, Seek},
    ops::Range,
};

use super::{
    directory::{Archive, entry_error},
    error::{EntryName, UnzipError},
};

/// Refuses an archive in which an entry, its own header included, shares a byte with another or with the list of
/// entries. Gives the bytes that all entries' contents take, which after this is no more than the archive has.
pub(super) fn check<R: Read + Seek>(archive: &mut Archive<R>) -> Result<u64, UnzipError> {
    let list_start = archive.central_directory_start();
    let mut packed_bytes = 0;
    let mut ranges = Vec::with_capacity(archive.len());
    for index in 0..archive.len() {
        let entry = name_at(archive, index);
        let raw = archive.by_index_raw(index).map_err(|error| entry_error(&entry, error))?;
        let data_start = raw.data_start().unwrap_or_else(|| raw.header_start());
        // The library has refused a sum that overflows.
        let end = data_start.saturating_add(raw.compressed_size());
        if end > list_start {
            return Err(UnzipError::Overlap { first: entry.clone(), second: entry });
        }
        packed_bytes += raw.compressed_size();
        ranges.push((raw.header_start()..end, index));
    }
    match first_overlap(&mut ranges) {
        None => Ok(packed_bytes),
        Some((first, second)) => {
            Err(UnzipError::Overlap { first: name_at(archive, first), second: name_at(archive, second) })
        }
    }
}

fn name_at<R: Read + Seek>(archive: &Archive<R>, index: usize) -> EntryName {
    let name = archive.name_for_index(index).and_then(Result::ok).unwrap_or_default();
    EntryName::new(&name)
}

/// Sorts the ranges and gives the labels of the first two that share a byte.
fn first_overlap<T: Copy>(ranges: &mut [(Range<u64>, T)]) -> Option<(T, T)> {
    ranges.sort_unstable_by_key(|(range, _)| (range.start, range.end));
    let pair = ranges.windows(2).find(|pair| pair[0].0.end > pair[1].0.start)?;
    Some((pair[0].1, pair[1].1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_do_not_overlap_but_shared_bytes_do() {
        assert_eq!(first_overlap(&mut [(10..20, 'b'), (0..10, 'a'), (25..30, 'c')]), None);
        assert_eq!(first_overlap(&mut [(10..20, 'b'), (0..11, 'a')]), Some(('a', 'b')));
        assert_eq!(first_overlap(&mut [(0..100, 'a'), (10..20, 'b'), (50..60, 'c')]), Some(('a', 'b')));
        assert_eq!(first_overlap(&mut [(5..9, 'a'), (5..9, 'b')]), Some(('a', 'b')));
    }

    proptest! {
        #[test]
        fn an_overlap_is_found_if_and_only_if_two_ranges_share_a_byte(
            ranges in proptest::collection::vec((0_u64..200, 1_u64..30), 0..12)
        ) {
            let mut ranges: Vec<_> = ranges.iter().map(|&(start, len)| (start..start + len, ())).collect();
            let shared = (0..230).any(|byte| ranges.iter().filter(|(r, ())| r.contains(&byte)).count() > 1);
            prop_assert_eq!(first_overlap(&mut ranges).is_some(), shared);
        }
    }
}
