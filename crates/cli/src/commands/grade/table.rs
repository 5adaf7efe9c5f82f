//! The table at the end.

use comfy_table::Table;

use super::Graded;
use crate::commands::tables;

pub(super) fn of(graded: &[Graded]) -> Table {
    let mut table = tables::empty(&["submission", "score", "of", "percent", "seconds", "result"], 1..5);
    for Graded { name, outcome } in graded {
        let row = match outcome {
            Ok(report) => {
                let [score, of, percent] = tables::points(report);
                [name.clone(), score, of, percent, format!("{:.1}", report.seconds), tables::result(report)]
            }
            Err(fault) => {
                let blank = || "–".to_owned();
                [name.clone(), blank(), blank(), blank(), blank(), format!("not graded: {}", fault.message)]
            }
        };
        table.add_row(row);
    }
    table
}
