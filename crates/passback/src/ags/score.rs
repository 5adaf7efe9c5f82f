//! A score, as it is posted (AGS 2.0, section 3.4).

use outbound::Url;
use serde_json::{Value, json};

use crate::destination::GradeToSend;

pub(super) const CONTENT_TYPE: &str = "application/vnd.ims.lis.v1.score+json";

/// The score of a user; `None` if nothing could be earned. Never less than nothing and never more than the whole (attack 70).
pub(super) fn score(grade: &GradeToSend, sub: &str) -> Option<Value> {
    let fraction = grade.score.fraction_of(grade.max_score)?;
    // Rounded as reports show it, which may be a little more than the whole.
    let given = grade.max_score.part(fraction).rounded().get().min(grade.max_score.get());
    let mut score = json!({
        "userId": sub,
        "scoreGiven": given,
        "scoreMaximum": grade.max_score.get(),
        // Milliseconds are what a stamp has.
        "timestamp": format!("{:.3}", grade.stamp),
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    });
    if let Some(page) = &grade.page {
        score["comment"] = format!("Feedback: {page}").into();
    }
    Some(score)
}

/// Where something of a line item is: one more part at the end of its path, its query as it stands.
pub(super) fn below(line_item: &Url, part: &str) -> Url {
    let mut url = line_item.clone();
    url.path_segments_mut().expect("http URLs have paths").pop_if_empty().push(part);
    url
}

#[cfg(test)]
mod tests {
    use model::Points;

    use super::*;

    fn grade(score: f64, max: f64) -> GradeToSend {
        GradeToSend {
            grading: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            submission: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            user: "ada".parse().unwrap(),
            key: model::AssignmentKey {
                course: "88e".parse().unwrap(),
                section: "1".parse().unwrap(),
                assignment: "lab01".parse().unwrap(),
            },
            score: Points::new(score).unwrap(),
            max_score: Points::new(max).unwrap(),
            graded_at: "2026-11-23T11:00:00Z".parse().unwrap(),
            stamp: "2026-11-23T12:00:00.07Z".parse().unwrap(),
            page: Some("https://hub.example/services/otter_grade/submissions/1".parse().unwrap()),
        }
    }

    #[test]
    fn a_score_on_the_wire() {
        assert_eq!(
            score(&grade(2.5, 4.0), "sub-1").unwrap(),
            json!({
                "userId": "sub-1",
                "scoreGiven": 2.5,
                "scoreMaximum": 4.0,
                "timestamp": "2026-11-23T12:00:00.070Z",
                "activityProgress": "Completed",
                "gradingProgress": "FullyGraded",
                "comment": "Feedback: https://hub.example/services/otter_grade/submissions/1",
            })
        );
        let given =
            |earned, max| score(&grade(earned, max), "s").map(|score| score["scoreGiven"].as_f64().unwrap());
        assert_eq!(given(9.0, 4.0), Some(4.0));
        assert_eq!(given(-1.0, 4.0), Some(0.0));
        assert_eq!(given(2.0, 3.0), Some(2.0));
        assert_eq!(given(1.0, 2.000_009), Some(1.0));
        assert_eq!(given(9.0, 0.333_336), Some(0.333_336));
        assert_eq!(given(1.0, 0.0), None);
    }

    #[test]
    fn a_query_stays_in_its_place() {
        for (line_item, scores) in [
            ("https://lms/li/1", "https://lms/li/1/scores"),
            ("https://lms/li/1/", "https://lms/li/1/scores"),
            (
                "https://moodle/mod/lti/services.php/2/lineitems/3/lineitem?type_id=1",
                "https://moodle/mod/lti/services.php/2/lineitems/3/lineitem/scores?type_id=1",
            ),
            ("https://lms/a%2Fb?x=%20", "https://lms/a%2Fb/scores?x=%20"),
        ] {
            assert_eq!(below(&line_item.parse().unwrap(), "scores").as_str(), scores);
        }
    }
}
