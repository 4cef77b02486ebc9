/* SPDX-License-Identifier: MIT */
/* known - lists of known failures held against results.
 * Layer: harness/run. */
#include "harness/run/known.h"

#include <inttypes.h>

#include "harness/run/run.h"
#include "harness/scenario/suggest.h"
#include "reports/block.h"

/* Length of the piece of a pattern before its next star. */
static size_t piece_length(struct str pattern)
{
    size_t n = 0;
    while (n < pattern.n && pattern.p[n] != '*') {
        n += pattern.p[n] == '\\' && n + 1 < pattern.n ? 2 : 1;
    }
    return n;
}

/* Does the text begin with the piece?  *used is how much of it that is. */
static bool piece_begins(struct str piece, struct str text, size_t *used)
{
    size_t at = 0;
    for (size_t i = 0; i < piece.n; i++, at++) {
        i += piece.p[i] == '\\' && i + 1 < piece.n;
        if (at == text.n || text.p[at] != piece.p[i]) {
            return false;
        }
    }
    *used = at;
    return true;
}

/* The first place is good enough for every piece but the last, which must be
 * at the end. */
bool known_matches(struct str pattern, struct str text)
{
    size_t used = 0, length = piece_length(pattern);
    if (!piece_begins(str_take(pattern, length), text, &used)) {
        return false;
    }
    text = str_skip(text, used);
    pattern = str_skip(pattern, length);
    while (pattern.n > 0) {
        pattern = str_skip(pattern, 1);
        length = piece_length(pattern);
        struct str piece = str_take(pattern, length);
        bool last = length == pattern.n, found = false;
        for (;; text = str_skip(text, 1)) {
            found =
                piece_begins(piece, text, &used) && (!last || used == text.n);
            if (found || text.n == 0) {
                break;
            }
        }
        if (!found) {
            return false;
        }
        text = str_skip(text, used);
        pattern = str_skip(pattern, length);
    }
    return text.n == 0;
}

static bool entry_fits(const struct known_entry *entry,
                       const struct run_result *result)
{
    return str_eq(entry->id, result->id) &&
           (entry->world.n == 0 || str_eq(entry->world, result->world)) &&
           (entry->dialect.n == 0 || str_eq(entry->dialect, result->dialect));
}

/* The entry that says it as it came, else the first of this result; NULL when
 * there is none. */
static const struct known_entry *entry_of(const struct known_list *list,
                                          const struct run_result *result,
                                          struct str message, bool *matches)
{
    const struct known_entry *first = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct known_entry *entry = &list->items[i];
        if (!entry_fits(entry, result)) {
            continue;
        }
        if (known_matches(entry->message, message)) {
            *matches = true;
            return entry;
        }
        first = first ? first : entry;
    }
    *matches = false;
    return first;
}

static struct str message_of(const struct run_result *result)
{
    const struct verdict *worst = block_worst(result);
    return worst ? worst->what : result->skip;
}

static void note_add(struct run_result *result, struct arena *arena,
                     struct str note)
{
    if (!str_ends(result->note, note)) {
        result->note =
            arena_printf(arena, "%.*s%s%.*s", STR_ARG(result->note),
                         result->note.n > 0 ? "; " : "", STR_ARG(note));
    }
}

/* All that was bad about it, so that no part of it stays worse than the whole.
 */
static void expect_failure(struct run_result *result, struct str reason)
{
    for (size_t i = 0; i < result->verdict_count; i++) {
        struct verdict *verdict = &result->verdicts[i];
        if (outcome_is_worse(verdict->outcome, OUT_XFAIL)) {
            verdict->outcome = OUT_XFAIL;
        }
    }
    result->outcome = OUT_XFAIL;
    result->skip = reason;
}

static void stale(const struct known_list *list,
                  const struct known_entry *entry, struct arena *arena,
                  struct run_result *result)
{
    const struct verdict verdict = {
        .outcome = OUT_XPASS,
        .checker = STR("known-failing"),
        .file = list->file,
        .line = entry->line,
        .what = STR("is listed as failing, and passes"),
        .expected = entry->message,
        .actual = STR("a pass"),
        .cause = arena_printf(arena, "the entry is stale: take it out (%.*s)",
                              STR_ARG(entry->reason)),
    };
    result_add(result, arena, &verdict);
}

static bool passes(const struct run_result *result)
{
    return result->outcome == OUT_PASS || result->outcome == OUT_NONSTRICT ||
           result->outcome == OUT_INFO;
}

static void judge_listed(const struct known *known, struct arena *arena,
                         struct run_result *result)
{
    const struct known_list *list = &known->failing;
    bool matches = false, fails = outcome_fails(result->outcome, known->strict);
    const struct known_entry *entry =
        entry_of(list, result, message_of(result), &matches);
    if (!entry || result->outcome == OUT_XPASS) {
        return;
    }
    if (fails && matches) {
        expect_failure(result, entry->reason);
    } else if (fails) {
        note_add(result, arena,
                 arena_printf(arena,
                              "%.*s:%" PRIu32
                              ": is listed as failing with another message: "
                              "%.*s",
                              STR_ARG(list->file), entry->line,
                              STR_ARG(entry->message)));
    } else if (passes(result)) {
        stale(list, entry, arena, result);
    }
}

static void judge_before(const struct known *known, struct arena *arena,
                         struct run_result *result)
{
    const struct past_result *before =
        known->before ? past_find(known->before, result) : NULL;
    if (!before || result->outcome == OUT_XPASS ||
        !outcome_fails(result->outcome, known->strict) ||
        (!outcome_fails(before->outcome, known->strict) &&
         before->outcome != OUT_XFAIL)) {
        return; /* a stale entry is not of the server's making */
    }
    if (!str_eq(before->what, message_of(result))) {
        note_add(result, arena,
                 arena_printf(arena,
                              "it failed with another message before: %.*s",
                              STR_ARG(before->what)));
    }
    expect_failure(result, STR("it failed in the run before too"));
}

void known_judge(const struct known *known, struct arena *arena,
                 struct run_result *result)
{
    if (known) {
        judge_listed(known, arena, result);
        judge_before(known, arena, result);
    }
}

const struct known_entry *known_flaky(const struct known *known,
                                      const struct run_result *result)
{
    bool matches = false;
    if (!known || known->retries == 0 ||
        !outcome_fails(result->outcome, known->strict)) {
        return NULL;
    }
    const struct known_entry *entry =
        entry_of(&known->flaky, result, message_of(result), &matches);
    return matches ? entry : NULL;
}

void known_flaked(const struct known_entry *entry, struct arena *arena,
                  const struct run_result *first, size_t attempt,
                  struct run_result *second)
{
    for (size_t i = 0; i < first->verdict_count; i++) {
        struct verdict verdict = first->verdicts[i];
        verdict.outcome = OUT_FLAKY;
        result_add(second, arena, &verdict);
    }
    second->skip = entry->reason;
    note_add(
        second, arena,
        arena_printf(arena, "it failed, and passed at attempt %zu", attempt));
}

void known_failed_again(const struct known *known,
                        const struct known_entry *entry, struct arena *arena,
                        struct run_result *result)
{
    note_add(result, arena,
             arena_printf(arena,
                          "%.*s:%" PRIu32 ": is listed as flaky, and failed "
                          "%" PRId64 " times",
                          STR_ARG(known->flaky.file), entry->line,
                          known->retries + 1));
}

static enum status check_entry(const struct known_list *list,
                               const struct known_entry *entry,
                               const struct run_result *all, size_t count,
                               struct err *err)
{
    struct suggest suggest;
    struct buf text;
    for (size_t i = 0; i < count; i++) {
        if (str_eq(all[i].id, entry->id)) {
            return ST_OK;
        }
    }
    buf_init(&text, ERR_TEXT_MAX);
    suggest_init(&suggest, entry->id);
    for (size_t i = 0; i < count; i++) {
        suggest_offer(&suggest, all[i].id);
    }
    if (suggest.best.n > 0) {
        suggest_write(&suggest, &text);
    }
    err_set(err, ST_NOT_FOUND, "%.*s:%" PRIu32 ": no scenario is %.*s%.*s",
            STR_ARG(list->file), entry->line, STR_ARG(entry->id),
            STR_ARG(buf_view(&text)));
    suggest_free(&suggest);
    buf_free(&text);
    return ST_NOT_FOUND;
}

enum status known_check(const struct known_list *list,
                        const struct scenario_list *scenarios, struct str today,
                        struct err *err)
{
    struct run_options options;
    struct arena arena;
    enum status status = ST_OK;
    run_options_defaults(&options);
    arena_init(&arena, LIMIT_RUN_ARENA);
    struct run_result *all =
        arena_must(&arena, scenarios->count + 1, sizeof(*all));
    for (size_t i = 0; i < scenarios->count && list->count > 0; i++) {
        run_describe(&scenarios->items[i], &options, &arena, &all[i]);
    }
    for (size_t i = 0; i < list->count && status == ST_OK; i++) {
        const struct known_entry *entry = &list->items[i];
        status = check_entry(list, entry, all, scenarios->count, err);
        if (status == ST_OK && str_cmp(entry->expires, today) < 0) {
            status = err_set(err, ST_USAGE,
                             "%.*s:%" PRIu32 ": %.*s expired on %.*s: mend it, "
                             "or say again until when",
                             STR_ARG(list->file), entry->line,
                             STR_ARG(entry->id), STR_ARG(entry->expires));
        }
    }
    arena_free(&arena);
    return status;
}
