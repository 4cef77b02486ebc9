/* SPDX-License-Identifier: MIT */
/* http - a request and its answer as data: what the bundled server takes, the
 * transports carry and the history keeps.  Layer: protocol. */
#ifndef SYNCSPEC_PROTOCOL_HTTP_H
#define SYNCSPEC_PROTOCOL_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"

struct http_header {
    struct str name, value; /* borrows */
};

struct http_request {
    struct str method; /* "GET", …, or nonsense */
    struct str target; /* path and query as on the request line */
    struct http_header headers[LIMIT_HEADERS];
    size_t header_count;
    struct str body;
    bool body_too_long; /* the front cut the body at its limit */
};

/* As an assignment, without copying the places of headers that are not there:
 * they are two KiB. */
void http_request_copy(struct http_request *to,
                       const struct http_request *from);
/* Value of a header, name compared without case; empty .p = NULL if absent. */
struct str http_header_find(const struct http_header *headers, size_t count,
                            const char *name);
/* Append; false when full. */
bool http_header_add(struct http_request *request, struct str name,
                     struct str value);

enum { HTTP_REPLY_HEADERS = 16 };

struct http_reply {
    int status;
    struct http_header headers[HTTP_REPLY_HEADERS]; /* Content-Type too */
    size_t header_count;
    struct str body; /* borrows: of the server, the transport or an arena */
};

/* Append; a full reply drops it. */
void http_reply_header(struct http_reply *reply, struct str name,
                       struct str value);

/* In lower case, if it is a letter of ASCII: names of headers have none. */
char http_lower(char c);

/* The path of a target, without the query. */
struct str http_target_path(struct str target);
/* One query parameter, percent-decoded ('+' is a space) into the arena.  False
 * when it is absent or not decodable. */
bool http_query_find(struct str target, const char *name, struct arena *arena,
                     struct str *out);
/* Percent-decode a path segment; false on a bad escape. */
bool http_decode(struct str text, bool plus_is_space, struct arena *arena,
                 struct str *out);
/* Percent-encode all but unreserved characters (RFC 3986). */
void http_encode(struct buf *out, struct str text);
/* "OK", "Not Found", …; "" when unknown. */
const char *http_reason(int status);

#endif
