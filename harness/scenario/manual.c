/* SPDX-License-Identifier: MIT */
/* manual - scenarios/README.md, written from the tables that the parser uses.
 * Layer: harness/scenario. */
#include <inttypes.h>

#include "base/limits.h"
#include "harness/scenario/body.h"
#include "harness/scenario/parse.h"
#include "harness/scenario/when.h"

static const char *const manual_intro =
    "# The scenario language\n"
    "\n"
    "Generated from the tables in `harness/scenario/` by `SYNCSPEC_UPDATE=1 "
    "test_scenario`; do not edit.\n"
    "New here? `docs/scenario-guide.md` writes a first scenario with you in "
    "five minutes.\n"
    "\n"
    "A `.sync` file holds one or more scenarios: who is there, what they do, "
    "and what must be true.\n"
    "The whole file is read and checked before its first step is run. What "
    "is wrong is told as `FILE:LINE:COLUMN: what`, with what was probably "
    "meant.\n"
    "\n"
    "```sync\n"
    "# A push is applied but its answer is lost.\n"
    "scenario \"a push whose response is lost takes effect once\"\n"
    "covers     PUSH-4 QUEUE-1 QUEUE-3\n"
    "clients    alice bob\n"
    "collection tasks title:text done:bool\n"
    "\n"
    "        alice    inserts tasks/1 title=\"Buy milk\" done=false\n"
    "        net      drops   response to=alice count=1\n"
    "        alice    pushes  gets=timeout\n"
    "        alice    has     pending=1\n"
    "+2s     alice    syncs\n"
    "        everyone settles within=60s\n"
    "        everyone agrees\n"
    "        bob      sees    tasks/1 title=\"Buy milk\" done=false\n"
    "```\n"
    "\n"
    "## Lines\n"
    "\n"
    "- A **header** starts at column 1 with its keyword. Headers come before "
    "the first step; `scenario` starts the next scenario.\n"
    "- A **step** is indented: `[+TIME] WHO VERB ARGUMENTS`. `+TIME` lets so "
    "much time pass since the line above; it may stand at column 1. Lines "
    "run in their order.\n"
    "- WHO is one client or several (`alice bob syncs`: both at once), "
    "`everyone`, `net`, `clock`, `server` or `storm`.\n"
    "- `|` lines under `sends` are the body of the request, under `says` and "
    "`frames` what is said: the text after the bar and one blank. `expects` "
    "lines under `sends` and `connects` judge the answer.\n"
    "- `#` begins a comment, at the start of a line or after a blank; not in "
    "quotes and not in bodies.\n"
    "- Columns are for the eye: `syncspec fmt` aligns them.\n"
    "\n"
    "## Values\n"
    "\n"
    "- **Text** is a JSON string in double quotes, with all its escapes.\n"
    "- **Field values** are JSON: `\"text\"`, `1.5`, `true`, `null`, "
    "`[1, 2]`, `{\"a\": 1}`.\n"
    "- **Words** stand without quotes: options, names, ids.\n"
    "- **Records** are `collection/id`. An id with blanks or quotes is a JSON "
    "string: `tasks/\"a b\"`.\n"
    "- **Field names** may be quoted too. A quoted name is always a field, "
    "also where an option has that name, and is not compared with the "
    "`collection` line.\n"
    "- **Durations** are `250ms`, `2s`, `5m`, `1h`, `1d`.\n"
    "- **Wall-clock times** of edits are `@10:05:00`, `@10:05:30.250` (of "
    "2026-03-27), `@+5s` (after " WHEN_EPOCH_TEXT ", where all clocks "
    "start) or a whole time as `@2026-03-27T10:05:00.000Z`.\n"
    "- **Names in braces** in targets, bodies and headers of `sends`, and in "
    "what is said on a raw channel, are filled in when it is sent: `{app}` the "
    "live app id, `{epoch}` the "
    "first-sync cursor, `{at}` the dialect's stamp key, `{time}` the wall "
    "clock, `{token}` and `{user}` of the sender, `{alice}` a client's live "
    "id, `{alice.user}` what the server calls its user, "
    "`{alice.cursor.tasks}` its cursor. In a target a name must be one "
    "of these; in a body other braces stay.\n"
    "- **Tokens that are not good**: a bare `token=KIND`, and `{token.KIND}` "
    "in bodies, headers and in the text of `token=`, is a token of the "
    "sender's user that is `expired`, of the `future`, signed by an "
    "`other-key`, of alg `none` (in braces only) or `hs256`, `cut`, "
    "`altered`, of an `unknown-kid`; or one that is good all the same: "
    "`no-exp`, and `other-user`, of another user. They are made by the "
    "suite's issuer, or for a server in development mode with the key that "
    "everybody knows.\n"
    "- **Numbers of the server** in `each`, without quotes: `@page` the "
    "changes in one page (1000 where it is not known), `@body` the bytes that "
    "a "
    "body may have (10485760), and what is made of them: `@page-1`, "
    "`@page*2+1`. What is known of a server comes from whoever reads the "
    "file: a probe, or nobody.\n"
    "- **Spells** in targets and bodies: `{1000*ab}` repeats, "
    "`{\\xFF00}` is bytes that text cannot hold.\n"
    "\n";

static void manual_choices(struct buf *out, const char *choices)
{
    struct str rest = str_of(choices);
    for (bool first = true; rest.n > 0; first = false) {
        size_t bar = str_find(rest, '|');
        struct str word = str_take(rest, bar);
        buf_puts(out, first ? "" : ", ");
        if (str_is(word, "STATUS")) {
            buf_puts(out, "a number from 100 to 599");
        } else {
            buf_printf(out, "`%.*s`", STR_ARG(word));
        }
        rest = str_skip(rest, bar + 1);
    }
}

static const char *option_kind_name(enum option_kind kind)
{
    static const char *const names[] = {
        [OPTION_WORD] = "WORD",       [OPTION_NUMBER] = "N",
        [OPTION_DURATION] = "TIME",   [OPTION_STRING] = "TEXT",
        [OPTION_CLIENT] = "CLIENT",   [OPTION_COLLECTION] = "COLLECTION",
        [OPTION_PERCENT] = "PERCENT", [OPTION_CLAUSE] = "CLAUSE",
    };
    return names[kind];
}

static void manual_option(struct buf *out, const struct option *option)
{
    bool prefix = str_ends(str_of(option->name), STR("."));
    bool path = str_is(str_of(option->name), "json.");
    buf_printf(out, "- `%s%s=%s`%s: %s", option->name,
               path     ? "PATH"
               : prefix ? "NAME"
                        : "",
               option_kind_name(option->kind),
               option->required ? " (needed)" : "", option->help);
    if (option->choices) {
        buf_puts(out, "; ");
        manual_choices(out, option->choices);
    }
    if (option->low > 0) {
        bool time = option->kind == OPTION_DURATION;
        buf_printf(out, "; %" PRId64 " to %" PRId64 "%s", option->low,
                   option->high, time ? " ms" : "");
    }
    if (option->compares) {
        bool ordered =
            option->kind == OPTION_NUMBER || option->kind == OPTION_DURATION;
        buf_puts(out, ordered                         ? "; also `!=` `<=` `>=`"
                      : option->kind == OPTION_STRING ? "; also `!=` `~=`"
                                                      : "; also `!=`");
    }
    buf_putc(out, '\n');
}

static void manual_words(struct buf *out, const struct verb *verb)
{
    static const char *const words[] = {
        [WORDS_NONE] = "",
        [WORDS_REF] = " COLLECTION/ID",
        [WORDS_REFS] = " COLLECTION/ID...",
        [WORDS_COLLECTION] = " [COLLECTION]",
        [WORDS_CHOICE] = "",
        [WORDS_METHOD_TARGET] = " METHOD TARGET",
        [WORDS_NAMES] = " CLIENT...",
        [WORDS_ONE_COLLECTION] = " COLLECTION",
        [WORDS_TARGET] = " TARGET",
        [WORDS_HEARD] = " COLLECTION[/ID]...|",
    };
    buf_puts(out, words[verb->words]);
    if (verb->choices) {
        buf_puts(out, verb->words == WORDS_HEARD ? "" : " ");
        buf_puts(out, verb->choices);
    }
    buf_puts(out, verb->fields ? " [FIELD=VALUE...]" : "");
    buf_puts(out, verb->options && verb->options->name ? " [OPTION=...]" : "");
    buf_puts(out, verb->time ? " [@TIME]" : "");
    buf_puts(out, verb->expects ? " [clause=ID]" : "");
}

static void manual_verb(struct buf *out, const struct verb *verb)
{
    bool client = str_is(str_of(verb->who), "client");
    buf_printf(out, "### %s %s\n\n`%s %s", verb->who, verb->name,
               client ? "CLIENT" : verb->who, verb->name);
    manual_words(out, verb);
    buf_printf(out, "`%s\n\n%s\n\n",
               client && !verb->everyone ? " (not of everyone)" : "",
               verb->help);
    const struct option *option = verb->options;
    for (; option && option->name; option++) {
        manual_option(out, option);
    }
    buf_puts(out, verb->options && verb->options->name ? "\n" : "");
    buf_printf(out, "```sync\n        %s\n```\n\n", verb->example);
}

static void manual_headers(struct buf *out)
{
    const struct header *headers = header_all();
    buf_puts(out, "## Headers\n\n");
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        const struct header *header = &headers[i];
        buf_printf(out, "### %s\n\n%s%s\n\n```sync\n%s\n```\n\n", header->name,
                   header->help,
                   header->repeats ? " May be there more than once." : "",
                   header->example);
    }
}

static void manual_verbs(struct buf *out)
{
    buf_puts(out,
             "## Verbs\n\n"
             "A step that can fail takes `clause=ID`: the clause that is "
             "broken when it does. Left out, it is the fitting one of those "
             "that the scenario covers. What clients can say, `everyone` can "
             "say too, if not told otherwise.\n\n");
    for (size_t i = 0; i < VERB_COUNT; i++) {
        manual_verb(out, verb_at((enum verb_id)i));
    }
}

static void manual_expects(struct buf *out)
{
    buf_puts(out,
             "## Expectations of an answer\n\n"
             "`expects KEY=VALUE... [clause=ID]` under a `sends` or "
             "`connects`, any number of them, after its body. With `wait=no` "
             "there is nothing to judge yet. Of `connects` it is the answer "
             "to the opening: 101 where a socket opens.\n\n"
             "`or KEY=VALUE... [grade=nonstrict|info] [clause=ID]` lines "
             "behind it tell what will do as well: of an `expects` line and "
             "its `or` lines the first that holds decides, and when none "
             "holds the scenario fails. What `expects` says is a pass, and so "
             "is an `or` line without grade. `nonstrict` is allowed, and less "
             "than what is recommended; `info` is worth knowing, and no more. "
             "Either is told, and the scenario goes on.\n\n");
    for (const struct option *o = expect_options(); o->name; o++) {
        manual_option(out, o);
    }
    buf_puts(out,
             "\n```sync\n"
             "        alice    sends   GET /sync/{app}/pull?collection=tasks"
             "&since={epoch}\n"
             "        expects  status=200 header.content-type~=\"json\" "
             "changes>=1\n"
             "        expects  json.serverChanges.0.op=\"insert\"\n"
             "        alice    sends   POST /sync/{app}\n"
             "        | {12582912*x}\n"
             "        expects  status=413\n"
             "        or       status=4xx grade=nonstrict\n"
             "        or       gets=reset grade=info\n"
             "```\n\n");
}

static void manual_limits(struct buf *out)
{
    buf_printf(out,
               "## Limits\n\n"
               "A file: %d bytes, lines of %d bytes. A scenario: %d clients, "
               "%d steps, %d collections, %d variants by `each`. A body with "
               "its spells: %d bytes.\n",
               LIMIT_SCENARIO_BYTES, LIMIT_SCENARIO_LINE, LIMIT_CLIENTS,
               LIMIT_STEPS, LIMIT_COLLECTIONS, LIMIT_EACH_VALUES,
               BODY_BYTES_MAX);
}

void verbs_write_manual(struct buf *out)
{
    buf_puts(out, manual_intro);
    manual_headers(out);
    manual_verbs(out);
    manual_expects(out);
    manual_limits(out);
}
