//! The trusted side of grading: holds an assignment's tests, says what to ask the jailed side, compares its answers
//! and scores them.
//!
//! Pure: no I/O, no async. A [`Bundle`] is an autograder as data. Its [`Question`]s make the requests for a snapshot
//! of the submission's process, and judge its [`Answer`]s as otter-grader and Python's `doctest` would, in Rust, out of
//! reach of the submission's code. What comes back from a snapshot is the claim of a process that may be hostile: it
//! decides whether a case passed, which is its purpose, and nothing else.

mod answer;
mod assemble;
mod bundle;
mod decoy;
mod doctest;
mod message;
mod order;
mod question;
mod sum;
#[cfg(test)]
mod testing;
mod text;

pub use answer::Answer;
pub use assemble::{Judged, Scores};
pub use bundle::{Body, Bundle, Case, Config, Example, Literal, Module, Question};
pub use decoy::{Decoys, Inverted, Shown, flag_of_inverted};
pub use doctest::{Flags, Verdict, judge_example, matches};
pub use order::in_order;
pub use text::clean;
