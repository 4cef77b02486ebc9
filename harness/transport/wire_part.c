/* SPDX-License-Identifier: MIT */
/* wire_part - requests of which only the beginning is sent.  libcurl makes the
 * connection, TLS too, and the bytes on it are ours.
 * Layer: harness/transport. */
#include "harness/transport/wire_part.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/asserts.h"
#include "base/limits.h"

/* --- bytes ------------------------------------------------------------ */

static struct str host_of(const struct wire_target *target)
{
    const char *host = strstr(target->base_url, "://") + 3;
    return (struct str){host,
                        target->prefix - (size_t)(host - target->base_url)};
}

static void line_put(struct buf *out, struct str name, struct str value)
{
    buf_str(out, name);
    buf_puts(out, ": ");
    buf_str(out, value);
    buf_puts(out, "\r\n");
}

/* The whole request, as a proper client would write it. */
static void request_put(struct buf *out, const struct wire_target *target,
                        const struct http_request *request)
{
    size_t index = 0;
    buf_str(out, request->method);
    buf_putc(out, ' ');
    buf_puts(out, target->base_url + target->prefix);
    buf_str(out, request->target);
    buf_puts(out, " HTTP/1.1\r\n");
    line_put(out, STR("Host"), host_of(target));
    for (size_t i = 0; i < request->header_count; i++) {
        line_put(out, request->headers[i].name, request->headers[i].value);
    }
    for (const char *line;
         (line = wire_target_header(target, request, &index));) {
        buf_puts(out, line);
        buf_puts(out, "\r\n");
    }
    if (request->body.n > 0) {
        buf_printf(out, "Content-Length: %zu\r\n", request->body.n);
    }
    buf_puts(out, "\r\n");
    buf_str(out, request->body);
}

/* --- the connection --------------------------------------------------- */

static CURL *connected(const struct wire_config *config,
                       const struct wire_target *target, struct err *err)
{
    CURL *easy = curl_easy_init();
    ASSERT(easy);
    wire_call_fixed(easy, config);
    curl_easy_setopt(easy, CURLOPT_URL, target->base_url);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    CURLcode code = curl_easy_perform(easy);
    if (code == CURLE_OK) {
        return easy;
    }
    err_set(err, ST_NETWORK, "%s", curl_easy_strerror(code));
    curl_easy_cleanup(easy);
    return NULL;
}

static curl_socket_t socket_of(CURL *easy)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd);
    return fd;
}

static enum status bytes_send(CURL *easy, struct str bytes, long patience_ms,
                              struct err *err)
{
    while (bytes.n > 0) {
        size_t sent = 0;
        CURLcode code = curl_easy_send(easy, bytes.p, bytes.n, &sent);
        bytes = str_skip(bytes, sent);
        if (code == CURLE_AGAIN) {
            struct pollfd writable = {.fd = socket_of(easy), .events = POLLOUT};
            if (poll(&writable, 1, (int)patience_ms) <= 0) {
                return err_set(err, ST_NETWORK, "the server takes no bytes");
            }
        } else if (code != CURLE_OK) {
            return err_set(err, ST_NETWORK, "%s", curl_easy_strerror(code));
        }
    }
    return ST_OK;
}

/* At once, as when a process dies: the peer sees a reset. */
static void cut(CURL *easy)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    curl_socket_t fd = socket_of(easy);
    if (fd != CURL_SOCKET_BAD) {
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    curl_easy_cleanup(easy);
}

static void hold(struct wire_parts *parts, CURL *easy)
{
    if (parts->count == parts->cap) {
        parts->cap = parts->cap > 0 ? parts->cap * 2 : 16;
        parts->held = realloc(parts->held, parts->cap * sizeof(CURL *));
        ASSERT(parts->held);
    }
    parts->held[parts->count++] = easy;
}

enum status wire_part_send(struct wire_parts *parts,
                           const struct wire_config *config,
                           const struct wire_target *target,
                           const struct part *part, struct err *err)
{
    struct buf bytes;
    if (parts->count == WIRE_PARTS_MAX) {
        return err_set(err, ST_LIMIT, "over %d half-sent requests",
                       WIRE_PARTS_MAX);
    }
    CURL *easy = connected(config, target, err);
    if (!easy) {
        return ST_NETWORK;
    }
    buf_init(&bytes, LIMIT_REPLY_BYTES);
    request_put(&bytes, target, &part->request);
    struct str first =
        str_take(buf_view(&bytes), bytes.n * (size_t)part->per_mille / 1000);
    enum status status =
        bytes_send(easy, first, config->connect_timeout_ms, err);
    buf_free(&bytes);
    if (status == ST_OK && !part->cut) {
        hold(parts, easy);
    } else {
        cut(easy);
    }
    return status;
}

void wire_parts_drop(struct wire_parts *parts)
{
    while (parts->count > 0) {
        cut(parts->held[--parts->count]);
    }
}

void wire_parts_free(struct wire_parts *parts)
{
    wire_parts_drop(parts);
    free(parts->held);
    *parts = (struct wire_parts){0};
}
