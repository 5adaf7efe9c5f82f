//! Whose turn it is: fair between users and between courses, with nothing to keep but one number for each job.
//!
//! A job's turn is fixed when it is queued: the time, in steps of [`STEP`], and a step more for each job that its user
//! has open already, or for each [`OF_A_COURSE`] of its course, whichever is more. So a student's fiftieth submission
//! stands in the queue as if it had been sent some minutes later, and a course of five hundred does not keep another
//! one waiting behind all of them. Because time goes on, nobody who waits is overtaken for ever.

use std::time::Duration;

use jiff::Timestamp;

/// How much later a job stands in the queue for each one that its user has open.
pub const STEP: Duration = Duration::from_secs(10);

/// How many open jobs of one course count as one of a user.
pub const OF_A_COURSE: u64 = 8;

/// The turn of a job that is queued at `now`: the lower, the sooner. `of_user` and `of_course` count the open jobs in
/// the same lane (waiting or leased), without the new one.
#[must_use]
pub fn turn(now: Timestamp, of_user: u64, of_course: u64) -> u64 {
    let steps = now.as_second().unsigned_abs() / STEP.as_secs();
    steps.saturating_add(of_user.max(of_course / OF_A_COURSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: i64, of_user: u64, of_course: u64) -> u64 {
        let zero = Timestamp::from_second(1_790_000_000).unwrap();
        let now = Timestamp::from_second(1_790_000_000 + seconds).unwrap();
        turn(now, of_user, of_course) - turn(zero, 0, 0)
    }

    #[test]
    fn who_has_nothing_open_comes_in_the_order_of_time() {
        assert_eq!([after(0, 0, 0), after(9, 0, 7), after(10, 0, 0), after(60, 0, 0)], [0, 0, 1, 6]);
    }

    #[test]
    fn many_of_a_user_stand_further_behind_than_many_of_a_course() {
        assert_eq!([after(0, 3, 3), after(0, 0, 500), after(0, 100, 500)], [3, 62, 100]);
    }
}
