//! The audit trail.

use super::kit::{by, entry, page};
use crate::{records::AuditEntry, store::Store};

pub(super) async fn the_trail_is_kept_and_read_in_pages(store: &dyn Store) {
    let mut entries = vec![];
    for ms in 0..9 {
        let course = ["88e/1/lab01", "8x/1/lab01"][usize::try_from(ms % 2).unwrap()];
        let submission = by("ada", course, ms).submission;
        let mut entry = entry("regrade", &submission, ms);
        entry.detail = Some(format!("the {ms}th \"time\" \u{0000}"));
        entry.address = (ms % 3 == 0).then(|| "10.0.0.7".into());
        entries.push(entry);
    }
    entries.push(AuditEntry {
        course: None,
        user: None,
        submission: None,
        ..entry("export", &by("a", "c/s/a", 9).submission, 9)
    });
    for entry in &entries {
        store.audit(entry).await.unwrap();
    }
    // The same again changes nothing, and neither does another one under its id.
    store.audit(&AuditEntry { action: "another".into(), ..entries[0].clone() }).await.unwrap();

    entries.reverse();
    assert_eq!(store.audits(None, page(None, 100)).await.unwrap(), entries);
    let first = store.audits(None, page(None, 4)).await.unwrap();
    assert_eq!(first, entries[..4]);
    assert_eq!(store.audits(None, page(Some(first[3].id), 100)).await.unwrap(), entries[4..]);
    let course = "8x".parse().unwrap();
    let of_course: Vec<_> =
        entries.iter().filter(|entry| entry.course.as_ref() == Some(&course)).cloned().collect();
    assert_eq!(store.audits(Some(&course), page(None, 100)).await.unwrap(), of_course);
    assert_eq!(store.audits(Some(&"ada".parse().unwrap()), page(None, 100)).await.unwrap(), []);
}
