//! What a platform already has.

use serde_json::Value;

use crate::destination::GradeToSend;

/// Two numbers that a platform may have rounded on the way.
const CLOSE: f64 = 1e-4;

/// Whether the results of a line item (AGS 2.0, section 3.3) hold this grade for the user.
pub(super) fn hold(results: &Value, sub: &str, grade: &GradeToSend) -> bool {
    let Some(wanted) = grade.score.fraction_of(grade.max_score) else { return false };
    // Newest first, where a platform keeps several.
    let mut of_user = results.as_array().into_iter().flatten().filter(|result| result["userId"] == sub);
    of_user.next().is_some_and(|result| {
        let score = result["resultScore"].as_f64();
        let of = result["resultMaximum"].as_f64().filter(|of| *of > 0.0).unwrap_or(1.0);
        score.is_some_and(|score| (score / of - wanted).abs() < CLOSE)
    })
}
