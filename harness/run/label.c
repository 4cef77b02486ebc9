/* SPDX-License-Identifier: MIT */
/* label - see label.h.  Layer: harness/run. */
#include "harness/run/label.h"

#include <inttypes.h>
#include <stdio.h>

enum { PLACE_BYTES = 32 };

static struct str place_of(const struct runner *runner, char text[PLACE_BYTES])
{
    int n = runner->step
                ? snprintf(text, PLACE_BYTES, "#%" PRIu32, runner->step->line)
                : snprintf(text, PLACE_BYTES, "#%s", runner->phase);
    return (struct str){text, n > 0 && n < PLACE_BYTES ? (size_t)n : 0};
}

static struct str label_text(const struct runner *runner)
{
    char place_text[PLACE_BYTES];
    struct str place = place_of(runner, place_text);
    struct str id = str_take(runner->result->id, LABEL_BYTES - place.n);
    char *text = arena_must(runner->arena, id.n + place.n + 1, 1);
    for (size_t i = 0; i < id.n; i++) {
        /* Names of files may hold anything; a log is not to be broken by it. */
        bool plain = id.p[i] > ' ' && id.p[i] < 127;
        text[i] = plain ? id.p[i] : '_';
    }
    memcpy(text + id.n, place.p, place.n);
    return (struct str){text, id.n + place.n};
}

void label_add(struct runner *runner, struct http_request *request)
{
    bool has =
        http_header_find(request->headers, request->header_count, LABEL_HEADER)
            .p != NULL;
    /* A load plays no case. */
    if (runner->options->wire && runner->result && !has) {
        http_header_add(request, STR(LABEL_HEADER), label_text(runner));
    }
}
