//! The engine, and what keeps notebooks in.

use grading::{EngineChoice, probe_jail};

use super::check::Check;

pub(super) fn check(engine: EngineChoice) -> [Check; 2] {
    let probe = probe_jail();
    let found = probe.level.to_string();
    let jail = if probe.missing.is_empty() { Check::good("jail", found) } else { Check::weak("jail", found) };
    let jail = probe.missing.into_iter().fold(jail, |check, missing| {
        check.because(format!("{} is missing: {}", missing.layer, missing.why), missing.remedy)
    });
    [Check::good("engine", chosen(engine)), jail]
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
