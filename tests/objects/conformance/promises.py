"""What durable objects promise, and the cases that hold us to it."""

from __future__ import annotations

PROMISES: dict[str, list[str]] = {
    "A name is one object, by a hash that is the same on every machine": [
        "an_id_is_the_blake2_of_class_and_name",
        "an_id_does_not_depend_on_the_process",
        "two_objects_without_a_name_are_two",
    ],
    "A stub starts nothing": ["getting_a_stub_starts_nothing"],
    "It is alive in at most one place: who no longer owns it neither writes nor answers": [
        "a_host_whose_slot_another_claimed_writes_nothing_more",
        "a_host_whose_slot_another_claimed_does_not_answer_readers_either",
        "a_host_that_may_not_act_runs_no_turn",
        "a_turn_during_which_the_slot_was_claimed_is_not_kept",
        "a_reply_does_not_leave_once_its_host_may_not_act",
        "a_slot_moves_from_host_to_host",
    ],
    "Nothing else is delivered during a turn": [
        "nothing_is_delivered_in_the_middle_of_a_turn",
        "nothing_is_delivered_while_it_waits_for_another_object",
        "no_update_is_lost_among_many_callers",
    ],
    "Calls are delivered in their order": [
        "the_calls_of_a_stub_keep_their_order",
        "who_came_first_is_served_first",
        "a_message_that_overtook_another_waits_for_it",
    ],
    "A reply waits until the writes before it are durable": [
        "a_reply_waits_for_its_commit",
        "a_reader_waits_for_the_commit_of_what_it_read",
        "a_message_to_another_object_waits_for_the_commit_before_it",
    ],
    "After a failed flush no reply leaves, and the object starts anew": [
        "a_reply_whose_commit_failed_never_leaves",
        "an_object_whose_commit_failed_starts_anew",
        "turns_that_rest_on_a_lost_one_are_lost_with_it",
        "a_message_whose_commit_failed_never_leaves",
        "an_append_whose_turn_is_not_durable_is_not_made",
    ],
    "A turn's writes are one commit": [
        "a_turn_that_raises_leaves_no_trace",
        "one_turn_is_one_step_of_history",
        "objects_whose_turns_end_together_share_a_commit",
    ],
    "`transaction_sync` takes back a part": [
        "a_part_that_raises_is_taken_back_and_the_rest_stays",
        "a_part_within_a_part_is_taken_back_alone",
    ],
    "`block_concurrency_while`: a throw or 30 s starts the object anew": [
        "nothing_is_delivered_while_it_blocks",
        "work_that_raises_while_blocking_starts_the_object_anew",
        "blocking_for_too_long_starts_the_object_anew",
    ],
    "Several named alarms for an object, at least once, again after 2 s and then twice as long, six times": [
        "one_is_delivered_when_it_is_due",
        "an_object_has_any_number_of_them",
        "it_is_delivered_again_after_two_seconds_and_then_after_four",
        "one_that_fails_seven_times_is_given_up_and_said",
    ],
    "An alarm is set by the turn's commit, and outlives whatever dies": [
        "setting_one_is_part_of_the_turn",
        "one_outlives_a_restart",
        "one_is_delivered_after_a_restart_though_nobody_calls",
        "one_whose_outcome_was_not_stored_is_delivered_again",
    ],
    "An object goes back to any state of 30 days, and back again; there is a fork of any of them": [
        "a_bookmark_gives_back_what_was",
        "a_restore_is_undone_by_the_bookmark_it_gives",
        "later_bookmarks_are_greater",
        "an_instant_names_the_last_turn_before_it",
        "history_is_there_for_thirty_days",
        "a_fork_begins_as_the_other_was",
    ],
    "Objects are listed, inspected, exported and deleted": [
        "objects_that_have_stored_something_are_listed",
        "looking_at_one_does_not_start_it",
        "an_export_is_an_ordinary_database",
        "a_deleted_one_is_gone_and_may_begin_anew",
    ],
    "An object leaves memory when it idles, at any point, and comes back as it was": [
        "one_that_is_idle_leaves_memory_and_others_do_not",
        "the_longest_unused_leave_first",
        "attributes_are_gone_and_storage_is_not",
        "everything_is_there_after_a_restart",
    ],
    "Errors say whether to try again, and whether too much waits": [
        "unavailable_may_be_tried_again_and_is_not_overloaded",
        "overloaded_may_be_tried_again_less_often",
        "what_is_wrong_with_the_request_is_not_retryable",
    ],
    "Messages and storage are bounded, and large storage goes on working": [
        "a_message_of_more_than_32_mib_is_refused",
        "a_reply_of_more_than_32_mib_is_refused_and_its_turn_taken_back",
        "a_large_one_is_kept_like_a_small_one",
    ],
    "Effects are deduplicated": [
        "a_named_call_takes_effect_once",
        "calls_that_a_named_call_makes_happen_once",
        "what_a_named_call_left_half_done_is_taken_back_when_it_is_made_again",
    ],
    "A flow over several objects is done, or undone backwards": [
        "its_steps_are_done_in_order",
        "what_was_done_is_undone_backwards",
        "a_step_that_cannot_be_done_now_is_tried_again",
        "an_undo_that_cannot_be_done_now_is_tried_again",
    ],
}
