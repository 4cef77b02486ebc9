/* SPDX-License-Identifier: MIT */
/* wire_stream - an answer without end, by libcurl on a multi handle of its
 * own: streams hold their connections for long, and none of them is kept for
 * a request.  Layer: harness/transport. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/asserts.h"
#include "harness/transport/wire_live.h"

/* libcurl reads on as long as something is there: a peer that is fast enough
 * would keep it from ever giving the loop back. */
enum { UNTOLD_MAX = 256 << 10 };

struct stream {
    struct wire_channel *wc; /* holds it */
    struct wire_call *call;
    bool flowing; /* a 2xx head has come: its body is the stream */
    bool full;    /* it waits until the owner has been told */
};

/* --- its end ---------------------------------------------------------- */

static void stream_cut(struct wire_channel *wc)
{
    struct stream *stream = wc->voice;
    if (!stream) {
        return;
    }
    wc->voice = NULL;
    if (stream->call->shard) {
        wire_shard_remove(stream->call);
    }
    wire_call_free(stream->call);
    free(stream);
    wire_channel_release(wc);
}

/* The answer that was no stream goes to the channel. */
static void opening_take(struct stream *stream, int status)
{
    struct wire_opening *opening = stream->wc->opening;
    struct wire_call *call = stream->call;
    struct wire_head head = opening->head;
    struct buf body = opening->body;
    opening->status = status;
    opening->head = call->head;
    opening->body = call->body;
    call->head = head;
    call->body = body;
}

static void stream_over(struct stream *stream)
{
    struct wire_channel *wc = stream->wc;
    struct wire_call *call = stream->call;
    struct ending ending;
    wire_call_ending(call, &ending);
    if (stream->flowing && call->result == CURLE_PARTIAL_FILE) {
        /* It was cut off, not wrongly written. */
        wire_channel_over(wc, REPLY_RESET, "connection ended early by",
                          call->detail);
    } else if (!stream->flowing && ending.kind == REPLY_ANSWER) {
        opening_take(stream, ending.reply.status);
    }
    wire_channel_over_as(wc, ending.kind, ending.error);
    stream_cut(wc);
}

static void on_ended(void *context, struct wire_call *call)
{
    (void)context;
    stream_over(call->stream);
}

static void stream_shut(struct wire_channel *wc, int code)
{
    (void)code;
    stream_cut(wc);
    wire_channel_over(wc, REPLY_ANSWER, NULL, NULL);
}

/* --- what comes ------------------------------------------------------- */

static bool is_end_of_head(const char *p, size_t n)
{
    return n > 0 && (p[0] == '\r' || p[0] == '\n');
}

static size_t on_header(char *p, size_t size, size_t count, void *context)
{
    struct stream *stream = context;
    size_t n = size * count;
    long status = 0;
    wire_call_header(stream->call, p, n);
    curl_easy_getinfo(stream->call->easy, CURLINFO_RESPONSE_CODE, &status);
    if (!stream->flowing && is_end_of_head(p, n) && status / 100 == 2) {
        stream->flowing = true;
        opening_take(stream, (int)status);
        wire_channel_opened(stream->wc);
    }
    return n;
}

static size_t on_piece(char *p, size_t size, size_t count, void *context)
{
    struct stream *stream = context;
    size_t n = size * count;
    if (!stream->flowing) {
        return wire_call_body(stream->call, p, n) ? n : 0;
    }
    if (stream->wc->paused || stream->wc->untold >= UNTOLD_MAX) {
        stream->full = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    wire_channel_heard(stream->wc, &(struct heard){.bytes = {p, n}});
    return n;
}

static void stream_pause(struct wire_channel *wc, bool paused)
{
    struct stream *stream = wc->voice;
    if (stream) {
        stream->full = false;
        curl_easy_pause(stream->call->easy,
                        paused ? CURLPAUSE_RECV : CURLPAUSE_CONT);
    }
}

static void stream_told(struct wire_channel *wc)
{
    struct stream *stream = wc->voice;
    if (stream && stream->full && !wc->paused) {
        stream_pause(wc, false);
    }
}

static void stream_say(struct wire_channel *wc, struct str bytes)
{
    (void)wc; /* its peer does not listen */
    (void)bytes;
}

/* --- opening ---------------------------------------------------------- */

static struct wire_shard *shard_of(struct wire_live *live)
{
    if (!live->streams) {
        live->streams = wire_shard_create(live->sockets, 1);
        ASSERT(live->streams);
        live->streams->ended = on_ended;
        live->streams->context = live;
    }
    return live->streams;
}

static int on_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
    int bytes = WIRE_RECEIVE_BYTES;
    (void)context;
    (void)purpose;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    /* A server that is started later must not hold our connections open. */
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return CURL_SOCKOPT_OK;
}

static void set_callbacks(struct stream *stream)
{
    CURL *easy = stream->call->easy;
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, stream);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_piece);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, stream);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
}

static void stream_start(struct wire_channel *wc)
{
    struct wire_live *live = wc->live;
    struct stream *stream = calloc(1, sizeof *stream);
    struct wire_call *call = wire_call_create(live->config, live->target);
    ASSERT(stream && call);
    stream->wc = wc;
    stream->call = call;
    call->stream = stream;
    wc->voice = stream;
    wire_channel_hold(wc);
    set_callbacks(stream);
    wire_channel_connected(wc); /* libcurl watches over that by itself */
    if (wire_call_request(call, &wc->channel->request)) {
        wire_shard_add(shard_of(live), call);
    } else {
        stream_over(stream);
    }
}

void wire_streams_close(struct wire_live *live)
{
    if (live->streams) {
        wire_shard_close(live->streams);
        live->streams = NULL;
    }
}

const struct wire_speaker WIRE_STREAM = {
    .start = stream_start,
    .say = stream_say,
    .shut = stream_shut,
    .pause = stream_pause,
    .cut = stream_cut,
    .told = stream_told,
};
