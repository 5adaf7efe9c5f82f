//! Where autograders come from.

use std::{path::Path, sync::Arc, time::Duration};

use materials::Materials;
use model::ambient::{Clock, SystemClock};
use tokio_util::sync::CancellationToken;

use super::check::Check;
use crate::{config::Config, service::open_materials};

const NAME: &str = "materials";
/// How long repositories may take to come.
const PATIENCE: Duration = Duration::from_mins(1);

/// Has a look in a temporary folder: repositories are fetched once more, and what the service has is left alone.
pub(super) async fn check(config: &Config) -> Check {
    let place = place(config);
    let failed = |why: String| {
        let action = match config.materials.courses {
            Some(_) => "correct the courses file (`materials.courses`), or what it needs",
            None => "name the folder with course-config.json (`materials.dir`)",
        };
        Check::failure(NAME, place.clone()).because(why, action)
    };
    let cache = match tempfile::tempdir() {
        Ok(cache) => cache,
        Err(error) => return failed(format!("there is no temporary folder: {error}")),
    };
    let materials = match open(config, &cache.path().join("cache")).await {
        Ok(materials) => materials,
        Err(error) => return failed(format!("{error:#}")),
    };
    let keys = materials.keys();
    let broken = keys.iter().filter_map(|key| materials.autograder(key).err()).map(|error| error.to_string());
    let broken: Vec<_> = broken.chain(materials.problems()).collect();
    let found = format!("{place}, {} assignments", keys.len());
    let check = match (broken.is_empty(), keys.is_empty()) {
        (true, _) => Check::ok(NAME, found),
        (false, false) => Check::warning(NAME, found),
        (false, true) => Check::failure(NAME, found),
    };
    broken.into_iter().fold(check, |check, why| check.because(why, ""))
}

/// What the configuration names, for people.
fn place(config: &Config) -> String {
    match &config.materials.courses {
        None => config.materials.dir.display().to_string(),
        Some(courses) => {
            let names: Vec<_> = courses.iter().map(|course| course.name.to_string()).collect();
            format!("the courses {}", names.join(", "))
        }
    }
}

async fn open(config: &Config, dir: &Path) -> anyhow::Result<Arc<Materials>> {
    let (configured, dir) = (config.clone(), dir.to_owned());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let materials = tokio::task::spawn_blocking(move || open_materials(&configured, &dir, &clock)).await??;
    let stopping = CancellationToken::new();
    let watching = materials.watch(config.materials.check, stopping.clone());
    materials.first_look(PATIENCE).await;
    stopping.cancel();
    watching.await?;
    Ok(materials)
}

#[cfg(test)]
mod tests {
    use super::{super::check::State, *};
    use crate::config::Sources;

    #[tokio::test]
    async fn materials_that_are_not_there_are_a_failure() {
        let mut config = Config::load(&Sources::default_only()).unwrap();
        config.materials.dir = "/none".into();
        let found = check(&config).await;
        assert_eq!(found.state, State::Failure);
        assert!(found.remedies[0].action.contains("materials.dir"), "{found:?}");
    }
}
