//! One job, from its claim to its end.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use grading::{Graded, Submitted, Work};
use materials::UnzipLimits;
use model::{Fault, GradingId, ReportStatus, Step};
use store::{Job, LeaseError, NewGrading, Retry, StoreError};
use tempfile::TempDir;
use tokio::sync::watch;

use super::grade::Worker;

/// How often a fault is tried again at most.
const RETRIES: u32 = 3;
/// Steps of one submission are kept at most this often; those in between are passed over.
const STEP_EVERY: Duration = Duration::from_millis(300);
/// How often a grading may be interrupted without a fault of its own (by restarts, say) before it is set aside, so that a
/// notebook that brings its host down does not do so for ever.
const MOST_INTERRUPTIONS: u64 = 50;
/// How long to wait before a finished grading is offered again to a store that is away.
const STORE_AGAIN: Duration = Duration::from_secs(1);

/// How often it is still offered when the service is to stop.
const TRIES_WHEN_STOPPING: u32 = 10;

/// How a grading ended from the worker's point of view.
enum End {
    /// It has an outcome.
    Outcome(Result<Box<Graded>, Fault>),
    /// The service stops and the time it had is over.
    Stopped,
    /// The lease ran out: the job is another's.
    Lost,
}

impl End {
    /// A crash while the service stops may be the doing of whoever stops it, who may signal every process there is:
    /// such a grading begins anew.
    fn of(outcome: Result<Graded, Fault>, is_stopping: bool) -> Self {
        match outcome {
            Ok(graded) if is_stopping && graded.report.status == ReportStatus::Crashed => Self::Stopped,
            Err(fault) if is_stopping && fault.retry => Self::Stopped,
            outcome => Self::Outcome(outcome.map(Box::new)),
        }
    }
}

pub(super) async fn work_on(worker: &Worker, job: Job) {
    let submission = job.submission.id;
    let grading = GradingId::new(&*worker.app.clock, &*worker.app.entropy);
    worker.app.news.event(submission);
    tracing::info!(%submission, %grading, attempt = job.attempt, assignment = %job.submission.key, "grading started");
    let mut new = NewGrading {
        id: grading,
        revision: String::new(),
        started_at: worker.app.clock.now(),
        finished_at: worker.app.clock.now(),
    };
    let interruptions = job.lease.token.saturating_sub(u64::from(job.attempt));
    let end = if interruptions > MOST_INTERRUPTIONS {
        let why = format!(
            "this grading was interrupted {interruptions} times; it may be what brings the service down"
        );
        End::Outcome(Err(Fault::lasting(why)))
    } else {
        attend(worker, &job, &mut new).await
    };
    new.finished_at = worker.app.clock.now();
    let settled = match end {
        End::Outcome(outcome) => settle(worker, &job, new, outcome).await,
        End::Stopped => {
            tracing::info!(%submission, %grading, "grading interrupted by the stop; it begins anew after the next start");
            worker.app.store.release(&job.lease, worker.app.clock.now()).await
        }
        End::Lost => Err(LeaseError::Lost),
    };
    match settled {
        Ok(()) => {}
        Err(LeaseError::Lost) => {
            tracing::warn!(%submission, %grading, "the lease was lost; another worker has the job");
        }
        Err(LeaseError::Store(error)) => {
            tracing::error!(%submission, %grading, %error, "the job could not be settled");
        }
    }
    worker.app.news.event(submission);
}

/// Grades, and meanwhile keeps the lease alive and tells of steps.
async fn attend(worker: &Worker, job: &Job, new: &mut NewGrading) -> End {
    let (tell, mut steps) = watch::channel(None);
    let grading = AssertUnwindSafe(grade(worker, job, new, tell)).catch_unwind();
    tokio::pin!(grading);
    let mut renewal = tokio::time::interval(worker.settings.lease / 3);
    renewal.reset();
    let drained = async {
        worker.app.stopping.cancelled().await;
        tokio::time::sleep(worker.settings.drain).await;
    };
    tokio::pin!(drained);
    let mut told = tokio::time::interval(STEP_EVERY);
    loop {
        tokio::select! {
            outcome = &mut grading => {
                let outcome = outcome.unwrap_or_else(|_| Err(Fault::passing("the grading panicked")));
                return End::of(outcome, worker.app.stopping.is_cancelled());
            }
            _ = renewal.tick() => {
                let renewed = worker.app.store.renew(&job.lease, worker.app.clock.now(), worker.settings.lease).await;
                if matches!(renewed, Err(LeaseError::Lost)) {
                    return End::Lost;
                }
            }
            _ = told.tick() => {
                let step: Option<Step> =
                    if steps.has_changed().unwrap_or(false) { steps.borrow_and_update().clone() } else { None };
                if let Some(step) = step {
                    let kept = worker.app.store.progress(&job.lease, worker.app.clock.now(), vec![step]).await;
                    if matches!(kept, Err(LeaseError::Lost)) {
                        return End::Lost;
                    }
                    worker.app.news.event(job.submission.id);
                }
            }
            () = &mut drained => return End::Stopped,
        }
    }
}

async fn grade(
    worker: &Worker,
    job: &Job,
    new: &mut NewGrading,
    tell: watch::Sender<Option<Step>>,
) -> Result<Graded, Fault> {
    let content = worker
        .app
        .store
        .notebook_to_grade(&job.lease)
        .await
        .map_err(|error| Fault::passing(format!("the notebook could not be read: {error}")))?;
    let key = job.submission.key.clone();
    // otter's first cell opens the notebook under the name that the assignment has.
    let submitted = Submitted::File { name: format!("{}.ipynb", key.assignment), content };
    let materials = std::sync::Arc::clone(&worker.app.materials);
    let scratch = worker.settings.scratch.clone();
    let unpacked = tokio::task::spawn_blocking(move || {
        let autograder = materials.autograder(&key).map_err(|error| Fault::passing(error.to_string()))?;
        let folder = TempDir::with_prefix_in("autograder-", scratch)
            .map_err(|error| Fault::passing(error.to_string()))?;
        let unzipped = autograder.unzip(folder.path(), &UnzipLimits::default());
        unzipped.map_err(|error| {
            let why = format!("the autograder cannot be unpacked: {error}");
            if error.is_ours() { Fault::passing(why) } else { Fault::lasting(why) }
        })?;
        Ok::<_, Fault>((autograder.revision().to_string(), folder))
    });
    let (revision, folder) =
        unpacked.await.map_err(|_| Fault::passing("unpacking the autograder failed"))??;
    new.revision.clone_from(&revision);
    let course = Some(job.submission.key.course.to_string());
    let work = Work { submitted, autograder: folder.path().to_owned(), revision, course };
    worker.engine.grade(&work, &mut |step| drop(tell.send(Some(step)))).await
}

/// Keeps the outcome. A store that is away is waited for: the work is done, and would only be done again. If the lease
/// runs out meanwhile and somebody else claims the job, the store says so.
async fn settle(
    worker: &Worker,
    job: &Job,
    new: NewGrading,
    outcome: Result<Box<Graded>, Fault>,
) -> Result<(), LeaseError> {
    let (store, submission) = (&worker.app.store, job.submission.id);
    let mut left_when_stopping = TRIES_WHEN_STOPPING;
    loop {
        let settled = match &outcome {
            Ok(graded) => {
                let (report, executed) = (&graded.report, graded.executed.as_deref());
                store.record_report(&job.lease, new.clone(), report, executed, worker.settings.policy).await
            }
            Err(fault) => store.record_fault(&job.lease, new.clone(), fault, retry(worker, job, fault)).await,
        };
        match settled {
            Err(LeaseError::Store(error @ StoreError::Unavailable(_))) if left_when_stopping > 0 => {
                left_when_stopping -= u32::from(worker.app.stopping.is_cancelled());
                tracing::error!(%submission, %error, "the outcome could not be kept; trying again");
                tokio::time::sleep(STORE_AGAIN).await;
                // Says whether the job is still ours, once the store is back.
                let renewed = store.renew(&job.lease, worker.app.clock.now(), worker.settings.lease).await;
                if matches!(renewed, Err(LeaseError::Lost)) {
                    return renewed;
                }
            }
            settled => {
                log(job, &outcome, settled.is_ok());
                return settled;
            }
        }
    }
}

fn retry(worker: &Worker, job: &Job, fault: &Fault) -> Retry {
    if !fault.retry || job.attempt > RETRIES {
        return Retry::Never;
    }
    // 2, 10, 50 seconds.
    let wait = Duration::from_secs(2 * 5_u64.pow(job.attempt - 1));
    Retry::At(worker.app.clock.now() + wait)
}

fn log(job: &Job, outcome: &Result<Box<Graded>, Fault>, kept: bool) {
    let submission = job.submission.id;
    match outcome.as_deref() {
        Ok(Graded { report, .. }) => tracing::info!(
            %submission, status = ?report.status, score = %report.score, of = %report.max_score,
            engine = report.engine, seconds = report.seconds, kept, "grading ended with a report"
        ),
        Err(fault) => tracing::error!(
            %submission, attempt = job.attempt, retry = fault.retry, fault = %fault, kept, "grading ended with a fault"
        ),
    }
}
