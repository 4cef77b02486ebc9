/* SPDX-License-Identifier: MIT */
/* check_cases - which cases are played, and in which order.
 * Layer: harness/cli. */
#include <stdio.h>
#include <string.h>

#include "harness/cli/check.h"

enum { CLOSEST = 3 };

static enum status select_all(const struct check *check,
                              struct selection *cases, struct err *err)
{
    return check->scenarios
               ? select_path(check->scenarios, check->arena, cases, err)
               : select_embedded("scenarios/conformance/", check->arena, cases,
                                 err);
}

/* Selecting is done in place: of a list of one's own, others stay whole. */
static void own_list(struct scenario_list *list, struct arena *arena)
{
    struct scenario *own = arena_must(arena, list->count + 1, sizeof(*own));
    if (list->count > 0) {
        memcpy(own, list->items, list->count * sizeof(*own));
    }
    list->items = own;
}

/* What would match: "; strict has 3". */
static struct str beyond(const struct check *check)
{
    struct selection all = {.list = check->all};
    enum clause_level level = LEVEL_MUST;
    own_list(&all.list, check->arena);
    size_t count = select_only(&all, check->only);
    for (size_t i = 0; i < count; i++) {
        enum clause_level one = suite_level(&all.list.items[i]);
        level = one > level ? one : level;
    }
    if (count == 0) {
        return STR("");
    }
    return level > check->profile.level
               ? arena_printf(check->arena, "; %s has %zu", profile_name(level),
                              count)
               : arena_printf(check->arena, "; %zu are newer than it", count);
}

static int nothing(const struct check *check, const struct selection *all)
{
    struct str near[CLOSEST];
    struct str text = beyond(check);
    const struct clause *clause = clause_closest(str_of(check->only));
    size_t count = select_near(all, check->only, check->arena, near, CLOSEST);
    if (text.n > 0) {
        return cli_fail(EXIT_NOTHING,
                        "check: no case of profile %s matches \"%s\"%.*s",
                        check->profile_name, check->only, STR_ARG(text));
    }
    if (clause) {
        near[count == CLOSEST ? 0 : count++] = str_of(clause->id);
    }
    for (size_t i = 0; i < count; i++) {
        text = arena_printf(check->arena, "%.*s%s%.*s", STR_ARG(text),
                            i > 0 ? ", " : "", STR_ARG(near[i]));
    }
    return cli_fail(EXIT_NOTHING,
                    "check: no case of profile %s matches \"%s\"%s%.*s",
                    check->profile_name, check->only,
                    count > 0 ? "; the closest are " : "", STR_ARG(text));
}

int check_select(struct check *check, const struct probe *facts)
{
    struct err err = {.status = ST_OK};
    struct selection cases = {.files = 0};
    const struct scenario_facts known = {
        .page_size = facts ? (int64_t)facts->page_size : 0,
        .body_limit = facts ? (int64_t)facts->body_limit : 0};
    cases.list.facts = &known; /* only while it is read */
    if (select_all(check, &cases, &err) != ST_OK) {
        return cli_fail(EXIT_USAGE, "check: %s", err.text);
    }
    check->all = cases.list;
    own_list(&cases.list, check->arena);
    if (profile_select(&check->profile, &cases, check->arena, &err) != ST_OK) {
        return cli_fail(EXIT_USAGE, "check: %s", err.text);
    }
    cases.list.facts = NULL;
    if (cases.list.count == 0) {
        return cli_fail(EXIT_NOTHING, "check: no case of profile %s in %s",
                        check->profile_name,
                        check->scenarios ? check->scenarios : "the program");
    }
    check->cases = cases;
    if (check->only) {
        own_list(&check->cases.list, check->arena);
        if (select_only(&check->cases, check->only) == 0) {
            return nothing(check, &cases);
        }
    }
    return EXIT_PASS;
}

int check_arrange(struct check *check)
{
    struct scenario_list *list = &check->cases.list;
    const struct dialect *dialect = check->probe.dialect;
    size_t left = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].dialects & dialect->bit) {
            list->items[left++] = list->items[i];
        }
    }
    list->count = left;
    if (left == 0) {
        return cli_fail(EXIT_NOTHING, "check: no case is of dialect %s",
                        dialect->name);
    }
    enum token_source source = tokens_source(check->identity.tokens);
    bool own_users = source == TOKENS_NAME || source == TOKENS_ISSUER;
    check->suite.alone_from = suite_order(
        list, own_users,
        check->shuffle ? hash_u64(HASH_START, (uint64_t)check->seed) | 1 : 0,
        check->arena);
    return EXIT_PASS;
}

void check_list(const struct check *check)
{
    for (size_t i = 0; i < check->cases.list.count; i++) {
        const struct scenario *scenario = &check->cases.list.items[i];
        struct str id = profile_id(scenario, check->arena);
        printf("%c %-56.*s %.*s%s%.*s%s\n",
               clause_level_letter(suite_level(scenario)), STR_ARG(id),
               STR_ARG(scenario->name), scenario->variant.n > 0 ? " [" : "",
               STR_ARG(scenario->variant), scenario->variant.n > 0 ? "]" : "");
    }
    size_t count = check->cases.list.count;
    printf("%zu case%s\n", count, count == 1 ? "" : "s");
}
