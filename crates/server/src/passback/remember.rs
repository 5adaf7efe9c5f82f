//! Keeping what the hub knows of a launch while it is the one that led to a submission: the hub knows the last one only.

use ::passback::OutcomePlace;
use hub::{Hub, HubError, NotebookPath};
use model::{AssignmentKey, UserName};
use store::{Delivery, LaunchRecord, StoreError};

use super::launch::KeptLaunch;
use crate::workshop::Workshop;

/// Asks the hub by which launch a user came who has just submitted, and keeps it for when the grade is sent. `path` is what
/// the client said of the notebook (`X-Otter-Notebook-Path`): a hint, which counts only if the platform gave a line item for
/// that path and its file is named as the assignment is.
///
/// Nothing depends on it that could not be found later; so what goes wrong is logged, and that is all.
pub async fn remember(
    workshop: &Workshop,
    hub: &Hub,
    user: &UserName,
    key: &AssignmentKey,
    path: Option<&str>,
) {
    if workshop.rules.delivery == Delivery::Nowhere {
        return;
    }
    let launch = match hub.launch_of(user).await {
        Ok(Some(launch)) => launch,
        // With the hub's usual roles nobody may read launches; it is said once where it matters.
        Ok(None) | Err(HubError::MissingPermission(_)) => return,
        Err(error) => {
            tracing::debug!(%user, %error, "the launch of a user is not known");
            return;
        }
    };
    let path = path.and_then(NotebookPath::parse);
    let has_namesake = workshop.materials.has_namesake(key).unwrap_or(true);
    let launch = KeptLaunch::of_hub(&launch, &key.assignment, has_namesake, path.as_ref());
    if let Err(error) = keep(workshop, user, key, launch).await {
        workshop.outage.met(&error);
    }
}

async fn keep(
    workshop: &Workshop,
    user: &UserName,
    key: &AssignmentKey,
    launch: KeptLaunch,
) -> Result<(), StoreError> {
    let at = workshop.clock.now();
    let record = |key: Option<&AssignmentKey>, launch: &KeptLaunch| LaunchRecord {
        user: user.clone(),
        key: key.cloned(),
        at,
        data: launch.to_value(),
    };
    let last = KeptLaunch {
        lti13: launch.lti13.clone().map(|platform| super::KeptPlatform { line_item: None, ..platform }),
        ..launch.clone()
    };
    workshop.store.put_launch(&record(None, &last)).await?;
    // For this assignment only what is about this assignment: it stays when the user is launched for another one.
    let is_here = |url: &str, sourcedid: &str| {
        let assignment = workshop.materials.assignment(key).ok();
        let place = OutcomePlace::given(url, sourcedid).ok();
        assignment.zip(place).is_some_and(|(assignment, place)| place.names_block(&assignment.block_id))
    };
    let here = KeptLaunch {
        lti11: launch.lti11.filter(|outcome| is_here(&outcome.url, &outcome.sourcedid)),
        lti13: launch.lti13.filter(|platform| platform.line_item.is_some()),
    };
    if here == KeptLaunch::default() {
        return Ok(());
    }
    workshop.store.put_launch(&record(Some(key), &here)).await
}
