/* SPDX-License-Identifier: MIT */
/* wire_health - does a real server answer?  Layer: harness/transport. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "harness/transport/wire.h"

enum {
    TRY_MOST_MS = 2000,
    TRY_LEAST_MS = 250,
    PAUSE_MS = 25,
    GONE_MS = 1000 /* so long nobody listens, or says that it is not well: it
                      is not busy */
};

struct health {
    struct exchange exchange;
    bool over, healthy, unwell;
    bool hopeless;  /* no later try can be better */
    char text[256]; /* what came instead of 200 */
};

static void on_done(struct exchange *exchange, const struct ending *ending)
{
    struct health *health = exchange->context;
    health->over = true;
    health->healthy =
        ending->kind == REPLY_ANSWER && ending->reply.status == 200;
    health->unwell = ending->kind == REPLY_REFUSED ||
                     (ending->kind == REPLY_ANSWER && !health->healthy);
    if (ending->kind == REPLY_ANSWER) {
        snprintf(health->text, sizeof health->text, "status %d",
                 ending->reply.status);
    } else {
        snprintf(health->text, sizeof health->text, "%.*s",
                 STR_ARG(ending->error));
        health->hopeless = strstr(health->text, "certificate") != NULL;
    }
}

static int64_t try_ms(int64_t left_ms)
{
    /* The last try is not cut short: what comes of it is what is told. */
    if (left_ms < TRY_LEAST_MS) {
        return TRY_LEAST_MS;
    }
    return left_ms < TRY_MOST_MS ? left_ms : TRY_MOST_MS;
}

static void try_once(struct transport *wire, struct health *health,
                     int64_t timeout_ms)
{
    health->over = false;
    health->exchange.request.method = STR("GET");
    health->exchange.request.target = wire_health_path(wire);
    health->exchange.timeout_ms = timeout_ms;
    health->exchange.done = on_done;
    health->exchange.context = health;
    transport_send(wire, &health->exchange);
    while (!health->over) {
        wire->ops->poll(wire, timeout_ms);
    }
}

/* When it is given up early. */
struct giving_up {
    int64_t gone_ms;              /* it is not busy for so long, and not well;
                                     0: never */
    bool (*ended)(void *context); /* or NULL */
    void *context;
};

static enum status wait_healthy(struct transport *wire, int64_t timeout_ms,
                                const struct giving_up *when, struct err *err)
{
    int64_t now_ms = wire_clock_ms(), end_ms = now_ms + timeout_ms;
    int64_t busy_ms = now_ms;
    int64_t left_ms = timeout_ms > 0 ? timeout_ms : 1;
    struct health health = {0};
    while (left_ms > 0 && !health.hopeless) {
        try_once(wire, &health, try_ms(left_ms));
        if (health.healthy) {
            return ST_OK;
        }
        uv_sleep(PAUSE_MS);
        now_ms = wire_clock_ms();
        busy_ms = health.unwell ? busy_ms : now_ms;
        bool gone = when->gone_ms > 0 && now_ms - busy_ms >= when->gone_ms;
        if (gone || (when->ended && when->ended(when->context))) {
            break;
        }
        left_ms = end_ms - now_ms;
    }
    return err_set(err, ST_NETWORK,
                   "%s%.*s did not answer 200 within %" PRId64
                   " ms; at last: %s",
                   wire_base_url(wire), STR_ARG(wire_health_path(wire)),
                   timeout_ms, health.text);
}

enum status wire_wait_healthy(struct transport *transport, int64_t timeout_ms,
                              struct err *err)
{
    return wait_healthy(transport, timeout_ms, &(struct giving_up){0}, err);
}

enum status wire_wait_started(struct transport *transport, int64_t timeout_ms,
                              bool (*ended)(void *context), void *context,
                              struct err *err)
{
    const struct giving_up when = {.ended = ended, .context = context};
    return wait_healthy(transport, timeout_ms, &when, err);
}

enum status wire_still_healthy(struct transport *transport, int64_t timeout_ms,
                               struct err *err)
{
    const struct giving_up when = {.gone_ms = GONE_MS};
    return wait_healthy(transport, timeout_ms, &when, err);
}
