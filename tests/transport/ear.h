/* SPDX-License-Identifier: MIT */
/* ear - a live channel whose owner writes down all that it is told. */
#ifndef SYNCSPEC_TESTS_TRANSPORT_EAR_H
#define SYNCSPEC_TESTS_TRANSPORT_EAR_H

#include <check.h>

#include "harness/transport/world.h"

struct ear {
    struct channel channel;
    struct world *world; /* NULL: times are not written down */
    bool quiet;          /* times are not written down */
    int opened, ended;
    size_t heard, bytes; /* in all */
    struct channel_end end;
    char reason[130], error[200], body[200];
    char log[8192]; /* "opened 101@5 | hear 'x'@7 | end reset 1006@9" */
    size_t log_bytes;
    /* Called after it was written down, or NULL. */
    void (*then)(struct ear *ear, char what); /* 'o', 'h', 'e' */
    void *context;
};

/* A GET of that target, as a channel of that kind. */
void ear_init(struct ear *ear, struct world *world, enum channel_kind kind,
              const char *target);
/* Open it; nothing may be called inside. */
void ear_open(struct ear *ear, struct transport *transport);
/* What was written down since the last time is this. */
void ear_expect(struct ear *ear, const char *log);

#endif
