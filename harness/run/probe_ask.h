/* SPDX-License-Identifier: MIT */
/* probe_ask - the requests of a probe.  Layer: harness/run, for probe.c. */
#ifndef SYNCSPEC_HARNESS_RUN_PROBE_ASK_H
#define SYNCSPEC_HARNESS_RUN_PROBE_ASK_H

#include "harness/run/probe.h"
#include "harness/transport/ask.h"
#include "protocol/codec.h"

#define PROBE_EPOCH "1970-01-01T00%3A00%3A00.000Z"

struct prober {
    const struct probe_config *config;
    struct arena *arena;
    struct probe *out;
    struct str app, token;
};

struct probe_request {
    const char *method;
    struct str target;
    const char *device; /* "a" or "b"; NULL: without credentials */
    struct str body;
    const struct http_header *headers; /* more of them */
    size_t header_count;
};

/* A token, and an app that nobody has. */
enum status prober_begin(struct prober *prober, struct err *err);
/* "/sync/APP" and `rest` behind it. */
struct str prober_target(struct prober *prober, const char *rest);
struct ending prober_ask(struct prober *prober,
                         const struct probe_request *request);
/* `changes`: the texts of changes with commas between them, in the names of the
 * dialect's base. */
struct ending prober_push(struct prober *prober, const char *device,
                          struct str changes);
/* One insert that makes a body of about so many bytes. */
struct ending prober_push_large(struct prober *prober, size_t bytes);
/* `since` NULL: the first-sync cursor. */
struct ending prober_pull(struct prober *prober, const char *device,
                          const char *collection, const char *since);
/* The text of an update of one field, in the base's names too. */
struct str prober_edit(struct prober *prober, const char *collection,
                       const char *id, int n);
/* Open the app's socket, or that of all apps, and say who it is. */
struct asked_channel prober_socket(struct prober *prober, bool all);
struct asked_channel prober_stream(struct prober *prober);

#endif
