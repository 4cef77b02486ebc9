/* SPDX-License-Identifier: MIT */
/* http - a request and its answer as data.  Layer: protocol. */
#include "protocol/http.h"

char http_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_name(struct str name, struct str wanted)
{
    size_t i = 0;
    if (name.n != wanted.n) {
        return false;
    }
    while (i < name.n && http_lower(name.p[i]) == http_lower(wanted.p[i])) {
        i++;
    }
    return i == name.n;
}

void http_request_copy(struct http_request *to, const struct http_request *from)
{
    to->method = from->method;
    to->target = from->target;
    to->header_count = from->header_count;
    to->body = from->body;
    to->body_too_long = from->body_too_long;
    for (size_t i = 0; i < from->header_count; i++) {
        to->headers[i] = from->headers[i];
    }
}

struct str http_header_find(const struct http_header *headers, size_t count,
                            const char *name)
{
    struct str wanted = str_of(name);
    for (size_t i = 0; i < count; i++) {
        if (headers[i].name.n > 0 && same_name(headers[i].name, wanted)) {
            struct str value = headers[i].value;
            /* NULL means absent; a header without a value is there. */
            return value.p ? value : STR("");
        }
    }
    return (struct str){0};
}

bool http_header_add(struct http_request *request, struct str name,
                     struct str value)
{
    if (request->header_count >= LIMIT_HEADERS) {
        return false;
    }
    request->headers[request->header_count++] =
        (struct http_header){name, value};
    return true;
}

void http_reply_header(struct http_reply *reply, struct str name,
                       struct str value)
{
    if (reply->header_count < HTTP_REPLY_HEADERS) {
        reply->headers[reply->header_count++] =
            (struct http_header){name, value};
    }
}

struct str http_target_path(struct str target)
{
    return str_take(target, str_find(target, '?'));
}

bool http_decode(struct str text, bool plus_is_space, struct arena *arena,
                 struct str *out)
{
    if (str_find(text, '%') == text.n && str_find(text, '+') == text.n) {
        *out = arena_str(arena, text);
        return out->p != NULL;
    }
    char *decoded = arena_raw(arena, text.n + 1);
    size_t n = 0;
    if (!decoded) {
        return false;
    }
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '%') {
            int high = text.n - i > 2 ? str_hex(text.p[i + 1]) : -1;
            int low = text.n - i > 2 ? str_hex(text.p[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        decoded[n++] = c;
    }
    decoded[n] = '\0';
    *out = (struct str){decoded, n};
    return true;
}

bool http_query_find(struct str target, const char *name, struct arena *arena,
                     struct str *out)
{
    struct str rest = str_skip(target, str_find(target, '?') + 1);
    while (rest.n > 0) {
        size_t end = str_find(rest, '&');
        struct str pair = str_take(rest, end);
        size_t equals = str_find(pair, '=');
        struct str key;
        if (http_decode(str_take(pair, equals), true, arena, &key) &&
            str_is(key, name)) {
            return http_decode(str_skip(pair, equals + 1), true, arena, out);
        }
        rest = str_skip(rest, end + 1);
    }
    return false;
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
           c == '~';
}

void http_encode(struct buf *out, struct str text)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t done = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char byte = (unsigned char)text.p[i];
        if (is_unreserved(text.p[i])) {
            continue;
        }
        buf_put(out, text.p + done, i - done);
        buf_put(out, (char[]){'%', hex[byte >> 4], hex[byte & 15]}, 3);
        done = i + 1;
    }
    buf_str(out, str_skip(text, done));
}

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {100, "Continue"},
        {101, "Switching Protocols"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {425, "Too Early"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "";
}
