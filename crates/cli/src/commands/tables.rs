//! Tables for people.

use std::ops::Range;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets::UTF8_BORDERS_ONLY};
use model::{Report, ReportStatus};

/// How wide a table is at most where there is no terminal.
const WIDTH_OF_FILES: u16 = 120;

/// A table with these columns; those in `numbers` are aligned to the right.
pub(crate) fn empty(columns: &[&str], numbers: Range<usize>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(columns.iter().copied());
    if !table.is_tty() {
        table.set_width(WIDTH_OF_FILES);
    }
    for column in numbers {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The score, what could be earned, and the part of it in per cent.
pub(crate) fn points(report: &Report) -> [String; 3] {
    let percent = report.fraction().map_or_else(|| "–".into(), |part| format!("{:.1}", part * 100.0));
    [report.score.to_string(), report.max_score.to_string(), percent]
}

/// How a grading ended, in a word, with the reason if it did not end well.
pub(crate) fn result(report: &Report) -> String {
    let word = match report.status {
        ReportStatus::Complete => "graded",
        ReportStatus::Stopped => "stopped",
        ReportStatus::Crashed => "crashed",
        ReportStatus::Rejected => "not graded",
    };
    report.message.as_ref().map_or_else(|| word.to_owned(), |why| format!("{word}: {why}"))
}
