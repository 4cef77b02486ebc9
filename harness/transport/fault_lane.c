/* SPDX-License-Identifier: MIT */
/* fault_lane - the life of a live channel in a bad network.
 * Layer: harness/transport.
 *
 * Every channel of a client becomes a lane with an inner channel of its own,
 * so that the two can open and end at different times. */
#include "harness/transport/fault_lane.h"

#include <stdlib.h>

#include "base/asserts.h"
#include "protocol/ws.h"

enum {
    CLOSE_WAIT_MS = 5000, /* for the peer's half of a close handshake */
    OPENING_BITS =
        FAULT_BIT(FAULT_DROP) | FAULT_BIT(FAULT_DELAY) | FAULT_BIT(FAULT_ANSWER)
};

struct fault_subject lane_subject(const struct lane *lane, unsigned actions)
{
    return (struct fault_subject){lane->inner.actor, lane->inner.id,
                                  lane->inner.request.target, actions};
}

/* --- lanes ------------------------------------------------------------ */

static struct lane *lane_new(struct faults *faults)
{
    struct lane *lane = faults->free_lanes;
    if (lane) {
        faults->free_lanes = lane->next_free;
        return lane;
    }
    lane = calloc(1, sizeof *lane);
    ASSERT(lane);
    lane->faults = faults;
    buf_init(&lane->scan.event, LIMIT_REPLY_BYTES);
    *faults->last_lane = lane;
    faults->last_lane = &lane->next;
    return lane;
}

static void lane_release(struct lane *lane)
{
    struct faults *faults = lane->faults;
    if (lane->busy > 0) {
        lane->leaves = true;
        return;
    }
    ASSERT(lane->stage != LANE_FREE && !lane->outer && !lane->linked);
    line_clear(lane);
    lane->turn++;
    lane->stage = LANE_FREE;
    packet_trim(&lane->reply_bytes);
    packet_trim(&lane->end_bytes);
    buf_free(&lane->scan.event);
    lane->next_free = faults->free_lanes;
    faults->free_lanes = lane;
}

void lane_enter(struct lane *lane)
{
    lane->busy++;
}

void lane_leave(struct lane *lane)
{
    ASSERT(lane->busy > 0);
    if (--lane->busy == 0 && lane->leaves) {
        lane->leaves = false;
        lane_release(lane);
    }
}

static void lane_unlink(struct lane *lane)
{
    if (lane->linked) {
        lane->linked = false;
        transport_shut(lane->faults->inner, &lane->inner, 0);
    }
}

bool lane_is_stalled(const struct lane *lane)
{
    return lane->faults->world->now_ms < lane->stalled_until_ms;
}

bool lane_flows(const struct lane *lane)
{
    return lane->outer && lane->stage == LANE_OPEN && !lane->silent &&
           !lane->paused && !lane_is_stalled(lane);
}

/* Let the inner transport read exactly when something may come in. */
void lane_set_pause(struct lane *lane)
{
    bool pause = lane->paused || lane->silent || lane_is_stalled(lane) ||
                 lane->stage == LANE_LOST || lane->stage == LANE_REPLY;
    if (lane->linked && pause != lane->inner_paused) {
        lane->inner_paused = pause;
        transport_pause(lane->faults->inner, &lane->inner, pause);
    }
}

/* Its owner has nothing to do with it any more; the server may have. */
static void lane_detach(struct lane *lane)
{
    lane->outer->internal = NULL;
    lane->outer = NULL;
    lane->inner.outer = NULL;
    lane->inner.awaits = false;
    line_clear(lane);
    if (!lane->silent) {
        lane_unlink(lane);
    }
}

/* The owner is told its end, which may be in the lane. */
static void lane_finish(struct lane *lane, const struct channel_end *end)
{
    struct channel *outer = lane->outer;
    struct channel_end told = *end;
    told.opened = lane->told_open;
    lane_detach(lane);
    lane_enter(lane);
    outer->ended(outer, &told);
    if (!lane->linked) {
        lane_release(lane);
    }
    lane_leave(lane);
}

static int lane_code(const struct lane *lane)
{
    return lane->inner.kind == CHANNEL_STREAM ? 0 : WS_CODE_ABNORMAL;
}

static void lane_ended_now(void *context, uint64_t turn)
{
    struct lane *lane = context;
    if (lane->turn == turn && lane->stage == LANE_ENDING && lane->outer) {
        lane_finish(lane, &lane->end);
    }
}

static void lane_end_later(struct lane *lane, int64_t after_ms)
{
    struct world *world = lane->faults->world;
    line_clear(lane);
    if (!lane->silent) {
        lane_unlink(lane);
    }
    lane->stage = LANE_ENDING;
    world_at(world, world->now_ms + after_ms, lane_ended_now, lane, lane->turn);
}

static void lane_end_is(struct lane *lane, enum reply_kind kind,
                        const char *error)
{
    lane->end = (struct channel_end){
        .kind = kind, .code = lane_code(lane), .error = str_of(error)};
}

void lane_break(struct lane *lane, enum reply_kind kind, const char *error)
{
    lane_end_is(lane, kind, error);
    lane_end_later(lane, 0);
}

/* --- the opening ------------------------------------------------------ */

static void lane_expired(void *context, uint64_t turn)
{
    struct lane *lane = context;
    if (lane->turn != turn || !lane->outer ||
        (lane->stage != LANE_HELD && lane->stage != LANE_LOST &&
         lane->stage != LANE_REPLY)) {
        return;
    }
    lane_end_is(lane, REPLY_TIMEOUT, "no answer within the timeout");
    lane_finish(lane, &lane->end);
}

static void lane_expire_later(struct lane *lane)
{
    if (lane->expire_ms < INT64_MAX) {
        world_at(lane->faults->world, lane->expire_ms, lane_expired, lane,
                 lane->turn);
    }
}

static void lane_lose(struct lane *lane)
{
    lane->stage = LANE_LOST;
    lane->inner.outer = NULL; /* nothing of it is awaited */
    lane_set_pause(lane);
    lane_expire_later(lane);
}

/* --- flowing ---------------------------------------------------------- */

static void lane_flow_again(void *context, uint64_t turn)
{
    struct lane *lane = context;
    if (lane->turn != turn || lane->stage != LANE_OPEN || !lane->outer ||
        lane_is_stalled(lane)) {
        return;
    }
    lane_enter(lane);
    line_catch_up(lane);
    if (lane->closing != 0 && lane->linked) {
        transport_shut(lane->faults->inner, &lane->inner, lane->closing);
        lane->closing = 0;
    }
    lane_set_pause(lane);
    line_drain(lane);
    if (lane->over && lane_flows(lane) && !lane->inbox.first) {
        lane_finish(lane, &lane->end);
    }
    lane_leave(lane);
}

void lane_flow_later(struct lane *lane, int64_t at_ms)
{
    world_at(lane->faults->world, at_ms, lane_flow_again, lane, lane->turn);
}

static void lane_opened_now(struct lane *lane, const struct http_reply *reply)
{
    struct faults *faults = lane->faults;
    lane_enter(lane);
    lane->stage = LANE_OPEN;
    lane->told_open = true;
    lane_set_pause(lane);
    lane_hit_fresh(lane);
    lane->outer->opened(lane->outer, reply);
    if (lane->stage == LANE_OPEN && (lane->inbox.first || lane->over)) {
        /* What came while the answer was held back. */
        lane_flow_later(lane, faults->world->now_ms);
    }
    flights_passed(faults, FAULT_RESPONSE, lane->inner.actor);
    lane_leave(lane);
}

/* --- answers to the opening ------------------------------------------- */

static void lane_reply_now(void *context, uint64_t turn)
{
    struct lane *lane = context;
    if (lane->turn != turn || lane->stage != LANE_REPLY || !lane->outer) {
        return;
    }
    if (lane->opens) {
        lane_opened_now(lane, &lane->reply.reply);
    } else {
        lane_finish(lane, &lane->end);
    }
}

static void lane_reply_later(struct lane *lane, int64_t after_ms)
{
    struct world *world = lane->faults->world;
    lane->stage = LANE_REPLY;
    lane_set_pause(lane);
    if (after_ms > lane->expire_ms - world->now_ms) {
        lane_expire_later(lane);
    }
    world_at(world, world->now_ms + after_ms, lane_reply_now, lane, lane->turn);
}

/* Somebody in between answers: nothing is opened. */
static void lane_answer(struct lane *lane, const struct fault_rule *rule)
{
    faults_answer(rule, FATE_NONE, &lane->reply_bytes, &lane->reply);
    lane->end = (struct channel_end){.kind = REPLY_ANSWER,
                                     .code = lane_code(lane),
                                     .reply = lane->reply.reply};
    lane->opens = false;
}

/* True when the response is not to be told now. */
static bool response_disturbed(struct lane *lane, struct fault_rule *rule)
{
    const struct fault_subject subject = lane_subject(lane, OPENING_BITS);
    if (!faults_find(lane->faults, FAULT_RESPONSE, &subject, NULL, rule)) {
        return false;
    }
    if (rule->action == FAULT_DROP) {
        lane_lose(lane);
    } else if (rule->action == FAULT_DELAY) {
        lane_reply_later(lane,
                         fault_rules_delay_ms(&lane->faults->rules, rule));
    } else {
        lane_answer(lane, rule);
        lane_finish(lane, &lane->end);
    }
    return true;
}

static void inner_opened(struct channel *inner, const struct http_reply *reply)
{
    struct lane *lane = inner->context;
    struct fault_rule rule;
    if (lane->stage != LANE_OPENING) {
        return;
    }
    lane_enter(lane);
    packet_reply(&lane->reply_bytes, reply, &lane->reply.reply);
    lane->opens = true;
    if (!response_disturbed(lane, &rule)) {
        lane_opened_now(lane, &lane->reply.reply);
    }
    lane_leave(lane);
}

static void lane_kept_end(struct lane *lane, const struct channel_end *end)
{
    packet_channel_end(&lane->end_bytes, end, &lane->end);
    lane->over = true;
}

/* The opening has failed in the inner transport. */
static void lane_refused(struct lane *lane, const struct channel_end *end)
{
    struct fault_rule rule;
    packet_channel_end(&lane->end_bytes, end, &lane->end);
    if (end->kind != REPLY_ANSWER || !response_disturbed(lane, &rule)) {
        lane_finish(lane, &lane->end);
    }
}

static void inner_ended(struct channel *inner, const struct channel_end *end)
{
    struct lane *lane = inner->context;
    lane->linked = false;
    if (!lane->outer) {
        lane_release(lane);
        return;
    }
    lane_enter(lane);
    if (lane->stage == LANE_OPENING) {
        lane_refused(lane, end);
    } else if (lane->silent) {
        /* Nobody is told. */
    } else if (lane->stage == LANE_REPLY ||
               (lane->stage == LANE_OPEN &&
                (!lane_flows(lane) || lane->inbox.first))) {
        lane_kept_end(lane, end);
    } else if (lane->stage == LANE_OPEN) {
        lane_finish(lane, end);
    }
    lane_leave(lane);
}

static void inner_heard(struct channel *inner, const struct heard *what)
{
    struct lane *lane = inner->context;
    if (!lane->outer || lane->silent ||
        (lane->stage != LANE_OPEN && lane->stage != LANE_REPLY)) {
        return;
    }
    lane_enter(lane);
    line_receive(lane, what);
    lane_leave(lane);
}

static void lane_forward(struct lane *lane)
{
    struct faults *faults = lane->faults;
    const struct fault_subject subject =
        lane_subject(lane, FAULT_BIT(FAULT_SPLIT));
    struct fault_rule rule;
    if (faults_find(faults, FAULT_MESSAGE, &subject, NULL, &rule)) {
        lane->inner.split = rule.bytes > 0 ? rule.bytes : 1;
    }
    if (lane->expire_ms < INT64_MAX) {
        lane->inner.timeout_ms = lane->expire_ms - faults->world->now_ms;
    }
    lane->stage = LANE_OPENING;
    lane->linked = true;
    transport_open(faults->inner, &lane->inner);
    lane_set_pause(lane);
    flights_passed(faults, FAULT_REQUEST, lane->inner.actor);
}

static void lane_forward_later(void *context, uint64_t turn)
{
    struct lane *lane = context;
    if (lane->turn == turn && lane->stage == LANE_HELD) {
        lane_forward(lane);
    }
}

static void lane_hold(struct lane *lane, int64_t by_ms)
{
    struct world *world = lane->faults->world;
    lane->stage = LANE_HELD;
    if (by_ms >= lane->expire_ms - world->now_ms) {
        lane_expire_later(lane);
        return;
    }
    world_at(world, world->now_ms + by_ms, lane_forward_later, lane,
             lane->turn);
}

static struct lane *lane_of(struct faults *faults, struct channel *channel)
{
    struct lane *lane = lane_new(faults);
    lane->outer = channel;
    lane->expire_ms = channel->timeout_ms > 0
                          ? faults->world->now_ms + channel->timeout_ms
                          : INT64_MAX;
    lane->linked = lane->inner_paused = lane->told_open = lane->opens = false;
    lane->silent = lane->paused = lane->over = lane->leaves = false;
    lane->stalled_until_ms = INT64_MIN;
    lane->closing = 0;
    lane->bytes_in = 0;
    lane->arm_count = 0;
    const struct buf event = lane->scan.event;
    lane->scan = (struct line_scan){.event = event};
    struct channel *inner = &lane->inner;
    inner->kind = channel->kind;
    inner->actor = channel->actor;
    inner->id = channel->id;
    inner->timeout_ms = channel->timeout_ms;
    inner->split = channel->split;
    inner->witness = channel->witness;
    inner->awaits = false;
    inner->opened = inner_opened;
    inner->heard = inner_heard;
    inner->ended = inner_ended;
    inner->context = lane;
    inner->internal = NULL;
    inner->outer = channel;
    /* The server may be left with it when its client has gone. */
    packet_request(&lane->request, &channel->request, &inner->request);
    return lane;
}

void lane_open(struct faults *faults, struct channel *channel)
{
    struct lane *lane = lane_of(faults, channel);
    const struct fault_subject subject = lane_subject(lane, OPENING_BITS);
    struct fault_rule rule;
    channel->internal = lane;
    if (!faults_find(faults, FAULT_REQUEST, &subject, NULL, &rule)) {
        lane_forward(lane);
    } else if (rule.action == FAULT_DROP) {
        lane_lose(lane);
    } else if (rule.action == FAULT_DELAY) {
        lane_hold(lane, fault_rules_delay_ms(&faults->rules, &rule));
    } else {
        lane_answer(lane, &rule);
        lane_reply_later(lane, ANSWER_AFTER_MS);
    }
}

/* --- the owner -------------------------------------------------------- */

void lane_say(struct channel *channel, struct str bytes)
{
    struct lane *lane = channel->internal;
    if (!lane || lane->stage != LANE_OPEN || lane->silent || lane->over ||
        lane->closing != 0) {
        return;
    }
    if (lane_is_stalled(lane)) {
        line_put_off(lane, bytes);
    } else {
        transport_say(lane->faults->inner, &lane->inner, bytes);
    }
}

static void lane_read_on(struct lane *lane)
{
    lane_set_pause(lane);
    if (lane->stage == LANE_OPEN && (lane->inbox.first || lane->over)) {
        lane_flow_later(lane, lane->faults->world->now_ms);
    }
}

/* The owner closes an open one. */
static void lane_close(struct lane *lane, int code)
{
    bool stream = lane->inner.kind == CHANNEL_STREAM;
    if (lane->over) {
        /* It has ended already, only the owner did not know. */
        lane_end_later(lane, 0);
    } else if (stream && (lane->silent || lane_is_stalled(lane))) {
        lane_end_is(lane, REPLY_ANSWER, "");
        lane_end_later(lane, 0);
    } else if (lane->silent) {
        lane_end_is(lane, REPLY_RESET, "the close frame was not answered");
        lane_end_later(lane, CLOSE_WAIT_MS);
    } else if (lane_is_stalled(lane)) {
        lane->paused = false;
        lane->closing = code;
    } else {
        /* Who waits for the peer's half of the handshake reads again. */
        lane->paused = false;
        lane_read_on(lane);
        transport_shut(lane->faults->inner, &lane->inner, code);
    }
}

void lane_shut(struct channel *channel, int code)
{
    struct lane *lane = channel->internal;
    if (!lane) {
        return;
    }
    if (code == 0) {
        lane_detach(lane);
        if (!lane->linked) {
            lane_release(lane);
        }
        return;
    }
    switch (lane->stage) {
    case LANE_OPENING:
        transport_shut(lane->faults->inner, &lane->inner, code);
        break;
    case LANE_HELD:
    case LANE_LOST:
    case LANE_REPLY:
        lane_break(lane, REPLY_RESET, "given up while it was being opened");
        break;
    case LANE_OPEN:
        lane_close(lane, code);
        break;
    case LANE_ENDING:
    case LANE_FREE:
        break;
    }
}

void lane_pause(struct channel *channel, bool paused)
{
    struct lane *lane = channel->internal;
    if (lane) {
        lane->paused = paused;
        lane_read_on(lane);
    }
}

void lane_forget(struct lane *lane)
{
    lane_unlink(lane);
    lane_release(lane);
}

void lanes_free(struct faults *faults)
{
    for (struct lane *lane = faults->lanes, *next; lane; lane = next) {
        next = lane->next;
        lane_unlink(lane);
        line_clear(lane);
        buf_free(&lane->scan.event);
        packet_free(&lane->request);
        packet_free(&lane->reply_bytes);
        packet_free(&lane->end_bytes);
        free(lane->arms);
        free(lane);
    }
}
