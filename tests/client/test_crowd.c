/* SPDX-License-Identifier: MIT */
/* A crowd: three devices write at random over a bad network and through
 * crashes; in the end all are equal, equal to a fresh one, and (last write
 * wins) equal to the fold of everything that was written.  Layer: tests. */
#include <stdio.h>

#include "base/rng.h"
#include "tests/client/rig.h"

enum { CROWD = 3, STEPS = 60, IDS = 3, SEEDS = 60, LOG_MAX = 4096 };

/* A plain log of changes: the simplest server that is right. */
struct hub {
    struct arena arena;
    struct {
        const char *text;
        struct str client, table;
    } log[LOG_MAX];
    size_t count;
    size_t page; /* changes in one answer; 0: all */
};

static struct rig rigs[CROWD + 1]; /* the last one comes late */
static struct hub hub;

static const char *cursor_at(size_t seq)
{
    struct instant at =
        instant_add_ns(rig_instant("2026-02-01T00:00:00Z"), (int64_t)seq);
    char text[INSTANT_TEXT_MAX];
    return arena_str(&hub.arena, instant_write_ns(at, text)).p;
}

static size_t seq_of(struct str cursor)
{
    struct instant at;
    CK_NUM(instant_parse(cursor, &at, NULL), ST_OK);
    int64_t ns =
        instant_to_ns(at) - instant_to_ns(rig_instant("2026-02-01T00:00:00Z"));
    return ns < 0 ? 0 : (size_t)ns;
}

static void hub_store(struct rig *rig)
{
    struct codec_rules rules = codec_rules_default(rig->config.dialect);
    struct changeset set;
    struct err err;
    ck_assert_msg(changeset_read(rig->request.http.body, &rules, &hub.arena,
                                 &set, &err) == ST_OK,
                  "%s", err.text);
    for (size_t i = 0; i < set.count; i++) {
        struct buf text;
        buf_init(&text, 65536);
        change_write(&set.changes[i], rig->config.dialect, &text);
        ck_assert(hub.count < LOG_MAX);
        hub.log[hub.count].text = arena_str(&hub.arena, buf_view(&text)).p;
        hub.log[hub.count].client = set.client_id;
        hub.log[hub.count].table = set.changes[i].table;
        hub.count++;
        buf_free(&text);
    }
}

static void hub_answer(struct rig *rig)
{
    struct buf changes;
    size_t seq = seq_of(rig->request.since), sent = 0;
    bool first_sync = str_is(rig->request.since, CURSOR_EPOCH_TEXT);
    buf_init(&changes, (size_t)8 << 20);
    buf_puts(&changes, "");
    for (; seq < hub.count && (hub.page == 0 || sent < hub.page); seq++) {
        bool own = str_eq(hub.log[seq].client, device_client_id(rig->device));
        bool wanted = rig->request.kind == REQUEST_PUSH ||
                      str_eq(hub.log[seq].table, rig->request.collection);
        if (wanted && (first_sync || !own)) {
            buf_printf(&changes, "%s%s", sent ? "," : "", hub.log[seq].text);
            sent++;
        }
    }
    rig_answer(rig, changes.p ? changes.p : "", cursor_at(seq),
               seq < hub.count);
    buf_free(&changes);
}

/* One request; the network does with it what the dice say. */
static void serve(struct rig *rig, struct rng *rng, bool bad)
{
    uint64_t luck = bad ? rng_below(rng, 10) : 9;
    if (luck == 0) {
        rig_lose(rig, REPLY_TIMEOUT, FATE_UNKNOWN); /* never arrived */
        return;
    }
    if (rig->request.kind == REQUEST_PUSH) {
        hub_store(rig);
        if (luck == 1) {
            hub_store(rig); /* twice */
        }
    }
    if (luck == 2) {
        rig_lose(rig, REPLY_RESET, FATE_UNKNOWN);
    } else if (luck == 3) {
        rig_reply(rig, 503, "", NULL);
    } else {
        hub_answer(rig);
    }
}

static void write_random(struct rig *rig, struct rng *rng)
{
    struct field field = {.name = rng_below(rng, 2) ? STR("a") : STR("b")};
    struct edit edit = {.collection =
                            rng_below(rng, 4) ? STR("tasks") : STR("notes"),
                        .kind = (enum edit_kind)rng_below(rng, 4),
                        .fields = &field};
    edit.id = rig_format(rig, "%d", (int)rng_below(rng, IDS));
    field.value = rig_format(rig, "%d", (int)rng_below(rng, 7)); /* ties too */
    edit.field_count = edit.kind <= EDIT_UPDATE ? 1 : 0;
    engine_edit(rig->engine, rig->at, &edit, NULL);
}

static void step(struct rig *rig, struct rng *rng)
{
    struct engine_request request;
    switch (rng_below(rng, 12)) {
    case 0:
        engine_sync(rig->engine, rig->at);
        break;
    case 1:
        engine_push(rig->engine, rig->at);
        break;
    case 2:
        engine_online(rig->engine, rig->at, rng_below(rng, 3) > 0);
        break;
    case 3:
        engine_crash_at(rig->engine, (enum crash_point)rng_below(rng, 4));
        break;
    case 4:
        rig->at.wall = instant_add_ms(rig->at.wall, rng_range(rng, -5, 9));
        break;
    case 5:
    case 6:
    case 7:
        if (engine_take(rig->engine, &request)) {
            rig->request = request;
            serve(rig, rng, true);
        }
        break;
    default:
        write_random(rig, rng);
    }
    rig_wait(rig, (int64_t)rng_below(rng, 3));
    if (engine_crashed(rig->engine) && rng_below(rng, 2)) {
        engine_restart(rig->engine, rig->at);
    }
}

static void settle(struct rig *rig)
{
    engine_crash_at(rig->engine, CRASH_NEVER);
    engine_crash(rig->engine); /* whatever was under way */
    engine_restart(rig->engine, rig->at);
    engine_online(rig->engine, rig->at, true);
    engine_sync(rig->engine, rig->at);
    while (engine_take(rig->engine, &rig->request)) {
        serve(rig, NULL, false);
        ck_assert(!engine_crashed(rig->engine));
    }
    ck_assert(!engine_busy(rig->engine));
}

static void crowd_open(enum strategy strategy, size_t page)
{
    hub = (struct hub){.page = page};
    arena_init(&hub.arena, (size_t)64 << 20);
    for (size_t i = 0; i <= CROWD; i++) {
        rig_open(&rigs[i],
                 &(struct rig_options){.strategy = strategy, .push_max = 4});
        device_reinstall(rigs[i].device, rig_format(&rigs[i], "device-%zu", i));
        if (i < CROWD) {
            engine_sign_in(rigs[i].engine, rigs[i].at);
        }
    }
}

static void crowd_close(void)
{
    for (size_t i = 0; i <= CROWD; i++) {
        rig_close(&rigs[i]);
    }
    arena_free(&hub.arena);
}

/* Everything that was ever written, folded: the naive oracle. */
static const char *crowd_fold(void)
{
    struct device *fold = device_create(&rigs[CROWD].device_config);
    struct arena *arena = &rigs[CROWD].arena;
    for (size_t i = 0; i < CROWD; i++) {
        const struct history *history = &rigs[i].history;
        for (size_t e = 0; e < history->count; e++) {
            const struct event *event = &history->events[e];
            if (event->kind != EV_EDIT) {
                continue;
            }
            struct entry *entry =
                replica_obtain(fold, event->collection, event->id);
            for (size_t f = 0; f < event->field_count; f++) {
                record_merge(&entry->record, arena, &event->fields[f]);
            }
        }
    }
    return rig_print(arena, fold);
}

static void crowd_run(uint64_t seed, enum strategy strategy)
{
    struct rng rng;
    rng_init(&rng, seed, STR("crowd"));
    crowd_open(strategy, (size_t)rng_below(&rng, 3));
    for (int i = 0; i < STEPS * CROWD; i++) {
        step(&rigs[rng_below(&rng, CROWD)], &rng);
    }
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < CROWD; i++) {
            settle(&rigs[i]);
        }
    }
    engine_sign_in(rigs[CROWD].engine, rigs[CROWD].at);
    settle(&rigs[CROWD]);
    const char *first = rig_print(&rigs[0].arena, rigs[0].device);
    for (size_t i = 0; i <= CROWD; i++) {
        CK_NUM(rig_pending(&rigs[i]), 0);
        CK_NUM(engine_status(rigs[i].engine), SYNC_SYNCED);
        const char *here = rig_print(&rigs[i].arena, rigs[i].device);
        ck_assert_msg(strcmp(here, first) == 0,
                      "seed %d: device %zu has\n%sdevice 0 has\n%s", (int)seed,
                      i, here, first);
    }
    if (strategy == STRATEGY_FIELD_LWW) {
        CK_STR(first, crowd_fold());
    }
    crowd_close();
}

START_TEST(last_write_wins_crowds_converge)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        crowd_run(seed, STRATEGY_FIELD_LWW);
    }
}
END_TEST

START_TEST(client_wins_crowds_converge)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        crowd_run(seed, STRATEGY_CLIENT_WINS);
    }
}
END_TEST

START_TEST(server_wins_crowds_converge)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        crowd_run(seed, STRATEGY_SERVER_WINS);
    }
}
END_TEST

static uint64_t history_of(uint64_t seed)
{
    struct rng rng;
    rng_init(&rng, seed, STR("replay"));
    crowd_open(STRATEGY_FIELD_LWW, 2);
    for (int i = 0; i < STEPS; i++) {
        step(&rigs[0], &rng);
    }
    uint64_t hash = history_hash(&rigs[0].history);
    crowd_close();
    return hash;
}

START_TEST(the_same_dice_give_the_same_history)
{
    uint64_t first = history_of(5);
    ck_assert(first == history_of(5));
    ck_assert(first != history_of(6));
}
END_TEST

Suite *suite_crowd(void)
{
    Suite *suite = suite_create("crowd");
    TCase *tests = tcase_create("crowd");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, last_write_wins_crowds_converge);
    tcase_add_test(tests, client_wins_crowds_converge);
    tcase_add_test(tests, server_wins_crowds_converge);
    tcase_add_test(tests, the_same_dice_give_the_same_history);
    suite_add_tcase(suite, tests);
    return suite;
}
