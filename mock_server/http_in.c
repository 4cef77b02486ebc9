/* SPDX-License-Identifier: MIT */
/* http_in - bytes of a connection become HTTP/1.1 requests.
 * Layer: mock_server. */
#include "mock_server/http_in.h"

#include <string.h>
#include <strings.h>

#include "base/asserts.h"

enum {
    HEAD_MAX = 65536,
    CHUNK_LINE_MAX = 4096,
    READ_AHEAD = 1 << 20, /* pipelined requests behind a whole one */
    KEEP_BYTES = 65536
};

void http_in_init(struct http_in *in, size_t body_limit)
{
    *in = (struct http_in){.body_limit = body_limit};
    buf_init(&in->bytes, HEAD_MAX + 2 * body_limit + READ_AHEAD);
    buf_init(&in->chunks, body_limit);
}

void http_in_free(struct http_in *in)
{
    buf_free(&in->bytes);
    buf_free(&in->chunks);
}

bool http_in_feed(struct http_in *in, const void *p, size_t n)
{
    if (in->used > 0 && in->phase == PHASE_HEAD) {
        in->bytes.n -= in->used;
        memmove(in->bytes.p, in->bytes.p + in->used, in->bytes.n);
        in->used = 0;
    }
    buf_put(&in->bytes, p, n);
    return !in->bytes.failed;
}

bool http_in_begun(const struct http_in *in)
{
    return in->bytes.n > in->used;
}

bool http_in_wants_continue(struct http_in *in)
{
    bool wants = in->expects_continue && in->phase != PHASE_HEAD;

    in->expects_continue = in->expects_continue && !wants;
    return wants;
}

static bool http_in_refuse(struct http_in *in, int status, const char *code,
                           const char *text)
{
    in->bad_status = status;
    in->bad_code = code;
    in->bad_text = text;
    return false;
}

/* ---- the head ---- */

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!is_token_char(text.p[i])) {
            return false;
        }
    }
    return text.n > 0;
}

static bool is_case(struct str text, const char *wanted)
{
    return text.n == strlen(wanted) && strncasecmp(text.p, wanted, text.n) == 0;
}

/* Does a list "a, b" have the member? */
static bool list_has(struct str list, const char *wanted)
{
    while (list.n) {
        size_t end = str_find(list, ',');
        struct str item = str_take(list, end);

        while (item.n && (item.p[0] == ' ' || item.p[0] == '\t')) {
            item = str_skip(item, 1);
        }
        while (item.n &&
               (item.p[item.n - 1] == ' ' || item.p[item.n - 1] == '\t')) {
            item.n--;
        }
        if (is_case(item, wanted)) {
            return true;
        }
        list = str_skip(list, end + 1);
    }
    return false;
}

/* The absolute form names a host that is not needed. */
static struct str http_in_origin_form(struct str target)
{
    if (target.n >= 7 && strncasecmp(target.p, "http://", 7) == 0) {
        struct str rest = str_skip(target, 7);
        size_t slash = str_find(rest, '/');

        return slash < rest.n ? str_skip(rest, slash) : STR("/");
    }
    return target;
}

static bool http_in_request_line(struct http_in *in, struct str line)
{
    struct http_request *request = &in->request;
    size_t first = str_find(line, ' ');
    struct str rest = str_skip(line, first + 1);
    size_t second = str_find(rest, ' ');
    struct str version = str_skip(rest, second + 1);

    request->method = str_take(line, first);
    request->target = str_take(rest, second);
    if (!is_token(request->method) || !request->target.n) {
        return http_in_refuse(in, 400, "bad_http",
                              "the request line is not METHOD TARGET VERSION");
    }
    if (request->target.n > LIMIT_TARGET_BYTES) {
        return http_in_refuse(in, 414, "target_too_long",
                              "the target is too long");
    }
    for (size_t i = 0; i < request->target.n; i++) {
        unsigned char c = (unsigned char)request->target.p[i];

        if (c <= ' ' || c == 0x7f) {
            return http_in_refuse(in, 400, "bad_http",
                                  "the target has a control character");
        }
    }
    request->target = http_in_origin_form(request->target);
    if (str_is(version, "HTTP/1.1")) {
        in->keep_alive = true;
    } else if (!str_is(version, "HTTP/1.0")) {
        return http_in_refuse(in, str_starts(version, STR("HTTP/")) ? 505 : 400,
                              "bad_version",
                              "the version is not HTTP/1.1 or HTTP/1.0");
    } else {
        in->has_host = in->is_1_0 = true;
    }
    return true;
}

static bool http_in_content_length(struct http_in *in, struct str value)
{
    int64_t length;

    if (!value.n || value.p[0] == '-' || !str_to_i64(value, &length)) {
        return http_in_refuse(in, 400, "bad_http",
                              "Content-Length is not a number");
    }
    if (in->has_length && (size_t)length != in->body_n) {
        return http_in_refuse(in, 400, "bad_http",
                              "there are different Content-Lengths");
    }
    in->has_length = true;
    in->body_n = (size_t)length;
    return true;
}

/* The headers that say how the message is to be read. */
static bool http_in_framing(struct http_in *in, struct str name,
                            struct str value)
{
    if (is_case(name, "content-length")) {
        return http_in_content_length(in, value);
    }
    if (is_case(name, "transfer-encoding")) {
        if (in->chunked || !is_case(value, "chunked")) {
            return http_in_refuse(in, 501, "bad_http",
                                  "Transfer-Encoding is not chunked");
        }
        in->chunked = true;
    } else if (is_case(name, "connection")) {
        in->keep_alive = (in->keep_alive || list_has(value, "keep-alive")) &&
                         !list_has(value, "close");
    } else if (is_case(name, "host")) {
        in->has_host = true;
    } else if (is_case(name, "expect")) {
        if (!is_case(value, "100-continue")) {
            return http_in_refuse(in, 417, "bad_http",
                                  "Expect is not 100-continue");
        }
        in->expects_continue = true;
    }
    return true;
}

static bool http_in_header(struct http_in *in, struct str line)
{
    size_t colon = str_find(line, ':');
    struct str name = str_take(line, colon);
    struct str value = str_skip(line, colon + 1);

    if (colon == line.n || !is_token(name)) {
        return http_in_refuse(in, 400, "bad_http",
                              "a header line is not NAME: VALUE");
    }
    while (value.n && (value.p[0] == ' ' || value.p[0] == '\t')) {
        value = str_skip(value, 1);
    }
    while (value.n &&
           (value.p[value.n - 1] == ' ' || value.p[value.n - 1] == '\t')) {
        value.n--;
    }
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];

        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return http_in_refuse(in, 400, "bad_http",
                                  "a header has a control character");
        }
    }
    if (!http_in_framing(in, name, value)) {
        return false;
    }
    if (in->is_1_0 && is_case(name, "upgrade")) {
        return true; /* has to be passed over there (RFC 9110, 7.8) */
    }
    if (!http_header_add(&in->request, name, value)) {
        return http_in_refuse(in, 431, "too_many_headers",
                              "there are too many headers");
    }
    return true;
}

/* The next line of the head, without its CRLF. */
static struct str next_line(struct str *head)
{
    size_t end = str_find(*head, '\n');
    struct str line = str_take(*head, end > 0 ? end - 1 : 0);

    *head = str_skip(*head, end + 1);
    return line;
}

static bool http_in_parse_head(struct http_in *in)
{
    ASSERT(in->bytes.p && in->head_n >= 2);
    struct str head = {in->bytes.p + in->used, in->head_n - 2};

    in->request.header_count = 0;
    in->request.body = (struct str){0};
    in->request.body_too_long = false;
    in->keep_alive = in->chunked = in->has_host = in->has_length = false;
    in->is_1_0 = false;
    in->body_n = 0;
    for (size_t i = 0; i < in->head_n; i++) {
        if (head.p[i] == '\n' && (i == 0 || head.p[i - 1] != '\r')) {
            return http_in_refuse(in, 400, "bad_http",
                                  "a line does not end with CR LF");
        }
    }
    if (!http_in_request_line(in, next_line(&head))) {
        return false;
    }
    while (head.n) {
        if (!http_in_header(in, next_line(&head))) {
            return false;
        }
    }
    if (!in->has_host) {
        return http_in_refuse(in, 400, "bad_http", "there is no Host header");
    }
    if (in->chunked && in->has_length) {
        return http_in_refuse(
            in, 400, "bad_http",
            "there are both Content-Length and Transfer-Encoding");
    }
    return true;
}

/* Bytes in front of the next request. */
static void http_in_skip_blank(struct http_in *in)
{
    while (in->used + 1 < in->bytes.n && in->bytes.p[in->used] == '\r' &&
           in->bytes.p[in->used + 1] == '\n') {
        in->used += 2;
        in->scanned = 0;
    }
}

/* Is there a whole head?  Sets head_n. */
static bool http_in_find_head(struct http_in *in)
{
    http_in_skip_blank(in);

    const char *head = in->bytes.p ? in->bytes.p + in->used : "";
    size_t n = in->bytes.n - in->used;
    size_t at = in->scanned;

    while (at < n) {
        const char *end = memchr(head + at, '\n', n - at);

        if (!end) {
            break;
        }
        at = (size_t)(end - head) + 1;
        if (n - at >= 2 && head[at] == '\r' && head[at + 1] == '\n') {
            in->head_n = at + 2;
            return true;
        }
        if (n - at >= 1 && head[at] == '\n') {
            in->head_n = at + 1;
            return true;
        }
        if (n - at < 2) {
            at--; /* the line's end is looked at again */
            break;
        }
    }
    in->scanned = at < n ? at : n;
    return false;
}

/* ---- chunks ---- */

static bool http_in_chunk_size(struct http_in *in, struct str line)
{
    size_t size = 0, i = 0;

    while (i < line.n && str_hex(line.p[i]) >= 0) {
        if (size > in->body_limit * 4) {
            break;
        }
        size = size * 16 + (size_t)str_hex(line.p[i++]);
    }
    if (i == 0 || (i < line.n && str_hex(line.p[i]) < 0 && line.p[i] != ';' &&
                   line.p[i] != ' ')) {
        return http_in_refuse(in, 400, "bad_http",
                              "a chunk's size is not hexadecimal");
    }
    if (size > in->body_limit - in->chunks.n) {
        in->request.body_too_long = true;
        in->phase = PHASE_DONE;
        return true;
    }
    in->chunk_left = size;
    in->chunk_part = size ? CHUNK_DATA : CHUNK_TRAILER;
    return true;
}

/* A line at chunk_at; false when it is not whole. */
static bool http_in_chunk_line(struct http_in *in, struct str *line)
{
    struct str rest = {in->bytes.p + in->used + in->chunk_at,
                       in->bytes.n - in->used - in->chunk_at};
    size_t end = str_find(rest, '\n');

    if (end == rest.n) {
        if (rest.n > CHUNK_LINE_MAX) {
            http_in_refuse(in, 400, "bad_http", "a chunk's line is too long");
        }
        return false;
    }
    *line = str_take(rest, end);
    if (line->n && line->p[line->n - 1] == '\r') {
        line->n--;
    }
    in->chunk_at += end + 1;
    return true;
}

static bool http_in_chunk_data(struct http_in *in)
{
    size_t there = in->bytes.n - in->used - in->chunk_at;
    size_t take = there < in->chunk_left ? there : in->chunk_left;

    buf_put(&in->chunks, in->bytes.p + in->used + in->chunk_at, take);
    in->chunk_at += take;
    in->chunk_left -= take;
    if (in->chunk_left == 0) {
        in->chunk_part = CHUNK_DATA_END;
    }
    return take > 0;
}

/* Decode what is there; false when more is needed or it is bad. */
static bool http_in_chunks(struct http_in *in)
{
    struct str line;

    while (in->phase == PHASE_CHUNKS) {
        if (in->chunk_part == CHUNK_DATA) {
            if (!http_in_chunk_data(in)) {
                return false;
            }
            continue;
        }
        if (!http_in_chunk_line(in, &line)) {
            return false;
        }
        if (in->chunk_part == CHUNK_SIZE) {
            if (!http_in_chunk_size(in, line)) {
                return false;
            }
        } else if (in->chunk_part == CHUNK_DATA_END) {
            if (line.n) {
                return http_in_refuse(in, 400, "bad_http",
                                      "a chunk is longer than its size");
            }
            in->chunk_part = CHUNK_SIZE;
        } else if (!line.n) {
            in->phase = PHASE_DONE;
        }
    }
    return true;
}

/* ---- requests ---- */

static bool http_in_begin_body(struct http_in *in)
{
    if (in->chunked) {
        in->phase = PHASE_CHUNKS;
        in->chunk_at = in->head_n;
        in->chunk_part = CHUNK_SIZE;
        buf_clear(&in->chunks);
    } else if (in->body_n > in->body_limit) {
        in->request.body_too_long = true;
        in->phase = PHASE_DONE;
    } else {
        in->phase = PHASE_BODY;
    }
    return true;
}

enum http_in_result http_in_step(struct http_in *in)
{
    bool fresh = false;

    if (in->bad_status) {
        return HTTP_IN_BAD;
    }
    if (in->phase == PHASE_HEAD) {
        if (!http_in_find_head(in)) {
            if (in->bytes.n - in->used > HEAD_MAX) {
                http_in_refuse(in, 431, "head_too_large",
                               "the request line and headers are too large");
                return HTTP_IN_BAD;
            }
            return HTTP_IN_MORE;
        }
        if (!http_in_parse_head(in) || !http_in_begin_body(in)) {
            return HTTP_IN_BAD;
        }
        fresh = true;
    }
    if (in->phase == PHASE_BODY) {
        if (in->bytes.n - in->used < in->head_n + in->body_n) {
            return HTTP_IN_MORE;
        }
        in->phase = PHASE_DONE;
    }
    if (in->phase == PHASE_CHUNKS && !http_in_chunks(in)) {
        return in->bad_status ? HTTP_IN_BAD : HTTP_IN_MORE;
    }
    bool too_long = in->request.body_too_long;

    /* The buffer may have moved since the head was read. */
    if (!fresh && !http_in_parse_head(in)) {
        return HTTP_IN_BAD;
    }
    in->request.body_too_long = too_long;
    if (too_long) {
        in->keep_alive = false;
    } else if (in->chunked) {
        in->request.body = buf_view(&in->chunks);
    } else {
        in->request.body =
            (struct str){in->bytes.p + in->used + in->head_n, in->body_n};
    }
    return HTTP_IN_READY;
}

/* Bytes of the request that is ready. */
static size_t http_in_length(const struct http_in *in)
{
    return in->chunked ? in->chunk_at : in->head_n + in->body_n;
}

struct str http_in_rest(const struct http_in *in)
{
    size_t end = in->used + http_in_length(in);

    return end < in->bytes.n
               ? (struct str){in->bytes.p + end, in->bytes.n - end}
               : (struct str){0};
}

void http_in_next(struct http_in *in)
{
    in->used += http_in_length(in);
    if (in->used >= in->bytes.n) {
        in->used = 0;
        if (in->bytes.cap > KEEP_BYTES) {
            buf_free(&in->bytes);
        } else {
            buf_clear(&in->bytes);
        }
    }
    if (in->chunks.cap > KEEP_BYTES) {
        buf_free(&in->chunks);
    }
    in->phase = PHASE_HEAD;
    in->scanned = 0;
    in->expects_continue = false;
}
