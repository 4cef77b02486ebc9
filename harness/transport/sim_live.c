/* SPDX-License-Identifier: MIT */
/* sim_live - live channels of the virtual network: bytes in both directions
 * with latencies, and the bundled server at the other end.
 * Layer: harness/transport.
 *
 * Every channel is a line.  What is on its way is a piece on the heap; pieces
 * of one direction never overtake each other.  A line stays for as long as its
 * owner or the server knows of it. */
#include <stdlib.h>

#include "base/asserts.h"
#include "harness/transport/sim_core.h"

/* --- pieces ------------------------------------------------------------ */

struct piece *pieces_take(struct pieces *pieces)
{
    struct piece *piece = pieces->first;
    ASSERT(piece);
    pieces->first = piece->next;
    if (!pieces->first) {
        pieces->last = NULL;
    }
    return piece;
}

static void pieces_append(struct pieces *pieces, struct piece *piece)
{
    piece->next = NULL;
    if (pieces->last) {
        pieces->last->next = piece;
    } else {
        pieces->first = piece;
    }
    pieces->last = piece;
}

void pieces_clear(struct pieces *pieces)
{
    while (pieces->first) {
        free(pieces_take(pieces));
    }
}

static struct piece *piece_new(enum piece_kind kind, struct str bytes)
{
    struct piece *piece = malloc(sizeof *piece + bytes.n);
    ASSERT(piece);
    piece->kind = kind;
    piece->n = bytes.n;
    if (bytes.n > 0) {
        memcpy(piece->bytes, bytes.p, bytes.n);
    }
    return piece;
}

/* --- lines ------------------------------------------------------------- */

static struct line *line_new(struct sim *sim)
{
    struct line *line = sim->free_lines;
    if (line) {
        sim->free_lines = line->next_free;
        return line;
    }
    line = calloc(1, sizeof *line);
    ASSERT(line);
    line->sim = sim;
    *sim->last_line = line;
    sim->last_line = &line->next;
    return line;
}

/* When neither end knows of it any more. */
static void line_release(struct line *line)
{
    struct sim *sim = line->sim;
    if (!line->in_use || line->channel || line->far != FAR_NONE ||
        line->busy > 0) {
        return;
    }
    line->turn++;
    line->in_use = false;
    pieces_clear(&line->up.pieces);
    pieces_clear(&line->down.pieces);
    pieces_clear(&line->arrived);
    peer_free(line);
    packet_trim(&line->request_bytes);
    packet_trim(&line->reply_bytes);
    line->next_free = sim->free_lines;
    sim->free_lines = line;
}

void line_enter(struct line *line)
{
    line->busy++;
}

void line_leave(struct line *line)
{
    ASSERT(line->busy > 0);
    line->busy--;
    line_release(line);
}

static void line_expired(void *context, uint64_t turn)
{
    struct line *line = context;
    if (line->turn == turn && line->channel && !line->opened &&
        !line->given_up) {
        peer_end(line, REPLY_TIMEOUT, "no answer within the timeout");
    }
}

/* The opening goes on at that time: its timeout may be before it. */
static void line_expects(struct line *line, int64_t at_ms)
{
    if (line->channel && !line->timer && at_ms > line->expire_ms) {
        line->timer = true;
        world_at(line->sim->world, line->expire_ms, line_expired, line,
                 line->turn);
    }
}

/* When what is sent now arrives: not before what was sent earlier. */
static int64_t way_next_ms(struct line *line, struct way *way, bool up)
{
    struct sim *sim = line->sim;
    int64_t at_ms = sim->world->now_ms +
                    (up ? sim_latency_ms(&sim->config.up, &sim->live_up)
                        : sim_latency_ms(&sim->config.down, &sim->live_down));
    way->last_ms = at_ms > way->last_ms ? at_ms : way->last_ms;
    return way->last_ms;
}

static void down_arrived(void *context, uint64_t turn)
{
    struct line *line = context;
    if (line->turn == turn) {
        struct piece *piece = pieces_take(&line->down.pieces);
        pieces_append(&line->arrived, piece);
        line_enter(line);
        peer_receive(line);
        line_leave(line);
        sim_live_settle(line->sim);
    }
}

static void line_down(struct line *line, enum piece_kind kind, struct str bytes)
{
    int64_t at_ms = way_next_ms(line, &line->down, false);
    pieces_append(&line->down.pieces, piece_new(kind, bytes));
    line->unread += bytes.n;
    if (kind == PIECE_HEAD || kind == PIECE_REFUSED) {
        line_expects(line, at_ms);
    }
    world_at(line->sim->world, at_ms, down_arrived, line, line->turn);
}

static void up_arrived(void *context, uint64_t turn);

static void line_up(struct line *line, enum piece_kind kind, struct str bytes)
{
    int64_t at_ms = way_next_ms(line, &line->up, true);
    pieces_append(&line->up.pieces, piece_new(kind, bytes));
    if (kind == PIECE_REQUEST) {
        line_expects(line, at_ms);
    }
    world_at(line->sim->world, at_ms, up_arrived, line, line->turn);
}

static size_t line_piece_bytes(const struct line *line, size_t n)
{
    return line->split > 0 && line->split < n ? line->split : n;
}

void line_write(struct line *line, struct str bytes)
{
    while (bytes.n > 0 && !line->hung_up) {
        size_t n = line_piece_bytes(line, bytes.n);
        line_up(line, PIECE_BYTES, str_take(bytes, n));
        bytes = str_skip(bytes, n);
    }
}

void line_hang_up(struct line *line)
{
    if (line->far != FAR_NONE && !line->hung_up) {
        line->hung_up = true;
        line_up(line, PIECE_GONE, STR(""));
    }
}

/* --- the server's end -------------------------------------------------- */

static void line_refuse(struct line *line, enum reply_kind kind,
                        const char *error)
{
    line->refusal = (struct channel_end){.kind = kind, .error = str_of(error)};
    line_down(line, PIECE_REFUSED, STR(""));
}

static void line_head(struct line *line)
{
    if (line->head_held) {
        line->head_held = false;
        line_down(line, PIECE_HEAD, STR(""));
    }
}

/* The server forgets the channel. */
static void line_forget_live(struct line *line)
{
    server_live_gone(line->sim->server, line->live);
    line->live = NULL;
    line->far = FAR_NONE;
}

void line_pump(struct line *line)
{
    struct sim *sim = line->sim;
    while (line->far == FAR_LIVE) {
        struct str out = live_output(line->live);
        size_t room =
            LINE_WINDOW > line->unread ? LINE_WINDOW - line->unread : 0;
        if (out.n == 0 && live_is_over(line->live)) {
            line_head(line);
            line_forget_live(line);
            line_down(line, PIECE_END, STR(""));
            line_release(line);
            return;
        }
        if (out.n == 0 || room == 0) {
            return;
        }
        size_t n = line_piece_bytes(line, out.n < room ? out.n : room);
        line_head(line);
        line_down(line, PIECE_BYTES, str_take(out, n));
        live_sent(sim->server, line->live, n);
    }
}

static void sim_live_wakes(void *context, uint64_t turn)
{
    struct sim *sim = context;
    if (turn == sim->tick_turn && sim->server) {
        sim->tick_ms = INT64_MAX;
        server_live_tick(sim->server, sim_server_now(sim), sim->world->now_ms);
        sim_live_settle(sim);
    }
}

void sim_live_settle(struct sim *sim)
{
    struct live *live;
    if (!sim->server) {
        return;
    }
    while ((live = server_live_next(sim->server)) != NULL) {
        line_pump(live_context(live));
    }
    int64_t due_ms = server_live_due_ms(sim->server);
    if (due_ms < sim->tick_ms) {
        sim->tick_ms = due_ms;
        world_at(sim->world, due_ms, sim_live_wakes, sim, ++sim->tick_turn);
    }
}

/* Does the answer open the channel?  Otherwise the reason is in `refusal`. */
static bool line_opens(struct line *line)
{
    const struct http_reply *reply = &line->reply;
    struct channel_end *refusal = &line->refusal;
    *refusal = (struct channel_end){.kind = REPLY_ANSWER, .reply = *reply};
    if (line->kind == CHANNEL_STREAM) {
        return line->live && reply->status / 100 == 2;
    }
    if (!line->live || reply->status != 101) {
        return false;
    }
    struct str accept = http_header_find(reply->headers, reply->header_count,
                                         "Sec-WebSocket-Accept");
    if (line->kind == CHANNEL_SOCKET &&
        !str_eq(accept, (struct str){line->accept, WS_ACCEPT_BYTES})) {
        refusal->kind = REPLY_GARBLED;
        refusal->error = STR("Sec-WebSocket-Accept does not fit the key");
        return false;
    }
    return true;
}

/* What the server has answered goes down. */
static void line_answered(struct line *line, bool too_big)
{
    if (line->live && line->gone) {
        line_forget_live(line);
    } else if (too_big) {
        line_refuse(line, REPLY_TOO_BIG, "the answer is longer than the limit");
    } else if (!line_opens(line)) {
        line_down(line, PIECE_REFUSED, STR(""));
    } else {
        line->head_held = true;
        if (live_holds_head(line->live)) {
            line_expects(line, INT64_MAX);
        } else {
            line_head(line);
        }
    }
}

static void line_finished(void *context, uint64_t turn)
{
    struct line *line = context;
    struct sim *sim = line->sim;
    struct http_reply reply = {0};
    if (line->turn != turn || line->far != FAR_INSIDE) {
        return;
    }
    server_finish(sim->server, line->job, sim_server_now(sim), &reply);
    line->job = NULL;
    bool too_big = reply.body.n > LIMIT_REPLY_BYTES;
    reply.body.n = too_big ? 0 : reply.body.n;
    packet_reply(&line->reply_bytes, &reply, &line->reply);
    line->live = server_live_take(sim->server, sim->world->now_ms);
    line->far = line->live ? FAR_LIVE : FAR_NONE;
    if (line->live) {
        live_set_context(line->live, line);
    }
    line_answered(line, too_big);
    sim_live_settle(sim);
    line_release(line);
}

/* The request is here. */
static void line_requested(struct line *line)
{
    struct sim *sim = line->sim;
    if (!sim->server) {
        line->far = FAR_NONE;
        line_refuse(line, REPLY_REFUSED,
                    "connection refused: the server is down");
        return;
    }
    int64_t inside_ms = sim_latency_ms(&sim->config.server, &sim->live_inside);
    line->job = server_begin(sim->server, &line->request, sim_server_now(sim));
    ASSERT(line->job);
    int64_t overlap_ms = server_overlap_ms(sim->server, line->job);
    int64_t at_ms =
        sim->world->now_ms + (inside_ms > overlap_ms ? inside_ms : overlap_ms);
    line->far = FAR_INSIDE;
    line_expects(line, at_ms);
    world_at(sim->world, at_ms, line_finished, line, line->turn);
}

static void line_gone(struct line *line)
{
    if (line->far == FAR_LIVE) {
        line_forget_live(line);
    } else {
        line->gone = true;
    }
}

static void up_arrived(void *context, uint64_t turn)
{
    struct line *line = context;
    struct sim *sim = line->sim;
    if (line->turn != turn) {
        return;
    }
    struct piece *piece = pieces_take(&line->up.pieces);
    if (piece->kind == PIECE_REQUEST) {
        line_requested(line);
    } else if (piece->kind == PIECE_GONE) {
        line_gone(line);
    } else if (line->far == FAR_LIVE) {
        server_live_receive(sim->server, line->live,
                            (struct str){piece->bytes, piece->n},
                            sim_server_now(sim), sim->world->now_ms);
    }
    free(piece);
    sim_live_settle(sim);
    line_release(line);
}

/* --- of the transport --------------------------------------------------- */

static void header_want(struct http_request *request, const char *name,
                        struct str value)
{
    if (!http_header_find(request->headers, request->header_count, name).p) {
        http_header_add(request, str_of(name), value);
    }
}

/* What a WebSocket upgrade needs. */
static void line_upgrade(struct line *line)
{
    struct http_request *request = &line->request;
    uint8_t nonce[16];
    for (size_t i = 0; i < sizeof nonce; i++) {
        nonce[i] = (uint8_t)rng_below(&line->sim->live_peer, 256);
    }
    ws_key_write(nonce, line->key);
    header_want(request, "Upgrade", STR("websocket"));
    header_want(request, "Connection", STR("Upgrade"));
    header_want(request, "Sec-WebSocket-Version", STR("13"));
    header_want(request, "Sec-WebSocket-Key",
                (struct str){line->key, sizeof line->key});
    ws_accept_key(http_header_find(request->headers, request->header_count,
                                   "Sec-WebSocket-Key"),
                  line->accept);
}

void sim_live_open(struct sim *sim, struct channel *channel)
{
    struct line *line = line_new(sim);
    line->in_use = true;
    line->channel = channel;
    line->kind = channel->kind;
    line->split = channel->split;
    line->expire_ms = channel->timeout_ms > 0
                          ? sim->world->now_ms + channel->timeout_ms
                          : INT64_MAX;
    line->up = line->down = (struct way){0};
    line->far = FAR_AHEAD;
    line->hung_up = line->gone = line->head_held = line->timer = false;
    line->unread = 0;
    channel->internal = line;
    packet_request(&line->request_bytes, &channel->request, &line->request);
    if (line->kind != CHANNEL_STREAM) {
        line_upgrade(line);
    }
    peer_begin(line);
    line_up(line, PIECE_REQUEST, STR(""));
}

void sim_live_say(struct channel *channel, struct str bytes)
{
    if (channel->internal) {
        peer_say(channel->internal, bytes);
    }
}

void sim_live_shut(struct channel *channel, int code)
{
    struct line *line = channel->internal;
    if (line && code != 0) {
        peer_shut(line, code);
    } else if (line) {
        channel->internal = NULL;
        line->channel = NULL;
        line_hang_up(line);
        line_release(line);
    }
}

void sim_live_pause(struct channel *channel, bool paused)
{
    if (channel->internal) {
        peer_pause(channel->internal, paused);
    }
}

void sim_live_down(struct sim *sim)
{
    for (struct line *line = sim->lines; line; line = line->next) {
        static const char *const WHY = "connection reset: the server went down";
        if (line->far == FAR_INSIDE) {
            server_abandon(sim->server, line->job);
            line->job = NULL;
            line->far = FAR_NONE;
            line_refuse(line, REPLY_RESET, WHY);
        } else if (line->far == FAR_LIVE) {
            line_forget_live(line);
            if (line->head_held) {
                line->head_held = false;
                line_refuse(line, REPLY_RESET, WHY);
            } else {
                line_down(line, PIECE_RESET, STR(""));
            }
        }
        line_release(line);
    }
    sim->tick_ms = INT64_MAX;
    sim->tick_turn++;
}

void sim_live_init(struct sim *sim)
{
    uint64_t seed = sim->config.seed;
    rng_init(&sim->live_up, seed, STR("sim live up"));
    rng_init(&sim->live_down, seed, STR("sim live down"));
    rng_init(&sim->live_inside, seed, STR("sim live server"));
    rng_init(&sim->live_peer, seed, STR("sim live peer"));
    sim->last_line = &sim->lines;
    sim->tick_ms = INT64_MAX;
}

void sim_live_free(struct sim *sim)
{
    for (struct line *line = sim->lines, *next; line; line = next) {
        next = line->next;
        if (line->job) {
            server_abandon(sim->server, line->job);
        }
        if (line->live) {
            line_forget_live(line);
        }
        pieces_clear(&line->up.pieces);
        pieces_clear(&line->down.pieces);
        pieces_clear(&line->arrived);
        peer_free(line);
        packet_free(&line->request_bytes);
        packet_free(&line->reply_bytes);
        free(line);
    }
}
