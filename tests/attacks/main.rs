//! Notebooks that mean no good, graded by the real program. See `tests/README.md`.
//!
//! Each attack is a file in `notebooks/` that says in its first lines what it tries and what must hold. After each, an
//! honest notebook is graded in the same warm process, and the host is looked over.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a failed test says where")]

mod attack;
mod grade;
mod host;
mod leftovers;
mod level;
#[path = "../support/mod.rs"]
mod support;
mod verdict;

use std::{path::PathBuf, time::Duration};

use attack::{Attack, Notebook};
use grade::{Grading, Outcome};
use host::Host;
use level::Level;

/// The folder of this suite.
fn folder() -> PathBuf {
    support::root().join("tests/attacks")
}

/// What a family of attacks may use.
struct Family {
    name: &'static str,
    timeout: Duration,
    memory_mib: u64,
    in_one_call: usize,
}

const FORGING: Family =
    Family { name: "forging", timeout: Duration::from_secs(30), memory_mib: 1024, in_one_call: 100 };
const OTHERS: Family =
    Family { name: "others", timeout: Duration::from_mins(1), memory_mib: 1024, in_one_call: 8 };
const LIMITS: Family =
    Family { name: "limits", timeout: Duration::from_secs(3), memory_mib: 512, in_one_call: 8 };

/// Grades all attacks of a family, an honest notebook after each, and says what was wrong.
fn problems(family: &Family, level: Level) -> Vec<String> {
    let Some(grading) = Grading::prepare(level, family.timeout, family.memory_mib) else { return Vec::new() };
    let mut problems = Vec::new();
    let attacks = attack::of_family(family.name)
        .into_iter()
        .filter(|attack| level == Level::here() || !attack.expected.once);
    let (beside, alone): (Vec<_>, Vec<_>) = attacks.partition(|attack| attack.expected.beside.is_some());
    // What an attack does to the host shows after the call that it is in; so many are in one call.
    for attacks in alone.chunks(family.in_one_call) {
        let host = Host::new(&grading);
        let notebooks: Vec<_> = attacks.iter().flat_map(|attack| row(attack, &host)).collect();
        let outcomes = grading.grade(&notebooks, 1, &mut problems);
        problems.extend(attacks.iter().flat_map(|attack| verdict::on(attack, &outcomes)));
        problems.extend(verdict::on_honest(&outcomes));
        let names: Vec<_> = attacks.iter().map(|attack| attack.name.as_str()).collect();
        problems.extend(host.problems().into_iter().map(|problem| format!("one of {names:?}: {problem}")));
    }
    for attack in beside {
        let host = Host::new(&grading);
        let victim = Notebook::read(attack.expected.beside.as_deref().unwrap()).between("solved");
        let outcomes = grading.grade(&[victim, attack.notebook(&attack.name, &host)], 2, &mut problems);
        problems.extend(verdict::on(&attack, &outcomes));
        problems.extend(verdict::on_honest(&outcomes));
    }
    problems
}

/// An attack with what comes before and after it, and an honest notebook.
fn row(attack: &Attack, host: &Host) -> Vec<Notebook> {
    let mut row = Vec::new();
    let honest = |name: &str, role: &str| {
        Notebook::read(name).between("solved").named(&format!("{}-{role}", attack.name))
    };
    row.extend(attack.expected.after.as_deref().map(|name| honest(name, "honest-before")));
    row.extend((0..attack.expected.tries).map(|number| attack.notebook(&attack.try_name(number), host)));
    row.extend(attack.expected.before.as_deref().map(|name| honest(name, "honest-after")));
    row.push(Notebook::read("solved").named(&format!("{}-honest", attack.name)));
    row
}

fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// A test for each family at each level.
macro_rules! at_each_level {
    ($($test:ident: $level:expr;)*) => {$(
        mod $test {
            use super::*;

            #[test]
            fn no_grade_can_be_forged() {
                assert_none(&problems(&FORGING, $level));
            }

            #[test]
            fn others_and_the_host_are_out_of_reach() {
                assert_none(&problems(&OTHERS, $level));
            }

            #[test]
            fn nobody_uses_more_than_there_is_for_one() {
                assert_none(&problems(&LIMITS, $level));
            }
        }
    )*};
}

at_each_level! {
    as_root: Level::Root;
    as_root_without_namespaces: Level::RootWithoutNamespaces;
    as_an_ordinary_user: Level::User;
    as_an_ordinary_user_without_namespaces: Level::UserWithoutNamespaces;
}

#[test]
fn notebooks_without_an_attack_get_what_they_deserve() {
    let Some(grading) = Grading::prepare(Level::here(), FORGING.timeout, FORGING.memory_mib) else { return };
    let mut problems = Vec::new();
    let notebooks = ["blank", "solved"].map(Notebook::read);
    let outcomes = grading.grade(&notebooks, 2, &mut problems);
    assert_none(&problems);
    let score = |name: &str| outcomes.get(name).map(Outcome::score);
    assert_eq!((score("blank"), score("solved")), (Some(0.0), Some(10.0)));
}

/// An attack that achieves nothing anywhere would prove nothing here.
#[test]
fn they_work_on_otter_grader() {
    let Some(grading) = Grading::prepare(Level::here(), FORGING.timeout, FORGING.memory_mib) else { return };
    let grading = grading.by_otter_grader();
    let (host, mut problems) = (Host::new(&grading), Vec::new());
    let attacks: Vec<_> = attack::of_family(FORGING.name)
        .into_iter()
        .filter_map(|attack| Some((attack.expected.on_otter?, attack)))
        .collect();
    assert!(attacks.len() > 8, "most of the attacks that could work on otter-grader do");
    let notebooks: Vec<_> = attacks.iter().map(|(_, attack)| attack.notebook(&attack.name, &host)).collect();
    let outcomes = grading.grade(&notebooks, 2, &mut problems);
    for (score, attack) in &attacks {
        let got = outcomes.get(&attack.name).map(Outcome::score);
        if got != Some(*score) {
            problems.push(format!("{}: otter-grader gives {got:?}, not {score}", attack.name));
        }
    }
    assert_none(&problems);
}
