/* SPDX-License-Identifier: MIT */
/* fault_line - what passes on a live channel in a bad network.
 * Layer: harness/transport.
 *
 * A socket's message (or frame) is hit as it is.  A stream's bytes pass as
 * they come, in whatever pieces, until an event begins that a rule hits: that
 * event is put together up to its blank line and disturbed as a whole.
 * Nothing is ever put inside an event that is passing. */
#include <stdlib.h>

#include "base/asserts.h"
#include "harness/transport/fault_lane.h"

enum {
    MESSAGE_BITS = FAULT_BIT(FAULT_DROP) | FAULT_BIT(FAULT_DELAY) |
                   FAULT_BIT(FAULT_DUPLICATE) | FAULT_BIT(FAULT_REORDER) |
                   FAULT_BIT(FAULT_REPEAT)
};

/* --- letters ---------------------------------------------------------- */

static void letters_append(struct letters *list, struct letter *letter)
{
    letter->next = NULL;
    if (list->last) {
        list->last->next = letter;
    } else {
        list->first = letter;
    }
    list->last = letter;
}

static void letters_remove(struct letters *list, struct letter *letter)
{
    struct letter *previous = NULL;
    struct letter *at = list->first;
    while (at != letter) {
        previous = at;
        at = at->next;
    }
    if (previous) {
        previous->next = letter->next;
    } else {
        list->first = letter->next;
    }
    if (list->last == letter) {
        list->last = previous;
    }
}

static void letter_free(struct lane *lane, struct letter *letter)
{
    lane->kept_bytes -= letter->n;
    free(letter);
}

static void letters_clear(struct lane *lane, struct letters *list)
{
    for (struct letter *letter = list->first, *next; letter; letter = next) {
        next = letter->next;
        letter_free(lane, letter);
    }
    *list = (struct letters){0};
}

/* NULL when so much cannot be kept: the channel is broken then. */
static struct letter *letter_new(struct lane *lane, const struct heard *what)
{
    if (what->bytes.n > LIMIT_REPLY_BYTES - lane->kept_bytes) {
        lane_break(lane, REPLY_TOO_BIG,
                   "more bytes were held back than the limit");
        return NULL;
    }
    struct letter *letter = malloc(sizeof *letter + what->bytes.n);
    ASSERT(letter);
    *letter = (struct letter){.serial = ++lane->faults->letters,
                              .times = 1,
                              .opcode = what->opcode,
                              .fin = what->fin,
                              .n = what->bytes.n};
    if (what->bytes.n > 0) {
        memcpy(letter->bytes, what->bytes.p, what->bytes.n);
    }
    lane->kept_bytes += letter->n;
    return letter;
}

static struct heard letter_heard(const struct letter *letter)
{
    return (struct heard){.bytes = {letter->bytes, letter->n},
                          .opcode = letter->opcode,
                          .fin = letter->fin};
}

void line_clear(struct lane *lane)
{
    letters_clear(lane, &lane->inbox);
    letters_clear(lane, &lane->held);
    letters_clear(lane, &lane->outbox);
}

/* --- to the owner ----------------------------------------------------- */

/* Up to so many times, while the lane flows; how many it were. */
static size_t line_tell(struct lane *lane, const struct heard *what,
                        size_t times)
{
    size_t told = 0;
    while (told < times && lane_flows(lane)) {
        told++;
        lane->outer->heard(lane->outer, what);
    }
    return told;
}

static bool lane_lives(const struct lane *lane)
{
    return lane->outer && !lane->silent &&
           (lane->stage == LANE_OPEN || lane->stage == LANE_REPLY);
}

static void line_emit(struct lane *lane, const struct heard *what, size_t times)
{
    size_t told = lane->inbox.first ? 0 : line_tell(lane, what, times);
    if (told == times || !lane_lives(lane)) {
        return;
    }
    struct letter *letter = letter_new(lane, what);
    if (letter) {
        letter->times = times - told;
        letters_append(&lane->inbox, letter);
    }
}

void line_drain(struct lane *lane)
{
    while (lane->inbox.first && lane_flows(lane)) {
        struct letter *letter = lane->inbox.first;
        const struct heard what = letter_heard(letter);
        /* Out of the list while the owner is told, who may end it all. */
        letters_remove(&lane->inbox, letter);
        letter->times -= line_tell(lane, &what, letter->times);
        if (letter->times == 0 || !lane_lives(lane)) {
            letter_free(lane, letter);
            continue;
        }
        letter->next = lane->inbox.first;
        lane->inbox.first = letter;
        lane->inbox.last = lane->inbox.last ? lane->inbox.last : letter;
    }
}

/* --- kept back -------------------------------------------------------- */

/* A stream's event that nobody hit has come in part. */
static bool line_is_inside(const struct lane *lane)
{
    return lane->scan.inside && !lane->scan.collects;
}

static void letter_deliver(struct lane *lane, struct letter *letter)
{
    const struct heard what = letter_heard(letter);
    letters_remove(&lane->held, letter);
    line_emit(lane, &what, letter->times);
    letter_free(lane, letter);
}

static void letter_is_due(void *context, uint64_t serial)
{
    struct lane *lane = context;
    struct letter *letter = lane->held.first;
    while (letter && letter->serial != serial) {
        letter = letter->next;
    }
    if (!letter) {
        return;
    }
    if (line_is_inside(lane)) {
        letter->due = true;
        return;
    }
    lane_enter(lane);
    letter_deliver(lane, letter);
    lane_leave(lane);
}

static void line_hold(struct lane *lane, const struct heard *what,
                      int64_t by_ms, bool waits)
{
    struct world *world = lane->faults->world;
    struct letter *letter = letter_new(lane, what);
    if (letter) {
        letter->waits = waits;
        letters_append(&lane->held, letter);
        world_at(world, world->now_ms + by_ms, letter_is_due, lane,
                 letter->serial);
    }
}

void line_announce(struct lane *lane, struct str text)
{
    line_hold(lane, &(struct heard){text, 1, true}, 0, false);
}

/* A message has passed, or an event has: what is due may follow, and what
 * waited for the next message if this was one. */
static void line_passed(struct lane *lane, bool message)
{
    struct letter *letter = lane->held.first;
    while (letter && lane_lives(lane)) {
        /* The owner may have ended the lane inside: then all are gone. */
        if (letter->due || (message && letter->waits)) {
            letter_deliver(lane, letter);
            letter = lane->held.first;
        } else {
            letter = letter->next;
        }
    }
}

static void line_disturb(struct lane *lane, const struct heard *what,
                         const struct fault_rule *rule)
{
    size_t times = 1;
    switch (rule->action) {
    case FAULT_DROP:
        return;
    case FAULT_DELAY:
        line_hold(lane, what, fault_rules_delay_ms(&lane->faults->rules, rule),
                  false);
        return;
    case FAULT_REORDER:
        line_hold(lane, what, REORDER_MOST_MS, true);
        return;
    case FAULT_REPEAT:
        times = rule->times > 0 ? rule->times : 1;
        break;
    case FAULT_DUPLICATE:
        times = 2;
        break;
    case FAULT_TRUNCATE:
    case FAULT_RESET:
    case FAULT_TRICKLE:
    case FAULT_ANSWER:
    case FAULT_ANNOUNCE:
    case FAULT_CUT:
    case FAULT_SILENCE:
    case FAULT_STALL:
    case FAULT_SPLIT:
        ASSERT(false);
        return;
    }
    line_emit(lane, what, times);
    line_passed(lane, true);
}

static bool line_rule(struct lane *lane, struct fault_rule *out)
{
    const struct fault_subject subject = lane_subject(lane, MESSAGE_BITS);
    return faults_find(lane->faults, FAULT_MESSAGE, &subject, NULL, out);
}

static void line_message(struct lane *lane, const struct heard *what)
{
    struct fault_rule rule;
    if (line_rule(lane, &rule)) {
        line_disturb(lane, what, &rule);
        return;
    }
    line_emit(lane, what, 1);
    line_passed(lane, true);
}

/* --- streams ---------------------------------------------------------- */

/* One byte more; true when it ends an event (WHATWG: a blank line; lines end
 * with \n, \r or both).  The \n of a \r\n is taken for nothing. */
static bool scan_step(struct line_scan *scan, char byte)
{
    bool second = byte == '\n' && scan->after_cr;
    bool ends_line = byte == '\n' || byte == '\r';
    scan->after_cr = byte == '\r';
    if (second) {
        return false;
    }
    if (!ends_line) {
        scan->line_begun = true;
        scan->inside = true;
        return false;
    }
    bool ended = scan->inside && !scan->line_begun;
    scan->line_begun = false;
    scan->inside = scan->inside && !ended;
    return ended;
}

static void line_pass(struct lane *lane, struct str bytes)
{
    if (bytes.n > 0 && lane_lives(lane)) {
        line_emit(lane, &(struct heard){bytes, 0, true}, 1);
    }
}

static void line_collect(struct lane *lane, struct str bytes)
{
    struct line_scan *scan = &lane->scan;
    buf_put(&scan->event, bytes.p, bytes.n);
    if (scan->event.failed) {
        lane_break(lane, REPLY_TOO_BIG, "an event is longer than the limit");
    }
}

/* An event is whole. */
static void line_event_ended(struct lane *lane, struct str bytes)
{
    struct line_scan *scan = &lane->scan;
    if (!scan->collects) {
        line_pass(lane, bytes);
        line_passed(lane, true);
        return;
    }
    scan->collects = false;
    line_collect(lane, bytes);
    if (lane_lives(lane)) {
        const struct heard what = {buf_view(&scan->event), 0, true};
        line_disturb(lane, &what, &scan->rule);
        line_passed(lane, false);
    }
    buf_clear(&scan->event);
}

static void line_bytes(struct lane *lane, struct str bytes)
{
    struct line_scan *scan = &lane->scan;
    size_t from = 0;
    for (size_t i = 0; i < bytes.n && lane_lives(lane); i++) {
        bool was_inside = scan->inside;
        bool ended = scan_step(scan, bytes.p[i]);
        if (!was_inside && scan->inside && line_rule(lane, &scan->rule)) {
            scan->collects = true;
            line_pass(lane, str_skip(str_take(bytes, i), from));
            from = i;
        }
        if (ended && (scan->collects || lane->held.first)) {
            line_event_ended(lane, str_skip(str_take(bytes, i + 1), from));
            from = i + 1;
        }
    }
    if (!lane_lives(lane)) {
        return;
    }
    if (scan->collects) {
        line_collect(lane, str_skip(bytes, from));
    } else {
        line_pass(lane, str_skip(bytes, from));
    }
}

/* --- in --------------------------------------------------------------- */

static void arm_remove(struct lane *lane, size_t index)
{
    lane->arms[index] = lane->arms[--lane->arm_count];
}

/* How many of the next n bytes come before the connection is cut; more than n:
 * it is not. */
static uint64_t line_cut(struct lane *lane, size_t n)
{
    struct faults *faults = lane->faults;
    const struct fault_subject subject =
        lane_subject(lane, FAULT_BIT(FAULT_CUT));
    for (size_t i = 0; i < lane->arm_count;) {
        const struct cut_arm arm = lane->arms[i];
        struct fault_active *active = fault_rules_get(&faults->rules, arm.rule);
        if (active && arm.at_bytes > lane->bytes_in + n) {
            i++;
            continue;
        }
        arm_remove(lane, i);
        if (active && faults_hits(faults, active, &subject)) {
            lanes_cut_again(faults, active);
            return arm.at_bytes - lane->bytes_in;
        }
    }
    return UINT64_MAX;
}

void line_receive(struct lane *lane, const struct heard *what)
{
    uint64_t cut = line_cut(lane, what->bytes.n);
    lane->bytes_in += what->bytes.n;
    if (lane->inner.kind == CHANNEL_STREAM) {
        line_bytes(lane, cut < what->bytes.n
                             ? str_take(what->bytes, (size_t)cut)
                             : what->bytes);
    } else if (cut >= what->bytes.n) {
        line_message(lane, what);
    }
    if (cut != UINT64_MAX && lane_lives(lane)) {
        lane_break(lane, REPLY_RESET, "connection reset");
    }
}

/* --- out -------------------------------------------------------------- */

void line_put_off(struct lane *lane, struct str bytes)
{
    struct letter *letter =
        letter_new(lane, &(struct heard){.bytes = bytes, .fin = true});
    if (letter) {
        letters_append(&lane->outbox, letter);
    }
}

void line_catch_up(struct lane *lane)
{
    for (struct letter *letter = lane->outbox.first; letter && lane->linked;
         letter = letter->next) {
        transport_say(lane->faults->inner, &lane->inner,
                      (struct str){letter->bytes, letter->n});
    }
    letters_clear(lane, &lane->outbox);
}
