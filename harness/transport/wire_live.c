/* SPDX-License-Identifier: MIT */
/* wire_live - live channels on the real network, independent of who speaks.
 * Layer: harness/transport. */
#include "harness/transport/wire_live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/asserts.h"
#include "protocol/ws.h"

enum { ERROR_MAX = 1024, REASON_MAX = 4096 };

struct wire_news {
    struct wire_news *next;
    size_t n, told; /* bytes; of these, those that the owner has heard */
    uint8_t opcode;
    bool fin;
    char bytes[];
};

/* --- lists ------------------------------------------------------------ */

static struct wire_links *links_of(struct wire_channel *wc, bool ready)
{
    return ready ? &wc->ready : &wc->all;
}

static void link_in(struct wire_list *list, struct wire_channel *wc, bool ready)
{
    struct wire_links *own = links_of(wc, ready);
    *own = (struct wire_links){list->last, NULL, list};
    if (list->last) {
        links_of(list->last, ready)->next = wc;
    } else {
        list->first = wc;
    }
    list->last = wc;
    wc->live->ready_count += ready;
}

static void link_out(struct wire_channel *wc, bool ready)
{
    struct wire_links *own = links_of(wc, ready);
    struct wire_list *list = own->list;
    if (!list) {
        return;
    }
    if (own->previous) {
        links_of(own->previous, ready)->next = own->next;
    } else {
        list->first = own->next;
    }
    if (own->next) {
        links_of(own->next, ready)->previous = own->previous;
    } else {
        list->last = own->previous;
    }
    own->list = NULL;
    wc->live->ready_count -= ready;
}

static void make_ready(struct wire_channel *wc)
{
    if (wc->channel && !wc->ready.list) {
        link_in(&wc->live->ready, wc, true);
    }
}

/* --- one channel ------------------------------------------------------ */

static void set_phase(struct wire_channel *wc, enum wire_phase phase)
{
    struct wire_live *live = wc->live;
    live->open -= wc->phase == WIRE_OPEN;
    wc->phase = phase;
    live->open += wc->phase == WIRE_OPEN;
}

static void opening_free(struct wire_channel *wc)
{
    if (wc->opening) {
        wire_head_free(&wc->opening->head);
        buf_free(&wc->opening->body);
        free(wc->opening);
        wc->opening = NULL;
    }
}

static void news_free(struct wire_channel *wc)
{
    while (wc->first) {
        struct wire_news *news = wc->first;
        wc->first = news->next;
        free(news);
    }
    wc->last = NULL;
}

void wire_channel_hold(struct wire_channel *wc)
{
    wc->references++;
}

void wire_channel_release(struct wire_channel *wc)
{
    ASSERT(wc->references > 0);
    if (--wc->references > 0) {
        return;
    }
    ASSERT(!wc->channel && !wc->ready.list);
    link_out(wc, false);
    opening_free(wc);
    news_free(wc);
    buf_free(&wc->reason);
    buf_free(&wc->error);
    free(wc);
}

static void on_timer_closed(uv_handle_t *handle)
{
    wire_channel_release(handle->data);
}

/* The owner hears no more of it. */
static void forget(struct wire_channel *wc)
{
    if (!wc->channel) {
        return;
    }
    wc->channel->internal = NULL;
    wc->channel = NULL;
    set_phase(wc, WIRE_GONE);
    link_out(wc, true);
    uv_close((uv_handle_t *)&wc->timer, on_timer_closed);
}

static struct wire_channel *channel_create(struct wire_live *live,
                                           struct channel *channel)
{
    struct wire_channel *wc = calloc(1, sizeof *wc);
    struct wire_opening *opening = calloc(1, sizeof *opening);
    ASSERT(wc && opening);
    wire_head_init(&opening->head);
    buf_init(&opening->body, LIMIT_REPLY_BYTES);
    buf_init(&wc->reason, REASON_MAX);
    buf_init(&wc->error, ERROR_MAX);
    wc->live = live;
    wc->channel = channel;
    wc->opening = opening;
    wc->references = 1; /* of the timer */
    wc->phase = WIRE_OPENING;
    wc->code = channel->kind == CHANNEL_STREAM ? 0 : WS_CODE_ABNORMAL;
    uv_timer_init(live->loop, &wc->timer);
    wc->timer.data = wc;
    link_in(&live->all, wc, false);
    channel->internal = wc;
    return wc;
}

/* --- time ------------------------------------------------------------- */

static void on_late(uv_timer_t *timer)
{
    struct wire_channel *wc = timer->data;
    bool opening = wc->phase == WIRE_OPENING;
    wc->speaker->cut(wc);
    if (opening) {
        wire_channel_over(wc, REPLY_TIMEOUT,
                          wc->asked ? "no answer in time from"
                                    : "no connection in time to",
                          "the live channel did not open");
    } else {
        wire_channel_over(wc, REPLY_RESET, "no close frame in time from",
                          "the close handshake was not ended");
    }
}

static void timer_set(struct wire_channel *wc, int64_t delay_ms)
{
    /* The loop's idea of now may be as old as its last round. */
    uv_update_time(wc->live->loop);
    uv_timer_start(&wc->timer, on_late, delay_ms > 0 ? (uint64_t)delay_ms : 0,
                   0);
}

static void opening_timer_set(struct wire_channel *wc)
{
    int64_t left_ms = wc->deadline_ms - wire_clock_ms();
    long connect_ms = wc->live->config->connect_timeout_ms;
    bool limited = wc->deadline_ms > 0;
    if (!wc->asked && connect_ms > 0 && (!limited || left_ms > connect_ms)) {
        timer_set(wc, connect_ms);
    } else if (limited) {
        timer_set(wc, left_ms);
    } else {
        uv_timer_stop(&wc->timer);
    }
}

/* --- for speakers ----------------------------------------------------- */

const struct sockaddr *wire_channel_address(const struct wire_channel *wc)
{
    return wire_address_at(&wc->live->address, wc->tries);
}

void wire_channel_connected(struct wire_channel *wc)
{
    if (wc->phase == WIRE_OPENING && !wc->asked) {
        wc->asked = true;
        opening_timer_set(wc);
    }
}

bool wire_channel_next_address(struct wire_channel *wc, const char *why)
{
    wc->tries++;
    if (wc->phase == WIRE_OPENING && wire_channel_address(wc)) {
        wc->speaker->start(wc);
        return true;
    }
    wire_channel_over(wc, REPLY_REFUSED, "no connection to", why);
    return false;
}

void wire_channel_ask_witness(struct wire_channel *wc, const char *why)
{
    if (wc->phase != WIRE_OPENING || wc->live->address.secure) {
        wire_channel_over(wc, REPLY_GARBLED, "no proper upgrade by", why);
        return;
    }
    wire_head_clear(&wc->opening->head);
    wc->speaker = &WIRE_WITNESS;
    wc->speaker->start(wc);
}

void wire_channel_opened(struct wire_channel *wc)
{
    if (wc->phase != WIRE_OPENING) {
        return;
    }
    uv_timer_stop(&wc->timer);
    set_phase(wc, WIRE_OPEN);
    wc->opened_due = true;
    make_ready(wc);
}

void wire_channel_heard(struct wire_channel *wc, const struct heard *what)
{
    if (!wc->channel || wc->phase == WIRE_OVER) {
        return;
    }
    struct wire_news *news = malloc(sizeof *news + what->bytes.n);
    ASSERT(news);
    *news = (struct wire_news){
        .n = what->bytes.n, .opcode = what->opcode, .fin = what->fin};
    if (news->n > 0) {
        memcpy(news->bytes, what->bytes.p, news->n);
    }
    if (wc->last) {
        wc->last->next = news;
    } else {
        wc->first = news;
    }
    wc->last = news;
    wc->untold += news->n;
    make_ready(wc);
}

void wire_channel_over_as(struct wire_channel *wc, enum reply_kind kind,
                          struct str error)
{
    if (!wc->channel || wc->phase == WIRE_OVER) {
        return;
    }
    uv_timer_stop(&wc->timer);
    set_phase(wc, WIRE_OVER);
    wc->kind = kind;
    buf_str(&wc->error, error);
    make_ready(wc);
}

void wire_channel_over(struct wire_channel *wc, enum reply_kind kind,
                       const char *why, const char *detail)
{
    char text[ERROR_MAX / 2] = "";
    if (kind != REPLY_ANSWER) {
        snprintf(text, sizeof text, "%s %s%s%s", why,
                 wc->live->target->base_url, detail ? ": " : "",
                 detail ? detail : "");
    }
    wire_channel_over_as(wc, kind, str_of(text));
}

void wire_channel_closed_by(struct wire_channel *wc, int code,
                            struct str reason)
{
    wc->code = code;
    buf_clear(&wc->reason);
    buf_str(&wc->reason, reason);
}

void wire_channel_closing(struct wire_channel *wc)
{
    if (wc->phase == WIRE_OPEN) {
        set_phase(wc, WIRE_CLOSING);
        timer_set(wc, WIRE_CLOSE_MS);
    }
}

/* --- telling the owner ------------------------------------------------ */

static void reply_fill(const struct wire_channel *wc, struct http_reply *reply)
{
    const struct wire_opening *opening = wc->opening;
    reply->status = opening->status;
    wire_head_put(&opening->head, reply);
    if (opening->body.n > 0) {
        reply->body = buf_view(&opening->body);
    }
}

static void tell_opened(struct wire_channel *wc)
{
    struct channel *channel = wc->channel;
    struct http_reply reply = {0};
    wc->opened_told = true;
    reply_fill(wc, &reply);
    channel->opened(channel, &reply);
    opening_free(wc);
}

static void tell_heard(struct wire_channel *wc)
{
    struct channel *channel = wc->channel;
    struct wire_news *news = wc->first;
    size_t n = news->n - news->told;
    /* Messages and frames are whole; only a stream's pieces can be cut. */
    if (channel->kind == CHANNEL_STREAM && channel->split > 0 &&
        n > channel->split) {
        n = channel->split;
    }
    struct heard what = {.bytes = {news->bytes + news->told, n},
                         .opcode = news->opcode,
                         .fin = news->fin};
    news->told += n;
    wc->untold -= n;
    bool done = news->told == news->n;
    if (done) {
        wc->first = news->next;
        wc->last = news->next ? wc->last : NULL;
    }
    channel->heard(channel, &what);
    if (done) {
        free(news);
    }
}

static void tell_ended(struct wire_channel *wc)
{
    struct channel *channel = wc->channel;
    struct channel_end end = {.kind = wc->kind,
                              .opened = wc->opened_told,
                              .code = wc->code,
                              .reason = buf_view(&wc->reason)};
    if (wc->kind == REPLY_ANSWER && !wc->opened_told) {
        reply_fill(wc, &end.reply);
    } else if (wc->kind != REPLY_ANSWER) {
        end.error = buf_view(&wc->error);
    }
    forget(wc);
    channel->ended(channel, &end);
}

/* Any of these calls may pause the channel, or cut it. */
static void channel_tell(struct wire_channel *wc)
{
    wire_channel_hold(wc);
    if (wc->opened_due && !wc->opened_told) {
        tell_opened(wc);
    }
    while (wc->channel && !wc->paused && wc->first) {
        tell_heard(wc);
    }
    if (wc->channel && !wc->paused && wc->phase == WIRE_OVER) {
        tell_ended(wc);
    }
    if (wc->channel && !wc->first && wc->speaker->told) {
        wc->speaker->told(wc);
    }
    wire_channel_release(wc);
}

bool wire_live_is_ready(const struct wire_live *live)
{
    return live->ready.first != NULL;
}

void wire_live_deliver(struct wire_live *live)
{
    /* Only these: what a callback causes is told at the next poll. */
    for (size_t left = live->ready_count; left > 0 && live->ready.first;
         left--) {
        struct wire_channel *wc = live->ready.first;
        link_out(wc, true);
        channel_tell(wc);
    }
}

/* --- what the owner wants --------------------------------------------- */

static bool is_socket(const struct channel *channel)
{
    return channel->kind == CHANNEL_SOCKET && !channel->witness &&
           channel->split == 0;
}

static void choose_speaker(struct wire_channel *wc)
{
    const struct channel *channel = wc->channel;
    if (channel->kind == CHANNEL_STREAM) {
        wc->speaker = &WIRE_STREAM;
    } else if (is_socket(channel) && wire_lws_can(&channel->request) &&
               wire_lws_ready(wc->live)) {
        wc->speaker = &WIRE_SOCKET;
    } else {
        wc->speaker = &WIRE_WITNESS;
    }
}

/* Why it cannot even be tried; NULL: it can. */
static const char *why_not(struct wire_channel *wc, struct err *err)
{
    if (wc->speaker == &WIRE_STREAM) {
        return NULL; /* libcurl finds out by itself */
    }
    if (wc->live->address.secure && wc->speaker == &WIRE_WITNESS) {
        return "the bare client of frames speaks no TLS";
    }
    return wire_address_find(&wc->live->address, err) == ST_OK ? NULL
                                                               : err->text;
}

void wire_live_open(struct wire_live *live, struct channel *channel)
{
    struct err err = {0};
    struct wire_channel *wc = channel_create(live, channel);
    ASSERT(channel->request.header_count <= LIMIT_HEADERS);
    if (channel->timeout_ms > 0) {
        wc->deadline_ms = wire_clock_ms() + channel->timeout_ms;
    }
    opening_timer_set(wc);
    choose_speaker(wc);
    const char *why = why_not(wc, &err);
    if (why) {
        wire_channel_over(wc, REPLY_REFUSED, "no connection to", why);
    } else {
        wc->speaker->start(wc);
    }
}

void wire_live_say(struct channel *channel, struct str bytes)
{
    struct wire_channel *wc = channel->internal;
    if (wc && wc->phase == WIRE_OPEN) {
        wc->speaker->say(wc, bytes);
    }
}

static void cut(struct wire_channel *wc)
{
    wire_channel_hold(wc);
    forget(wc);
    wc->speaker->cut(wc);
    wire_channel_release(wc);
}

void wire_live_shut(struct channel *channel, int code)
{
    struct wire_channel *wc = channel->internal;
    if (!wc) {
        return;
    }
    if (code == 0) {
        cut(wc);
        return;
    }
    wire_live_pause(channel, false); /* its end has to be heard */
    if (wc->phase == WIRE_OPEN) {
        wc->speaker->shut(wc, code);
    } else if (wc->phase == WIRE_OPENING) {
        wc->speaker->cut(wc);
        wire_channel_over(wc, REPLY_RESET, "given up before an answer of",
                          NULL);
    }
}

void wire_live_pause(struct channel *channel, bool paused)
{
    struct wire_channel *wc = channel->internal;
    if (!wc || wc->paused == paused) {
        return;
    }
    wc->paused = paused;
    if (wc->phase == WIRE_OPEN || wc->phase == WIRE_CLOSING) {
        wc->speaker->pause(wc, paused);
    }
    if (!paused && (wc->first || wc->phase == WIRE_OVER)) {
        make_ready(wc);
    }
}

/* Does the world have to wait for it?  Not for an end that a pause holds. */
static bool is_awaited(const struct wire_channel *wc)
{
    switch (wc->phase) {
    case WIRE_OPENING:
    case WIRE_CLOSING:
        return true;
    case WIRE_OPEN:
        return channel_awaits(wc->channel);
    case WIRE_OVER:
        return !wc->paused;
    case WIRE_GONE:
        break;
    }
    return false;
}

size_t wire_live_in_flight(const struct wire_live *live)
{
    size_t count = 0;
    for (struct wire_channel *wc = live->all.first; wc; wc = wc->all.next) {
        count += is_awaited(wc);
    }
    return count;
}

size_t wire_live_listening(const struct wire_live *live)
{
    return live->open;
}

/* --- life ------------------------------------------------------------- */

void wire_live_init(struct wire_live *live)
{
    live->scratch = malloc(WIRE_SCRATCH_BYTES);
    ASSERT(live->scratch);
    rng_init(&live->rng, 1, STR("wire"));
    wire_address_init(&live->address, live->config->base_url);
}

void wire_live_close(struct wire_live *live)
{
    struct wire_channel *wc = live->all.first;
    while (wc) {
        /* The timer at least holds it until the loop runs. */
        struct wire_channel *next = wc->all.next;
        cut(wc);
        wc = next;
    }
    wire_streams_close(live);
    wire_lws_close(live);
}

void wire_live_free(struct wire_live *live)
{
    wire_lws_free(live);
    ASSERT(!live->all.first);
    free(live->scratch);
}

void wire_live_nudge(struct wire_live *live)
{
    if (live->streams && live->streams->running > 0) {
        wire_shard_nudge(live->streams);
    }
}
