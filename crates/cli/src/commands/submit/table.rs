//! The table at the end.

use comfy_table::Table;

use super::Followed;
use crate::commands::tables;

pub(super) fn of(followed: &[Followed]) -> Table {
    let mut table = tables::empty(&["submission", "assignment", "score", "of", "percent", "result"], 2..5);
    for Followed { file, end } in followed {
        let blank = || "–".to_owned();
        let row = match end {
            Ok(seen) => match &seen.grading {
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
                None => {
                    [file.clone(), seen.assignment.clone(), blank(), blank(), blank(), seen.status.clone()]
                }
            },
            Err(error) => {
                [file.clone(), blank(), blank(), blank(), blank(), format!("not accepted: {error:#}")]
            }
        };
        table.add_row(row);
    }
    table
}
