//! The table at the end.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets::UTF8_BORDERS_ONLY};
use model::ReportStatus;

use super::Graded;

pub(super) fn of(graded: &[Graded]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["submission", "score", "of", "percent", "seconds", "result"]);
    for Graded { name, outcome } in graded {
        match outcome {
            Ok(report) => {
                let percent =
                    report.fraction().map_or_else(|| "–".into(), |part| format!("{:.1}", part * 100.0));
                let result = match report.status {
                    ReportStatus::Complete => "graded",
                    ReportStatus::Stopped => "stopped",
                    ReportStatus::Crashed => "crashed",
                    ReportStatus::Rejected => "not graded",
                };
                let result =
                    report.message.as_ref().map_or(result.to_owned(), |why| format!("{result}: {why}"));
                table.add_row([
                    name.clone(),
                    report.score.to_string(),
                    report.max_score.to_string(),
                    percent,
                    format!("{:.1}", report.seconds),
                    result,
                ]);
            }
            Err(fault) => {
                let blank = || "–".to_owned();
                let result = format!("not graded: {}", fault.message);
                table.add_row([name.clone(), blank(), blank(), blank(), blank(), result]);
            }
        }
    }
    for column in 1..5 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}
