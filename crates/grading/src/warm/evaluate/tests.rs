//! Evaluations of snapshots that are threads here: what they answer is made up.

use std::{
    collections::{BTreeMap, BTreeSet},
    os::fd::AsFd,
    sync::{Arc, OnceLock},
    thread,
};

use frames::{Example, FromSnapshot};
use judge::{Body, Literal};
use model::ambient::SystemEntropy;

use super::*;
use crate::warm::roster::Roster;

/// A process that answers.
struct Process {
    /// How many forks it is away from the notebook's own snapshot.
    generation: usize,
    /// How often it, or those it was forked from, have answered.
    answered: usize,
    /// Which generation was asked first.
    first: Arc<OnceLock<usize>>,
}

/// Whether a process says `True`, given the question's name and the number that `x` is compared with.
type Mind = Arc<dyn Fn(&Process, &str, i64) -> bool + Send + Sync>;

/// What a process does when it is to fork.
#[derive(Clone, Copy, PartialEq)]
enum Forks {
    Always,
    Never,
}

fn live(channel: &Channel, mut process: Process, mind: &Mind, forks: Forks) {
    let pid = i32::try_from(2 + process.generation).unwrap();
    channel.send(&FromSnapshot::Ready { pid, threads: 1 }).unwrap();
    while let Ok(request) = channel.receive::<ToSnapshot>() {
        let said = match request {
            ToSnapshot::Fork => {
                let (ours, judges) = Channel::pair().unwrap();
                if forks == Forks::Always {
                    let (mind, generation) = (Arc::clone(mind), process.generation + 1);
                    let copy = Process { generation, first: Arc::clone(&process.first), ..process };
                    thread::spawn(move || live(&ours, copy, &mind, forks));
                }
                channel.send_with(&FromSnapshot::Forked, &[judges.as_fd()])
            }
            ToSnapshot::Doctest { name, examples } => {
                process.answered += 1;
                process.first.get_or_init(|| process.generation);
                let number = examples[0].trim().rsplit(' ').next().unwrap().parse().unwrap();
                let printed = if mind(&process, &name, number) { "True\n" } else { "False\n" };
                let example = Example { printed: printed.into(), raised: None };
                channel.send(&FromSnapshot::Examples(vec![example]))
            }
            other => panic!("{other:?}"),
        };
        if said.is_err() {
            return;
        }
    }
}

/// Questions `q0`, `q1`… with a hidden case each, `x == 150`, of whose others a wrong answer hits each as likely.
fn bundle(questions: usize, likelihood: f64) -> Bundle {
    let literal = Literal {
        example: Some(0),
        literal: (5, 8),
        expression: (0, 8),
        others: (20..45).map(|tens| (10 * tens).to_string()).collect(),
        likelihood,
    };
    let example = judge::Example {
        source: "x == 150\n".into(),
        want: "True\n".into(),
        exc_msg: None,
        options: BTreeMap::new(),
    };
    let question = |index: usize| Question {
        name: format!("q{index}"),
        check: format!("q{index}"),
        all_or_nothing: false,
        module: None,
        cases: vec![judge::Case {
            name: format!("q{index} - 1"),
            hidden: true,
            points: 1.0,
            success_message: None,
            failure_message: None,
            body: Body::Doctest(vec![example.clone()]),
            literals: vec![literal.clone()],
        }],
    };
    Bundle {
        otter: "7".into(),
        python: "3.11".into(),
        config: judge::Config::default(),
        questions: (0..questions).map(question).collect(),
        declined: Vec::new(),
        broken: None,
    }
}

/// The points for each question and the reasons of flags, of a submission that never checked.
fn evaluated(bundle: &Bundle, mind: &Mind, forks: Forks) -> (Vec<bool>, Vec<String>) {
    let (ours, theirs) = Channel::pair().unwrap();
    let mind = Arc::clone(mind);
    let process = Process { generation: 0, answered: 0, first: Arc::default() };
    thread::spawn(move || live(&theirs, process, &mind, forks));
    let until = Deadline::after(Duration::from_mins(1));
    let last = Snapshot::report_in(ours, until, None, &Roster::default()).ok();
    let (init, _held) = Channel::pair().unwrap();
    let limits = WarmLimits::default();
    let taken = Taken { last, ..Taken::default() };
    let evaluated = Evaluation::new(bundle, &limits, &init, &SystemEntropy).run(taken);
    let passed = |judged: &Judged| judged.cases.iter().flatten().all(|case| case.passed == Some(true));
    let flags = evaluated.flags.into_iter().map(|flag| flag.reason).collect();
    (evaluated.judged.iter().map(passed).collect(), flags)
}

fn mind(of: impl Fn(&Process, &str, i64) -> bool + Send + Sync + 'static) -> Mind {
    Arc::new(of)
}

/// Every outcome of so many evaluations.
fn outcomes(times: usize, bundle: &Bundle, mind: &Mind) -> BTreeSet<(Vec<bool>, bool)> {
    let outcome = |_| {
        let (passed, flags) = evaluated(bundle, mind, Forks::Always);
        (passed, !flags.is_empty())
    };
    (0..times).map(outcome).collect()
}

/// What is found of a submission whose last snapshot is gone, with what its init, which lives on, has said before that.
fn abandoned(said: &[FromInit]) -> Evaluated {
    let (ours, theirs) = Channel::pair().unwrap();
    theirs.send(&FromSnapshot::Ready { pid: 2, threads: 1 }).unwrap();
    let last = Snapshot::report_in(ours, Deadline::after(TOLD), None, &Roster::default()).ok();
    let (init, says) = Channel::pair().unwrap();
    for word in said {
        says.send(word).unwrap();
    }
    drop(theirs);
    let taken = Taken { last, ..Taken::default() };
    let evaluated =
        Evaluation::new(&bundle(1, 1e-6), &WarmLimits::default(), &init, &SystemEntropy).run(taken);
    drop(says);
    evaluated
}

#[test]
fn an_init_that_gives_up_is_heard_though_it_takes_its_time_to_end() {
    let limit = || FromInit::Limit { limit: "memory".into() };
    let gave_up = || FromInit::GaveUp { why: "others use up all".into() };
    assert_eq!(abandoned(&[gave_up()]).gave_up.as_deref(), Some("others use up all"));
    // What was left to hear of before comes first.
    assert!(abandoned(&[limit(), limit(), gave_up()]).gave_up.is_some());
    let met = abandoned(&[limit()]);
    assert_eq!((met.gave_up, met.crashed, met.hits.len()), (None, false, 1));
    let crashed = abandoned(&[]);
    assert_eq!((crashed.gave_up, crashed.crashed), (None, true));
}

#[test]
fn honest_values_are_not_flagged() {
    let right = mind(|_, _, number| number == 150);
    assert_eq!(outcomes(30, &bundle(2, 1e-6), &right), [(vec![true, true], false)].into());
    let wrong = mind(|_, _, number| number == 151);
    assert_eq!(outcomes(30, &bundle(2, 1e-6), &wrong), [(vec![false, false], false)].into());
}

#[test]
fn a_wrong_value_may_be_a_decoy_s_by_chance() {
    // One of two dozen is right each time: what is drawn decides.
    let wrong = mind(|_, _, number| number == 200);
    assert_eq!(outcomes(200, &bundle(1, 0.05), &wrong), [(vec![false], false)].into());
}

#[test]
fn what_changes_with_each_evaluation_is_not_flagged() {
    let balance = mind(|process, _, number| number == 100 + 50 * i64::try_from(process.answered).unwrap());
    assert_eq!(outcomes(200, &bundle(1, 1e-6), &balance), [(vec![true], false)].into());
}

#[test]
fn what_equals_everything_is_flagged() {
    let (passed, flags) = evaluated(&bundle(2, 0.05), &mind(|_, _, _| true), Forks::Always);
    assert_eq!((passed, flags.len()), (vec![true, true], 2), "{flags:?}");
    assert!(flags[0].starts_with("The test case q0 - 1 passed with `x == 150` and also with `x == "));
}

#[test]
fn what_equals_everything_in_one_of_the_processes_is_flagged() {
    let in_the_original = mind(|process, _, _| process.generation == 0);
    let in_the_first = mind(|process, _, _| process.first.get() == Some(&process.generation));
    for two_faced in [in_the_original, in_the_first] {
        let found = outcomes(40, &bundle(1, 0.05), &two_faced);
        assert!(found.iter().all(|(_, is_flagged)| *is_flagged), "{found:?}");
        // Which of the two counts is left to chance.
        assert_eq!(found.len(), 2);
    }
}

#[test]
fn a_process_does_not_know_which_question_counts_in_it() {
    // With one coin for all, it would have the points of both questions or of none.
    let once = mind(|process, _, _| process.generation == 0 && process.answered <= 2);
    let points: BTreeSet<_> =
        outcomes(80, &bundle(2, 0.05), &once).into_iter().map(|(passed, _)| passed).collect();
    assert!(points.len() > 2, "{points:?}");
}

#[test]
fn a_decoy_that_no_wrong_answer_hits_needs_no_second() {
    // Right once in each process, in the original only.
    let once = mind(|process, _, _| process.generation == 0 && process.answered == 1);
    let found = outcomes(40, &bundle(1, 1e-6), &once);
    assert_eq!(found, [(vec![true], false), (vec![false], true)].into());
}

#[test]
fn a_process_of_which_there_is_no_copy_is_flagged() {
    let right = mind(|_, _, number| number == 150);
    let (passed, flags) = evaluated(&bundle(1, 0.05), &right, Forks::Never);
    assert_eq!(passed, [true]);
    assert_eq!(flags, ["The test case q0 - 1 passed, and with a literal changed there was no answer to it."]);
    let (passed, flags) = evaluated(&bundle(1, 0.05), &mind(|_, _, _| false), Forks::Never);
    assert_eq!((passed, flags.len()), (vec![false], 0));
}
