//! `GET {prefix}/submissions/{id}`: one submission, its way and its report.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use model::{Case, Question, Report, ReportStatus};
use store::Status;

use super::{
    delivery, error,
    failure::{self, Failure},
    render::{self, Frame},
    words,
};
use crate::{
    api::submission::{SubmissionView, load, parse_id},
    app::App,
    identity::Caller,
};

#[derive(Template)]
#[template(path = "submission.html")]
struct SubmissionPage {
    frame: Frame,
    /// Whose it is, where staff look at a student's.
    of_other: Option<String>,
    id: String,
    assignment: String,
    course: String,
    time: String,
    datetime: String,
    standing: words::Standing,
    /// For the window's title: the score, or where it stands.
    outcome: String,
    position: Option<u64>,
    has_failed: bool,
    is_superseded: bool,
    /// The newer submission because of which it was skipped.
    superseded_by: Option<String>,
    report: Option<ReportPart>,
    /// Whether this submission is the one that counts.
    counts: bool,
    /// Set when another one is.
    other_counts: Option<String>,
    /// Where the grade is on its way to the learning platform.
    delivery: Option<delivery::Told>,
    /// Where its course's staff, who look at it, find the grades that did not arrive.
    list_url: Option<String>,
    sha256: String,
    receipt: String,
}

struct ReportPart {
    /// Absent when nothing counts or nothing can be earned.
    score: Option<words::Score>,
    next: Next,
    heading: Option<&'static str>,
    message: Option<String>,
    is_rejected: bool,
    questions: Vec<QuestionPart>,
    /// What staff should look at.
    flags: Vec<String>,
    executed_url: Option<String>,
    engine: String,
    engine_reason: Option<String>,
    engine_version: String,
    isolation: String,
    /// What counts of late work.
    late: Option<Late>,
    /// Whether only public tests are shown.
    only_public: bool,
    /// The limits that were met.
    limits: Vec<String>,
    /// Those of them that the message does not say.
    limits_to_say: Vec<String>,
    took: String,
}

/// That the submission came after its due date.
struct Late {
    due: String,
    datetime: String,
    /// In per cent.
    credit: String,
    /// The points that count.
    counted: String,
}

/// What the student can do next.
enum Next {
    /// The report's message says it, or there is nothing to say.
    Nothing,
    /// Nothing is left to do.
    AllPoints,
    /// Think: no test fails that the student can see, but points are missing in these questions' hidden ones.
    Hidden(Vec<Place>),
    /// Look at these questions, in which so many tests fail that the student can see.
    Look(usize, Vec<Place>),
}

/// A question's place on the page.
struct Place {
    name: String,
    anchor: String,
}

struct QuestionPart {
    name: String,
    anchor: String,
    score: String,
    class: &'static str,
    /// Open on the page when a test fails that the student can see.
    is_open: bool,
    is_unchecked: bool,
    cases: Vec<CasePart>,
    hidden_cases: usize,
}

struct CasePart {
    name: String,
    is_hidden: bool,
    passed: bool,
    hint: Option<String>,
    failures: Vec<Failure>,
    /// otter-grader's message where it cannot be taken apart.
    text: Option<String>,
}

pub(crate) async fn show(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Response {
    let view = match parse_id(&id) {
        Ok(id) => load(&app, &caller, id, "page").await,
        Err(problem) => Err(problem),
    };
    match view {
        Ok(view) => render::page(StatusCode::OK, &of(Frame::of(&app, &caller), &caller, view)),
        Err(problem) => error::page(&app, Some(&caller), problem),
    }
}

fn of(frame: Frame, caller: &Caller, view: SubmissionView) -> SubmissionPage {
    let SubmissionView { submission, status, position, grading, superseded_by, grade, delivery, receipt } =
        view;
    let counting = grade.map(|grade| grade.submission);
    let standing = words::standing(status);
    let report = grading.map(|grading| report(grading.report, grading.only_public, grading.executed_url));
    let score = report.as_ref().filter(|_| status == Status::Graded).and_then(|report| report.score.as_ref());
    let of_other = Some(submission.user.to_string()).filter(|user| *user != caller.user.as_str());
    let list = || format!("{}courses/{}/deliveries", frame.prefix, submission.key.course);
    SubmissionPage {
        list_url: of_other.is_some().then(list),
        frame,
        of_other,
        id: submission.id.to_string(),
        assignment: submission.key.assignment.to_string(),
        course: format!("{} / {}", submission.key.course, submission.key.section),
        time: words::time(submission.received_at),
        datetime: submission.received_at.to_string(),
        outcome: score.map_or_else(|| standing.word.to_owned(), ToString::to_string),
        standing,
        position,
        has_failed: status == Status::Failed,
        is_superseded: status == Status::Superseded,
        superseded_by: superseded_by.map(|id| id.to_string()),
        report,
        counts: counting == Some(submission.id),
        other_counts: counting.filter(|id| *id != submission.id).map(|id| id.to_string()),
        delivery: delivery.as_ref().map(delivery::Told::of),
        sha256: submission.sha256.to_string(),
        receipt,
    }
}

fn report(report: Report, only_public: bool, executed_url: Option<String>) -> ReportPart {
    let late = report.lateness.filter(|_| report.status.counts()).map(|lateness| Late {
        due: words::time(lateness.due),
        datetime: lateness.due.to_string(),
        credit: words::percent(lateness.credit),
        counted: report.counted().to_string(),
    });
    let heading = words::heading(&report);
    let score = words::Score::of(report.score, report.max_score).filter(|_| report.status.counts());
    let is_complete = report.status == ReportStatus::Complete;
    let limits: Vec<_> = report.limits.iter().map(ToString::to_string).collect();
    let is_said = |limit: &&String| report.message.as_ref().is_some_and(|said| said.contains(*limit));
    let limits_to_say = limits.iter().filter(|limit| !is_said(limit)).cloned().collect();
    let questions: Vec<_> = (1..).zip(report.questions).map(|(n, each)| question(n, each)).collect();
    ReportPart {
        late,
        only_public,
        next: score.as_ref().filter(|_| is_complete).map_or(Next::Nothing, |score| next(score, &questions)),
        score,
        heading,
        took: format!("{:.1} s", report.seconds),
        limits_to_say,
        limits,
        flags: report.flags.iter().map(|flag| flag.reason.clone()).collect(),
        executed_url,
        engine: report.engine,
        engine_reason: report.engine_reason,
        engine_version: report.engine_version,
        isolation: report.isolation,
        message: report.message,
        is_rejected: report.status == ReportStatus::Rejected,
        questions,
    }
}

fn next(score: &words::Score, questions: &[QuestionPart]) -> Next {
    let places = |are_meant: fn(&QuestionPart) -> bool| -> Vec<_> {
        let place = |part: &QuestionPart| Place { name: part.name.clone(), anchor: part.anchor.clone() };
        questions.iter().filter(|part| are_meant(part)).map(place).collect()
    };
    let failed = questions.iter().flat_map(|part| &part.cases).filter(|case| !case.passed).count();
    let hidden = places(|part| part.hidden_cases > 0 && matches!(part.class, "part" | "none"));
    if failed > 0 {
        Next::Look(failed, places(|part| part.is_open))
    } else if score.class == "full" {
        Next::AllPoints
    } else if hidden.is_empty() {
        Next::Nothing
    } else {
        Next::Hidden(hidden)
    }
}

fn question(number: usize, question: Question) -> QuestionPart {
    let score = words::Score::of(question.score, question.max_score);
    // Of hidden cases only staff are told how they ended.
    let is_shown = |case: &&Case| !case.hidden || case.passed.is_some();
    let cases: Vec<_> = question.cases.iter().filter(is_shown).map(case).collect();
    let is_unchecked = question.cases.is_empty();
    let (class, score) = match score {
        None => ("", "no points".to_owned()),
        Some(score) if is_unchecked => ("", format!("not checked, {score}")),
        Some(score) => (score.class, score.to_string()),
    };
    QuestionPart {
        // Names may hold anything; numbers make good anchors.
        anchor: format!("question-{number}"),
        class,
        score,
        is_open: cases.iter().any(|case| !case.passed),
        is_unchecked,
        hidden_cases: question.cases.len() - cases.len(),
        name: question.name,
        cases,
    }
}

fn case(case: &Case) -> CasePart {
    let passed = case.passed.unwrap_or(false);
    let message =
        case.message.as_deref().filter(|_| !passed).map(failure::without_verdict).unwrap_or_default();
    let failures = failure::take_apart(message);
    CasePart {
        name: case.name.clone(),
        is_hidden: case.hidden,
        passed,
        hint: case.hint.clone(),
        text: Some(message).filter(|text| failures.is_empty() && !text.is_empty()).map(ToOwned::to_owned),
        failures,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Points;

    /// A question of 2 points, whose test cases are hidden or not and passed or not.
    fn asked(name: &str, score: f64, cases: &[(bool, bool)]) -> Question {
        let case = |(hidden, passed): &(bool, bool)| Case {
            name: name.into(),
            hidden: *hidden,
            passed: (!hidden).then_some(*passed),
            points: None,
            message: None,
            hint: None,
        };
        let points = |value| Points::new(value).unwrap();
        let cases = cases.iter().map(case).collect();
        Question { name: name.into(), score: points(score), max_score: points(2.0), cases }
    }

    fn advice(questions: Vec<Question>) -> Next {
        let sum = |points: fn(&Question) -> Points| questions.iter().map(points).sum();
        let score = words::Score::of(sum(|question| question.score), sum(|question| question.max_score));
        let parts: Vec<_> = (1..).zip(questions).map(|(n, each)| question(n, each)).collect();
        next(&score.unwrap(), &parts)
    }

    fn names(places: &[Place]) -> Vec<&str> {
        places.iter().map(|place| place.name.as_str()).collect()
    }

    #[test]
    fn the_student_is_told_where_to_look() {
        let (seen_passed, seen_failed, hidden) = ((false, true), (false, false), (true, false));
        let full = || asked("q1", 2.0, &[seen_passed, hidden]);
        assert!(matches!(advice(vec![full()]), Next::AllPoints));
        let unchecked = asked("q2", 0.0, &[]);
        assert!(matches!(advice(vec![full(), unchecked]), Next::Nothing));
        let part = || asked("q3", 1.0, &[seen_passed, hidden]);
        let Next::Hidden(places) = advice(vec![full(), part()]) else { panic!("hidden tests") };
        assert_eq!(names(&places), ["q3"]);
        let failed = asked("q4", 0.0, &[seen_failed, seen_failed, hidden]);
        let Next::Look(2, places) = advice(vec![full(), part(), failed]) else { panic!("two tests") };
        assert_eq!(names(&places), ["q4"]);
    }

    #[test]
    fn what_was_not_judged_is_not_called_wrong() {
        let part = question(1, asked("q1", 0.0, &[]));
        assert_eq!((part.class, part.score.as_str(), part.is_open), ("", "not checked, 0 of 2", false));
    }
}
