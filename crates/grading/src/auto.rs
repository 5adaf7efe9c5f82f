//! Chooses the engine for each submission.

use std::path::Path;

use async_trait::async_trait;
use model::{Fault, Step};

use crate::{
    engine::{Engine, Graded, Submitted, Work},
    otter::OtterEngine,
    warm::{Readiness, WarmEngine},
};

/// The warm engine wherever it can grade, the otter engine for the rest. The report says why.
pub struct AutoEngine {
    warm: WarmEngine,
    otter: OtterEngine,
}

impl AutoEngine {
    /// Chooses between the two.
    #[must_use]
    pub fn new(warm: WarmEngine, otter: OtterEngine) -> Self {
        Self { warm, otter }
    }
}

#[async_trait]
impl Engine for AutoEngine {
    fn name(&self) -> &'static str {
        "auto"
    }

    async fn grade(&self, work: &Work, on_step: &mut (dyn FnMut(Step) + Send)) -> Result<Graded, Fault> {
        let why_not = match declined_at_sight(&work.submitted) {
            Some(why) => why.to_owned(),
            None => match self.warm.prepare(work).await? {
                Readiness::Ready(ready) => {
                    let mut graded = self.warm.grade_ready(&ready, work, on_step).await?;
                    let why = "Nothing in this autograder asks for more than the warm engine has.";
                    graded.report.engine_reason = Some(why.into());
                    return Ok(graded);
                }
                Readiness::Declined(why) => why,
                Readiness::Unavailable(why) => {
                    tracing::warn!(%why, "the warm engine is not available; otter-grader's own grades");
                    format!("The warm engine is not available here: {why}.")
                }
            },
        };
        let mut graded = self.otter.grade(work, on_step).await?;
        graded.report.engine_reason = Some(why_not);
        Ok(graded)
    }
}

/// Why the warm engine does not take such a submission, whatever the autograder.
fn declined_at_sight(submitted: &Submitted) -> Option<&'static str> {
    match submitted {
        Submitted::Folder(_) => Some("The submission is a zip file with files of its own."),
        Submitted::File { name, .. } => {
            let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
            (!matches!(extension, Some("ipynb" | "py")))
                .then_some("The submission is neither a notebook nor a script.")
        }
    }
}
