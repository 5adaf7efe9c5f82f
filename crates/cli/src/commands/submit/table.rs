//! The table at the end.

use comfy_table::Table;

use super::{End, Followed};
use crate::commands::tables;

pub(super) fn of(followed: &[Followed]) -> Table {
    let mut table = tables::empty(&["submission", "assignment", "score", "of", "percent", "result"], 2..5);
    for Followed { file, end } in followed {
        let without_points = |assignment: &str, result: String| {
            let blank = || "–".to_owned();
            [file.clone(), assignment.to_owned(), blank(), blank(), blank(), result]
        };
        table.add_row(match end {
            End::Seen(seen) => match &seen.grading {
                Some(grading) => {
                    let [score, of, percent] = tables::points(&grading.report);
                    [
                        file.clone(),
                        seen.assignment.clone(),
                        score,
                        of,
                        percent,
                        tables::result(&grading.report),
                    ]
                }
                None => without_points(&seen.assignment, seen.status.clone()),
            },
            End::Accepted { page } => without_points("–", format!("accepted: {page}")),
            End::LostSight { page, error } => without_points("–", format!("accepted: {page} ({error:#})")),
            End::NotAccepted(error) => without_points("–", format!("not accepted: {error:#}")),
        });
    }
    table
}
