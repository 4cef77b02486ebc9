/* SPDX-License-Identifier: MIT */
/* wire_witness - WebSocket over a bare socket, without any library: it hears
 * what came before a close to the last byte, shows frames as they are, and
 * writes what no proper client would.  Layer: harness/transport. */
#include <stdlib.h>

#include "base/asserts.h"
#include "harness/transport/wire_answer.h"
#include "harness/transport/wire_live.h"
#include "protocol/ws.h"

enum { KEY_BYTES = 24, MASK_BYTES = 4 };

struct witness {
    struct wire_channel *wc; /* holds it; NULL: the connection is dropped */
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    struct buf out, sending; /* `sent` bytes of the latter are written */
    size_t sent, piece;
    bool writing;
    bool close_sent, close_heard;
    bool leaving; /* no more is read; what is to be written still is */
    bool open;    /* 101 has come */
    enum channel_kind kind;
    size_t split;
    struct wire_answer *answer; /* until it is open */
    struct ws_reader reader;    /* CHANNEL_SOCKET */
    struct buf frames;          /* CHANNEL_FRAMES: the first `used` are done */
    size_t used;
    struct str key; /* of the handshake: the request's, or: */
    char own_key[KEY_BYTES];
    bool strict;
};

/* --- its end ---------------------------------------------------------- */

static void on_tcp_closed(uv_handle_t *handle)
{
    struct witness *witness = handle->data;
    buf_free(&witness->out);
    buf_free(&witness->sending);
    buf_free(&witness->frames);
    ws_reader_free(&witness->reader);
    if (witness->answer) {
        wire_answer_free(witness->answer);
        free(witness->answer);
    }
    free(witness);
}

static void witness_cut(struct wire_channel *wc)
{
    struct witness *witness = wc->voice;
    if (!witness) {
        return;
    }
    wc->voice = NULL;
    witness->wc = NULL;
    uv_close((uv_handle_t *)&witness->tcp, on_tcp_closed);
    wire_channel_release(wc);
}

/* The end is known; only what is to be written is still written. */
static void witness_leave(struct witness *witness)
{
    witness->leaving = true;
    uv_read_stop((uv_stream_t *)&witness->tcp);
    if (!witness->writing) {
        witness_cut(witness->wc);
    }
}

static void witness_end(struct witness *witness, enum reply_kind kind,
                        const char *why, const char *detail)
{
    wire_channel_over(witness->wc, kind, why, detail);
    witness_leave(witness);
}

/* --- writing ---------------------------------------------------------- */

static void write_piece(struct witness *witness);

static void on_written(uv_write_t *write, int status)
{
    struct witness *witness = write->data;
    witness->writing = false;
    if (!witness->wc) {
        return;
    }
    if (status < 0) {
        /* What the peer said before it went away is still to be read. */
        buf_clear(&witness->out);
        buf_clear(&witness->sending);
        witness->sent = 0;
    } else {
        witness->sent += witness->piece;
    }
    write_piece(witness);
    if (!witness->writing && witness->leaving) {
        witness_cut(witness->wc);
    }
}

static void write_swap(struct witness *witness)
{
    struct buf done = witness->sending;
    witness->sending = witness->out;
    witness->out = done;
    buf_clear(&witness->out);
    witness->sent = 0;
}

/* The next piece, one in a turn of the loop: without waiting for more (Nagle)
 * each of them is a segment of its own. */
static void write_piece(struct witness *witness)
{
    if (witness->writing) {
        return;
    }
    if (witness->sent == witness->sending.n) {
        write_swap(witness);
    }
    size_t n = witness->sending.n - witness->sent;
    if (n == 0) {
        buf_free(&witness->sending); /* idle channels are many */
        return;
    }
    if (witness->split > 0 && n > witness->split) {
        n = witness->split;
    }
    uv_buf_t part =
        uv_buf_init(witness->sending.p + witness->sent, (unsigned)n);
    witness->piece = n;
    witness->write.data = witness;
    witness->writing = uv_write(&witness->write, (uv_stream_t *)&witness->tcp,
                                &part, 1, on_written) == 0;
}

static void random_bytes(struct witness *witness, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)rng_below(&witness->wc->live->rng, 256);
    }
}

static void frame_write(struct witness *witness, uint8_t opcode,
                        struct str payload)
{
    struct ws_frame frame = {
        .fin = true, .opcode = opcode, .masked = true, .payload = payload};
    random_bytes(witness, frame.mask, MASK_BYTES);
    ws_frame_write(&witness->out, &frame);
    write_piece(witness);
}

static void close_write(struct witness *witness, int code)
{
    uint8_t mask[MASK_BYTES];
    if (!witness->close_sent) {
        witness->close_sent = true;
        random_bytes(witness, mask, sizeof mask);
        ws_close_write(&witness->out, code, STR(""), mask);
        write_piece(witness);
    }
}

static void witness_say(struct wire_channel *wc, struct str bytes)
{
    struct witness *witness = wc->voice;
    if (witness->leaving || witness->close_sent) {
        return;
    }
    if (witness->kind == CHANNEL_FRAMES) {
        buf_str(&witness->out, bytes);
        write_piece(witness);
    } else {
        frame_write(witness, WS_TEXT, bytes);
    }
}

static void witness_shut(struct wire_channel *wc, int code)
{
    close_write(wc->voice, code);
    wire_channel_closing(wc);
}

/* --- what comes ------------------------------------------------------- */

/* As far as the peer broke the rules by it, that is told too. */
static void peer_error(struct witness *witness, const struct ws_event *event)
{
    bool big = event->code == WS_CODE_TOO_BIG;
    close_write(witness, event->code);
    witness_end(witness, big ? REPLY_TOO_BIG : REPLY_GARBLED,
                big ? "a message over the limit from"
                    : "no proper WebSocket frames from",
                event->why);
}

static void peer_close(struct witness *witness, int code, struct str reason)
{
    wire_channel_closed_by(witness->wc, code, reason);
    close_write(witness, code);
    witness_end(witness, REPLY_ANSWER, NULL, NULL);
}

static void event_take(struct witness *witness, const struct ws_event *event)
{
    bool binary = event->kind == WS_EVENT_BINARY;
    struct heard what = {.bytes = event->payload,
                         .opcode = binary ? WS_BINARY : WS_TEXT,
                         .fin = true};
    switch (event->kind) {
    case WS_EVENT_TEXT:
    case WS_EVENT_BINARY:
        wire_channel_heard(witness->wc, &what);
        break;
    case WS_EVENT_PING:
        if (!witness->close_sent) {
            frame_write(witness, WS_PONG, event->payload);
        }
        break;
    case WS_EVENT_CLOSE:
        peer_close(witness, event->code, event->payload);
        break;
    case WS_EVENT_ERROR:
        peer_error(witness, event);
        break;
    case WS_EVENT_PONG:
    case WS_EVENT_NONE:
        break;
    }
}

static void messages_take(struct witness *witness, struct str bytes)
{
    struct ws_event event;
    if (!ws_reader_feed(&witness->reader, bytes.p, bytes.n)) {
        witness_end(witness, REPLY_TOO_BIG, "a message over the limit from",
                    NULL);
        return;
    }
    while (!witness->leaving &&
           ws_reader_next(&witness->reader, &event) != WS_EVENT_NONE) {
        event_take(witness, &event);
    }
}

/* The code of a close frame: without one it is WS_CODE_NONE. */
static void close_frame_take(struct witness *witness, struct str payload)
{
    const unsigned char *p = (const unsigned char *)payload.p;
    int code = payload.n >= 2 ? p[0] << 8 | p[1] : WS_CODE_NONE;
    witness->close_heard = true;
    wire_channel_closed_by(witness->wc, code, str_skip(payload, 2));
    if (witness->close_sent) {
        witness_end(witness, REPLY_ANSWER, NULL, NULL);
    }
}

static size_t frame_take(struct witness *witness)
{
    struct ws_frame frame = {0};
    struct str rest = str_skip(buf_view(&witness->frames), witness->used);
    size_t n = ws_frame_read(rest, &frame);
    if (n == 0) {
        return 0;
    }
    if (frame.masked) {
        size_t at = (size_t)(frame.payload.p - witness->frames.p);
        ws_frame_unmask(witness->frames.p + at, frame.payload.n, frame.mask);
    }
    wire_channel_heard(witness->wc, &(struct heard){.bytes = frame.payload,
                                                    .opcode = frame.opcode,
                                                    .fin = frame.fin});
    if (frame.opcode == WS_CLOSE) {
        close_frame_take(witness, frame.payload);
    }
    return n;
}

static void frames_take(struct witness *witness, struct str bytes)
{
    size_t n;
    buf_str(&witness->frames, bytes);
    if (witness->frames.failed) {
        witness_end(witness, REPLY_TOO_BIG, "a frame over the limit from",
                    NULL);
        return;
    }
    while (!witness->leaving && (n = frame_take(witness)) > 0) {
        witness->used += n;
    }
    if (witness->used == witness->frames.n) {
        buf_free(&witness->frames);
    } else if (witness->used > 0) {
        witness->frames.n -= witness->used;
        memmove(witness->frames.p, witness->frames.p + witness->used,
                witness->frames.n + 1); /* with the NUL */
    }
    witness->used = 0;
}

static void bytes_take(struct witness *witness, struct str bytes);

static void witness_open(struct witness *witness)
{
    struct wire_answer *answer = witness->answer;
    const char *why = wire_answer_judge(&witness->wc->opening->head,
                                        witness->key, witness->strict);
    if (why) {
        witness_end(witness, REPLY_GARBLED, "no proper upgrade by", why);
        return;
    }
    witness->open = true;
    witness->answer = NULL;
    wire_channel_opened(witness->wc);
    bytes_take(witness, wire_answer_rest(answer));
    wire_answer_free(answer);
    free(answer);
}

static void answer_take(struct witness *witness, struct str bytes)
{
    switch (wire_answer_feed(witness->answer, bytes, witness->wc->opening)) {
    case WIRE_ANSWER_SWITCHED:
        witness_open(witness);
        break;
    case WIRE_ANSWER_WHOLE:
        witness_end(witness, REPLY_ANSWER, NULL, NULL);
        break;
    case WIRE_ANSWER_WRONG:
        witness_end(witness, REPLY_GARBLED, "not a whole HTTP answer from",
                    witness->answer->why);
        break;
    case WIRE_ANSWER_TOO_BIG:
        witness_end(witness, REPLY_TOO_BIG, "answer over the limit from", NULL);
        break;
    case WIRE_ANSWER_MORE:
        break;
    }
}

static void piece_take(struct witness *witness, struct str bytes)
{
    if (!witness->open) {
        answer_take(witness, bytes);
    } else if (witness->kind == CHANNEL_FRAMES) {
        frames_take(witness, bytes);
    } else {
        messages_take(witness, bytes);
    }
}

static void bytes_take(struct witness *witness, struct str bytes)
{
    while (bytes.n > 0 && !witness->leaving) {
        size_t n = witness->split > 0 && witness->split < bytes.n
                       ? witness->split
                       : bytes.n;
        piece_take(witness, str_take(bytes, n));
        bytes = str_skip(bytes, n);
    }
}

static void peer_gone(struct witness *witness, int error)
{
    bool reset = error != UV_EOF;
    const char *detail = reset ? uv_strerror(error) : NULL;
    if (!witness->open) {
        bool whole =
            !reset && wire_answer_end(witness->answer) == WIRE_ANSWER_WHOLE;
        witness_end(witness, whole ? REPLY_ANSWER : REPLY_RESET,
                    "connection ended early by", detail);
    } else if (witness->close_heard) {
        witness_end(witness, REPLY_ANSWER, NULL, NULL);
    } else {
        witness_end(witness, REPLY_RESET,
                    "connection ended without a close frame by", detail);
    }
}

/* --- the connection --------------------------------------------------- */

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    struct witness *witness = handle->data;
    (void)wanted;
    *out = uv_buf_init(witness->wc->live->scratch, WIRE_SCRATCH_BYTES);
}

static void on_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *room)
{
    struct witness *witness = stream->data;
    struct wire_channel *wc = witness->wc;
    wire_channel_hold(wc);
    if (n > 0) {
        bytes_take(witness, (struct str){room->base, (size_t)n});
    } else if (n < 0) {
        peer_gone(witness, (int)n);
    }
    wire_channel_release(wc);
}

static void witness_pause(struct wire_channel *wc, bool paused)
{
    struct witness *witness = wc->voice;
    if (!witness || witness->leaving) {
        return;
    }
    if (paused) {
        uv_read_stop((uv_stream_t *)&witness->tcp);
    } else {
        uv_read_start((uv_stream_t *)&witness->tcp, on_room, on_bytes);
    }
}

static void line_write(struct buf *out, const char *name, struct str value)
{
    buf_printf(out, "%s: ", name);
    buf_str(out, value);
    buf_puts(out, "\r\n");
}

/* Unless the request says it otherwise. */
static void own_header(struct witness *witness, const char *name,
                       struct str value)
{
    const struct http_request *request = &witness->wc->channel->request;
    if (value.p &&
        !http_header_find(request->headers, request->header_count, name).p) {
        line_write(&witness->out, name, value);
    }
}

static void target_write(struct buf *out, const struct wire_target *base,
                         struct str target)
{
    if (str_starts(target, STR("/"))) {
        buf_puts(out, base->base_url + base->prefix);
    }
    buf_str(out, target);
}

static void request_write(struct witness *witness)
{
    struct wire_channel *wc = witness->wc;
    const struct http_request *request = &wc->channel->request;
    const char *agent = wc->live->config->user_agent;
    struct buf *out = &witness->out;
    buf_str(out, request->method);
    buf_putc(out, ' ');
    target_write(out, wc->live->target, request->target);
    buf_puts(out, " HTTP/1.1\r\n");
    own_header(witness, "Host", str_of(wc->live->address.host_header));
    own_header(witness, "User-Agent", agent ? str_of(agent) : (struct str){0});
    own_header(witness, "Upgrade", STR("websocket"));
    own_header(witness, "Connection", STR("Upgrade"));
    own_header(witness, "Sec-WebSocket-Key",
               (struct str){witness->own_key, KEY_BYTES});
    own_header(witness, "Sec-WebSocket-Version", STR("13"));
    for (size_t i = 0; i < request->header_count; i++) {
        buf_str(out, request->headers[i].name);
        buf_puts(out, ": ");
        buf_str(out, request->headers[i].value);
        buf_puts(out, "\r\n");
    }
    size_t index = 0;
    for (const char *line;
         (line = wire_target_header(wc->live->target, request, &index));) {
        buf_puts(out, line);
        buf_puts(out, "\r\n");
    }
    buf_puts(out, "\r\n");
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct witness *witness = connect->data;
    struct wire_channel *wc = witness->wc;
    int receive_bytes = WIRE_RECEIVE_BYTES;
    if (!wc) {
        return; /* cut meanwhile */
    }
    wire_channel_hold(wc);
    if (status < 0) {
        witness_cut(wc);
        wire_channel_next_address(wc, uv_strerror(status));
    } else {
        wire_address_worked(&wc->live->address, wc->tries);
        wc->tries = 0;
        wire_channel_connected(wc);
        uv_tcp_nodelay(&witness->tcp, 1);
        uv_recv_buffer_size((uv_handle_t *)&witness->tcp, &receive_bytes);
        request_write(witness);
        write_piece(witness);
        uv_read_start((uv_stream_t *)&witness->tcp, on_room, on_bytes);
    }
    wire_channel_release(wc);
}

/* The key of the request, if it has one of its own. */
static void choose_key(struct witness *witness)
{
    const struct http_request *request = &witness->wc->channel->request;
    uint8_t nonce[16];
    struct str own = http_header_find(request->headers, request->header_count,
                                      "Sec-WebSocket-Key");
    random_bytes(witness, nonce, sizeof nonce);
    ws_key_write(nonce, witness->own_key);
    witness->key = own.p ? own : (struct str){witness->own_key, KEY_BYTES};
}

static bool asks_for(const struct channel *channel, const char *name)
{
    const struct http_request *request = &channel->request;
    return http_header_find(request->headers, request->header_count, name).p !=
           NULL;
}

static struct witness *witness_create(struct wire_channel *wc)
{
    const struct channel *channel = wc->channel;
    struct witness *witness = calloc(1, sizeof *witness);
    struct wire_answer *answer = malloc(sizeof *answer);
    ASSERT(witness && answer);
    witness->wc = wc;
    witness->kind = channel->kind;
    witness->split = channel->split;
    witness->answer = answer;
    witness->strict = channel->kind == CHANNEL_SOCKET &&
                      !asks_for(channel, "Sec-WebSocket-Protocol") &&
                      !asks_for(channel, "Sec-WebSocket-Extensions");
    wire_answer_init(answer);
    buf_init(&witness->out, LIMIT_REPLY_BYTES);
    buf_init(&witness->sending, LIMIT_REPLY_BYTES);
    buf_init(&witness->frames, LIMIT_REPLY_BYTES);
    ws_reader_init(&witness->reader, false, LIMIT_REPLY_BYTES);
    choose_key(witness);
    return witness;
}

static void witness_start(struct wire_channel *wc)
{
    struct witness *witness = witness_create(wc);
    wc->voice = witness;
    wire_channel_hold(wc);
    uv_tcp_init(wc->live->loop, &witness->tcp);
    witness->tcp.data = witness;
    witness->connect.data = witness;
    int code = uv_tcp_connect(&witness->connect, &witness->tcp,
                              wire_channel_address(wc), on_connected);
    if (code != 0) {
        witness_cut(wc);
        wire_channel_next_address(wc, uv_strerror(code));
    }
}

const struct wire_speaker WIRE_WITNESS = {
    .start = witness_start,
    .say = witness_say,
    .shut = witness_shut,
    .pause = witness_pause,
    .cut = witness_cut,
};
