/* SPDX-License-Identifier: MIT */
/* ws_hear - what a reader makes of bytes, as text, however they are cut. */
#include "tests/protocol/ws_hear.h"

#include <stdlib.h>

#include "tests/protocol/suites.h"

static const char *const kinds[] = {
    [WS_EVENT_NONE] = "none",  [WS_EVENT_TEXT] = "text",
    [WS_EVENT_BINARY] = "bin", [WS_EVENT_PING] = "ping",
    [WS_EVENT_PONG] = "pong",  [WS_EVENT_CLOSE] = "close",
    [WS_EVENT_ERROR] = "error"};

static void drain(struct ws_reader *reader, struct buf *told)
{
    struct ws_event event;
    while (ws_reader_next(reader, &event) != WS_EVENT_NONE) {
        buf_puts(told, kinds[event.kind]);
        buf_putc(told, ' ');
        if (event.code != 0) {
            buf_printf(told, "%d ", event.code);
        }
        buf_puts(told, event.why ? event.why : "");
        buf_str(told, event.payload);
        buf_putc(told, ';');
    }
}

/* `step` bytes at a time behind the first `cut`. */
static void hear_cut(struct ws_reader *reader, struct str bytes, size_t cut,
                     size_t step, struct buf *told)
{
    size_t at = 0;
    for (size_t n = cut; at < bytes.n; at += n, n = step) {
        struct str part = str_take(str_skip(bytes, at), n);
        /* A copy of its own size, so that a read behind it is seen. */
        char *p = malloc(part.n + 1);
        ck_assert_ptr_nonnull(p);
        memcpy(p, part.p, part.n);
        ck_assert(ws_reader_feed(reader, p, part.n));
        free(p);
        drain(reader, told);
    }
}

static void check_cut(struct ws_reader *reader, struct str bytes, size_t cut,
                      size_t step, const char *expected)
{
    struct buf told;
    buf_init(&told, 1 << 22);
    hear_cut(reader, bytes, cut, step, &told);
    ck_assert_msg(str_is(buf_view(&told), expected),
                  "cut at %zu, then by %zu\ngot  %.*s\nwant %s", cut, step,
                  STR_ARG(str_take(buf_view(&told), 300)), expected);
    buf_free(&told);
}

void hears_within(enum ws_peer peer, size_t limit, struct str bytes,
                  const char *expected)
{
    for (size_t cut = 0; cut <= bytes.n; cut++) {
        struct ws_reader reader;
        ws_reader_init(&reader, peer == PEER_CLIENT, limit);
        check_cut(&reader, bytes, cut, cut > 0 ? bytes.n : 1, expected);
        ws_reader_free(&reader);
    }
}

void hears(enum ws_peer peer, struct str bytes, const char *expected)
{
    hears_within(peer, 1 << 20, bytes, expected);
}
