/* SPDX-License-Identifier: MIT */
/* wire_answer - the answer to an upgrade.  Layer: harness/transport. */
#include "harness/transport/wire_answer.h"

#include <strings.h>

#include "harness/transport/wire_live.h"
#include "protocol/ws.h"

#define UNTIL_END UINT64_MAX

enum {
    STATUS_LINE_MIN = 12, /* "HTTP/1.1 101" */
    HEAD_MAX = 256 << 10
};

void wire_answer_init(struct wire_answer *answer)
{
    *answer = (struct wire_answer){.left = UNTIL_END};
    buf_init(&answer->bytes, WIRE_ANSWER_MAX);
}

void wire_answer_free(struct wire_answer *answer)
{
    buf_free(&answer->bytes);
}

struct str wire_answer_rest(const struct wire_answer *answer)
{
    return str_skip(buf_view(&answer->bytes), answer->used);
}

static enum wire_answer_state wrong(struct wire_answer *answer, const char *why)
{
    answer->why = why;
    return WIRE_ANSWER_WRONG;
}

/* --- the head --------------------------------------------------------- */

/* The next line, without its end; false: it is not whole yet. */
static bool line_next(struct wire_answer *answer, struct str *out)
{
    struct str rest = wire_answer_rest(answer);
    size_t n = str_find(rest, '\n');
    if (n == rest.n) {
        return false;
    }
    answer->used += n + 1;
    *out = str_take(rest, n > 0 && rest.p[n - 1] == '\r' ? n - 1 : n);
    return true;
}

static bool status_read(struct str line, int *status)
{
    int64_t number;
    if (line.n < STATUS_LINE_MIN || !str_starts(line, STR("HTTP/1.")) ||
        line.p[8] != ' ' || (line.n > 12 && line.p[12] != ' ') ||
        !str_to_i64(str_take(str_skip(line, 9), 3), &number) || number < 100) {
        return false;
    }
    *status = (int)number;
    return true;
}

/* Could these bytes still become a status line? */
static bool may_begin(struct str bytes)
{
    struct str wanted = STR("HTTP/1.");
    size_t n = bytes.n < wanted.n ? bytes.n : wanted.n;
    return str_starts(wanted, str_take(bytes, n));
}

/* How the body is delimited (RFC 9112, 6.3). */
static bool body_read(struct wire_answer *answer,
                      const struct wire_opening *out)
{
    struct str coding = wire_head_find(&out->head, "Transfer-Encoding");
    struct str length = wire_head_find(&out->head, "Content-Length");
    int64_t number;
    answer->left = UNTIL_END;
    answer->chunked = coding.n == 7 && strncasecmp(coding.p, "chunked", 7) == 0;
    if (out->status == 204 || out->status == 304) {
        answer->left = 0;
    } else if (!answer->chunked && length.p) {
        if (!str_to_i64(length, &number) || number < 0) {
            return false;
        }
        answer->left = (uint64_t)number;
    }
    return true;
}

/* The lines of one head, once all of them are there. */
static enum wire_answer_state head_take(struct wire_answer *answer,
                                        struct wire_opening *out)
{
    struct str line;
    if (!line_next(answer, &line) || !status_read(line, &out->status)) {
        return wrong(answer, "no HTTP status line");
    }
    wire_head_clear(&out->head);
    while (line_next(answer, &line) && line.n > 0) {
        wire_head_line(&out->head, line.p, line.n);
    }
    if (out->head.lines.failed) {
        return wrong(answer, "its head is too long");
    }
    if (out->status == 101) {
        return WIRE_ANSWER_SWITCHED;
    }
    answer->has_head = out->status >= 200;
    return body_read(answer, out)
               ? WIRE_ANSWER_MORE
               : wrong(answer, "its Content-Length is not a length");
}

static bool head_is_whole(struct str bytes)
{
    for (size_t i = 0; i + 1 < bytes.n; i++) {
        if (bytes.p[i] == '\n' && (bytes.p[i + 1] == '\n' ||
                                   (i + 2 < bytes.n && bytes.p[i + 1] == '\r' &&
                                    bytes.p[i + 2] == '\n'))) {
            return true;
        }
    }
    return false;
}

/* --- the body --------------------------------------------------------- */

static void body_take(struct wire_answer *answer, size_t n,
                      struct wire_opening *out)
{
    struct str rest = wire_answer_rest(answer);
    buf_str(&out->body, str_take(rest, n));
    answer->used += n;
}

static bool chunk_size(struct str line, uint64_t *out)
{
    size_t n = 0;
    uint64_t size = 0;
    while (n < line.n && str_hex(line.p[n]) >= 0) {
        if (size > WIRE_ANSWER_MAX) {
            return false;
        }
        size = size * 16 + (uint64_t)str_hex(line.p[n++]);
    }
    *out = size;
    return n > 0 && (n == line.n || line.p[n] == ';' || line.p[n] == ' ');
}

/* Chunk by chunk; one that is not whole stays for the next time. */
static enum wire_answer_state chunks_take(struct wire_answer *answer,
                                          struct wire_opening *out)
{
    for (;;) {
        size_t began = answer->used;
        struct str line;
        uint64_t size;
        if (!line_next(answer, &line)) {
            return WIRE_ANSWER_MORE;
        }
        if (!chunk_size(line, &size)) {
            return wrong(answer, "a chunk without a size");
        }
        struct str rest = wire_answer_rest(answer);
        if (size > 0 && rest.n >= size + 2) {
            body_take(answer, (size_t)size, out);
            answer->used += 2;
        } else if (size > 0) {
            answer->used = began;
            return WIRE_ANSWER_MORE;
        } else {
            return WIRE_ANSWER_WHOLE; /* trailers tell nothing */
        }
    }
}

static enum wire_answer_state rest_take(struct wire_answer *answer,
                                        struct wire_opening *out)
{
    struct str rest = wire_answer_rest(answer);
    if (answer->chunked) {
        return chunks_take(answer, out);
    }
    if (answer->left == UNTIL_END) {
        body_take(answer, rest.n, out);
        return WIRE_ANSWER_MORE;
    }
    size_t n = rest.n < answer->left ? rest.n : (size_t)answer->left;
    body_take(answer, n, out);
    answer->left -= n;
    return answer->left == 0 ? WIRE_ANSWER_WHOLE : WIRE_ANSWER_MORE;
}

enum wire_answer_state wire_answer_feed(struct wire_answer *answer,
                                        struct str bytes,
                                        struct wire_opening *out)
{
    buf_str(&answer->bytes, bytes);
    if (answer->bytes.failed) {
        return WIRE_ANSWER_TOO_BIG;
    }
    while (!answer->has_head) {
        struct str rest = wire_answer_rest(answer);
        if (!may_begin(rest)) {
            return wrong(answer, "no HTTP status line");
        }
        if (!head_is_whole(rest)) {
            return rest.n <= HEAD_MAX ? WIRE_ANSWER_MORE
                                      : wrong(answer, "its head is too long");
        }
        enum wire_answer_state state = head_take(answer, out);
        if (state != WIRE_ANSWER_MORE) {
            return state;
        }
    }
    return rest_take(answer, out);
}

enum wire_answer_state wire_answer_end(const struct wire_answer *answer)
{
    return answer->has_head && !answer->chunked && answer->left == UNTIL_END
               ? WIRE_ANSWER_WHOLE
               : WIRE_ANSWER_MORE;
}

/* --- is it an upgrade? ------------------------------------------------ */

static bool list_has(struct str list, const char *wanted)
{
    size_t length = strlen(wanted);
    while (list.n > 0) {
        size_t n = str_find(list, ',');
        struct str item = str_take(list, n);
        while (item.n > 0 && (item.p[0] == ' ' || item.p[0] == '\t')) {
            item = str_skip(item, 1);
        }
        while (item.n > 0 &&
               (item.p[item.n - 1] == ' ' || item.p[item.n - 1] == '\t')) {
            item.n--;
        }
        if (item.n == length && strncasecmp(item.p, wanted, length) == 0) {
            return true;
        }
        list = str_skip(list, n + 1);
    }
    return false;
}

const char *wire_answer_judge(const struct wire_head *head, struct str key,
                              bool strict)
{
    char accept[WS_ACCEPT_BYTES];
    ws_accept_key(key, accept);
    if (!list_has(wire_head_find(head, "Upgrade"), "websocket")) {
        return "101 without Upgrade: websocket";
    }
    if (!list_has(wire_head_find(head, "Connection"), "Upgrade")) {
        return "101 without Connection: Upgrade";
    }
    if (key.n > 0 && !str_eq(wire_head_find(head, "Sec-WebSocket-Accept"),
                             (struct str){accept, sizeof accept})) {
        return "101 with a Sec-WebSocket-Accept that is missing or wrong";
    }
    if (strict && (wire_head_find(head, "Sec-WebSocket-Extensions").p ||
                   wire_head_find(head, "Sec-WebSocket-Protocol").p)) {
        return "101 with an extension or subprotocol that nobody asked for";
    }
    return NULL;
}
