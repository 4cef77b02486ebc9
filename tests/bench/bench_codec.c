/* SPDX-License-Identifier: MIT */
/* bench_codec - what a changeset costs: scan, parse, decode, write; as rows
 * for run.sh. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "protocol/codec.h"

enum { ROUNDS = 40000 };

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void put_sample(struct buf *text)
{
    buf_puts(text, "{\"clientId\":\"device-a\",\"appId\":\"todo\",\"since\":"
                   "\"1970-01-01T00:00:00.000Z\",\"changes\":[");
    for (int i = 0; i < 3; i++) {
        buf_printf(text,
                   "%s{\"table\":\"tasks\",\"id\":\"6f1c7a52-2b1e-4d6e-9a55-"
                   "0d8c7f3b1a0%d\",\"op\":\"insert\",\"data\":{\"title\":"
                   "\"Milch kaufen\",\"isCompleted\":false,\"order\":%d,"
                   "\"weight\":3.25,\"projectId\":null,\"createdAt\":"
                   "\"2026-03-27T10:05:00.000Z\",\"updatedAt\":"
                   "\"2026-03-27T10:05:00.000Z\"}}",
                   i > 0 ? "," : "", i, i);
    }
    buf_puts(text, "]}");
}

/* What is measured; returns a byte count so that nothing is optimised away. */
typedef size_t step_run(struct str text, const struct codec_rules *rules,
                        struct arena *arena);

static size_t step_scan(struct str text, const struct codec_rules *rules,
                        struct arena *arena)
{
    struct json_facts facts;
    return json_scan(text, &rules->json, arena, &facts, NULL) == ST_OK
               ? facts.strings
               : 0;
}

static size_t step_parse(struct str text, const struct codec_rules *rules,
                         struct arena *arena)
{
    const struct json_node *node;
    return json_read(text, &rules->json, arena, &node, NULL) == ST_OK;
}

static size_t step_decode(struct str text, const struct codec_rules *rules,
                          struct arena *arena)
{
    struct changeset set;
    return changeset_read(text, rules, arena, &set, NULL) == ST_OK ? set.count
                                                                   : 0;
}

static size_t step_round(struct str text, const struct codec_rules *rules,
                         struct arena *arena)
{
    struct changeset set;
    struct buf out;
    buf_init(&out, 1 << 20);
    if (changeset_read(text, rules, arena, &set, NULL) == ST_OK) {
        changeset_write(&set, rules->dialect, &out);
    }
    size_t n = out.n;
    buf_free(&out);
    return n;
}

static void measure(const char *name, step_run *run, struct str text)
{
    struct codec_rules rules = codec_rules_default(dialect_find(STR("v1")));
    struct arena arena;
    size_t sum = 0;
    arena_init(&arena, (size_t)64 << 20);
    double start = now_us();
    for (int i = 0; i < ROUNDS; i++) {
        sum += run(text, &rules, &arena);
        arena_reset(&arena);
    }
    double each = (now_us() - start) / ROUNDS;
    printf("codec: %s a changeset of %zu bytes%s\t%.2f\tus\n", name, text.n,
           sum > 0 ? "" : " (failed)", each);
    arena_free(&arena);
}

int main(void)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    put_sample(&text);
    measure("scan", step_scan, buf_view(&text));
    measure("parse", step_parse, buf_view(&text));
    measure("decode", step_decode, buf_view(&text));
    measure("decode and write", step_round, buf_view(&text));
    buf_free(&text);
    return EXIT_SUCCESS;
}
