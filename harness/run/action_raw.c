/* SPDX-License-Identifier: MIT */
/* action_raw - `sends`: requests that a good client would never make, and what
 * the script expects of the answer.  Layer: harness/run. */
#include "harness/run/expect.h"

#include "harness/run/sender.h"

static void send_one(struct runner *runner, const struct step *step,
                     uint32_t sender)
{
    struct raw_call *call = arena_must(runner->arena, 1, sizeof(*call));
    call->runner = runner;
    call->actor = sender;
    call->kind = REQUEST_RAW;
    call->request.method = step->words[0].value;
    call->request.target = sender_target(runner, sender, step->words[1].value);
    call->request.body = sender_body(runner, sender, GROUP_PUSH, step->body);
    sender_headers(runner, sender, step, true, &call->request);
    raw_start(call);
    const struct arg *wait = step_option(step, "wait");
    if (wait && str_is(wait->value, "no")) {
        return;
    }
    world_run(&runner->world, raw_done, call,
              runner->world.now_ms + OPERATION_LIMIT_MS);
    expectations_judge(runner, step, call);
}

bool action_raw(struct runner *runner, const struct step *step)
{
    if (step->verb->id != VERB_SENDS) {
        return false;
    }
    const struct arg *times = step_option(step, "times");
    int64_t count = 1;
    if (times) {
        str_to_i64(times->value, &count);
    }
    uint32_t sender = sender_of(runner->clients[step->who[0]], step);
    for (int64_t i = 0; i < count && !runner->broken; i++) {
        send_one(runner, step, sender);
    }
    return true;
}
