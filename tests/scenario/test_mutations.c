/* SPDX-License-Identifier: MIT */
/* test_mutations - any bytes at all: never a crash; and what parses still
 * means the same after formatting and after printing. */
#include <dirent.h>
#include <string.h>

#include "base/rng.h"
#include "tests/scenario/suites.h"

enum { SEEDS_MAX = 300, ROUNDS = 3000, TEXT_MAX = 8192 };

static const char rich[] =
    "scenario \"rich {X}\"\n"
    "covers     PUSH-4 QUEUE-1\n"
    "source     a/b#12\n"
    "each       X = 1 \"a b\" [2]\n"
    "clients    alice bob\n"
    "clients    tab2 tab=alice offline\n"
    "clients    eve user=eve app=\"x y\" guest\n"
    "collection tasks title:text n:number done:bool\n"
    "onboarding tasks/w title=\"W\"\n"
    "latency    5ms..80ms\n"
    "plants     server:x\n"
    "caught     by=oracle clause=PUSH-2\n"
    "\n"
    "        alice    inserts tasks/1 title=\"t{X}\" n=-1.5e3 @10:05:00.5\n"
    "+2s     bob eve  updates tasks/\"a b\" \"z\"={\"k\":[1,null]} @+5s\n"
    "        net      delays  response by=2s to=alice chance=2.5% skip=1\n"
    "        clock    skews   alice by=-5m\n"
    "        alice    sends   POST /sync/{app}?c={bob.cursor.tasks} times=2\n"
    "        | {\"x\":\"{3*y}{\\xFF}\"}\n"
    "        expects  status=4xx json.a.0!={\"q\":1} changes<=3\n"
    "        or       status=413 grade=nonstrict\n"
    "        bob      sees    tasks/1 n=absent title!=\"u\" deleted=yes\n"
    "        alice    has     pending<=2 clause=QUEUE-1\n"
    "        alice    listens socket jitter=1s\n"
    "        bob      connects /ws/{app} on=a via=frames token=none\n"
    "        expects  status=101\n"
    "        bob      frames  text fin=no rsv=1 split=2 on=a\n"
    "        | {\\x00}{3*ab}\n"
    "        bob      hears   pong-frame is~=\"x\" within=1s count=2\n"
    "        bob      connects /ws/{app}\n"
    "        bob      says\n"
    "        | {\"type\":\"ping\"}\n"
    "        bob      hears   tasks app=app\n"
    "        bob      disconnects code=1001 on=a\n"
    "        net      cuts    message to=bob after=5 every=1s\n"
    "        everyone settles within=60s\n";

/* Pieces that mean something in the language. */
static const char *const pieces[] = {"\"",
                                     "\\",
                                     "{",
                                     "}",
                                     "[",
                                     "]",
                                     "#",
                                     "=",
                                     "!=",
                                     "~=",
                                     "<=",
                                     "@",
                                     "+",
                                     "|",
                                     "\n",
                                     "\r",
                                     "\t",
                                     " ",
                                     "/",
                                     ":",
                                     ",",
                                     "{X}",
                                     "{3*a}",
                                     "{\\xFF}",
                                     "\0",
                                     "\xff",
                                     "\xc3",
                                     "\xc3\xa9",
                                     "alice",
                                     "bob",
                                     "syncs",
                                     "each",
                                     "-",
                                     "0",
                                     "9999999999",
                                     "1e400",
                                     "null",
                                     "..",
                                     "expects",
                                     "or",
                                     "grade=info",
                                     "scenario",
                                     "{99999999*a}",
                                     "clause=PUSH-4",
                                     "\\u0000",
                                     "\\ud800",
                                     "''",
                                     "tasks/1"};

struct corpus {
    struct str seeds[SEEDS_MAX];
    size_t count;
};

static void load_corpus(struct corpus *corpus)
{
    DIR *folder = opendir("scenarios/malformed");
    ck_assert_ptr_nonnull(folder);
    corpus->count = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct str path =
            arena_printf(&arena, "scenarios/malformed/%s", entry->d_name);
        if (str_ends(path, STR(".sync")) && corpus->count < SEEDS_MAX - 3) {
            corpus->seeds[corpus->count++] = file_text(path.p);
        }
    }
    closedir(folder);
    corpus->seeds[corpus->count++] = str_of(rich);
    corpus->seeds[corpus->count++] =
        file_text("tests/scenario/lost_response.sync");
    corpus->seeds[corpus->count++] =
        file_text("tests/scenario/unknown_op.sync");
}

static size_t splice(char *text, size_t n, size_t at, struct str piece)
{
    if (n + piece.n > TEXT_MAX) {
        return n;
    }
    memmove(text + at + piece.n, text + at, n - at);
    memcpy(text + at, piece.p, piece.n);
    return n + piece.n;
}

static size_t mutate(struct rng *rng, const struct corpus *corpus, char *text,
                     size_t n)
{
    size_t at = (size_t)rng_below(rng, n + 1);
    size_t take = (size_t)rng_below(rng, n - at + 1);
    struct str other = corpus->seeds[rng_below(rng, corpus->count)];
    const char *piece =
        pieces[rng_below(rng, sizeof pieces / sizeof pieces[0])];
    switch (rng_below(rng, 5)) {
    case 0: /* cut out a little */
        take = take < 8 ? take : 8;
        memmove(text + at, text + at + take, n - at - take);
        return n - take;
    case 1: /* change a byte */
        if (at < n) {
            text[at] = (char)rng_below(rng, 256);
        }
        return n;
    case 2: /* put in a piece of another */
        other = str_skip(other, (size_t)rng_below(rng, other.n + 1));
        return splice(text, n, at, str_take(other, 40));
    case 3: /* say something twice */
        other = (struct str){arena_str(&arena, (struct str){text + at, take}).p,
                             take < 60 ? take : 60};
        return splice(text, n, at, other);
    default:
        return splice(text, n, at,
                      piece[0] ? str_of(piece) : (struct str){piece, 1});
    }
}

static struct scenario_list reparsed(struct buf *text)
{
    ck_assert(!text->failed);
    struct scenario_list list = parse_all(buf_view(text));
    return list;
}

static void check_same(const struct scenario_list *list, struct str text)
{
    struct buf out;
    struct str want = dump_all(list);
    buf_init(&out, (size_t)64 << 20);
    ck_assert_int_eq(scenario_format(STR("t.sync"), text, &out, NULL), ST_OK);
    struct scenario_list after = reparsed(&out);
    assert_same(dump_all(&after), want);
    struct str once = arena_str(&arena, buf_view(&out));
    buf_clear(&out);
    ck_assert_int_eq(scenario_format(STR("t.sync"), once, &out, NULL), ST_OK);
    assert_same(buf_view(&out), once);
    buf_clear(&out);
    for (size_t i = 0; i < list->count; i++) {
        scenario_print(&list->items[i], &out);
    }
    after = reparsed(&out);
    assert_same(dump_all(&after), want);
    buf_free(&out);
}

START_TEST(any_bytes)
{
    struct corpus corpus;
    struct rng rng;
    size_t good = 0;
    load_corpus(&corpus);
    rng_init(&rng, 1, STR("mutations"));
    char *text = arena_must(&arena, TEXT_MAX, 1);
    for (int round = 0; round < ROUNDS; round++) {
        /* Half of them start where everything is good. */
        size_t from = rng_chance(&rng, 500)
                          ? corpus.count - 1 - (size_t)rng_below(&rng, 3)
                          : (size_t)rng_below(&rng, corpus.count);
        size_t n = corpus.seeds[from].n;
        memcpy(text, corpus.seeds[from].p, n);
        uint64_t times = rng_chance(&rng, 600) ? 1 : 1 + rng_below(&rng, 4);
        for (uint64_t i = 0; i < times; i++) {
            n = mutate(&rng, &corpus, text, n);
        }
        struct arena mine;
        struct scenario_list list = {.count = 0};
        struct err err = {.status = ST_OK};
        arena_init(&mine, (size_t)512 << 20);
        enum status status = scenario_parse(
            STR("t.sync"), (struct str){text, n}, &mine, &list, &err);
        if (status == ST_OK) {
            good++;
            check_same(&list, (struct str){text, n});
        } else {
            ck_assert_ptr_null(strchr(err.text, '\n'));
            ck_assert(strncmp(err.text, "t.sync:", 7) == 0);
        }
        arena_free(&mine);
    }
    ck_assert_uint_gt(good, ROUNDS / 20);
}
END_TEST

Suite *suite_mutations(void)
{
    Suite *suite = suite_create("mutations");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, any_bytes);
    suite_add_tcase(suite, tests);
    return suite;
}
