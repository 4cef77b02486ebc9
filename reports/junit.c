/* SPDX-License-Identifier: MIT */
/* junit - results as the XML that CI servers read: a suite for each world and
 * group.  Layer: reports.
 *
 * JUnit knows no third outcome: unknown and not run are errors of a type of
 * their own, because as "skipped" they would pass.  What is nonstrict, info or
 * flaky passes, and its text output tells; what fails as it is known to is
 * skipped, which is what runners of unit tests make of it too.  Cases are
 * rendered as they come and written at the end, when the counts of their suite
 * are known. */
#include <inttypes.h>

#include "reports/block.h"
#include "reports/escape.h"
#include "reports/renderer.h"

enum {
    STAMP_BYTES = 19, /* "2026-03-27T10:05:00" */
    NUMBER_TEXT = 24  /* 64 bits in any base from 10, and NUL */
};

struct suite {
    struct suite *next;
    struct str world, group, dialect;
    size_t tests, failures, errors, skipped;
    int64_t took_ms;
    uint64_t hash;        /* of the hashes of its cases, in order */
    struct intern covers; /* clause ids of its cases */
    struct buf words;     /* these, separated by a space; owned */
    struct buf cases;     /* owned */
};

struct junit_state {
    struct suite *first, *last; /* in the order of their first result */
    size_t tests, failures, errors;
};

static void junit_begin(struct report *report)
{
    report->state = arena_must(&report->arena, 1, sizeof(struct junit_state));
}

static bool suite_fits(const struct suite *suite,
                       const struct run_result *result)
{
    return str_eq(suite->world, result->world) &&
           str_eq(suite->group, result->group) &&
           str_eq(suite->dialect, result->dialect);
}

static struct suite *suite_of(struct report *report,
                              const struct run_result *result)
{
    struct junit_state *state = report->state;
    for (struct suite *suite = state->first; suite; suite = suite->next) {
        if (suite_fits(suite, result)) {
            return suite;
        }
    }
    struct suite *suite = arena_must(&report->arena, 1, sizeof *suite);
    suite->world = arena_str(&report->arena, result->world);
    suite->group = arena_str(&report->arena, result->group);
    suite->dialect = arena_str(&report->arena, result->dialect);
    suite->hash = HASH_START;
    intern_init(&suite->covers, &report->arena);
    buf_init(&suite->words, RENDERER_BYTES);
    buf_init(&suite->cases, RENDERER_BYTES);
    if (state->last) {
        state->last->next = suite;
    } else {
        state->first = suite;
    }
    state->last = suite;
    return suite;
}

static void put_attribute(struct buf *out, const char *name, struct str value)
{
    buf_printf(out, " %s=\"", name);
    escape_xml(out, value, true);
    buf_putc(out, '"');
}

static void put_time(struct buf *out, int64_t took_ms)
{
    int64_t ms = took_ms > 0 ? took_ms : 0;
    buf_printf(out, " time=\"%" PRId64 ".%03d\"", ms / 1000, (int)(ms % 1000));
}

static void put_property(struct buf *out, const char *name, struct str value)
{
    if (value.n > 0) {
        buf_puts(out, "      <property");
        put_attribute(out, "name", str_of(name));
        put_attribute(out, "value", value);
        buf_puts(out, "/>\n");
    }
}

/* "v1 virtual.retry": dots make packages of it in most viewers. */
static void put_suite_name(struct buf *out, const struct suite *suite,
                           const char *joint)
{
    escape_xml(out, suite->world, true);
    if (suite->dialect.n > 0) {
        buf_puts(out, suite->world.n > 0 ? " " : "");
        escape_xml(out, suite->dialect, true);
    }
    if (suite->group.n > 0) {
        buf_puts(out, joint);
        escape_xml(out, suite->group, true);
    }
    if (suite->world.n + suite->dialect.n + suite->group.n == 0) {
        buf_puts(out, "syncspec");
    }
}

/* Evidence of what did not fail; a failure has its own element. */
static void put_evidence(struct buf *out, const struct run_result *result)
{
    struct buf text;
    buf_init(&text, RENDERER_BYTES);
    block_body(&text, result, &block_full);
    escape_xml(out, buf_view(&text), false);
    out->failed = out->failed || text.failed;
    buf_free(&text);
}

/* Whether the schemas allow properties in a case differs from one to the
 * next; all of them allow text output, and all viewers show it. */
static void put_output(struct buf *out, const struct run_result *result,
                       bool trouble)
{
    buf_puts(out, "      <system-out>");
    if (result->outcome > OUT_NOT_RUN) {
        buf_printf(out, "outcome=%s\n", outcome_name(result->outcome));
    }
    buf_printf(out, "seed=%" PRIu64 "\nhash=%016" PRIx64 "\n", result->seed,
               result->hash);
    const struct {
        const char *key;
        struct str value;
    } lines[] = {{"world", result->world},   {"dialect", result->dialect},
                 {"covers", result->covers}, {"file", result->file},
                 {"note", result->note},     {"replay", result->replay}};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (lines[i].value.n > 0) {
            buf_printf(out, "%s=", lines[i].key);
            escape_xml(out, lines[i].value, false);
            buf_putc(out, '\n');
        }
    }
    if (!trouble && result->verdict_count > 0) {
        put_evidence(out, result);
    }
    buf_puts(out, "</system-out>\n");
}

static bool is_failure(const struct report *report,
                       const struct run_result *result)
{
    return outcome_fails(result->outcome, report->run.strict);
}

static bool is_skipped(enum outcome outcome)
{
    return outcome == OUT_SKIP || outcome == OUT_UNIMPLEMENTED ||
           outcome == OUT_XFAIL;
}

static void put_skipped(struct buf *out, const struct run_result *result)
{
    buf_puts(out, "      <skipped message=\"");
    if (result->outcome != OUT_SKIP) {
        buf_printf(out, "%s: ", outcome_name(result->outcome));
    }
    escape_xml(out, result->skip, true);
    buf_puts(out, "\"/>\n");
}

/* The checker that found it, or what it is when nobody did. */
static struct str trouble_type(const struct run_result *result)
{
    const struct verdict *worst = block_worst(result);
    bool found = result->outcome == OUT_FAIL || result->outcome == OUT_ERROR;
    return found && worst && worst->checker.n > 0
               ? worst->checker
               : str_of(outcome_name(result->outcome));
}

static void put_trouble(struct buf *out, const struct run_result *result,
                        const char *tag)
{
    const struct verdict *worst = block_worst(result);
    buf_printf(out, "      <%s", tag);
    put_attribute(out, "type", trouble_type(result));
    put_attribute(out, "message", worst ? worst->what : result->skip);
    buf_putc(out, '>');
    put_evidence(out, result);
    buf_printf(out, "</%s>\n", tag);
}

static void suite_cover(struct suite *suite, struct str words)
{
    while (words.n > 0) {
        size_t end = str_find(words, ' '), before = suite->covers.count;
        if (end > 0) {
            intern_put(&suite->covers, str_take(words, end));
        }
        if (suite->covers.count > before) {
            buf_puts(&suite->words, suite->words.n > 0 ? " " : "");
            buf_str(&suite->words, str_take(words, end));
        }
        words = str_skip(words, end + 1);
    }
}

static void suite_count(const struct report *report, struct suite *suite,
                        const struct run_result *result)
{
    bool failure = is_failure(report, result);
    suite->tests++;
    suite->failures += failure;
    suite->skipped += is_skipped(result->outcome);
    suite->errors += report_is_bad(report, result) && !failure;
    suite->took_ms += result->took_ms > 0 ? result->took_ms : 0;
    suite->hash = hash_u64(suite->hash, result->hash);
    suite_cover(suite, result->covers);
}

static void junit_result(struct report *report, const struct run_result *result)
{
    struct suite *suite = suite_of(report, result);
    struct buf *out = &suite->cases;
    bool trouble = report_is_bad(report, result);
    suite_count(report, suite, result);
    buf_puts(out, "    <testcase name=\"");
    escape_xml(out, result->id.n > 0 ? result->id : STR("unnamed"), true);
    if (result->name.n > 0) {
        buf_puts(out, ": ");
        escape_xml(out, result->name, true);
    }
    buf_puts(out, "\" classname=\"");
    put_suite_name(out, suite, ".");
    buf_putc(out, '"');
    put_time(out, result->took_ms);
    buf_puts(out, ">\n");
    if (is_skipped(result->outcome)) {
        put_skipped(out, result);
    } else if (trouble) {
        put_trouble(out, result,
                    is_failure(report, result) ? "failure" : "error");
    }
    put_output(out, result, trouble);
    buf_puts(out, "    </testcase>\n");
}

/* Most schemas want the date and time alone, no fraction and no zone. */
static void put_timestamp(struct buf *out, const struct report *report)
{
    struct instant at;
    if (instant_parse(report->run.started, &at, NULL) == ST_OK) {
        put_attribute(out, "timestamp",
                      str_take(report->run.started, STAMP_BYTES));
    }
}

static void put_suite_properties(struct report *report,
                                 const struct suite *suite)
{
    struct buf *out = &report->out;
    char seed[NUMBER_TEXT], hash[NUMBER_TEXT];
    snprintf(seed, sizeof seed, "%" PRIu64, report->run.seed);
    snprintf(hash, sizeof hash, "%016" PRIx64, suite->hash);
    buf_puts(out, "    <properties>\n");
    put_property(out, "seed", str_of(seed));
    put_property(out, "hash", str_of(hash));
    put_property(out, "world", suite->world);
    put_property(out, "dialect", suite->dialect);
    put_property(out, "covers", buf_view(&suite->words));
    put_property(out, "target", report->run.target);
    put_property(out, "profile", report->run.profile);
    put_property(out, "tool", report->run.tool);
    put_property(out, "args", report->run.args);
    buf_puts(out, "    </properties>\n");
}

static void put_counts(struct buf *out, const size_t counts[3])
{
    buf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", counts[0],
               counts[1], counts[2]);
}

static void put_suite(struct report *report, struct suite *suite)
{
    struct buf *out = &report->out;
    buf_puts(out, "  <testsuite name=\"");
    put_suite_name(out, suite, " ");
    buf_putc(out, '"');
    put_counts(out, (size_t[]){suite->tests, suite->failures, suite->errors});
    buf_printf(out, " skipped=\"%zu\"", suite->skipped);
    put_time(out, suite->took_ms);
    put_timestamp(out, report);
    buf_puts(out, ">\n");
    put_suite_properties(report, suite);
    out->failed = out->failed || suite->cases.failed;
    buf_str(out, buf_view(&suite->cases));
    buf_free(&suite->cases);
    buf_puts(out, "  </testsuite>\n");
    report_flush(report);
}

static void junit_end(struct report *report)
{
    struct junit_state *state = report->state;
    struct buf *out = &report->out;
    for (const struct suite *suite = state->first; suite; suite = suite->next) {
        state->tests += suite->tests;
        state->failures += suite->failures;
        state->errors += suite->errors;
    }
    buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<testsuites name=\"syncspec\"");
    put_counts(out, (size_t[]){state->tests, state->failures, state->errors});
    put_time(out, report->totals.took_ms);
    buf_puts(out, ">\n");
    for (struct suite *suite = state->first; suite; suite = suite->next) {
        put_suite(report, suite);
    }
    buf_puts(out, "</testsuites>\n");
}

static void junit_free(struct report *report)
{
    const struct junit_state *state = report->state;
    for (struct suite *suite = state ? state->first : NULL; suite;
         suite = suite->next) {
        buf_free(&suite->cases);
        buf_free(&suite->words);
    }
}

const struct renderer junit_renderer = {
    .name = "junit",
    .begin = junit_begin,
    .result = junit_result,
    .end = junit_end,
    .free = junit_free,
};
