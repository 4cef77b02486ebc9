/* SPDX-License-Identifier: MIT */
/* test_ws - the examples of RFC 6455 byte for byte, frames there and back,
 * close codes, the handshake's key. */
#include "protocol/ws.h"
#include "tests/protocol/suites.h"
#include "tests/protocol/ws_hear.h"

#define MASK "\x37\xfa\x21\x3d"

static struct buf out;

static void setup(void)
{
    buf_init(&out, (size_t)4 << 20);
}

static void teardown(void)
{
    buf_free(&out);
}

static void written(struct ws_frame frame, struct str expected)
{
    buf_clear(&out);
    ws_frame_write(&out, &frame);
    ck_assert_uint_eq(out.n, expected.n);
    ck_assert_mem_eq(out.p, expected.p, expected.n);
}

static struct ws_frame frame_of(uint8_t opcode, struct str payload)
{
    return (struct ws_frame){.fin = true, .opcode = opcode, .payload = payload};
}

static struct ws_frame masked(struct ws_frame frame)
{
    frame.masked = true;
    memcpy(frame.mask, MASK, 4);
    return frame;
}

/* Section 5.7. */
START_TEST(the_examples_of_the_rfc)
{
    struct str hello = STR("\x81\x05Hello");
    struct str hello_masked = STR("\x81\x85" MASK "\x7f\x9f\x4d\x51\x58");
    struct str hel = STR("\x01\x03Hel"), lo = STR("\x80\x02lo");
    struct str ping = STR("\x89\x05Hello");
    struct str pong_masked = STR("\x8a\x85" MASK "\x7f\x9f\x4d\x51\x58");
    written(frame_of(WS_TEXT, STR("Hello")), hello);
    written(masked(frame_of(WS_TEXT, STR("Hello"))), hello_masked);
    written(frame_of(WS_PING, STR("Hello")), ping);
    written(masked(frame_of(WS_PONG, STR("Hello"))), pong_masked);
    struct ws_frame part = frame_of(WS_TEXT, STR("Hel"));
    part.fin = false;
    written(part, hel);
    written(frame_of(WS_CONTINUATION, STR("lo")), lo);
    hears(PEER_SERVER, hello, "text Hello;");
    hears(PEER_CLIENT, hello_masked, "text Hello;");
    hears(PEER_SERVER, STR("\x01\x03Hel\x80\x02lo"), "text Hello;");
    hears(PEER_SERVER, ping, "ping Hello;");
    hears(PEER_CLIENT, pong_masked, "pong Hello;");
}
END_TEST

/* 256 bytes and 64 KiB of binary, and the edges between the three spellings of
 * a length. */
START_TEST(lengths_take_their_shortest_form)
{
    static const struct {
        size_t n;
        struct str head;
    } cases[] = {{0, TEXT("\x82\x00")},
                 {125, TEXT("\x82\x7d")},
                 {126, TEXT("\x82\x7e\x00\x7e")},
                 {256, TEXT("\x82\x7e\x01\x00")},
                 {65535, TEXT("\x82\x7e\xff\xff")},
                 {65536, TEXT("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00")}};
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str payload = repeated(&arena, "x", cases[i].n);
        struct ws_frame frame = frame_of(WS_BINARY, payload), again;
        struct ws_reader reader;
        struct ws_event event;
        buf_clear(&out);
        ws_frame_write(&out, &frame);
        ck_assert_uint_eq(out.n, cases[i].head.n + cases[i].n);
        ck_assert_mem_eq(out.p, cases[i].head.p, cases[i].head.n);
        ck_assert_uint_eq(ws_frame_read(buf_view(&out), &again), out.n);
        ck_assert(str_eq(again.payload, payload));
        ws_reader_init(&reader, false, 65536);
        ck_assert(ws_reader_feed(&reader, out.p, out.n));
        ck_assert_int_eq(ws_reader_next(&reader, &event), WS_EVENT_BINARY);
        ck_assert(str_eq(event.payload, payload));
        ws_reader_free(&reader);
    }
    arena_free(&arena);
}
END_TEST

START_TEST(a_length_may_be_claimed)
{
    struct ws_frame frame = frame_of(WS_TEXT, STR("ab"));
    frame.has_length = true;
    frame.length = UINT64_C(0x8000000000000001);
    written(frame, STR("\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x01"
                       "ab"));
    frame.length = 1;
    written(frame, STR("\x81\x01"
                       "ab"));
}
END_TEST

START_TEST(every_bit_of_a_frame_is_written_and_read)
{
    for (int bits = 0; bits < 512; bits++) {
        struct ws_frame again, frame = {.fin = bits & 1,
                                        .rsv = (uint8_t)(bits >> 1 & 7),
                                        .opcode = (uint8_t)(bits >> 4 & 15),
                                        .masked = bits >> 8,
                                        .payload = STR("payload of 19 bytes")};
        memcpy(frame.mask, frame.masked ? MASK : "\0\0\0\0", 4);
        buf_clear(&out);
        ws_frame_write(&out, &frame);
        for (size_t n = 0; n < out.n; n++) {
            ck_assert_uint_eq(
                ws_frame_read(str_take(buf_view(&out), n), &again), 0);
        }
        buf_puts(&out, "more");
        ck_assert_uint_eq(ws_frame_read(buf_view(&out), &again), out.n - 4);
        ck_assert_int_eq(again.fin, frame.fin);
        ck_assert_uint_eq(again.rsv, frame.rsv);
        ck_assert_uint_eq(again.opcode, frame.opcode);
        ck_assert_int_eq(again.masked, frame.masked);
        ck_assert_mem_eq(again.mask, frame.mask, 4);
        ck_assert_uint_eq(again.payload.n, frame.payload.n);
        ck_assert_int_eq(str_eq(again.payload, frame.payload), !frame.masked);
        ws_frame_unmask(out.p + (again.payload.p - out.p), again.payload.n,
                        again.mask);
        ck_assert(str_eq(again.payload, frame.payload));
    }
}
END_TEST

START_TEST(a_frame_over_the_buffer_is_not_written)
{
    struct ws_frame frame = frame_of(WS_TEXT, STR("Hello"));
    buf_free(&out);
    buf_init(&out, 6);
    ws_frame_write(&out, &frame);
    ck_assert(out.failed);
    ck_assert_uint_eq(out.n, 0);
}
END_TEST

static void closes(int code, struct str reason, struct str expected)
{
    buf_clear(&out);
    ws_close_write(&out, code, reason, NULL);
    ck_assert_uint_eq(out.n, expected.n);
    ck_assert_mem_eq(out.p, expected.p, expected.n);
}

START_TEST(close_frames)
{
    closes(WS_CODE_NONE, STR("passed over"), STR("\x88\x00"));
    closes(WS_CODE_NORMAL, STR(""), STR("\x88\x02\x03\xe8"));
    closes(WS_CODE_POLICY, STR("late"), STR("\x88\x06\x03\xf0late"));
    buf_clear(&out);
    ws_close_write(&out, 1001, STR("bye"), (const uint8_t *)MASK);
    hears(PEER_CLIENT, buf_view(&out), "close 1001 bye;");
}
END_TEST

/* The reason that is left of one of `before` x and then a character of 4 bytes
 * and more. */
static void reason_is_cut_to(size_t before, size_t expected)
{
    struct arena arena;
    struct ws_frame frame;
    arena_init(&arena, 4096);
    buf_clear(&out);
    buf_str(&out, repeated(&arena, "x", before));
    buf_str(&out, repeated(&arena, "😀", 3));
    struct str reason = arena_str(&arena, buf_view(&out));
    buf_clear(&out);
    ws_close_write(&out, 1000, reason, NULL);
    ck_assert_uint_eq(ws_frame_read(buf_view(&out), &frame), out.n);
    ck_assert_uint_eq(frame.payload.n, 2 + expected);
    ck_assert(str_starts(reason, str_skip(frame.payload, 2)));
    arena_free(&arena);
}

START_TEST(long_reasons_are_cut_between_characters)
{
    reason_is_cut_to(111, 123);
    reason_is_cut_to(112, 120);
    reason_is_cut_to(118, 122);
    reason_is_cut_to(119, 123);
    reason_is_cut_to(120, 120);
    reason_is_cut_to(122, 122);
    reason_is_cut_to(123, 123);
    reason_is_cut_to(200, 123);
}
END_TEST

/* Section 7.4. */
START_TEST(close_codes)
{
    for (int code = -1; code <= 65536; code++) {
        bool expected = (code >= 1000 && code <= 1003) ||
                        (code >= 1007 && code <= 1014) ||
                        (code >= 3000 && code <= 4999);
        ck_assert_msg(ws_code_is_valid(code) == expected, "%d", code);
    }
}
END_TEST

static void accepts_as(const char *key, const char *expected)
{
    char accept[WS_ACCEPT_BYTES];
    ws_accept_key(str_of(key), accept);
    assert_text((struct str){accept, sizeof accept}, expected);
}

/* Sections 1.3 and 4.1. */
START_TEST(the_handshake_of_the_rfc)
{
    char key[24];
    const uint8_t nonce[16] = {1, 2,  3,  4,  5,  6,  7,  8,
                               9, 10, 11, 12, 13, 14, 15, 16};
    accepts_as("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    accepts_as("", "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w=");
    ws_key_write(nonce, key);
    assert_text((struct str){key, sizeof key}, "AQIDBAUGBwgJCgsMDQ4PEA==");
    ws_key_write((const uint8_t *)"the sample nonce", key);
    assert_text((struct str){key, sizeof key}, "dGhlIHNhbXBsZSBub25jZQ==");
    ck_assert(ws_key_is_valid((struct str){key, sizeof key}));
    ck_assert(ws_key_is_valid(STR("AQIDBAUGBwgJCgsMDQ4PEC==")));
    ck_assert(ws_key_is_valid(STR("++++++++++//////////09==")));
}
END_TEST

START_TEST(keys_that_are_none)
{
    static const char *const keys[] = {
        "",
        "==",
        "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZ===",
        "dGhlIHNhbXBsZSBub25jZQA=",
        "dGhlIHNhbXBsZSBub25jZQAA",
        "dGhlIHNhbXBsZSBub25jZQ== ",
        " GhlIHNhbXBsZSBub25jZQ==",
        "dGhlIHNhbXBsZ-Bub25jZQ==",
        "dGhlIHNhbXBsZSBub25jZQA==",
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        ck_assert_msg(!ws_key_is_valid(str_of(keys[i])), "%s", keys[i]);
    }
}
END_TEST

Suite *suite_ws(void)
{
    Suite *suite = suite_create("protocol/ws");
    TCase *tests = tcase_create("ws");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_examples_of_the_rfc);
    tcase_add_test(tests, lengths_take_their_shortest_form);
    tcase_add_test(tests, a_length_may_be_claimed);
    tcase_add_test(tests, every_bit_of_a_frame_is_written_and_read);
    tcase_add_test(tests, a_frame_over_the_buffer_is_not_written);
    tcase_add_test(tests, close_frames);
    tcase_add_test(tests, long_reasons_are_cut_between_characters);
    tcase_add_test(tests, close_codes);
    tcase_add_test(tests, the_handshake_of_the_rfc);
    tcase_add_test(tests, keys_that_are_none);
    suite_add_tcase(suite, tests);
    return suite;
}
