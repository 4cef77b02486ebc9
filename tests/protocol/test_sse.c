/* SPDX-License-Identifier: MIT */
/* test_sse - event streams: the examples of the WHATWG text, each of its rules
 * at its edge, the bytes cut at every place; and events written. */
#include <stdio.h>
#include <stdlib.h>

#include "protocol/sse.h"
#include "tests/protocol/suites.h"

#define BOM "\xef\xbb\xbf"

static void drain(struct sse_parser *parser, struct buf *told)
{
    struct sse_event event;
    while (sse_parser_next(parser, &event)) {
        buf_printf(told, "%.*s[%.*s]", STR_ARG(event.type),
                   STR_ARG(event.data));
        if (event.id.n > 0) {
            buf_printf(told, "#%.*s", STR_ARG(event.id));
        }
        buf_putc(told, ';');
    }
}

/* Bytes behind the first `cut` by `step`; what is told goes to `told`, and
 * "over" when it was over the limit. */
static void read_cut(struct sse_parser *parser, struct str bytes, size_t cut,
                     size_t step, struct buf *told)
{
    size_t at = 0;
    bool good = true;
    for (size_t n = cut; at < bytes.n; at += n, n = step) {
        struct str part = str_take(str_skip(bytes, at), n);
        char *p = malloc(part.n + 1);
        ck_assert_ptr_nonnull(p);
        memcpy(p, part.p, part.n);
        bool taken = sse_parser_feed(parser, p, part.n);
        free(p);
        ck_assert(good || !taken);
        good = taken;
        drain(parser, told);
    }
    ck_assert_int_eq(parser->failed, !good);
    buf_puts(told, good ? "" : "over");
}

static void reads_within(size_t limit, struct str bytes, const char *expected)
{
    for (size_t cut = 0; cut <= bytes.n; cut++) {
        struct sse_parser parser;
        struct buf told;
        buf_init(&told, 1 << 20);
        sse_parser_init(&parser, limit);
        read_cut(&parser, bytes, cut, cut > 0 ? bytes.n : 1, &told);
        ck_assert_msg(str_is(buf_view(&told), expected),
                      "cut at %zu\ngot  %.*s\nwant %s", cut,
                      STR_ARG(buf_view(&told)), expected);
        sse_parser_free(&parser);
        buf_free(&told);
    }
}

static void reads(struct str bytes, const char *expected)
{
    reads_within(1000, bytes, expected);
}

START_TEST(the_examples_of_whatwg)
{
    reads(STR("data: This is the first message.\n\n"
              "data: This is the second message, it\n"
              "data: has two lines.\n\n"
              "data: This is the third message.\n\n"),
          "message[This is the first message.];"
          "message[This is the second message, it\nhas two lines.];"
          "message[This is the third message.];");
    reads(STR("event: add\ndata: 73857293\n\n"
              "event: remove\ndata: 2153\n\n"
              "event: add\ndata: 113411\n\n"),
          "add[73857293];remove[2153];add[113411];");
    reads(STR("data: YHOO\ndata: +2\ndata: 10\n\n"), "message[YHOO\n+2\n10];");
    /* The third event has no id and resets the last one; the leading space of
     * its data stays, as one alone is taken. */
    reads(STR(": test stream\n\ndata: first event\nid: 1\n\n"
              "data:second event\nid\n\ndata:  third event\n\n"),
          "message[first event]#1;message[second event];"
          "message[ third event];");
    reads(STR("data\n\ndata\ndata\n\ndata:"), "message[];message[\n];");
    reads(STR("data:test\n\ndata: test\n\n"), "message[test];message[test];");
}
END_TEST

START_TEST(lines_end_in_three_ways)
{
    reads(STR("data:a\n\ndata:b\n\n"), "message[a];message[b];");
    reads(STR("data:a\r\rdata:b\r\r"), "message[a];message[b];");
    reads(STR("data:a\r\n\r\ndata:b\r\n\r\n"), "message[a];message[b];");
    reads(STR("data:a\r\ndata:b\n\rdata:c\r\n\n"), "message[a\nb];message[c];");
    reads(STR("data:a\n\r"), "message[a];");
    reads(STR("data:a\r\n"), "");
    reads(STR("data:a\r\n\r"), "message[a];");
    reads(STR("\r\n\n\r\r\ndata:a\n\n"), "message[a];");
    reads(STR("data:a\r\rdata:b\r\n\r"), "message[a];message[b];");
}
END_TEST

START_TEST(one_byte_order_mark_in_front)
{
    reads(STR(BOM "data:a\n\n"), "message[a];");
    reads(STR(BOM BOM "data:a\n\ndata:b\n\n"), "message[b];");
    reads(STR(BOM "\ndata:a\n\n"), "message[a];");
    reads(STR("\n" BOM "data:a\n\n"), "");
    reads(STR("\xef\xbb"
              "data:a\n\ndata:b\n\n"),
          "message[b];");
    reads(STR("\xef\ndata:b\n\n"), "message[b];");
    reads(STR("data:" BOM "\n\n"), "message[" BOM "];");
    reads_within(1, STR(BOM "\n"), "");
    reads_within(1, STR("\xef\xbb\n"), "over");
}
END_TEST

START_TEST(fields_are_named_exactly)
{
    reads(STR("Data:a\n data:b\ndata :c\ndatax:d\ndat:e\n\n"), "");
    reads(STR("unknown:x\nunknown\ndata:a\n:data:b\n\n"), "message[a];");
    reads(STR("data::\n\n"), "message[:];");
    reads(STR("data:a:b\n\n"), "message[a:b];");
    reads(STR("data:\n\n"), "message[];");
    reads(STR("data: \n\n"), "message[];");
    reads(STR("data:  \n\n"), "message[ ];");
    reads(STR("data:\ta\n\n"), "message[\ta];");
    reads(STR("data\0:a\n\n"), "");
    reads(STR("data:a\ndata\ndata:\ndata:b\n\n"), "message[a\n\n\nb];");
}
END_TEST

START_TEST(events_without_data_are_none)
{
    reads(STR("event:x\n\ndata:a\n\n"), "message[a];");
    reads(STR("\n\n\n"), "");
    reads(STR("event:x\nevent:y\ndata:a\n\n"), "y[a];");
    reads(STR("event:x\nevent\ndata:a\n\n"), "message[a];");
    reads(STR("event: x y\ndata:a\n\n"), "x y[a];");
    reads(STR("data:a\nevent:x\n\ndata:b\n\n"), "x[a];message[b];");
}
END_TEST

START_TEST(the_end_of_the_stream_ends_no_event)
{
    reads(STR("data:a\n\ndata:b"), "message[a];");
    reads(STR("data:a\n\ndata:b\n"), "message[a];");
    reads(STR("data:a\n\nevent:b"), "message[a];");
}
END_TEST

START_TEST(the_last_id_stays)
{
    reads(STR("id:1\ndata:a\n\ndata:b\n\nid:2\n\ndata:c\n\n"),
          "message[a]#1;message[b]#1;message[c]#2;");
    reads(STR("id:1\ndata:a\n\nid\ndata:b\n\ndata:c\n\n"),
          "message[a]#1;message[b];message[c];");
    reads(STR("id:1\nid:2\ndata:a\n\n"), "message[a]#2;");
    reads(STR("id:1\ndata:a\n\nid:x\0y\ndata:b\n\n"),
          "message[a]#1;message[b]#1;");
    reads(STR("id:1\nid:\0\ndata:a\n\n"), "message[a]#1;");
    reads(STR("data:a\nid: 1 \n\n"), "message[a]#1 ;");
}
END_TEST

/* An id takes effect with the blank line behind it, with or without data. */
START_TEST(the_last_id_is_that_of_what_was_told)
{
    struct sse_parser parser;
    struct sse_event event;
    sse_parser_init(&parser, 100);
    ck_assert(
        sse_parser_feed(&parser, "id:1\ndata:a\n\nid:2\n\nid:3\ndata", 26));
    assert_text(buf_view(&parser.last_id), "");
    ck_assert(sse_parser_next(&parser, &event));
    assert_text(buf_view(&parser.last_id), "1");
    ck_assert(!sse_parser_next(&parser, &event));
    assert_text(buf_view(&parser.last_id), "2");
    sse_parser_free(&parser);
}
END_TEST

static void retries_as(struct str bytes, int64_t expected)
{
    for (size_t cut = 0; cut < bytes.n; cut++) {
        struct sse_parser parser;
        sse_parser_init(&parser, 100);
        ck_assert(sse_parser_feed(&parser, bytes.p, cut));
        ck_assert(sse_parser_feed(&parser, bytes.p + cut, bytes.n - cut));
        ck_assert_int_eq(parser.retry_ms, expected);
        sse_parser_free(&parser);
    }
}

START_TEST(retry_is_digits)
{
    retries_as(STR("data: x\n\n"), -1);
    retries_as(STR("retry: 3000\n"), 3000);
    retries_as(STR("retry:0\n"), 0);
    retries_as(STR("retry:007\n"), 7);
    retries_as(STR("retry: 3000"), -1);
    retries_as(STR("retry\n"), -1);
    retries_as(STR("retry:\n"), -1);
    retries_as(STR("retry: -1\n"), -1);
    retries_as(STR("retry: +1\n"), -1);
    retries_as(STR("retry: 1.5\n"), -1);
    retries_as(STR("retry:  1\n"), -1);
    retries_as(STR("retry: 1 \n"), -1);
    retries_as(STR("retry: 5\nretry: soon\n"), 5);
    retries_as(STR("retry: 9223372036854775807\n"), INT64_MAX);
    retries_as(STR("retry: 99999999999999999999\n"), INT64_MAX);
}
END_TEST

START_TEST(comments_are_counted)
{
    struct sse_parser parser;
    sse_parser_init(&parser, 100);
    ck_assert(sse_parser_feed(&parser, ":\n: beat\ndata:x\n:\r\n:", 20));
    ck_assert_uint_eq(parser.comments, 3);
    sse_parser_free(&parser);
}
END_TEST

/* By U+FFFD for each longest beginning of a character (WHATWG Encoding). */
START_TEST(bytes_that_are_not_utf8_are_replaced)
{
    reads(STR("data:a\xff"
              "b\n\n"),
          "message[a\xef\xbf\xbd"
          "b];");
    reads(STR("data:\xf0\x9f\x98\n\n"), "message[\xef\xbf\xbd];");
    reads(STR("data:\xf0\x9f\x98\x80\xf0\x9f\n\n"), "message[😀\xef\xbf\xbd];");
    reads(STR("data:\xed\xa0\x80\n\n"),
          "message[\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd];");
    reads(STR("event:\xc2\nid:\x80\ndata\n\n"), "\xef\xbf\xbd[]#\xef\xbf\xbd;");
    reads(STR("\xff"
              "data:x\n\n"),
          "");
}
END_TEST

START_TEST(lines_are_limited)
{
    reads_within(8, STR("data:abc\n\n"), "message[abc];");
    reads_within(8, STR("data:abcd\n\n"), "over");
    reads_within(8, STR(":1234567\ndata:a\r\n\r\n"), "message[a];");
    reads_within(8, STR("data:a\n\n:12345678"), "message[a];over");
    reads_within(8, STR("data:a\n\n\n:12345678\ndata:b\n\n"),
                 "message[a];over");
    reads_within(8, STR(":1234567"), "");
    reads_within(0, STR("\n\r\n\r"), "");
    reads_within(0, STR("\n:"), "over");
}
END_TEST

START_TEST(data_is_limited)
{
    reads_within(8, STR("data:abc\ndata:defg\n\n"), "over");
    reads_within(9, STR("data:abc\ndata:defgh\n\n"), "over");
    reads_within(9, STR("data:abcd\ndata:efgh\n\n"), "message[abcd\nefgh];");
    reads_within(9, STR("data:abcd\n\ndata:efgh\n\n"),
                 "message[abcd];message[efgh];");
    reads_within(9, STR("data:abcd\n\ndata:abcd\ndata:efgh\ndata\n\n"),
                 "message[abcd];over");
    /* Three bytes come of one that is replaced. */
    reads_within(9, STR("data:\xff\xff\xff\n\n"),
                 "message[\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd];");
    reads_within(9, STR("data:\xff\xff\xff\xff\n\n"), "over");
    reads_within(9, STR("event:\xff\xff\xff\n"), "");
    reads_within(9, STR("id:\xff\xff\xff\xff\n"), "over");
}
END_TEST

static bool inside_after(const char *text)
{
    struct sse_parser parser;
    sse_parser_init(&parser, 100);
    ck_assert(sse_parser_feed(&parser, text, strlen(text)));
    bool inside = sse_parser_inside(&parser);
    sse_parser_free(&parser);
    return inside;
}

START_TEST(inside_an_event)
{
    ck_assert(!inside_after(""));
    ck_assert(!inside_after("data:a\n\n"));
    ck_assert(!inside_after("data:a\r\r"));
    ck_assert(!inside_after("\n:comment"));
    ck_assert(!inside_after("retry:1\n:comment\n"));
    ck_assert(inside_after("d"));
    ck_assert(inside_after("data"));
    ck_assert(inside_after("data\n"));
    ck_assert(inside_after("data:a\r\n"));
    ck_assert(inside_after("event:x\n"));
    ck_assert(inside_after("id:x\n"));
    ck_assert(inside_after("data:a\n:comment\n"));
}
END_TEST

START_TEST(many_events_at_once)
{
    struct sse_parser parser;
    struct sse_event event;
    char text[32];
    sse_parser_init(&parser, 100);
    size_t told = 0;
    for (int i = 0; i < 20000; i++) {
        int n = snprintf(text, sizeof text, "id:%d\ndata:%d\n\n", i, i);
        ck_assert(sse_parser_feed(&parser, text, (size_t)n));
        if (i % 3 != 0) {
            ck_assert(sse_parser_next(&parser, &event));
            snprintf(text, sizeof text, "%zu", told++);
            assert_text(event.data, text);
            assert_text(event.id, text);
        }
    }
    while (sse_parser_next(&parser, &event)) {
        told++;
    }
    ck_assert_uint_eq(told, 20000);
    sse_parser_free(&parser);
}
END_TEST

static void writes(const char *type, const char *id, struct str data,
                   const char *expected)
{
    struct buf out;
    struct sse_event event = {str_of(type), data, str_of(id)};
    buf_init(&out, 1000);
    sse_event_write(&out, &event);
    assert_text(buf_view(&out), expected);
    buf_free(&out);
}

START_TEST(events_are_written)
{
    writes("changes", "", STR("{}"), "event: changes\ndata: {}\n\n");
    writes("", "", STR(""), "data: \n\n");
    writes("", "7", STR("a"), "id: 7\ndata: a\n\n");
    writes("a", "b", STR("c\nd\n"),
           "event: a\nid: b\ndata: c\ndata: d\n"
           "data: \n\n");
    writes("", "", STR(" a"), "data:  a\n\n");
    writes("", "", STR("a\rb\r\nc\r\r\n"),
           "data: a\ndata: b\ndata: c\ndata: \ndata: \n\n");
}
END_TEST

START_TEST(what_is_written_is_read)
{
    static const struct str cases[] = {
        TEXT(""),      TEXT("a"),   TEXT("\n"),           TEXT("\n\n"),
        TEXT(" a \n"), TEXT(":\0"), TEXT("id: 5\ndata:"), TEXT("😀")};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sse_parser parser;
        struct sse_event event = {STR(" t:"), cases[i], STR(" id ")}, again;
        struct buf out;
        buf_init(&out, 1000);
        sse_event_write(&out, &event);
        sse_parser_init(&parser, 100);
        ck_assert(sse_parser_feed(&parser, out.p, out.n));
        ck_assert(sse_parser_next(&parser, &again));
        ck_assert(str_eq(event.type, again.type));
        ck_assert(str_eq(event.data, again.data));
        ck_assert(str_eq(event.id, again.id));
        ck_assert(!sse_parser_next(&parser, &again));
        ck_assert(!sse_parser_inside(&parser));
        sse_parser_free(&parser);
        buf_free(&out);
    }
}
END_TEST

Suite *suite_sse(void)
{
    Suite *suite = suite_create("protocol/sse");
    TCase *tests = tcase_create("sse");
    tcase_add_test(tests, the_examples_of_whatwg);
    tcase_add_test(tests, lines_end_in_three_ways);
    tcase_add_test(tests, one_byte_order_mark_in_front);
    tcase_add_test(tests, fields_are_named_exactly);
    tcase_add_test(tests, events_without_data_are_none);
    tcase_add_test(tests, the_end_of_the_stream_ends_no_event);
    tcase_add_test(tests, the_last_id_stays);
    tcase_add_test(tests, the_last_id_is_that_of_what_was_told);
    tcase_add_test(tests, retry_is_digits);
    tcase_add_test(tests, comments_are_counted);
    tcase_add_test(tests, bytes_that_are_not_utf8_are_replaced);
    tcase_add_test(tests, lines_are_limited);
    tcase_add_test(tests, data_is_limited);
    tcase_add_test(tests, inside_an_event);
    tcase_add_test(tests, many_events_at_once);
    tcase_add_test(tests, events_are_written);
    tcase_add_test(tests, what_is_written_is_read);
    suite_add_tcase(suite, tests);
    return suite;
}
