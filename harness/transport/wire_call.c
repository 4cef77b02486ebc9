/* SPDX-License-Identifier: MIT */
/* wire_call - one exchange as a libcurl easy handle.
 * Layer: harness/transport. */
#include "harness/transport/wire_call.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/asserts.h"
#include "harness/transport/wire.h"

enum {
    BUFFER_BYTES = 8192,  /* of one easy handle, each way */
    UPLOAD_BYTES = 16384, /* the least that libcurl takes */
    LINE_BYTES = 4 << 20, /* of a request target or header line */
    KEPT_BYTES = 32 << 10 /* buffers above go back after each request */
};

/* --- what comes in ---------------------------------------------------- */

void wire_call_header(struct wire_call *call, const char *p, size_t n)
{
    wire_head_line(&call->head, p, n);
}

static size_t on_header(char *p, size_t size, size_t count, void *context)
{
    wire_call_header(context, p, size * count);
    return size * count;
}

bool wire_call_body(struct wire_call *call, const char *p, size_t n)
{
    if (n > LIMIT_REPLY_BYTES - call->body.n) {
        call->too_big = true;
        return false;
    }
    buf_put(&call->body, p, n);
    ASSERT(!call->body.failed);
    return true;
}

static size_t on_body(char *p, size_t size, size_t count, void *context)
{
    size_t n = size * count;
    return wire_call_body(context, p, n) ? n : 0;
}

static int on_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
    (void)context;
    (void)purpose;
    /* A server that is started later must not hold our connections open. */
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return CURL_SOCKOPT_OK;
}

/* --- birth ------------------------------------------------------------ */

void wire_call_fixed(CURL *easy, const struct wire_config *config)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BYTES);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     config->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, config->user_agent);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
    if (config->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, config->ca_file);
    }
    if (config->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

struct wire_call *wire_call_create(const struct wire_config *config,
                                   const struct wire_target *target)
{
    struct wire_call *call = calloc(1, sizeof *call);
    CURL *easy = curl_easy_init();
    if (!call || !easy) {
        free(call);
        curl_easy_cleanup(easy);
        return NULL;
    }
    call->easy = easy;
    call->target = target;
    buf_init(&call->line, LINE_BYTES);
    wire_head_init(&call->head);
    buf_init(&call->body, LIMIT_REPLY_BYTES);
    wire_call_fixed(easy, config);
    curl_easy_setopt(easy, CURLOPT_URL, target->base_url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->detail);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    return call;
}

void wire_call_free(struct wire_call *call)
{
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    buf_free(&call->line);
    wire_head_free(&call->head);
    buf_free(&call->body);
    free(call);
}

/* --- what goes out ---------------------------------------------------- */

static bool has_nul(struct str s)
{
    return str_find(s, '\0') < s.n;
}

/* libcurl takes these as C strings: what it would cut is not sent at all. */
static bool can_be_written(struct wire_call *call,
                           const struct http_request *request)
{
    const char *what = NULL;
    if (request->method.n == 0) {
        what = "an empty method";
    } else if (has_nul(request->method)) {
        what = "a NUL byte in the method";
    } else if (request->target.n == 0) {
        what = "an empty target";
    } else if (has_nul(request->target)) {
        what = "a NUL byte in the target";
    } else if (request->target.n + strlen(call->target->base_url) >
               LINE_BYTES) {
        what = "a target of that length";
    }
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (has_nul(header->name) || has_nul(header->value)) {
            what = "a NUL byte in a header";
        } else if (header->name.n + header->value.n + 2 > LINE_BYTES) {
            what = "a header of that length";
        }
    }
    if (what) {
        snprintf(call->refused, sizeof call->refused,
                 "not sent: this client cannot write %s", what);
    }
    return what == NULL;
}

static const char *c_string(struct wire_call *call, struct str prefix,
                            struct str s)
{
    buf_clear(&call->line);
    buf_str(&call->line, prefix);
    buf_str(&call->line, s);
    ASSERT(!call->line.failed);
    return call->line.p;
}

static void add_header(struct wire_call *call, const char *line)
{
    struct curl_slist *list = curl_slist_append(call->headers, line);
    ASSERT(list);
    call->headers = list;
}

static bool is_all_blank(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!strchr(" \t\r\n", s.p[i])) {
            return false;
        }
    }
    return true;
}

const char *wire_target_header(const struct wire_target *target,
                               const struct http_request *request,
                               size_t *index)
{
    while (target->headers && target->headers[*index]) {
        const char *line = target->headers[(*index)++];
        char name[256];
        size_t n = strcspn(line, ":");
        snprintf(name, sizeof(name), "%.*s", (int)n, line);
        if (!http_header_find(request->headers, request->header_count, name)
                 .p) {
            return line;
        }
    }
    return NULL;
}

static void set_headers(struct wire_call *call,
                        const struct http_request *request)
{
    static const char *const UNASKED[] = {"Expect", "Content-Type"};
    for (size_t i = 0; i < sizeof UNASKED / sizeof *UNASKED; i++) {
        if (!http_header_find(request->headers, request->header_count,
                              UNASKED[i])
                 .p) {
            /* A name with nothing behind it takes a header of libcurl's own
             * away. */
            add_header(call, c_string(call, str_of(UNASKED[i]), STR(":")));
        }
    }
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        c_string(call, header->name, STR(""));
        if (is_all_blank(header->value)) {
            buf_puts(&call->line, ";"); /* so an empty value is written */
        } else {
            buf_puts(&call->line, ": ");
            buf_str(&call->line, header->value);
        }
        ASSERT(!call->line.failed);
        add_header(call, call->line.p);
    }
    size_t index = 0;
    for (const char *line;
         (line = wire_target_header(call->target, request, &index));) {
        add_header(call, line);
    }
    curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
}

static bool wants_length(struct str method)
{
    return str_is(method, "POST") || str_is(method, "PUT") ||
           str_is(method, "PATCH");
}

static void set_method(struct wire_call *call,
                       const struct http_request *request)
{
    CURL *easy = call->easy;
    bool body = request->body.n > 0 || wants_length(request->method);
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    if (str_is(request->method, "HEAD")) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                         request->body.n > 0 ? request->body.p : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)request->body.n);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
                     c_string(call, request->method, STR("")));
}

static void set_target(struct wire_call *call, struct str target)
{
    const struct wire_target *base = call->target;
    bool path = str_starts(target, STR("/"));
    struct str prefix = str_of(path ? base->base_url + base->prefix : "");
    curl_easy_setopt(call->easy, CURLOPT_REQUEST_TARGET,
                     c_string(call, prefix, target));
}

bool wire_call_request(struct wire_call *call,
                       const struct http_request *request)
{
    ASSERT(request->header_count <= LIMIT_HEADERS);
    if (!can_be_written(call, request)) {
        return false;
    }
    set_method(call, request);
    set_target(call, request->target);
    set_headers(call, request);
    return true;
}

bool wire_call_prepare(struct wire_call *call, struct exchange *exchange)
{
    int64_t timeout_ms = exchange->timeout_ms > 0 ? exchange->timeout_ms : 0;
    call->exchange = exchange;
    if (!wire_call_request(call, &exchange->request)) {
        return false;
    }
    curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(call->easy, CURLOPT_FRESH_CONNECT, (long)exchange->fresh);
    curl_easy_setopt(call->easy, CURLOPT_FORBID_REUSE, (long)exchange->fresh);
    return true;
}

/* --- what it came to -------------------------------------------------- */

static void put_reply(struct wire_call *call, struct http_reply *reply)
{
    long status = 0;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    reply->status = (int)status;
    wire_head_put(&call->head, reply);
    if (call->body.n > 0 && !call->too_big) {
        reply->body = buf_view(&call->body);
    }
}

static enum reply_kind kind_of_receive(const struct wire_call *call)
{
    /* This version of libcurl has no codes of their own for these. */
    bool garbled = strstr(call->detail, "chunked-encoding") ||
                   strstr(call->detail, "Too large response headers");
    return garbled ? REPLY_GARBLED : REPLY_RESET;
}

static enum reply_kind kind_of(const struct wire_call *call, bool sent)
{
    CURLcode result = call->result;
    if (call->too_big) {
        return REPLY_TOO_BIG;
    }
    if (result == CURLE_OK) {
        return REPLY_ANSWER;
    }
    if (result == CURLE_OPERATION_TIMEDOUT) {
        return REPLY_TIMEOUT;
    }
    if (result == CURLE_GOT_NOTHING || result == CURLE_SEND_ERROR) {
        return REPLY_RESET;
    }
    if (result == CURLE_RECV_ERROR) {
        return kind_of_receive(call);
    }
    /* All else is a connection that was not made, as long as nothing was
     * written to it, and an answer that is not HTTP afterwards. */
    if (result == CURLE_COULDNT_CONNECT ||
        result == CURLE_COULDNT_RESOLVE_HOST || !sent) {
        return REPLY_REFUSED;
    }
    return REPLY_GARBLED;
}

static const char *sentence_of(enum reply_kind kind, bool sent)
{
    switch (kind) {
    case REPLY_TIMEOUT:
        return sent ? "no answer in time from" : "no connection in time to";
    case REPLY_REFUSED:
        return sent ? "connection lost, and no new one, to"
                    : "no connection to";
    case REPLY_RESET:
        return "connection ended early by";
    case REPLY_TOO_BIG:
        return "answer over the limit from";
    case REPLY_GARBLED:
        return "not a whole HTTP answer from";
    case REPLY_ANSWER:
        break;
    }
    return "";
}

static const char *reason_of(const struct wire_call *call)
{
    long code = 0;
    if (call->result == CURLE_COULDNT_CONNECT &&
        curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &code) == CURLE_OK &&
        code != 0) {
        return strerror((int)code);
    }
    return call->detail[0] ? call->detail : curl_easy_strerror(call->result);
}

static void refuse(struct wire_call *call, struct ending *ending)
{
    *ending = (struct ending){.kind = REPLY_REFUSED,
                              .fate = FATE_NONE,
                              .error = str_of(call->refused)};
}

void wire_call_ending(struct wire_call *call, struct ending *ending)
{
    if (call->refused[0]) {
        refuse(call, ending);
        return;
    }
    /* Bytes written in all attempts: libcurl sends again by itself when a
     * kept connection turns out to be dead, and the first attempt may have
     * been served nevertheless. */
    long written = 0;
    curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &written);
    bool sent = written > 0;
    *ending = (struct ending){0};
    ending->kind = kind_of(call, sent);
    if (ending->kind == REPLY_ANSWER) {
        ending->fate = FATE_ANSWERED;
        put_reply(call, &ending->reply);
        return;
    }
    ending->fate = sent ? FATE_UNKNOWN : FATE_NONE;
    if (ending->kind != REPLY_TIMEOUT && ending->kind != REPLY_REFUSED) {
        put_reply(call, &ending->reply);
    }
    snprintf(call->text, sizeof call->text, "%s %s: %s",
             sentence_of(ending->kind, sent), call->target->base_url,
             reason_of(call));
    ending->error = str_of(call->text);
}

static void buf_shrink(struct buf *buf)
{
    if (buf->cap > KEPT_BYTES) {
        buf_free(buf);
    }
    buf_clear(buf);
}

void wire_call_clear(struct wire_call *call)
{
    curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(call->headers);
    call->headers = NULL;
    call->exchange = NULL;
    call->too_big = false;
    call->result = CURLE_OK;
    call->refused[0] = call->detail[0] = '\0';
    buf_shrink(&call->line);
    buf_shrink(&call->head.lines);
    wire_head_clear(&call->head);
    buf_shrink(&call->body);
}
