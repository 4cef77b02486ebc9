/* SPDX-License-Identifier: MIT */
/* curl - see curl.h.  Layer: harness/run. */
#include "harness/run/curl.h"

#include <string.h>

#include "harness/run/label.h"
#include "harness/run/shell.h"

enum {
    LINE_MAX_BYTES = 16 << 10, /* of what somebody may want to paste */
    WORD_BODY_MAX = 8 << 10,   /* a longer body is piped */
    EXPECT_BYTES = 1 << 20     /* from here on curl asks first */
};

static void put_header(struct buf *out, const struct runner *runner,
                       struct str name, struct str value)
{
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    bool blank = true;
    for (size_t i = 0; i < value.n; i++) {
        blank = blank && (value.p[i] == ' ' || value.p[i] == '\t');
    }
    buf_str(&line, name);
    buf_puts(&line, blank ? ";" : ": "); /* ";" so that it is sent empty */
    buf_str(&line, blank ? STR("") : value);
    buf_puts(out, " -H ");
    shell_word(out, runner, buf_view(&line));
    out->failed = out->failed || line.failed;
    buf_free(&line);
}

static void put_headers(struct buf *out, const struct runner *runner,
                        const struct http_head *head)
{
    const char *const *more = runner->options->address.headers;
    for (size_t i = 0; i < head->header_count; i++) {
        const struct http_header *header = &head->headers[i];
        if (!http_header_find(header, 1, LABEL_HEADER).p) {
            put_header(out, runner, header->name, header->value);
        }
    }
    for (size_t i = 0; more && more[i]; i++) {
        char name[256];
        size_t n = strcspn(more[i], ":");
        memcpy(name, more[i], n < sizeof(name) ? n : 0);
        name[n < sizeof(name) ? n : 0] = '\0';
        if (!http_header_find(head->headers, head->header_count, name).p) {
            buf_puts(out, " -H ");
            shell_word(out, runner, str_of(more[i]));
        }
    }
}

static bool has_header(const struct http_head *head, const char *name)
{
    return http_header_find(head->headers, head->header_count, name).p != NULL;
}

/* Headers that curl would add and the suite did not send. */
static void put_unasked(struct buf *out, const struct curl_request *request)
{
    if (!has_header(request->head, "Content-Type")) {
        buf_puts(out, " -H Content-Type:");
    }
    if (request->body.n >= EXPECT_BYTES &&
        !has_header(request->head, "Expect")) {
        buf_puts(out, " -H Expect:");
    }
}

/* May it stand in a URL as it is, without curl making something else of it? */
static bool is_usual(struct str target)
{
    bool usual = str_starts(target, STR("/"));
    for (size_t i = 0; i < target.n && usual; i++) {
        char c = target.p[i];
        bool dots = c == '.' && i > 0 && target.p[i - 1] == '/';
        usual = c > ' ' && c < 127 && !strchr("\"#<>[\\]^`{|}", c) && !dots;
    }
    return usual;
}

static void put_address(struct buf *out, const struct runner *runner,
                        struct str target)
{
    struct arena *arena = runner->arena;
    struct str base = str_of(runner->options->address.base_url);
    const char *host = strstr(base.p, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;
    if (is_usual(target)) {
        buf_putc(out, ' ');
        shell_word(
            out, runner,
            arena_printf(arena, "%.*s%.*s", STR_ARG(base), STR_ARG(target)));
        return;
    }
    bool below = str_starts(target, STR("/")) && path;
    buf_puts(out, " --request-target ");
    shell_word(out, runner,
               below ? arena_printf(arena, "%s%.*s", path, STR_ARG(target))
                     : target);
    buf_putc(out, ' ');
    shell_word(out, runner, base);
}

static void put_options(struct buf *out, const struct runner *runner,
                        const struct curl_request *request)
{
    const struct run_address *address = &runner->options->address;
    buf_puts(out, request->stream ? "curl -isSN" : "curl -isS");
    buf_puts(out, address->insecure ? " -k" : "");
    if (address->ca_file) {
        buf_puts(out, " --cacert ");
        shell_word(out, runner, str_of(address->ca_file));
    }
}

static bool sends_body(const struct curl_request *request)
{
    struct str method = request->head->method;
    return request->body.n > 0 || str_is(method, "POST") ||
           str_is(method, "PUT") || str_is(method, "PATCH");
}

static void put_method(struct buf *out, const struct runner *runner,
                       const struct curl_request *request)
{
    struct str method = request->head->method;
    bool body = sends_body(request);
    if (str_is(method, "HEAD") && !body) {
        buf_puts(out, " --head");
    } else if (!str_is(method, body ? "POST" : "GET")) {
        buf_puts(out, " -X ");
        shell_word(out, runner, method);
    }
}

static void put_upgrade(struct buf *out)
{
    buf_puts(out, " -H 'Connection: Upgrade' -H 'Upgrade: websocket'"
                  " -H 'Sec-WebSocket-Version: 13'"
                  " -H 'Sec-WebSocket-Key: c3luY3NwZWMgYnkgaGFuZA=='");
}

struct str curl_line(struct runner *runner, const struct curl_request *request)
{
    struct str body = request->body, line = STR("");
    bool word =
        body.n <= WORD_BODY_MAX && shell_is_plain(body) && !shell_repeats(body);
    struct buf out;
    if (!runner->options->address.base_url || !request->head) {
        return line;
    }
    buf_init(&out, LINE_MAX_BYTES);
    if (!word && shell_print(&out, runner, body)) {
        buf_puts(&out, " | ");
    }
    put_options(&out, runner, request);
    put_method(&out, runner, request);
    put_headers(&out, runner, request->head);
    if (request->socket) {
        put_upgrade(&out);
    }
    if (sends_body(request)) {
        put_unasked(&out, request);
        buf_puts(&out, word ? " --data-raw " : " --data-binary @-");
        if (word) {
            shell_word(&out, runner, body);
        }
    }
    put_address(&out, runner, request->target);
    if (!out.failed) {
        line = arena_str(runner->arena, buf_view(&out));
    }
    buf_free(&out);
    return line;
}
