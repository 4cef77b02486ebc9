/* SPDX-License-Identifier: MIT */
/* action_raw - `sends`: requests, whole ones and parts, that a good client
 * would never make, and what the script expects of the answer.  Layer:
 * harness/run. */
#include "harness/run/expect.h"

#include "harness/run/sender.h"

/* The request is half there and will never be whole.  In simulation that is
 * nothing at all; so it is for the oracle, unless all of it was sent. */
static void send_part(struct raw_call *call, const struct step *step)
{
    struct runner *runner = call->runner;
    struct transport *wire = runner->inner;
    const struct arg *ends = step_option(step, "ends");
    struct err err = {.status = ST_OK};
    struct part part = {.request = call->request,
                        .per_mille = step_option(step, "stops")->ms,
                        .cut = ends && str_is(ends->value, "cut")};
    bool whole = part.per_mille == 1000 && wire->ops->part;
    raw_note(call, whole ? FATE_UNKNOWN : FATE_NONE);
    if (wire->ops->part && wire->ops->part(wire, &part, &err) != ST_OK) {
        step_expect(runner, false, step->text,
                    STR("a server that takes connections"),
                    arena_str(runner->arena, str_of(err.text)));
    }
}

static void send_one(struct runner *runner, const struct step *step,
                     uint32_t sender)
{
    struct raw_call *call = arena_must(runner->arena, 1, sizeof(*call));
    call->runner = runner;
    call->actor = sender;
    call->kind = REQUEST_RAW;
    call->request.method = step->words[0].value;
    call->request.target = sender_target(runner, sender, step->words[1].value);
    call->request.body = sender_body(runner, sender, GROUP_PUSH, step);
    sender_headers(runner, sender, step, true, &call->request);
    call->fresh = step_option(step, "connection") != NULL;
    if (step_option(step, "stops")) {
        send_part(call, step);
        return;
    }
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
