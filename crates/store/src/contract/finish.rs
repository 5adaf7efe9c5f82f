//! How gradings end.

use model::{Fault, Grade, GradePolicy, Report, ReportStatus, Step, Submission};

use super::kit::{
    LEASE_MS, accepted, assert_idle, at, claim, events, finish, finish_executed, grade, grading, gradings,
    kept, noise, only, own, points, question, record, report, staff, status, steps,
};
use crate::{
    records::{Outcome, Retry, Status, SubmissionRecord},
    store::Store,
};

fn graded(report: &Report) -> Step {
    Step::Graded { score: report.score, max_score: report.max_score }
}

pub(super) async fn a_report_ends_in_a_grade_and_in_events(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    let job = claim(store, "w", 10).await;
    assert_eq!(status(store, &submission).await, Status::Grading);
    let report = Report {
        status: ReportStatus::Stopped,
        questions: vec![question("q1", 1.5, 2.0), question("q2", 0.0, 1.0)],
        message: Some("It met the time limit.".into()),
        ..report(0.0, 0.0)
    }
    .summed();
    let grading = grading(2000);
    store.record_report(&job.lease, grading.clone(), &report, None, only(GradePolicy::Latest)).await.unwrap();

    let kept = kept(&grading, Outcome::Report(Box::new(report.clone())));
    assert_eq!(gradings(store, &submission).await, std::slice::from_ref(&kept));
    let (status, grading) = (Status::Graded, Some(kept));
    let expected = SubmissionRecord { submission: submission.clone(), status, grading, fault: None };
    assert_eq!(record(store, &submission).await, expected);
    let expected = [
        (Step::Received, at(0)),
        (Step::Queued { position: 1 }, at(0)),
        (Step::Started { attempt: 1 }, at(10)),
        (Step::Question { name: "q1".into(), score: points(1.5), max_score: points(2.0) }, at(2000)),
        (Step::Question { name: "q2".into(), score: points(0.0), max_score: points(1.0) }, at(2000)),
        (Step::Graded { score: points(1.5), max_score: points(3.0) }, at(2000)),
    ];
    let events = events(store, &submission).await;
    assert!(events.iter().map(|e| (e.step.clone(), e.at)).eq(expected), "{events:?}");
    let Submission { id, user, key, .. } = submission.clone();
    let expected =
        Grade { user, key, submission: id, score: points(1.5), max_score: points(3.0), graded_at: at(2000) };
    assert_eq!(grade(store, &submission).await, Some(expected));
    assert_eq!(store.position(&own(&submission), id).await.unwrap(), None);
    assert_idle(store, 9 * LEASE_MS).await;
}

pub(super) async fn numbers_of_a_report_read_back_exactly(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    let job = claim(store, "w", 10).await;
    // A careless parser reads some of these as their neighbours.
    let mut questions: Vec<_> =
        (1_u32..500).map(|n| question("q", f64::from(n) / 7.0, 1e3 * f64::from(n) / 3.0)).collect();
    questions.push(question("q", -0.1 - 0.2, f64::MAX / 1e10));
    let report = Report { questions, seconds: 0.1 + 0.2, ..report(0.0, 0.0) }.summed();
    finish(store, &job, &report, GradePolicy::Latest, 20).await;

    let grading = record(store, &submission).await.grading.unwrap();
    assert_eq!(grading.outcome, Outcome::Report(Box::new(report.clone())));
    let grade = grade(store, &submission).await.unwrap();
    assert_eq!((grade.score, grade.max_score), (report.score, report.max_score));
    assert_eq!(steps(store, &submission).await.pop(), Some(graded(&report)));
}

pub(super) async fn a_rejected_submission_has_no_grade(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    let job = claim(store, "w", 10).await;
    let report = Report { status: ReportStatus::Rejected, ..report(1.0, 1.0) };
    finish(store, &job, &report, GradePolicy::Latest, 20).await;
    assert_eq!(status(store, &submission).await, Status::Rejected);
    assert_eq!(grade(store, &submission).await, None);
    let question = Step::Question { name: "q1".into(), score: points(1.0), max_score: points(1.0) };
    assert_eq!(steps(store, &submission).await[3..], [question, Step::Rejected]);
}

pub(super) async fn a_report_without_points_to_earn_is_no_grade(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    let job = claim(store, "w", 10).await;
    let report = Report { questions: vec![], ..report(0.0, 0.0) }.summed();
    finish(store, &job, &report, GradePolicy::Best, 20).await;
    assert_eq!(status(store, &submission).await, Status::Graded);
    assert_eq!(grade(store, &submission).await, None);
    assert_eq!(steps(store, &submission).await[3..], [graded(&report)]);
}

pub(super) async fn a_fault_delays_the_job_and_the_last_one_fails_it(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    let faults = [Fault::passing("no memory \"left\""), Fault::lasting("the autograder is broken")];

    let job = claim(store, "w", 10).await;
    let first = grading(20);
    store.record_fault(&job.lease, first.clone(), &faults[0], Retry::At(at(1000))).await.unwrap();
    assert_eq!(status(store, &submission).await, Status::Queued);
    assert_eq!(store.position(&own(&submission), submission.id).await.unwrap(), Some(1));

    let job = claim(store, "w", 1000).await;
    assert_eq!(job.attempt, 2);
    let second = grading(1500);
    store.record_fault(&job.lease, second.clone(), &faults[1], Retry::Never).await.unwrap();
    let (status, fault) = (Status::Failed, Some(faults[1].clone()));
    let expected = SubmissionRecord { submission: submission.clone(), status, grading: None, fault };
    assert_eq!(record(store, &submission).await, expected);
    assert_eq!(store.position(&own(&submission), submission.id).await.unwrap(), None);
    assert_eq!(grade(store, &submission).await, None);
    assert_idle(store, 9 * LEASE_MS).await;

    let [one, two] = faults.map(Outcome::Fault);
    assert_eq!(gradings(store, &submission).await, [kept(&first, one), kept(&second, two)]);
    let expected = [
        (Step::Started { attempt: 1 }, at(10)),
        (Step::Delayed { retry_at: at(1000) }, at(20)),
        (Step::Started { attempt: 2 }, at(1000)),
        (Step::Failed, at(1500)),
    ];
    let events = events(store, &submission).await;
    assert!(events[2..].iter().map(|e| (e.step.clone(), e.at)).eq(expected), "{events:?}");
}

pub(super) async fn a_report_after_a_fault_counts(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    let job = claim(store, "w", 10).await;
    let fault = Fault::passing("no memory");
    store.record_fault(&job.lease, grading(20), &fault, Retry::At(at(30))).await.unwrap();
    let job = claim(store, "w", 30).await;
    let report = report(3.0, 4.0);
    finish(store, &job, &report, GradePolicy::Latest, 40).await;
    let record = record(store, &submission).await;
    assert_eq!(record.status, Status::Graded);
    assert_eq!(record.grading.unwrap().outcome, Outcome::Report(Box::new(report)));
    assert_eq!(gradings(store, &submission).await.len(), 2);
    assert_eq!(grade(store, &submission).await.unwrap().score, points(3.0));
}

pub(super) async fn an_executed_notebook_reads_back_byte_for_byte(store: &dyn Store) {
    let text = br#"{"cells": [{"outputs": [{"text": "1 \u0000\n"}]}], "nbformat": 4 }"#;
    let notebooks =
        [vec![], b"\0\xff not text".to_vec(), text.repeat(9_000_000 / text.len()), noise(3_000_000)];
    for (ms, executed) in (0..).zip(notebooks) {
        let submission = accepted(store, "ada", "88e/1/lab01", ms).await;
        let job = claim(store, "w", 100).await;
        // Of a grading that ended in a fault there is none, and it does not hide the one of the report.
        let fault = Fault::passing("no memory");
        store.record_fault(&job.lease, grading(110), &fault, Retry::At(at(120))).await.unwrap();
        assert_eq!(store.executed(&own(&submission), submission.id).await.unwrap(), None);
        let job = claim(store, "w", 120).await;
        finish_executed(store, &job, &executed, 130).await;
        for scope in [own(&submission), staff(&submission)] {
            let read = store.executed(&scope, submission.id).await.unwrap();
            assert!(read.as_ref() == Some(&executed), "the notebook of {} bytes changed", executed.len());
        }
        assert!(record(store, &submission).await.grading.unwrap().has_executed);
        let having =
            gradings(store, &submission).await.iter().map(|each| each.has_executed).collect::<Vec<_>>();
        assert_eq!(having, [false, true]);
    }
}

pub(super) async fn without_an_executed_notebook_there_is_none(store: &dyn Store) {
    let other = accepted(store, "ada", "88e/1/lab01", 0).await;
    let submission = accepted(store, "ada", "88e/1/lab01", 1).await;
    let (first, second) = (claim(store, "w", 10).await, claim(store, "w", 10).await);
    finish_executed(store, &first, b"{}", 20).await;
    finish(store, &second, &report(1.0, 1.0), GradePolicy::Latest, 20).await;
    assert!(!record(store, &submission).await.grading.unwrap().has_executed);
    assert_eq!(store.executed(&own(&submission), submission.id).await.unwrap(), None);
    assert_eq!(store.executed(&own(&other), other.id).await.unwrap(), Some(b"{}".to_vec()));
}
