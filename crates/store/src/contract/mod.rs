//! What every engine must do: one suite of cases, run by the tests of each engine against a fresh store per case
//! (`tests/sqlite/main.rs` shows how).
#![expect(clippy::unwrap_used, reason = "these are tests, though they live where other crates can run them")]

mod accept;
mod audit;
mod deliveries;
mod expire;
mod finish;
mod grade;
pub mod kit;
mod launch;
mod lease;
mod lists;
mod passback;
mod queue;
mod regrade;
mod scope;
mod supersede;
mod token;
mod turns;
mod whole;
mod worker;

use std::{future::Future, pin::Pin};

use crate::store::Store;

type Running<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Hands the names of all cases, by theme, to the macro `$each`: `theme { case case } theme { case }`.
#[macro_export]
macro_rules! each_contract_case {
    ($each:ident) => {
        $each! {
            accept {
                a_notebook_reads_back_byte_for_byte
                what_is_accepted_waits_and_says_so
                places_count_up_and_move_up
                an_id_is_accepted_once
                fifty_accepted_at_once_are_all_kept
                two_submissions_of_a_user_at_once_are_both_kept
            }
            queue {
                jobs_are_claimed_in_the_order_of_acceptance
                no_job_is_claimed_twice_while_leases_hold
                a_job_that_is_not_due_is_not_claimed
                the_queue_counts_who_waits_and_who_works
                the_store_is_ready
            }
            lease {
                an_expired_lease_is_taken_again_and_its_old_holder_refused
                a_lease_lives_until_its_end_and_not_longer
                a_lease_that_ran_out_is_still_good_while_nobody_took_the_job
                only_the_very_lease_is_good
                a_released_job_begins_anew_and_no_attempt_is_counted
                jobs_of_workers_that_are_gone_are_given_back
                progress_is_kept_in_order
                a_finished_job_is_nobodys
            }
            finish {
                a_report_ends_in_a_grade_and_in_events
                numbers_of_a_report_read_back_exactly
                a_rejected_submission_has_no_grade
                a_report_without_points_to_earn_is_no_grade
                a_fault_delays_the_job_and_the_last_one_fails_it
                a_report_after_a_fault_counts
                an_executed_notebook_reads_back_byte_for_byte
                without_an_executed_notebook_there_is_none
            }
            grade {
                the_latest_submission_counts_in_whatever_order_gradings_end
                the_best_submission_counts_in_whatever_order_gradings_end
                reports_recorded_at_once_settle_on_the_right_grade
                what_does_not_count_leaves_the_grade_alone
                grades_of_users_and_assignments_are_apart
                of_late_work_a_part_counts
            }
            turns {
                fifty_of_one_student_do_not_hold_up_a_class
                a_large_course_does_not_hold_up_a_small_one
                live_work_goes_before_regrades
                places_follow_the_turns
                nobody_who_waits_is_overtaken_for_ever
            }
            supersede {
                what_waits_is_superseded_by_a_newer_submission
                what_was_ever_taken_is_not_superseded
                only_the_same_assignment_of_the_same_user_is_superseded
                an_older_submission_supersedes_nothing_newer
            }
            regrade {
                a_finished_job_is_graded_again_on_wish
                a_job_set_aside_is_graded_again_on_wish
                what_is_not_finished_or_not_there_is_not_graded_again
                under_latest_an_old_submission_graded_again_changes_nothing
                under_best_a_lower_second_report_gives_way_to_the_best_submission
            }
            passback {
                a_new_grade_is_delivered_once
                only_the_newest_grade_is_sent
                while_one_is_sent_the_newer_waits
                a_failed_try_comes_again_unless_something_newer_waits
                a_lost_hold_on_a_delivery_settles_nothing
                eight_senders_never_send_one_twice
                what_was_refused_given_up_or_withheld_is_sent_again_on_wish
                a_grade_that_says_the_same_is_not_sent_again
            }
            deliveries {
                deliveries_are_listed_by_state_newest_first
                stamps_grow_whatever_the_clocks_say
                a_try_that_was_postponed_does_not_count
                a_try_that_was_postponed_gives_way_to_a_newer_grade
                a_wish_counts_as_later_than_its_grade_whatever_the_clocks_say
                a_wish_and_a_new_grade_at_once_end_with_the_new_one
            }
            launch {
                the_last_launch_is_kept
                launches_are_read_in_pages_and_erased
            }
            token {
                a_token_is_known_by_its_hash
                tokens_are_listed_oldest_first
                a_token_is_revoked_once_and_for_ever
                tokens_are_copied_and_erased
            }
            worker {
                workers_are_known_while_they_live
                staff_see_who_was_at_work_and_users_do_not
            }
            audit {
                the_trail_is_kept_and_read_in_pages
            }
            expire {
                old_notebooks_and_events_go_and_grades_stay
                what_is_not_finished_is_kept
                a_users_data_go_as_a_whole_and_the_trail_stays
                a_job_that_is_erased_while_it_is_graded_is_lost
            }
            whole {
                everything_reads_back_from_another_place
                what_is_put_again_replaces_what_was_there
                wholes_are_read_in_pages
            }
            scope {
                others_see_nothing
                a_user_sees_their_own_and_staff_their_course
            }
            lists {
                pages_go_from_the_newest_to_the_oldest
                a_list_says_where_each_submission_stands
                events_are_read_from_a_place_on
            }
        }
    };
}

macro_rules! list {
    ($($theme:ident { $($case:ident)+ })+) => {
        const CASES: &[(&str, for<'a> fn(&'a dyn Store) -> Running<'a>)] =
            &[$($((stringify!($case), |store| Box::pin($theme::$case(store)))),+),+];
    };
}
each_contract_case!(list);

/// Runs one case against a store that holds nothing yet; panics if the store does not keep the contract.
pub async fn run(case: &str, store: &dyn Store) {
    let (_, run) = CASES.iter().find(|(name, _)| *name == case).unwrap();
    run(store).await;
}
