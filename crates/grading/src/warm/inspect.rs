//! Looking at an autograder without grading anything.

use std::{collections::BTreeSet, sync::Arc};

use judge::Bundle;
use model::Fault;

use super::{
    WarmEngine, blocking,
    prepared::{Key, ReadError},
};
use crate::{engine::Work, environment::EnvironmentInUse};

/// What an autograder is.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// Its tests and settings, as its environment's otter-grader reads them. It may be [broken](Bundle::broken).
    pub bundle: Bundle,
    /// The environment that it was read in, and in which its submissions are graded.
    pub environment: EnvironmentInUse,
}

/// Why an autograder could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// It has no Python environment.
    #[error("{0}")]
    Environment(String),
    /// It cannot be read; nobody can grade with it.
    #[error("{0}")]
    Broken(String),
    /// This machine cannot look; says nothing about the autograder.
    #[error("{0}")]
    Unavailable(String),
}

impl WarmEngine {
    /// Reads the autograder of `work` in the jail, with the otter-grader of its own environment, which is built if it is
    /// not there yet. What was submitted is not looked at.
    pub async fn inspect(&self, work: &Work) -> Result<Inspection, InspectError> {
        let of = self.environments.of(work).await;
        let environment = of.map_err(|error| InspectError::Environment(error.to_string()))?;
        let (zygotes, autograders) = (Arc::clone(&self.zygotes), Arc::clone(&self.autograders));
        let (limits, folder) = (self.limits, work.autograder.clone());
        let key = Key { revision: work.revision.clone(), environment: environment.id.clone() };
        let looked = blocking(move || {
            let zygote = zygotes.of(&environment, &BTreeSet::new());
            let zygote = zygote.map_err(|error| InspectError::Unavailable(error.to_string()))?;
            match autograders.get(&key, &folder, &zygote, &limits) {
                Ok(prepared) => Ok(Inspection { bundle: prepared.bundle.clone(), environment }),
                Err(ReadError::Broken(why)) => Err(InspectError::Broken(judge::clean(&why))),
                Err(error) => Err(InspectError::Unavailable(error.to_string())),
            }
        });
        looked.await.map_err(|Fault { message, .. }| InspectError::Unavailable(message))?
    }
}
