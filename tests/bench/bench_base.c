/* SPDX-License-Identifier: MIT */
/* bench_base - what the hot calls of layer base cost, as rows for run.sh. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/heap.h"
#include "base/intern.h"
#include "base/rng.h"
#include "base/utf8.h"

enum { ROUNDS = 2000000, NAMES = 1000 };

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void tell(const char *what, double start_ns)
{
    printf("base: %s\t%.1f\tns\n", what, (now_ns() - start_ns) / ROUNDS);
}

static void bench_arena(struct arena *arena)
{
    double start_ns = now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 1000 == 0) {
            arena_reset(arena);
        }
        arena_alloc(arena, 48);
    }
    tell("arena_alloc of 48 bytes", start_ns);
}

static void bench_buf(void)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    double start_ns = now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 1000 == 0) {
            buf_clear(&buf);
        }
        buf_put(&buf, "\"field\":", 8);
    }
    tell("buf_put of 8 bytes", start_ns);
    buf_free(&buf);
}

static void bench_intern(struct arena *arena)
{
    static char names[NAMES][24];
    struct intern table;
    arena_reset(arena);
    intern_init(&table, arena);
    for (int i = 0; i < NAMES; i++) {
        snprintf(names[i], sizeof names[i], "tasks/row-%d", i);
        intern_put(&table, str_of(names[i]));
    }
    double start_ns = now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        intern_put(&table, str_of(names[i % NAMES]));
    }
    tell("intern_put of one of 1,000 known names", start_ns);
}

static void bench_heap(void)
{
    struct heap heap;
    struct rng rng;
    heap_init(&heap, NAMES);
    rng_init(&rng, 1, STR("bench"));
    struct timed event = {.at_ms = 0};
    for (int i = 0; i < NAMES; i++) {
        event.at_ms = rng_range(&rng, 0, 1000);
        heap_push(&heap, event);
    }
    double start_ns = now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        heap_pop(&heap, &event);
        event.at_ms += rng_range(&rng, 0, 1000);
        heap_push(&heap, event);
    }
    tell("heap_pop and heap_push, 1,000 pending", start_ns);
    heap_free(&heap);
}

static void bench_utf8(void)
{
    char text[1024];
    memset(text, 'a', sizeof text);
    size_t good = 0;
    double start_ns = now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        text[i % 1024] = 'b';
        good += utf8_bad_at((struct str){text, sizeof text});
    }
    tell(good > 0 ? "utf8_bad_at of 1 KiB of ASCII" : "nothing", start_ns);
}

int main(void)
{
    struct arena arena;
    arena_init(&arena, 1 << 24);
    bench_arena(&arena);
    bench_buf();
    bench_intern(&arena);
    bench_heap();
    bench_utf8();
    arena_free(&arena);
    return 0;
}
