//! `GET {prefix}/submissions/{id}`: one submission, its way and its report.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use model::{Case, Question};

use super::{
    error,
    render::{self, Frame},
    words,
};
use crate::{
    api::submission::{SubmissionView, load, parse_id},
    app::App,
    extract::CurrentUser,
};

#[derive(Template)]
#[template(path = "submission.html")]
struct SubmissionPage {
    frame: Frame,
    id: String,
    assignment: String,
    course: String,
    time: String,
    datetime: String,
    standing: words::Standing,
    position: Option<u64>,
    has_failed: bool,
    report: Option<ReportPart>,
    /// Set when another submission is the one that counts.
    other_counts: Option<String>,
    sha256: String,
    receipt: String,
}

struct ReportPart {
    score: String,
    percent: u8,
    has_points: bool,
    heading: Option<&'static str>,
    message: Option<String>,
    questions: Vec<QuestionPart>,
    took: String,
}

struct QuestionPart {
    name: String,
    score: String,
    class: &'static str,
    /// Open on the page when there is something to learn.
    is_open: bool,
    cases: Vec<CasePart>,
    hidden_cases: usize,
}

struct CasePart {
    name: String,
    passed: bool,
    message: Option<String>,
    hint: Option<String>,
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    CurrentUser(user): CurrentUser,
    Path(id): Path<String>,
) -> Response {
    let view = match parse_id(&id) {
        Ok(id) => load(&app, &user, id).await,
        Err(problem) => Err(problem),
    };
    match view {
        Ok(view) => render::page(StatusCode::OK, &of(Frame::of(&app, &user), view)),
        Err(problem) => error::page(&app, &user, problem),
    }
}

fn of(frame: Frame, view: SubmissionView) -> SubmissionPage {
    let SubmissionView { submission, status, position, grading, grade, receipt } = view;
    let counting = grade.map(|grade| grade.submission).filter(|counting| *counting != submission.id);
    SubmissionPage {
        frame,
        id: submission.id.to_string(),
        assignment: submission.key.assignment.to_string(),
        course: format!("{} / {}", submission.key.course, submission.key.section),
        time: words::time(submission.received_at),
        datetime: submission.received_at.to_string(),
        standing: words::standing(status),
        position,
        has_failed: status == store::Status::Failed,
        report: grading.map(|grading| report(grading.report)),
        other_counts: counting.map(|id| id.to_string()),
        sha256: submission.sha256.to_string(),
        receipt,
    }
}

fn report(report: model::Report) -> ReportPart {
    ReportPart {
        score: words::score(report.score, report.max_score),
        percent: words::percent(report.score, report.max_score),
        has_points: report.fraction().is_some(),
        heading: words::heading(&report),
        took: format!("{:.1} s", report.seconds),
        message: report.message,
        questions: report.questions.into_iter().map(question).collect(),
    }
}

fn question(question: Question) -> QuestionPart {
    let percent = words::percent(question.score, question.max_score);
    let cases: Vec<_> = question.cases.iter().filter(|case| !case.hidden).map(case).collect();
    let hidden_cases = question.cases.len() - cases.len();
    QuestionPart {
        score: words::score(question.score, question.max_score),
        class: match percent {
            100 => "full",
            0 => "none",
            _ => "part",
        },
        is_open: cases.iter().any(|case| !case.passed || case.hint.is_some()),
        name: question.name,
        cases,
        hidden_cases,
    }
}

fn case(case: &Case) -> CasePart {
    let passed = case.passed.unwrap_or(false);
    // otter-grader's message repeats in its first line whether the case passed.
    let rest =
        case.message.as_deref().and_then(|message| message.split_once('\n')).map(|(_, rest)| rest.trim_end());
    CasePart {
        name: case.name.clone(),
        passed,
        message: rest.filter(|rest| !passed && !rest.is_empty()).map(ToOwned::to_owned),
        hint: case.hint.clone(),
    }
}
