//! What to tell a student whose notebook met a limit.

use model::Limit;

/// Where to look for the cause, in a sentence.
pub(crate) fn advice(limit: Limit) -> &'static str {
    match limit {
        Limit::WallSeconds | Limit::CellSeconds | Limit::CaseSeconds | Limit::CpuSeconds => {
            "Look for a loop that does not end or a computation that is far larger than the question asks for."
        }
        Limit::MemoryBytes => "Look for data that is far larger than the question asks for.",
        Limit::Processes => "Look for code that starts programs or threads.",
        Limit::OutputBytes => "Look for printing inside a loop.",
    }
}
