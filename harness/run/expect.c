/* SPDX-License-Identifier: MIT */
/* expect - see expect.h.  Layer: harness/run. */
#include "harness/run/expect.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/translate.h"

static bool contains(struct str text, struct str part)
{
    for (size_t i = 0; i + part.n <= text.n; i++) {
        if (memcmp(text.p + i, part.p, part.n) == 0) {
            return true;
        }
    }
    return part.n == 0;
}

/* "4xx" stands for any status of that class. */
static bool status_matches(struct str want, struct str have)
{
    bool family = want.n == 3 && str_is(str_skip(want, 1), "xx");
    return family ? have.n == 3 && have.p[0] == want.p[0] : str_eq(want, have);
}

static bool text_matches(const struct arg *arg, struct str have)
{
    int64_t want_number = 0, have_number = 0;
    bool numbers =
        str_to_i64(arg->value, &want_number) && str_to_i64(have, &have_number);
    switch (arg->op) {
    case ARG_EQ:
        return str_eq(arg->value, have);
    case ARG_NE:
        return !str_eq(arg->value, have);
    case ARG_CONTAINS:
        return contains(have, arg->value);
    case ARG_LE:
        return numbers && have_number <= want_number;
    case ARG_GE:
        return numbers && have_number >= want_number;
    }
    return false;
}

static const struct json_node *step_into(const struct json_node *node,
                                         struct str name)
{
    int64_t index = 0;
    if (json_type(node) == JSON_OBJECT) {
        char key[256];
        if (name.n >= sizeof(key)) {
            return NULL;
        }
        memcpy(key, name.p, name.n);
        key[name.n] = '\0';
        return json_member(node, key);
    }
    if (json_type(node) != JSON_ARRAY || !str_to_i64(name, &index)) {
        return NULL;
    }
    const struct json_node *child = json_child(node);
    while (child && index-- > 0) {
        child = json_next(child);
    }
    return child;
}

/* Canonical text of a member by its path, "absent" when there is none. */
static struct str json_at(struct runner *runner, struct str body,
                          struct str path)
{
    const struct json_node *node = NULL;
    struct err err;
    if (json_read(body, &json_limits_default, runner->arena, &node, &err) !=
        ST_OK) {
        return arena_printf(runner->arena, "not JSON: %s", err.text);
    }
    while (node && path.n > 0) {
        size_t dot = str_find(path, '.');
        node = step_into(node, str_take(path, dot));
        path = str_skip(path, dot + 1);
    }
    return node ? json_canonical_str(node, runner->arena) : STR("absent");
}

static bool json_matches(const struct arg *arg, struct str have)
{
    struct instant at;
    bool is_string = have.n >= 2 && have.p[0] == '"';
    struct str inner =
        is_string ? str_take(str_skip(have, 1), have.n - 2) : have;
    if (!arg->quoted && str_is(arg->value, "time")) {
        return is_string && instant_parse(inner, &at, NULL) == ST_OK;
    }
    if (!arg->quoted &&
        (str_is(arg->value, "array") || str_is(arg->value, "object"))) {
        return have.n > 0 &&
               have.p[0] == (str_is(arg->value, "array") ? '[' : '{');
    }
    if (arg->op == ARG_CONTAINS) {
        return contains(have, arg->value);
    }
    struct str want = arg->json.n > 0 ? arg->json : arg->value;
    return str_eq(want, have) == (arg->op != ARG_NE);
}

static struct str how_it_ended(struct runner *runner,
                               const struct raw_call *call)
{
    if (!call->done) {
        return STR("no end within ten minutes of the run's time");
    }
    if (call->reply_kind != REPLY_ANSWER) {
        return arena_printf(runner->arena, "%s: %.*s",
                            reply_kind_name(call->reply_kind),
                            STR_ARG(call->error));
    }
    struct str body = str_take(call->reply.body, 120);
    return arena_printf(runner->arena, "%d %.*s", call->reply.status,
                        STR_ARG(body));
}

/* With the names that scripts use. */
static struct str body_of(struct runner *runner, const struct raw_call *call)
{
    return translate_from_wire(runner->options->dialect, GROUP_ANSWER,
                               call->reply.body, runner->arena);
}

/* A reason in words: does it have the name that the dialect has for that? */
static bool names_it(const struct runner *runner, const struct arg *arg,
                     struct str body)
{
    const struct dialect *dialect = runner->options->dialect;
    bool named = false;
    for (enum dialect_group group = GROUP_PUSH;
         dialect->renames && arg->op == ARG_CONTAINS && group < GROUP_COUNT;
         group++) {
        struct str told = dialect_to_wire(dialect, group, arg->value);
        named = named || (!str_eq(told, arg->value) && contains(body, told));
    }
    return named;
}

static int compare_records(const void *a, const void *b)
{
    const struct change *left = *(const struct change *const *)a;
    const struct change *right = *(const struct change *const *)b;
    int order = str_cmp(left->table, right->table);
    return order != 0 ? order : str_cmp(left->id, right->id);
}

/* A server may say everything twice; then what it says of one record is no more
 * than of any other. */
static bool told_evenly(struct runner *runner, const struct response *response,
                        struct str *actual)
{
    struct arena *arena = runner->arena;
    const struct change **sorted =
        arena_must(arena, response->count + 1, sizeof(*sorted));
    size_t due = 0, from = 0;
    for (size_t i = 0; i < response->count; i++) {
        sorted[i] = &response->changes[i];
    }
    qsort(sorted, response->count, sizeof(*sorted), compare_records);
    *actual = response->count > 0 ? STR("evenly") : STR("no changes");
    for (size_t i = 1; i <= response->count; i++) {
        if (i < response->count &&
            compare_records(&sorted[from], &sorted[i]) == 0) {
            continue;
        }
        size_t times = i - from;
        due = from == 0 ? times : due;
        if (times != due) {
            *actual = arena_printf(arena, "%zu x %.*s/%.*s, another %zu x",
                                   times, STR_ARG(sorted[from]->table),
                                   STR_ARG(sorted[from]->id), due);
            return false;
        }
        from = i;
    }
    return response->count > 0;
}

static bool judge_changes(struct runner *runner, const struct arg *arg,
                          const struct raw_call *call, struct str *actual)
{
    const struct response *response = call->response;
    if (!response) {
        *actual = call->unreadable;
        return false;
    }
    if (str_is(arg->key, "told")) {
        return told_evenly(runner, response, actual);
    }
    *actual = arena_printf(runner->arena, "%zu", response->count);
    return text_matches(arg, *actual);
}

static bool judge(struct runner *runner, const struct arg *arg,
                  const struct raw_call *call, struct str *actual)
{
    struct arena *arena = runner->arena;
    bool answered = call->done && call->reply_kind == REPLY_ANSWER;
    struct str key = arg->key;
    *actual = how_it_ended(runner, call);
    if (str_is(key, "gets")) {
        return call->done &&
               str_is(arg->value, reply_kind_name(call->reply_kind));
    }
    if (!answered) {
        return false;
    }
    if (str_is(key, "status")) {
        struct str have = arena_printf(arena, "%d", call->reply.status);
        return status_matches(arg->value, have) == (arg->op != ARG_NE);
    }
    if (str_is(key, "body")) {
        return text_matches(arg, body_of(runner, call)) ||
               names_it(runner, arg, call->reply.body);
    }
    if (str_is(key, "changes") || str_is(key, "told")) {
        return judge_changes(runner, arg, call, actual);
    }
    if (str_starts(key, STR("header."))) {
        struct str name = arena_str(arena, str_skip(key, 7));
        struct str have = http_header_find(call->reply.headers,
                                           call->reply.header_count, name.p);
        *actual = have.p ? have : STR("absent");
        return text_matches(arg, *actual);
    }
    *actual = json_at(runner, body_of(runner, call), str_skip(key, 5));
    return json_matches(arg, *actual);
}

static struct str arg_text(struct runner *runner, const struct arg *arg)
{
    static const char *const signs[] = {"=", "!=", "~=", "<=", ">="};
    return arena_printf(runner->arena, "%.*s%s%.*s", STR_ARG(arg->key),
                        signs[arg->op], STR_ARG(arg->value));
}

static struct str what_text(struct runner *runner, const struct raw_call *call,
                            struct str told)
{
    struct str name = runner->history.actors[call->actor].name;
    return arena_printf(runner->arena, "%.*s expects %.*s", STR_ARG(name),
                        STR_ARG(told));
}

/* "status=413 body~=x" and how good that would be. */
static struct str choice_text(struct runner *runner,
                              const struct expectation *choice)
{
    struct arena *arena = runner->arena;
    struct str text = STR("");
    for (size_t i = 0; i < choice->count; i++) {
        struct str arg = arg_text(runner, &choice->args[i]);
        text = arena_printf(arena, "%.*s%s%.*s", STR_ARG(text),
                            i > 0 ? " " : "", STR_ARG(arg));
    }
    return choice->grade == GRADE_PASS
               ? text
               : arena_printf(arena, "%.*s (%s)", STR_ARG(text),
                              grade_name(choice->grade));
}

/* One line alone: each of its words is an expectation. */
static void judge_line(struct runner *runner, const struct expectation *line,
                       const struct raw_call *call)
{
    for (size_t i = 0; i < line->count && !runner->broken; i++) {
        const struct arg *arg = &line->args[i];
        struct claim claim = {.expected = arg->value,
                              .clause = line->clause,
                              .exchange = call->exchange.id};
        claim.held = judge(runner, arg, call, &claim.actual);
        claim.what = what_text(runner, call, arg_text(runner, arg));
        step_expect_cause(runner, &claim);
    }
}

static bool choice_holds(struct runner *runner,
                         const struct expectation *choice,
                         const struct raw_call *call, struct str *actual)
{
    bool held = true;
    for (size_t i = 0; i < choice->count && held; i++) {
        held = judge(runner, &choice->args[i], call, actual);
    }
    return held;
}

/* All that would have done, the first choice first. */
static struct str all_choices(struct runner *runner,
                              const struct expectation *choices, size_t count)
{
    struct str text = choice_text(runner, &choices[0]);
    for (size_t i = 1; i < count; i++) {
        struct str next = choice_text(runner, &choices[i]);
        text = arena_printf(runner->arena, "%.*s, or %.*s", STR_ARG(text),
                            STR_ARG(next));
    }
    return text;
}

/* Of lines that belong together the first that holds decides.  What the server
 * did is told for the first choice: that is what it is measured by. */
static void judge_choices(struct runner *runner,
                          const struct expectation *choices, size_t count,
                          const struct raw_call *call)
{
    struct str actual, other;
    size_t decides = 0;
    struct str best = choice_text(runner, &choices[0]);
    bool held = choice_holds(runner, &choices[0], call, &actual);
    while (!held && ++decides < count) {
        held = choice_holds(runner, &choices[decides], call, &other);
    }
    struct claim claim = {.held = held,
                          .what = what_text(runner, call, best),
                          .expected = all_choices(runner, choices, count),
                          .actual = actual,
                          .clause = choices[0].clause,
                          .exchange = call->exchange.id};
    if (held) {
        const struct expectation *deciding = &choices[decides];
        claim.grade = deciding->grade;
        claim.expected = best;
        claim.cause = decides > 0
                          ? arena_printf(runner->arena, "line %u takes %.*s",
                                         (unsigned)deciding->line,
                                         STR_ARG(choice_text(runner, deciding)))
                          : STR("");
        claim.clause = deciding->clause.n > 0 ? deciding->clause : claim.clause;
    }
    step_expect_cause(runner, &claim);
}

void expectations_judge(struct runner *runner, const struct step *step,
                        const struct raw_call *call)
{
    size_t next = 0;
    while (next < step->expect_count && !runner->broken) {
        const struct expectation *first = &step->expects[next++];
        size_t count = 1;
        while (next < step->expect_count && step->expects[next].alternative) {
            count++;
            next++;
        }
        if (count == 1) {
            judge_line(runner, first, call);
        } else {
            judge_choices(runner, first, count, call);
        }
    }
}
