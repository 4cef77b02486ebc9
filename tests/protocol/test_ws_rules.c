/* SPDX-License-Identifier: MIT */
/* test_ws_rules - every rule of RFC 6455, 5.x, 7.4 and 8.1, at its edge, the
 * bytes cut at every place. */
#include "protocol/ws.h"
#include "tests/protocol/suites.h"
#include "tests/protocol/ws_hear.h"

#define HI "\x81\x02hi" /* a message that would be heard */

START_TEST(messages_come_in_order)
{
    hears(PEER_SERVER, STR(""), "");
    hears(PEER_SERVER, STR("\x81\x00"), "text ;");
    hears(PEER_SERVER,
          STR(HI "\x82\x01\xff"
                 "\x81\x00" HI),
          "text hi;bin \xff;text ;text hi;");
    hears(PEER_SERVER, STR("\x81\x03hi"), "");
}
END_TEST

START_TEST(messages_are_put_together)
{
    hears(PEER_SERVER, STR("\x01\x01h\x00\x00\x00\x01i\x80\x00" HI),
          "text hi;text hi;");
    hears(PEER_SERVER, STR("\x02\x00\x80\x00"), "bin ;");
    hears(PEER_SERVER, STR("\x01\x01h\x89\x01p\x00\x01i\x8a\x00\x80\x01!" HI),
          "ping p;pong ;text hi!;text hi;");
    hears(PEER_SERVER, STR("\x01\x01h\x88\x00\x80\x01i"), "close 1005 ;");
    hears(PEER_CLIENT,
          STR("\x01\x83\x01\x02\x03\x04ig`\x89\x81\x00\x00\x00\x00p"
              "\x80\x82\xff\x00\xff\x00\x93o"),
          "ping p;text heclo;");
}
END_TEST

START_TEST(reserved_bits)
{
    const char *why = "error 1002 a reserved bit is set without an extension;";
    hears(PEER_SERVER, STR("\xc1\x02hi" HI), why);
    hears(PEER_SERVER, STR("\xa1\x02hi"), why);
    hears(PEER_SERVER, STR("\x91\x02hi"), why);
    hears(PEER_SERVER, STR("\xc9\x00"), why);
    hears(PEER_SERVER, STR("\x01\x01h\xc0\x01i"), why);
    hears(PEER_SERVER, STR(HI "\xb8\x7f"),
          "text hi;error 1002 a reserved bit is set without an extension;");
}
END_TEST

START_TEST(opcodes_that_do_not_exist)
{
    const int unknown[] = {3, 4, 5, 6, 7, 11, 12, 13, 14, 15};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        char bytes[] = {(char)(0x80 | unknown[i]), '\0', '\x81', '\0'};
        hears(PEER_SERVER, (struct str){bytes, sizeof bytes},
              "error 1002 a frame with an opcode that does not exist;");
    }
}
END_TEST

START_TEST(masks_are_demanded_or_forbidden)
{
    hears(PEER_CLIENT, STR("\x81\x02hi"),
          "error 1002 a client's frame is not masked;");
    hears(PEER_CLIENT, STR("\x88\x00"),
          "error 1002 a client's frame is not masked;");
    hears(PEER_SERVER, STR("\x81\x82\x00\x00\x00\x00hi"),
          "error 1002 a server's frame is masked;");
    hears(PEER_SERVER, STR("\x89\x80\x00\x00\x00\x00"),
          "error 1002 a server's frame is masked;");
}
END_TEST

START_TEST(control_frames_are_whole_and_short)
{
    struct arena arena;
    arena_init(&arena, 4096);
    struct str most = repeated(&arena, "p", 125);
    struct str bytes = arena_printf(&arena, "\x89\x7d%.*s", STR_ARG(most));
    struct str told = arena_printf(&arena, "ping %.*s;", STR_ARG(most));
    hears(PEER_SERVER, bytes, told.p);
    const char *fragment = "error 1002 a control frame is fragmented;";
    hears(PEER_SERVER, STR("\x09\x00\x80\x00"), fragment);
    hears(PEER_SERVER, STR("\x0a\x00"), fragment);
    hears(PEER_SERVER, STR("\x08\x02\x03\xe8"), fragment);
    const char *much = "error 1002 a control frame of more than 125 bytes;";
    hears(PEER_SERVER, STR("\x89\x7e"), much);
    hears(PEER_SERVER, STR("\x8a\x7f"), much);
    hears(PEER_SERVER, STR("\x88\x7e\x00\x7e"), much);
    hears(PEER_SERVER, STR("\x89\x7e\x00\x01x"), much);
    arena_free(&arena);
}
END_TEST

START_TEST(lengths_are_minimal_and_of_63_bits)
{
    const char *longer =
        "error 1002 a length that is not in its shortest form;";
    hears(PEER_SERVER, STR("\x81\x7e\x00\x00"), longer);
    hears(PEER_SERVER, STR("\x81\x7e\x00\x7dx"), longer);
    hears(PEER_SERVER, STR("\x81\x7e\x00\x7e"), "");
    hears(PEER_SERVER, STR("\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x00"), longer);
    hears(PEER_SERVER, STR("\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff"), longer);
    hears(PEER_SERVER, STR("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"), "");
    hears(PEER_SERVER, STR("\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x00"),
          "error 1002 a length with its top bit set;");
    hears(PEER_SERVER, STR("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"),
          "error 1009 a message over the limit;");
}
END_TEST

START_TEST(fragments_have_a_beginning_and_an_end)
{
    const char *lost =
        "error 1002 a continuation frame without a message to continue;";
    hears(PEER_SERVER, STR("\x80\x01x" HI), lost);
    hears(PEER_SERVER, STR("\x00\x01x"), lost);
    hears(PEER_SERVER, STR("\x01\x00\x80\x00\x80\x00"),
          "text ;error 1002 a continuation frame without a message to "
          "continue;");
    const char *inside =
        "error 1002 a new message inside a message that has not ended;";
    hears(PEER_SERVER, STR("\x01\x01x" HI), inside);
    hears(PEER_SERVER, STR("\x01\x01x\x02\x01y"), inside);
    hears(PEER_SERVER, STR("\x02\x00\x82\x00"), inside);
}
END_TEST

START_TEST(the_limit_is_of_a_message)
{
    const char *big = "error 1009 a message over the limit;";
    hears_within(PEER_SERVER, 4, STR("\x81\x04quux"), "text quux;");
    hears_within(PEER_SERVER, 4, STR("\x81\x05"), big);
    hears_within(PEER_SERVER, 4, STR("\x82\x05"), big);
    hears_within(PEER_SERVER, 4, STR("\x01\x02qu\x00\x02ux\x80\x00"),
                 "text quux;");
    hears_within(PEER_SERVER, 4, STR("\x01\x02qu\x00\x03"), big);
    hears_within(PEER_SERVER, 4, STR("\x01\x04quux\x80\x01"), big);
    hears_within(PEER_SERVER, 4, STR("\x81\x04quux\x81\x04more\x81\x05"),
                 "text quux;text more;error 1009 a message over the limit;");
    hears_within(PEER_SERVER, 4, STR("\x01\x04quux\x89\x04more\x80\x00"),
                 "ping more;text quux;");
}
END_TEST

START_TEST(the_limit_is_not_of_control_frames)
{
    hears_within(PEER_SERVER, 0, STR("\x89\x04ping\x81\x00"),
                 "ping ping;text ;");
    hears_within(PEER_SERVER, 0, STR("\x81\x01"),
                 "error 1009 a message over the limit;");
}
END_TEST

START_TEST(a_claimed_length_is_not_allocated)
{
    struct ws_reader reader;
    struct ws_event event;
    ws_reader_init(&reader, false, (size_t)1 << 40);
    ck_assert(ws_reader_feed(&reader,
                             "\x82\x7f\x00\x00\x00\xff\x00\x00\x00\x00x", 11));
    ck_assert_int_eq(ws_reader_next(&reader, &event), WS_EVENT_NONE);
    ck_assert_uint_le(reader.message.cap + reader.bytes.cap, 4096);
    ws_reader_free(&reader);
}
END_TEST

START_TEST(memory_does_not_grow_with_what_was_said)
{
    struct ws_reader reader;
    struct ws_event event;
    ws_reader_init(&reader, false, 100);
    for (int i = 0; i < 10000; i++) {
        ck_assert(ws_reader_feed(&reader, HI "\x81\x02h", 7));
        ck_assert_int_eq(ws_reader_next(&reader, &event), WS_EVENT_TEXT);
        ck_assert_int_eq(ws_reader_next(&reader, &event), WS_EVENT_NONE);
        ck_assert(ws_reader_feed(&reader, "i", 1));
        ck_assert_int_eq(ws_reader_next(&reader, &event), WS_EVENT_TEXT);
    }
    ck_assert_uint_le(reader.message.cap + reader.bytes.cap, 4096);
    ws_reader_free(&reader);
}
END_TEST

START_TEST(text_is_utf8)
{
    const char *bad = "error 1007 a text that is not UTF-8;";
    hears(PEER_SERVER,
          STR("\x81\x0b\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"),
          "text \xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5;");
    hears(PEER_SERVER, STR("\x01\x02\xf0\x9f\x89\x00\x80\x02\x98\x80"),
          "ping ;text 😀;");
    hears(PEER_SERVER, STR("\x81\x01\xf0"), bad);
    hears(PEER_SERVER, STR("\x81\x03\xf0\x9f\x98"), bad);
    hears(PEER_SERVER, STR("\x01\x02\xf0\x9f\x80\x00"), bad);
    hears(PEER_SERVER, STR("\x81\x03\xed\xa0\x80"), bad);
    hears(PEER_SERVER, STR("\x81\x04\xf4\x90\x80\x80"), bad);
    hears(PEER_SERVER, STR("\x81\x02\xc0\x80"), bad);
    hears(PEER_SERVER, STR("\x82\x02\xc0\x80"), "bin \xc0\x80;");
    hears(PEER_SERVER, STR("\x02\x01\xc0\x80\x01\x80"), "bin \xc0\x80;");
}
END_TEST

/* Told with the byte that no text can go on with, not with the last one. */
START_TEST(bad_text_is_told_early)
{
    const char *bad = "error 1007 a text that is not UTF-8;";
    hears(PEER_SERVER, STR("\x81\x7d\xff"), bad);
    hears(PEER_SERVER, STR("\x81\x7d\xf4\x90"), bad);
    hears(PEER_SERVER, STR("\x81\x7d\xf4\x8f"), "");
    hears(PEER_SERVER, STR("\x81\x7dx\xe2\x82x"), bad);
    hears(PEER_SERVER, STR("\x01\x01x\x00\x7d\x80"), bad);
    hears(PEER_SERVER, STR("\x01\x01\xe2\x00\x01\x82\x00\x7dx"), bad);
}
END_TEST

START_TEST(close_is_the_last_event)
{
    hears(PEER_SERVER, STR("\x88\x00" HI), "close 1005 ;");
    hears(PEER_SERVER, STR("\x88\x02\x03\xe8" HI), "close 1000 ;");
    hears(PEER_SERVER, STR(HI "\x88\x05\x0f\xa0yes\xff"),
          "text hi;close 4000 yes;");
    hears(PEER_CLIENT, STR("\x88\x82\x03\xe8\x03\xe8\x03\xe8"),
          "error 1002 a close frame with a code that may not be sent;");
}
END_TEST

START_TEST(close_codes_are_judged)
{
    hears(PEER_SERVER, STR("\x88\x01\x03" HI),
          "error 1002 a close frame with half a code;");
    const int bad[] = {0,    999,  1004, 1005, 1006, 1015,
                       1016, 2000, 2999, 5000, 65535};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char bytes[] = {'\x88', 2, (char)(bad[i] >> 8), (char)bad[i]};
        hears(PEER_SERVER, (struct str){bytes, sizeof bytes},
              "error 1002 a close frame with a code that may not be sent;");
    }
    hears(PEER_SERVER, STR("\x88\x03\x03\xe8\xc3"),
          "error 1007 a close frame with a reason that is not UTF-8;");
    hears(PEER_SERVER, STR("\x88\x04\x03\xe8\xc3\xa9"), "close 1000 é;");
}
END_TEST

START_TEST(nothing_is_kept_after_the_end)
{
    struct ws_reader reader;
    struct ws_event event;
    ws_reader_init(&reader, false, 100);
    ck_assert(ws_reader_feed(&reader, "\x80\x00", 2));
    ck_assert_int_eq(ws_reader_next(&reader, &event), WS_EVENT_ERROR);
    size_t held = reader.bytes.n;
    ck_assert(ws_reader_feed(&reader, HI, 4));
    ck_assert_uint_eq(reader.bytes.n, held);
    ck_assert_int_eq(ws_reader_next(&reader, &event), WS_EVENT_NONE);
    ws_reader_free(&reader);
}
END_TEST

Suite *suite_ws_rules(void)
{
    Suite *suite = suite_create("protocol/ws_rules");
    TCase *tests = tcase_create("ws_rules");
    tcase_add_test(tests, messages_come_in_order);
    tcase_add_test(tests, messages_are_put_together);
    tcase_add_test(tests, reserved_bits);
    tcase_add_test(tests, opcodes_that_do_not_exist);
    tcase_add_test(tests, masks_are_demanded_or_forbidden);
    tcase_add_test(tests, control_frames_are_whole_and_short);
    tcase_add_test(tests, lengths_are_minimal_and_of_63_bits);
    tcase_add_test(tests, fragments_have_a_beginning_and_an_end);
    tcase_add_test(tests, the_limit_is_of_a_message);
    tcase_add_test(tests, the_limit_is_not_of_control_frames);
    tcase_add_test(tests, a_claimed_length_is_not_allocated);
    tcase_add_test(tests, memory_does_not_grow_with_what_was_said);
    tcase_add_test(tests, text_is_utf8);
    tcase_add_test(tests, bad_text_is_told_early);
    tcase_add_test(tests, close_is_the_last_event);
    tcase_add_test(tests, close_codes_are_judged);
    tcase_add_test(tests, nothing_is_kept_after_the_end);
    suite_add_tcase(suite, tests);
    return suite;
}
