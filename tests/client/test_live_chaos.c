/* SPDX-License-Identifier: MIT */
/* The live channel under anything at any time: one at most, no hot loop, and
 * news and acts that fit each other.  Layer: tests. */
#include "base/rng.h"
#include "tests/client/rig.h"

#define LATER  "2026-01-01T00:00:09Z"
#define AUTHED "{\"type\":\"auth-ok\"}"
#define NOTICE "{\"type\":\"sync-available\",\"tables\":[\"tasks\"]}"

enum { SEEDS = 4, STEPS = 10000 };

static struct rig rig;

struct chaos {
    struct rng rng;
    uint32_t open;   /* the channel that is there, 0: none */
    bool answered;   /* its opening was */
    size_t channels; /* ever */
};

static void chaos_take(struct chaos *chaos)
{
    struct live_act act;
    while (engine_live_take(rig.engine, &act)) {
        if (act.kind == LIVE_ACT_OPEN) {
            CK_NUM(chaos->open, 0);
            chaos->open = act.channel;
            chaos->channels++;
            chaos->answered = false;
        } else {
            CK_NUM(act.channel, chaos->open);
        }
        if (act.kind == LIVE_ACT_SHUT) {
            chaos->open = 0;
        }
    }
    enum live_state now = engine_live_state(rig.engine);
    CK_NUM(chaos->open != 0,
           now == LIVE_STATE_OPEN || now == LIVE_STATE_OPENING);
}

static void chaos_news(struct chaos *chaos)
{
    static const char *const texts[] = {AUTHED, NOTICE, "{\"type\":\"pong\"}",
                                        "{\"type\":\"error\",\"message\":\"\"}",
                                        "?"};
    static const int codes[] = {0, 1000, 1001, 1008};
    static const int statuses[] = {200, 401, 402, 404, 410, 429, 503};
    uint32_t channel = chaos->open;
    switch (rng_below(&chaos->rng, 6)) {
    case 0:
        if (!chaos->answered) {
            chaos->open = 0;
            rig_live_answers(&rig, channel, statuses[rng_below(&chaos->rng, 7)],
                             "", "3");
            break;
        }
        chaos->open = 0;
        rig_live_ends(&rig, channel, codes[rng_below(&chaos->rng, 4)]);
        break;
    case 1:
        chaos->answered = true;
        rig_live_opens(&rig, channel);
        break;
    case 2:
        rig_live_event(&rig, channel, "changes",
                       "{\"changes\":[],\"hasMore\":false,\"table\":\"tasks\","
                       "\"syncedUntil\":\"" LATER "\"}");
        break;
    default:
        rig_live_says(&rig, channel, texts[rng_below(&chaos->rng, 5)]);
        break;
    }
}

static void chaos_life(struct chaos *chaos)
{
    switch (rng_below(&chaos->rng, 9)) {
    case 0:
        engine_sign_out(rig.engine, rig.at);
        break;
    case 1:
    case 2:
        engine_sign_in(rig.engine, rig.at);
        break;
    case 3:
        engine_crash(rig.engine);
        break;
    case 4:
    case 5:
        engine_restart(rig.engine, rig.at);
        break;
    case 6:
        engine_live(rig.engine, rig.at,
                    (enum listen_mode)rng_below(&chaos->rng, 4));
        break;
    case 7:
        device_reset_cursors(rig.device);
        break;
    default:
        engine_online(rig.engine, rig.at, rng_chance(&chaos->rng, 600));
        break;
    }
}

static void chaos_requests(struct chaos *chaos)
{
    static const int statuses[] = {200, 200, 200, 401, 402, 410, 500, 503};
    if (engine_take(rig.engine, &rig.request)) {
        int status = statuses[rng_below(&chaos->rng, 8)];
        if (status == 200) {
            rig_answer(&rig, "", LATER, false);
        } else {
            rig_reply(&rig, status, "", status == 503 ? "2" : NULL);
        }
    }
}

static void chaos_step(struct chaos *chaos)
{
    switch (rng_below(&chaos->rng, 8)) {
    case 0:
        chaos_life(chaos);
        break;
    case 1:
    case 2:
        chaos_requests(chaos);
        break;
    case 3:
        rig_wait(&rig, rng_range(&chaos->rng, 1, 20000));
        engine_tick(rig.engine, rig.at);
        ck_assert_int_gt(engine_next_ms(rig.engine), rig.at.now_ms);
        break;
    default:
        if (chaos->open != 0) {
            chaos_news(chaos);
        }
        break;
    }
    chaos_take(chaos);
}

START_TEST(whatever_happens_there_is_one_channel_at_most)
{
    struct chaos chaos = {.open = 0};
    rng_init(&chaos.rng, (uint64_t)_i, STR("chaos"));
    rig_ready(&rig, &(struct rig_options){.timers = _i % 2 == 1});
    for (int i = 0; i < STEPS; i++) {
        chaos_step(&chaos);
    }
    ck_assert_int_gt(rig_events(&rig, EV_STATUS), 100);
    ck_assert_int_gt(chaos.channels, 100);
    rig_close(&rig);
}
END_TEST

Suite *suite_live_chaos(void)
{
    Suite *suite = suite_create("live channel in chaos");
    TCase *tests = tcase_create("live channel in chaos");
    tcase_add_loop_test(tests, whatever_happens_there_is_one_channel_at_most, 0,
                        SEEDS);
    suite_add_tcase(suite, tests);
    return suite;
}
