//! What keeps submissions apart from the service less well than it could.

use std::os::unix::fs::MetadataExt;

use grading::Environment;

/// Each in a sentence: what, why, and behind the last semicolon what to do.
pub(crate) fn weaknesses(environment: &Environment) -> Vec<&'static str> {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    let mut found = Vec::new();
    if is_root && !environment.can_run_as_others {
        found.push(
            "submissions run as root, because other users may not read the Python environment or reach the gradings' \
             folder; put both where everybody may pass, or start otter-service as another user",
        );
    }
    if !environment.isolation.namespaces {
        found.push(
            "no namespaces can be had here, so less keeps submissions from this machine's files and processes; allow user \
             namespaces, `otter-service doctor` says how",
        );
        if !is_root {
            found.push(
                "submissions run as the same user as otter-service, and nothing but Landlock keeps them from its files; \
                 start it as root, and each runs as a user of its own",
            );
        }
    }
    found
}
