/* SPDX-License-Identifier: MIT */
/* test_http - headers, targets, percent-encoding. */
#include "protocol/http.h"
#include "tests/protocol/suites.h"

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 1 << 20);
}

static void teardown(void)
{
    arena_free(&arena);
}

START_TEST(headers_are_found_without_case)
{
    struct http_request request = {0};
    ck_assert(http_header_add(&request, STR("X-Client-Id"), STR("a")));
    ck_assert(http_header_add(&request, STR("x-client-id"), STR("b")));
    ck_assert(http_header_add(&request, STR("Empty"), (struct str){0}));
    ck_assert(http_header_add(&request, (struct str){0}, STR("nameless")));
    const struct http_header *headers = request.headers;
    size_t count = request.header_count;
    assert_text(http_header_find(headers, count, "X-CLIENT-ID"), "a");
    struct str empty = http_header_find(headers, count, "empty");
    ck_assert_ptr_nonnull(empty.p);
    ck_assert_uint_eq(empty.n, 0);
    ck_assert_ptr_null(http_header_find(headers, count, "X-Client").p);
    ck_assert_ptr_null(http_header_find(headers, count, "X-Client-Id2").p);
    ck_assert_ptr_null(http_header_find(headers, 0, "X-Client-Id").p);
}
END_TEST

START_TEST(headers_have_a_limit)
{
    struct http_request request = {0};
    for (size_t i = 0; i < LIMIT_HEADERS; i++) {
        ck_assert(http_header_add(&request, STR("a"), STR("b")));
    }
    ck_assert(!http_header_add(&request, STR("a"), STR("b")));
    ck_assert_uint_eq(request.header_count, LIMIT_HEADERS);
    struct http_reply reply = {0};
    for (size_t i = 0; i < HTTP_REPLY_HEADERS + 1; i++) {
        http_reply_header(&reply, STR("a"), STR("b"));
    }
    ck_assert_uint_eq(reply.header_count, HTTP_REPLY_HEADERS);
}
END_TEST

START_TEST(path_ends_at_the_query)
{
    assert_text(http_target_path(STR("/sync/todo?since=1?2")), "/sync/todo");
    assert_text(http_target_path(STR("/health")), "/health");
    assert_text(http_target_path(STR("?x")), "");
    assert_text(http_target_path(STR("")), "");
}
END_TEST

START_TEST(query_parameters)
{
    struct str target = STR("/p?a=1&b=x%20y+z&c&d=&a=2&e%5Fe=%00%ff&f=%2"
                            "&g=1=2&&=v&h=%zz");
    struct str out;
    ck_assert(http_query_find(target, "a", &arena, &out));
    assert_text(out, "1");
    ck_assert(http_query_find(target, "b", &arena, &out));
    assert_text(out, "x y z");
    ck_assert(http_query_find(target, "c", &arena, &out));
    assert_text(out, "");
    ck_assert(http_query_find(target, "d", &arena, &out));
    assert_text(out, "");
    ck_assert(http_query_find(target, "e_e", &arena, &out));
    ck_assert(str_eq(out, STR("\0\xff")));
    ck_assert(http_query_find(target, "g", &arena, &out));
    assert_text(out, "1=2");
    ck_assert(!http_query_find(target, "f", &arena, &out));
    ck_assert(!http_query_find(target, "h", &arena, &out));
    ck_assert(!http_query_find(target, "A", &arena, &out));
    ck_assert(!http_query_find(STR("/p"), "a", &arena, &out));
    ck_assert(!http_query_find(STR("/p?"), "a", &arena, &out));
    ck_assert(!http_query_find(STR("/a=1"), "a", &arena, &out));
}
END_TEST

START_TEST(decoding)
{
    struct str out;
    ck_assert(http_decode(STR("a%2Fb%2fc+d"), false, &arena, &out));
    assert_text(out, "a/b/c+d");
    ck_assert(http_decode(STR("a+b"), true, &arena, &out));
    assert_text(out, "a b");
    ck_assert(http_decode(STR(""), true, &arena, &out));
    assert_text(out, "");
    static const char *const bad[] = {"%", "%1", "a%", "%g0", "%0g", "%%20"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!http_decode(str_of(bad[i]), false, &arena, &out), "%s",
                      bad[i]);
    }
    struct arena none;
    arena_init(&none, 0);
    ck_assert(!http_decode(STR("a"), false, &none, &out));
    arena_free(&none);
}
END_TEST

START_TEST(encoding_round_trips_every_byte)
{
    char bytes[256];
    struct buf out;
    struct str back;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)i;
    }
    buf_init(&out, 4096);
    http_encode(&out, (struct str){bytes, sizeof bytes});
    ck_assert(http_decode(buf_view(&out), true, &arena, &back));
    ck_assert(str_eq(back, (struct str){bytes, sizeof bytes}));
    buf_clear(&out);
    http_encode(&out, STR("aZ09-._~ /?&+%\xc3\xa9"));
    assert_text(buf_view(&out), "aZ09-._~%20%2F%3F%26%2B%25%C3%A9");
    buf_free(&out);
}
END_TEST

START_TEST(reasons)
{
    ck_assert_str_eq(http_reason(200), "OK");
    ck_assert_str_eq(http_reason(402), "Payment Required");
    ck_assert_str_eq(http_reason(413), "Content Too Large");
    ck_assert_str_eq(http_reason(299), "");
    ck_assert_str_eq(http_reason(-1), "");
}
END_TEST

START_TEST(dialects_are_data)
{
    size_t count;
    const struct dialect *all = dialect_all(&count);
    ck_assert_uint_eq(count, 2);
    ck_assert_ptr_eq(dialect_named("v1"), &all[0]);
    ck_assert_ptr_eq(dialect_named("v2"), &all[1]);
    ck_assert_ptr_null(dialect_find(STR("v3")));
    ck_assert_ptr_null(dialect_find(STR("")));
    ck_assert_str_eq(all[0].stamp_key, all[1].other_stamp_key);
    ck_assert_str_eq(all[1].stamp_key, all[0].other_stamp_key);
    ck_assert_uint_eq(all[0].page_size, 0);
    ck_assert_uint_eq(all[1].page_size, 1000);
    ck_assert_uint_eq(all[0].body_limit, 0);
    ck_assert_uint_eq(all[1].body_limit, (size_t)10 << 20);
}
END_TEST

Suite *suite_http(void)
{
    Suite *suite = suite_create("http");
    TCase *tests = tcase_create("http");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, headers_are_found_without_case);
    tcase_add_test(tests, headers_have_a_limit);
    tcase_add_test(tests, path_ends_at_the_query);
    tcase_add_test(tests, query_parameters);
    tcase_add_test(tests, decoding);
    tcase_add_test(tests, encoding_round_trips_every_byte);
    tcase_add_test(tests, reasons);
    tcase_add_test(tests, dialects_are_data);
    suite_add_tcase(suite, tests);
    return suite;
}
