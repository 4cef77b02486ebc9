/* SPDX-License-Identifier: MIT */
/* sim_peer - the client's end of a live channel of the virtual network: bytes
 * become messages, frames or pieces.  Layer: harness/transport.
 *
 * Only CHANNEL_SOCKET acts by itself: it answers pings and close frames. */
#include <stdlib.h>
#include <string.h>

#include "harness/transport/sim_core.h"

static bool peer_hears(const struct line *line)
{
    return line->channel && !line->paused && !line->given_up;
}

void peer_begin(struct line *line)
{
    line->opened = line->paused = line->closing = line->given_up = false;
    line->close_seen = false;
    line->code = WS_CODE_ABNORMAL;
    buf_init(&line->reason, WS_CONTROL_MAX + 1);
    buf_init(&line->frames, LIMIT_REPLY_BYTES);
    ws_reader_init(&line->reader, false, LIMIT_REPLY_BYTES);
}

void peer_free(struct line *line)
{
    buf_free(&line->reason);
    buf_free(&line->frames);
    ws_reader_free(&line->reader);
}

/* --- the end ------------------------------------------------------------ */

static void peer_tell_end(struct line *line, const struct channel_end *end)
{
    struct channel *channel = line->channel;
    struct channel_end told = *end;
    told.opened = line->opened;
    told.code = line->kind == CHANNEL_STREAM ? 0 : line->code;
    line->channel = NULL;
    channel->internal = NULL;
    line_hang_up(line);
    line_enter(line);
    channel->ended(channel, &told);
    line_leave(line);
}

void peer_end(struct line *line, enum reply_kind kind, const char *error)
{
    const struct channel_end end = {.kind = kind,
                                    .reason = buf_view(&line->reason),
                                    .error = str_of(error)};
    peer_tell_end(line, &end);
}

static void peer_ended(struct line *line, enum piece_kind kind)
{
    if (kind == PIECE_RESET) {
        peer_end(line, REPLY_RESET, "connection reset: the server went down");
    } else if (line->kind == CHANNEL_STREAM || line->close_seen) {
        peer_end(line, REPLY_ANSWER, NULL);
    } else {
        peer_end(line, REPLY_RESET,
                 "the connection ended without a close frame");
    }
}

static void peer_close_seen(struct line *line, int code, struct str reason)
{
    line->close_seen = true;
    line->code = code;
    buf_clear(&line->reason);
    buf_str(&line->reason, reason);
}

/* --- out ---------------------------------------------------------------- */

static void peer_mask(struct line *line, uint8_t mask[4])
{
    for (size_t i = 0; i < 4; i++) {
        mask[i] = (uint8_t)rng_below(&line->sim->live_peer, 256);
    }
}

static void peer_write(struct line *line, uint8_t opcode, struct str payload)
{
    struct ws_frame frame = {
        .fin = true, .opcode = opcode, .masked = true, .payload = payload};
    struct buf out;
    buf_init(&out, payload.n + WS_HEADER_MAX);
    peer_mask(line, frame.mask);
    ws_frame_write(&out, &frame);
    line_write(line, buf_view(&out));
    buf_free(&out);
}

static void peer_write_close(struct line *line, int code)
{
    uint8_t mask[4];
    struct buf out;
    buf_init(&out, WS_CONTROL_MAX + WS_HEADER_MAX);
    peer_mask(line, mask);
    ws_close_write(&out, code, STR(""), mask);
    line_write(line, buf_view(&out));
    buf_free(&out);
    line->closing = true;
}

void peer_say(struct line *line, struct str bytes)
{
    if (!line->opened || line->closing || line->given_up) {
        return;
    }
    if (line->kind == CHANNEL_SOCKET) {
        peer_write(line, WS_TEXT, bytes);
    } else if (line->kind == CHANNEL_FRAMES) {
        line_write(line, bytes);
    }
}

/* --- in ----------------------------------------------------------------- */

static void peer_tell(struct line *line, struct str bytes, uint8_t opcode,
                      bool fin)
{
    const struct heard what = {.bytes = bytes, .opcode = opcode, .fin = fin};
    line->channel->heard(line->channel, &what);
}

static void peer_broken(struct line *line, const struct ws_event *event)
{
    if (!line->closing) {
        peer_write_close(line, event->code);
    }
    peer_end(line,
             event->code == WS_CODE_TOO_BIG ? REPLY_TOO_BIG : REPLY_GARBLED,
             event->why);
}

static void peer_message(struct line *line, const struct ws_event *event)
{
    switch (event->kind) {
    case WS_EVENT_TEXT:
        peer_tell(line, event->payload, WS_TEXT, true);
        break;
    case WS_EVENT_BINARY:
        peer_tell(line, event->payload, WS_BINARY, true);
        break;
    case WS_EVENT_PING:
        if (!line->closing) {
            peer_write(line, WS_PONG, event->payload);
        }
        break;
    case WS_EVENT_CLOSE:
        peer_close_seen(line, event->code, event->payload);
        if (!line->closing) {
            peer_write_close(line, event->code);
        }
        peer_end(line, REPLY_ANSWER, NULL);
        break;
    case WS_EVENT_ERROR:
        peer_broken(line, event);
        break;
    case WS_EVENT_PONG:
    case WS_EVENT_NONE:
        break;
    }
}

/* A close frame's payload, if it has a code. */
static void peer_note_close(struct line *line, struct str payload)
{
    int code = WS_CODE_NONE;
    if (payload.n >= 2) {
        code = (uint8_t)payload.p[0] << 8 | (uint8_t)payload.p[1];
    }
    peer_close_seen(line, code, str_skip(payload, 2));
}

static void peer_read_frames(struct line *line)
{
    struct buf *frames = &line->frames;
    size_t used = 0;
    while (peer_hears(line)) {
        struct ws_frame frame = {0};
        size_t n = ws_frame_read(str_skip(buf_view(frames), used), &frame);
        if (n == 0) {
            break;
        }
        char *payload = frames->p + used + n - frame.payload.n;
        used += n;
        if (frame.masked) {
            ws_frame_unmask(payload, frame.payload.n, frame.mask);
        }
        if (frame.opcode == WS_CLOSE) {
            peer_note_close(line, frame.payload);
        }
        peer_tell(line, (struct str){payload, frame.payload.n}, frame.opcode,
                  frame.fin);
    }
    if (used > 0) {
        memmove(frames->p, frames->p + used, frames->n - used);
        frames->n -= used;
    }
}

/* Tell what the bytes that were read have come to. */
static void peer_digest(struct line *line)
{
    struct ws_event event;
    if (line->kind == CHANNEL_FRAMES) {
        peer_read_frames(line);
    }
    while (line->kind == CHANNEL_SOCKET && peer_hears(line) &&
           ws_reader_next(&line->reader, &event) != WS_EVENT_NONE) {
        peer_message(line, &event);
    }
}

static void peer_bytes(struct line *line, const struct piece *piece)
{
    bool kept = true;
    if (line->kind == CHANNEL_STREAM) {
        peer_tell(line, (struct str){piece->bytes, piece->n}, 0, true);
    } else if (line->kind == CHANNEL_SOCKET) {
        kept = ws_reader_feed(&line->reader, piece->bytes, piece->n);
    } else {
        buf_put(&line->frames, piece->bytes, piece->n);
        kept = !line->frames.failed;
    }
    if (!kept) {
        peer_end(line, REPLY_TOO_BIG, "more bytes than the limit");
    }
}

static void peer_take(struct line *line, const struct piece *piece)
{
    switch (piece->kind) {
    case PIECE_HEAD:
        line->opened = true;
        line->channel->opened(line->channel, &line->reply);
        break;
    case PIECE_REFUSED:
        peer_tell_end(line, &line->refusal);
        break;
    case PIECE_BYTES:
        peer_bytes(line, piece);
        peer_digest(line);
        break;
    case PIECE_END:
    case PIECE_RESET:
        peer_ended(line, piece->kind);
        break;
    case PIECE_REQUEST:
    case PIECE_GONE:
        break;
    }
}

/* Whether the connection opened is told also to those who pause. */
static bool peer_reads(const struct line *line)
{
    const struct piece *first = line->arrived.first;
    return first && line->channel && !line->given_up &&
           (!line->paused || first->kind == PIECE_HEAD ||
            first->kind == PIECE_REFUSED);
}

void peer_receive(struct line *line)
{
    while (peer_reads(line) || (line->arrived.first && !line->channel)) {
        struct piece *piece = pieces_take(&line->arrived);
        line->unread -= piece->n;
        if (line->channel) {
            peer_take(line, piece);
        }
        free(piece);
    }
    line_pump(line);
}

/* --- what the owner wants ------------------------------------------------ */

static void peer_reads_on(void *context, uint64_t turn)
{
    struct line *line = context;
    if (line->turn == turn) {
        line_enter(line);
        peer_digest(line);
        peer_receive(line);
        line_leave(line);
        sim_live_settle(line->sim);
    }
}

void peer_pause(struct line *line, bool paused)
{
    struct world *world = line->sim->world;
    if (line->paused && !paused) {
        world_at(world, world->now_ms, peer_reads_on, line, line->turn);
    }
    line->paused = paused;
}

static void peer_given_up(void *context, uint64_t turn)
{
    struct line *line = context;
    if (line->turn != turn || !line->channel) {
        return;
    }
    if (line->opened) {
        peer_end(line, REPLY_ANSWER, NULL);
    } else {
        peer_end(line, REPLY_RESET, "given up while it was being opened");
    }
}

static void peer_unanswered(void *context, uint64_t turn)
{
    struct line *line = context;
    if (line->turn == turn && line->channel) {
        peer_end(line, REPLY_RESET, "the close frame was not answered");
    }
}

void peer_shut(struct line *line, int code)
{
    struct world *world = line->sim->world;
    if (line->given_up || line->closing) {
        return;
    }
    if (!line->opened || line->kind == CHANNEL_STREAM) {
        line->given_up = true;
        world_at(world, world->now_ms, peer_given_up, line, line->turn);
        return;
    }
    peer_write_close(line, code);
    /* Who waits for the peer's half of the handshake reads again. */
    peer_pause(line, false);
    world_at(world, world->now_ms + LINE_CLOSE_MS, peer_unanswered, line,
             line->turn);
}
