/* SPDX-License-Identifier: MIT */
/* bug_steps - what is done to a server so that a planted bug shows: each
 * returns in one line what was seen.  Layer: tests/mock_server. */
#ifndef SYNCSPEC_TESTS_MOCK_SERVER_BUG_STEPS_H
#define SYNCSPEC_TESTS_MOCK_SERVER_BUG_STEPS_H

#include "tests/mock_server/rig.h"

#define T0 "2025-01-01T00:00:00.000Z"
#define T1 "2025-01-01T00:00:01.000Z"
#define T2 "2025-01-01T00:00:02.000Z"

/* The server that the steps are done to. */
extern struct rig rig;

/* Those that test_live_bugs.c shows. */
void live_bugs_shown(struct bug_set *set);

const char *steps_overlap(void);
const char *steps_commit_during_pull(void);
const char *steps_pull_again(void);
const char *steps_cursor_of_nothing(void);
const char *steps_pages(void);
const char *steps_delta_of_push(void);
const char *steps_delta_over_collections(void);
const char *steps_first_sync(void);
const char *steps_late_offline_edit(void);
const char *steps_echo(void);
const char *steps_both_write_one_record(void);
const char *steps_kill_after_ack(void);
const char *steps_string_with_nul(void);
const char *steps_bad_behind_good(void);
const char *steps_bad_op(void);
const char *steps_retry(void);
const char *steps_two_edits(void);
const char *steps_order_in_push(void);
const char *steps_large_push(void);
const char *steps_older_edit_of_other_field(void);
const char *steps_one_stamp(void);
const char *steps_older_edit_arrives_later(void);
const char *steps_tie(void);
const char *steps_tie_seen_by_writers(void);
const char *steps_stamps_of_different_length(void);
const char *steps_delete_it(void);
const char *steps_delete_and_wait(void);
const char *steps_update_without_insert(void);
const char *steps_values(void);
const char *steps_big_number(void);
const char *steps_combining(void);
const char *steps_new_field(void);
const char *steps_another_user(void);
const char *steps_another_app(void);
const char *steps_another_collection(void);
const char *steps_whose_client_id(void);
const char *steps_pull_without_token(void);
const char *steps_broken_json(void);
const char *steps_garbage_behind(void);
const char *steps_bad_since(void);
const char *steps_null_field(void);

#endif
