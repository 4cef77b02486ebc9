/* SPDX-License-Identifier: MIT */
/* collect - a report that renders nothing and hands every result on.
 * Layer: reports. */
#include "reports/renderer.h"

struct collector {
    void (*each)(void *context, const struct run_result *result);
    void *context;
};

static void nothing(struct report *report)
{
    (void)report;
}

static void hand_on(struct report *report, const struct run_result *result)
{
    const struct collector *collector = report->state;
    collector->each(collector->context, result);
}

struct report *report_collect(void (*each)(void *context,
                                           const struct run_result *result),
                              void *context)
{
    static const struct renderer renderer = {
        .name = "collect", .begin = nothing, .result = hand_on, .end = nothing};
    struct report *report = report_new(&renderer, NULL, NULL);
    struct collector *collector =
        arena_must(&report->arena, 1, sizeof(*collector));
    *collector = (struct collector){each, context};
    report->state = collector;
    return report;
}
