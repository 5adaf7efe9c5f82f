//! The engine, and what keeps notebooks in.

use grading::{EngineChoice, Supervisor};

use super::check::Check;

pub(super) fn check(engine: EngineChoice) -> [Check; 2] {
    [Check::ok("engine", chosen(engine)), jail()]
}

fn jail() -> Check {
    let probe = match Supervisor::this_program().probe() {
        Ok(probe) => probe,
        Err(error) => {
            let check = Check::warning("jail", "not known".to_owned());
            return check.because(
                format!("it could not be tried: {error}"),
                "look at the log of the system".to_owned(),
            );
        }
    };
    let found = probe.level.to_string();
    let is_whole = probe.missing.iter().all(|missing| missing.is_minor);
    let jail = if is_whole { Check::ok("jail", found) } else { Check::warning("jail", found) };
    probe.missing.into_iter().fold(jail, |check, missing| {
        check.because(format!("{} is missing: {}", missing.layer, missing.why), missing.remedy)
    })
}

fn chosen(engine: EngineChoice) -> String {
    let why = match engine {
        EngineChoice::Auto => {
            "warm for every autograder that asks for nothing else, otter for the rest; each report says why"
        }
        EngineChoice::Warm => "warm for all, and a fault for an autograder that asks for more than it has",
        EngineChoice::Otter => "otter-grader's own `run_autograder` for all",
    };
    format!("{engine}: {why}")
}
