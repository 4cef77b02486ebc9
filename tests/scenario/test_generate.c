/* SPDX-License-Identifier: MIT */
/* test_generate - random scenarios: the same for a seed, true to their
 * options, and possible whatever the network does. */
#include "harness/scenario/generate.h"

#include <string.h>

#include "base/limits.h"
#include "tests/scenario/suites.h"

static const struct generate_options usual = {
    .clients = 3, .steps = 40, .records = 8, .faults = true, .crashes = true};

static struct scenario generated(uint64_t seed,
                                 const struct generate_options *options)
{
    struct scenario out;
    scenario_generate(seed, options, &arena, &out);
    return out;
}

START_TEST(a_seed_gives_the_same_again)
{
    struct scenario a = generated(7, &usual), b = generated(7, &usual);
    struct scenario c = generated(8, &usual);
    assert_same(dump(&a), dump(&b));
    ck_assert(!str_eq(dump(&a), dump(&c)));
}
END_TEST

START_TEST(what_is_printed_parses_to_the_same)
{
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct scenario a = generated(seed, &usual);
        struct buf out;
        buf_init(&out, 1 << 20);
        scenario_print(&a, &out);
        struct scenario_list list = parse_all(buf_view(&out));
        ck_assert_uint_eq(list.count, 1);
        assert_same(dump(&list.items[0]), dump(&a));
        for (size_t i = 0; i < a.step_count; i++) {
            assert_same(list.items[0].steps[i].text, a.steps[i].text);
        }
        buf_free(&out);
    }
}
END_TEST

/* --- is every step possible? --------------------------------------------- */

enum { CLIENTS = 4, RECORDS = 64, NOBODY = 99 };

/* What an outsider can say of a run, without knowing how it was made. */
struct model {
    struct str refs[RECORDS];
    size_t owner[RECORDS]; /* who inserted it */
    bool deleted[RECORDS]; /* by its owner, now */
    bool deleted_once[RECORDS];
    bool setup[RECORDS];
    bool heard[CLIENTS][RECORDS]; /* may know of a delete of it */
    size_t record_count;
    bool offline[CLIENTS], crashed[CLIENTS], busy[CLIENTS];
    bool timers, in_setup;
};

static size_t find_record(const struct model *model, struct str ref)
{
    for (size_t i = 0; i < model->record_count; i++) {
        if (str_eq(model->refs[i], ref)) {
            return i;
        }
    }
    return NOBODY;
}

/* From now on it may know all deletes so far. */
static void hear(struct model *model, size_t client)
{
    for (size_t i = 0; i < model->record_count; i++) {
        model->heard[client][i] |= model->deleted_once[i];
    }
}

static void check_edit(struct model *model, const struct step *step,
                       size_t client)
{
    size_t record = find_record(model, step->words[0].value);
    enum verb_id verb = step->verb->id;
    ck_assert_uint_eq(step->word_count, 1);
    if (verb == VERB_INSERTS) {
        ck_assert_uint_eq(record, NOBODY);
        ck_assert_uint_lt(model->record_count, RECORDS);
        record = model->record_count++;
        model->refs[record] = step->words[0].value;
        model->owner[record] = client;
        model->setup[record] = model->in_setup;
        return;
    }
    ck_assert_uint_ne(record, NOBODY);
    bool own = model->owner[record] == client;
    if (verb == VERB_UPDATES) {
        ck_assert(own || model->setup[record]);
        ck_assert_msg(own ? !model->deleted[record]
                          : !model->heard[client][record],
                      "%.*s", STR_ARG(step->text));
        return;
    }
    ck_assert(own);
    ck_assert_int_eq(model->deleted[record], verb == VERB_UNDELETES);
    model->deleted[record] = verb == VERB_DELETES;
    model->deleted_once[record] |= verb == VERB_DELETES;
    for (size_t c = 0; c < CLIENTS; c++) {
        model->heard[c][record] |=
            verb == VERB_DELETES && (model->busy[c] || model->timers);
    }
}

static void check_client(struct model *model, const struct step *step,
                         size_t client)
{
    const struct arg *wait = step_option(step, "wait");
    enum verb_id verb = step->verb->id;
    ck_assert_msg(model->crashed[client] == (verb == VERB_RESTARTS), "%.*s",
                  STR_ARG(step->text));
    if (verb == VERB_INSERTS || verb == VERB_UPDATES || verb == VERB_DELETES ||
        verb == VERB_UNDELETES) {
        check_edit(model, step, client);
        return;
    }
    hear(model, client);
    if (verb == VERB_GOES) {
        model->offline[client] = str_is(step->words[0].value, "offline");
        model->busy[client] = false;
    } else if (verb == VERB_CRASHES || verb == VERB_RESTARTS) {
        model->crashed[client] = verb == VERB_CRASHES;
        model->busy[client] = false;
    } else {
        ck_assert(verb == VERB_SYNCS || verb == VERB_PUSHES ||
                  verb == VERB_PULLS || verb == VERB_FINISHES);
        ck_assert_msg(!model->offline[client], "%.*s", STR_ARG(step->text));
        model->busy[client] = wait != NULL;
    }
}

static void check_possible(const struct scenario *scenario)
{
    struct model model = {.timers = scenario->timers, .in_setup = true};
    ck_assert_uint_le(scenario->client_count, CLIENTS);
    for (size_t i = 0; i < scenario->step_count; i++) {
        const struct step *step = &scenario->steps[i];
        model.in_setup &= step->verb->id == VERB_INSERTS;
        for (size_t w = 0; w < step->who_count; w++) {
            if (step->verb->id != VERB_WAITS) {
                check_client(&model, step, step->who[w]);
            }
        }
    }
}

START_TEST(every_step_is_possible)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct generate_options options = usual;
        options.clients = 1 + seed % CLIENTS;
        options.records = 1 + seed % 16;
        options.steps = 10 + seed % 90;
        options.faults = seed % 3 > 0;
        options.crashes = seed % 5 > 0;
        struct scenario s = generated(seed, &options);
        check_possible(&s);
    }
}
END_TEST

START_TEST(values_name_their_write)
{
    struct generate_options options = usual;
    options.steps = 300;
    struct scenario s = generated(3, &options);
    struct str values[2000];
    size_t count = 0;
    for (size_t i = 0; i < s.step_count; i++) {
        const struct step *step = &s.steps[i];
        for (size_t f = 0; f < step->field_count; f++) {
            struct str value = step->fields[f].value;
            struct str name = s.clients[step->who[0]].name;
            ck_assert(str_starts(value, name));
            ck_assert_int_eq(value.p[name.n], '.');
            for (size_t v = 0; v < count; v++) {
                ck_assert(!str_eq(values[v], value));
            }
            ck_assert_uint_lt(count, 2000);
            values[count++] = value;
        }
    }
    ck_assert_uint_gt(count, 100);
}
END_TEST

static size_t count_verb(const struct scenario *s, enum verb_id verb)
{
    size_t count = 0;
    for (size_t i = 0; i < s->step_count; i++) {
        count += s->steps[i].verb->id == verb;
    }
    return count;
}

START_TEST(options_are_kept)
{
    struct generate_options calm = usual;
    size_t faults = 0, crashes = 0;
    calm.faults = calm.crashes = false;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct scenario s = generated(seed, &calm);
        for (size_t i = 0; i < s.step_count; i++) {
            ck_assert_int_ne(s.steps[i].who_kind, WHO_NET);
        }
        ck_assert_uint_eq(count_verb(&s, VERB_CRASHES), 0);
        ck_assert_uint_eq(s.client_count, 3);
        ck_assert_uint_le(count_verb(&s, VERB_INSERTS), calm.records);
        s = generated(seed, &usual);
        faults += count_verb(&s, VERB_NET_DROPS) +
                  count_verb(&s, VERB_NET_DELAYS) +
                  count_verb(&s, VERB_NET_DUPLICATES);
        crashes += count_verb(&s, VERB_CRASHES);
    }
    ck_assert_uint_gt(faults, 50);
    ck_assert_uint_gt(crashes, 25);
}
END_TEST

/* All that can happen does happen, in a hundred seeds. */
START_TEST(it_is_various)
{
    static const enum verb_id verbs[] = {
        VERB_INSERTS,    VERB_UPDATES,       VERB_DELETES,  VERB_UNDELETES,
        VERB_PUSHES,     VERB_PULLS,         VERB_SYNCS,    VERB_FINISHES,
        VERB_GOES,       VERB_CRASHES,       VERB_RESTARTS, VERB_NET_DROPS,
        VERB_NET_DELAYS, VERB_NET_DUPLICATES};
    size_t seen[VERB_COUNT] = {0}, timers = 0, two = 0, racing = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct scenario s = generated(seed, &usual);
        for (size_t v = 0; v < VERB_COUNT; v++) {
            seen[v] += count_verb(&s, (enum verb_id)v);
        }
        timers += s.timers;
        two += s.collection_count == 2;
        for (size_t i = 0; i < s.step_count; i++) {
            racing += step_option(&s.steps[i], "wait") != NULL;
        }
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        ck_assert_msg(seen[verbs[i]] >= 10, "%s: %zu", verb_at(verbs[i])->name,
                      seen[verbs[i]]);
    }
    ck_assert_uint_gt(timers, 2);
    ck_assert_uint_gt(two, 20);
    ck_assert_uint_gt(racing, 50);
}
END_TEST

START_TEST(sizes_are_kept_within_the_limits)
{
    struct generate_options options = {.clients = 0};
    struct scenario s = generated(1, &options);
    ck_assert_uint_eq(s.client_count, 1);
    ck_assert_uint_ge(s.step_count, 1);
    options = (struct generate_options){.clients = SIZE_MAX,
                                        .steps = SIZE_MAX,
                                        .records = SIZE_MAX,
                                        .faults = true,
                                        .crashes = true};
    s = generated(1, &options);
    ck_assert_uint_eq(s.client_count, LIMIT_CLIENTS);
    ck_assert_uint_le(s.step_count, LIMIT_STEPS);
    ck_assert_uint_ge(s.step_count, LIMIT_STEPS - 2);
    options = (struct generate_options){.clients = 2, .steps = 1, .records = 1};
    s = generated(1, &options);
    ck_assert_uint_eq(s.step_count, 1 + 2 + 1);
}
END_TEST

Suite *suite_generate(void)
{
    Suite *suite = suite_create("generate");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_test(tests, a_seed_gives_the_same_again);
    tcase_add_test(tests, what_is_printed_parses_to_the_same);
    tcase_add_test(tests, every_step_is_possible);
    tcase_add_test(tests, values_name_their_write);
    tcase_add_test(tests, options_are_kept);
    tcase_add_test(tests, it_is_various);
    tcase_add_test(tests, sizes_are_kept_within_the_limits);
    suite_add_tcase(suite, tests);
    return suite;
}
