/* SPDX-License-Identifier: MIT */
/* test_number - decimal spellings of doubles.  The table was made with an
 * independent implementation of the shortest spelling. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/rng.h"
#include "protocol/number.h"
#include "tests/protocol/suites.h"

static const struct {
    double value;
    const char *text;
} spellings[] = {
    {0.0, "0"},
    {-0.0, "-0"},
    {1.0, "1"},
    {-1.0, "-1"},
    {-0.1, "-0.1"},
    {999999999999999.0, "999999999999999"},
    {0x1.fffffffffffffp+69, "1.1805916207174112e+21"},
    {0x1.999999999999ap-4, "0.1"},
    {0x1.0000000000000p-1, "0.5"},
    {0x1.8000000000000p+0, "1.5"},
    {0x1.91eb851eb851fp+1, "3.14"},
    {0x1.b1ae4d6e2ef50p+69, "1e+21"},
    {0x1.5af1d78b58c40p+66, "100000000000000000000"},
    {0x1.ac53a7e04bcdap+66, "123456789012345680000"},
    {0x1.0c6f7a0b5ed8dp-20, "0.000001"},
    {0x1.ad7f29abcaf48p-24, "1e-7"},
    {0x1.421f5f40d8376p-23, "1.5e-7"},
    {0x0.0000000000001p-1022, "5e-324"},
    {0x1.fffffffffffffp+1023, "1.7976931348623157e+308"},
    {0x1.0000000000000p-1022, "2.2250738585072014e-308"},
    {0x0.fffffffffffffp-1022, "2.225073858507201e-308"},
    {0x0.00000000007e8p-1022, "1e-320"},
    {0x1.fffffffffffffp+52, "9007199254740991"},
    {0x1.0000000000000p+53, "9007199254740992"},
    {0x1.0000000000001p+0, "1.0000000000000002"},
    {0x1.fffffffffffffp-1, "0.9999999999999999"},
    {0x1.0000000000000p-44, "5.684341886080802e-14"},
    {0x0.0000000000001p-1022, "5e-324"},
    {0x1.0000000000000p+60, "1152921504606847000"},
    {0x1.0000000000000p+70, "1.1805916207174113e+21"},
    {0x1.0000000000000p-1022, "2.2250738585072014e-308"},
    {0x1.c6bf526340000p+49, "1000000000000000"},
    {0x1.1c37937e08000p+53, "10000000000000000"},
    {0x1.d6f3454000000p+26, "123456789"},
    {0x1.4b3fd5942cd96p-20, "0.000001234"},
    {0x1.5555555555555p-2, "0.3333333333333333"},
    {0x1.5555555555555p-1, "0.6666666666666666"},
    {0x1.9100000000000p+6, "100.25"},
    {0x1.249ad2594c37dp+332, "1e+100"},
    {0x1.1666666666666p+2, "4.35"},
    {0x1.3333333333333p-2, "0.3"},
    {0x1.5666666666666p+1, "2.675"},
    {0x1.8e757928e0c9ep-14, "0.000095"},
    {0x1.1ccf385ebc8a0p+1023, "1e+308"},
    {0x1.0f0cf064dd592p+73, "1e+22"},
    {0x1.52d02c7e14af6p+76, "1e+23"},
    {0x1.c7e83209e90b2p+72, "8.41e+21"},
    {0x1.ff973cafa8000p+52, "9000000000000000"},
    {0x1.52d02c7e14af6p+76, "1e+23"},
    {0x1.3333333333334p-2, "0.30000000000000004"},
    {0x1.0000000000000p-1000, "9.332636185032189e-302"},
    {0x1.0000000000000p-500, "3.054936363499605e-151"},
    {0x1.0000000000000p-100, "7.888609052210118e-31"},
    {0x1.0000000000000p-30, "9.313225746154785e-10"},
    {0x1.0000000000000p-10, "0.0009765625"},
    {0x1.0000000000000p+55, "36028797018963970"},
    {0x1.0000000000000p+58, "288230376151711740"},
    {0x1.0000000000000p+100, "1.2676506002282294e+30"},
    {0x1.0000000000000p+500, "3.273390607896142e+150"},
    {0x1.0000000000000p+1000, "1.0715086071862673e+301"},
    {0x1.0000000000000p+1023, "8.98846567431158e+307"},
    {0x1.4d8399f767c45p+23, "10928588.983213553"},
    {0x1.8fbbcbde5c099p+445, "1.4186613525849614e+134"},
    {-0x1.11fdecb91ce37p-243, "-7.571968556055867e-74"},
    {-0x1.d4330f1446beap+375, "-1.4074705188261364e+113"},
    {-0x1.b8c9ebd69fe29p-401, "-3.3339745473042614e-121"},
    {-0x1.0b125ec1d7da0p-900, "-1.2342180766211395e-271"},
    {-0x1.10dff076ce2efp+371, "-5.126864004244935e+111"},
    {-0x1.5387777330bdbp+107, "-2.1520217579844227e+32"},
    {0x1.1ea36f17fd374p-3, "0.1399601630397701"},
    {0x1.64138a6233255p-811, "1.01853664031722e-244"},
    {0x1.7688de6a16a3bp-381, "2.9704598186234577e-115"},
    {0x1.dd97f1cfb10f6p+499, "3.0534183338726823e+150"},
    {-0x1.271007814e8a2p+486, "-2.3027782228163463e+146"},
    {0x1.959ce3f1f65a8p+536, "3.56409621163656e+161"},
    {0x1.afe878b33e968p-606, "6.352929017207453e-183"},
    {0x1.4235992edcf45p-2, "0.3146575865605324"},
    {-0x1.edb20035b7399p-77, "-1.2761724801771812e-23"},
    {0x1.c966c377b9aa2p+648, "2.0868668176225336e+195"},
    {0x1.c82b1478c281dp-278, "3.66898827745704e-84"},
    {-0x1.1cc9dea959c21p+482, "-1.389122273370197e+145"},
    {0x1.229f1c4069545p+572, "1.7548715433165102e+172"},
    {-0x1.d8b7628dbd25ep+49, "-1039514241563211.8"},
    {0x1.a1e48cc11d357p-729, "5.7804021771411506e-220"},
    {-0x1.0691c238642eap-540, "-2.8497478716107576e-163"},
    {0x1.0c07e9e115e4bp+799, "3.490691392124745e+240"},
    {0x1.a8978206f5c66p-482, "1.3282314387596086e-145"},
    {-0x1.b18b900745130p+911, "-2.9317061175715426e+274"},
    {0x1.c33b2df1461aap-1002, "4.1124768973349897e-302"},
    {-0x1.a3cab359eeefbp+97, "-2.5983853818656714e+29"},
    {-0x1.ae3bf3729c619p+861, "-2.5839922981649337e+259"},
    {0x1.59159fb7ff337p-344, "3.7615508677292285e-104"},
    {0x1.eba0cdf561d80p-342, "2.1435728770450893e-103"},
    {0x1.b74ba4a0fe75dp+261, "6.3583676891104784e+78"},
    {0x1.a6928f6236bf2p-209, "2.0062829023357212e-63"},
    {-0x1.9548e8a0a8c96p+517, "-6.792475937705741e+155"},
    {-0x1.fdaa1ad864c44p-509, "-1.1878910286585398e-153"},
    {0x1.1d66d346c6e2bp-279, "1.1477511623364303e-84"},
    {-0x1.35634f0e3cd97p+896, "-6.384685499984821e+269"},
    {0x1.6aa3bb0cde917p-217, "6.725524671613862e-66"},
    {-0x1.08e96f770c226p+882, "-3.3367034274052276e+265"},
};

START_TEST(writes_the_shortest_that_reads_back)
{
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        char out[NUMBER_TEXT_MAX];
        struct str text = number_write(spellings[i].value, out);
        assert_text(text, spellings[i].text);
        ck_assert_msg(strtod(out, NULL) == spellings[i].value, "%s", out);
        ck_assert_msg(number_is_exact(text), "%s", out);
        ck_assert_msg(number_value(text) == spellings[i].value, "%s", out);
    }
}
END_TEST

/* Whatever the bits: reads back, is exact,. */
START_TEST(writes_any_double)
{
    struct rng rng;
    rng_init(&rng, 7, STR("doubles"));
    for (int i = 0; i < 5000; i++) {
        uint64_t bits = rng_u64(&rng);
        double value;
        char out[NUMBER_TEXT_MAX];
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) {
            continue;
        }
        struct str text = number_write(value, out);
        ck_assert_msg(strtod(out, NULL) == value, "%s", out);
        ck_assert_msg(number_is_exact(text), "%s", out);
    }
}
END_TEST

START_TEST(writes_short_fractions_as_people_do)
{
    for (int i = -20000; i < 20000; i += 7) {
        char out[NUMBER_TEXT_MAX], want[NUMBER_TEXT_MAX];
        number_write(i / 1000.0, out);
        snprintf(want, sizeof want, "%.15g", i / 1000.0);
        ck_assert_str_eq(out, want);
    }
}
END_TEST

static const char *const exact[] = {
    "5.684341886080801e-14",
    "0",
    "-0",
    "0.0",
    "-0.0e5",
    "0e999999999999",
    "1",
    "1.0",
    "1e0",
    "10e-1",
    "0.10",
    "100",
    "1E2",
    "1e+2",
    "123456789012345",
    "9007199254740991",
    "9007199254740992",
    "9007199254740994",
    "0.1",
    "1e300",
    "1e-300",
    "1e308",
    "1.7976931348623157e308",
    "17976931348623157e292",
    "5e-324",
    "2.2250738585072014e-308",
    "1e-320",
    "1.0000000000000002",
    "1e22",
    "1e23",
    "5.684341886080802e-14",
    "0.30000000000000004",
    "1e0000000000000000000001",
    "1.00000000000000000000000000000000000000000000000000000000000000000000000",
    "0.000000000000000000000000000000000000000000000000000000000000000000001",
};
static const char *const inexact[] = {
    "9007199254740993",
    "-9007199254740993",
    "9007199254740993.0",
    "0.10000000000000000555",
    "1e400",
    "-1e400",
    "1e309",
    "1e-400",
    "1.7976931348623159e308",
    "4e-324",
    "1.0000000000000001",
    "1e-999999999999",
    "123456789012345678",
    "3.14159265358979323846",

    "1e99999999999999999999",
    "2.5e-324",
    "1234567890123456789012",
    "5.684341886080801486968994140625e-14",
};

START_TEST(tells_what_a_double_carries)
{
    for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++) {
        ck_assert_msg(number_is_exact(str_of(exact[i])), "%s", exact[i]);
    }
    for (size_t i = 0; i < sizeof inexact / sizeof inexact[0]; i++) {
        ck_assert_msg(!number_is_exact(str_of(inexact[i])), "%s", inexact[i]);
    }
}
END_TEST

START_TEST(value_is_the_nearest_double)
{
    static const char *const tokens[] = {"0.1",
                                         "-12.5e-3",
                                         "9007199254740993",
                                         "1e-400",
                                         "123.456",
                                         "1.7976931348623158e308",
                                         "0.10000000000000000555"};
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        ck_assert_msg(number_value(str_of(tokens[i])) ==
                          strtod(tokens[i], NULL),
                      "%s", tokens[i]);
    }
    ck_assert(isinf(number_value(STR("1e400"))));
    ck_assert(isinf(number_value(STR("1.7976931348623159e308"))));
    ck_assert(!isinf(number_value(STR("1.7976931348623158e308"))));
    ck_assert(signbit(number_value(STR("-0.00"))));
}
END_TEST

START_TEST(takes_the_longest_token)
{
    struct arena arena;
    arena_init(&arena, 65536);
    struct str nines = repeated(&arena, "9", LIMIT_NUMBER_BYTES);
    ck_assert(isinf(number_value(nines)));
    ck_assert(!number_is_exact(nines));
    arena_free(&arena);
}
END_TEST

Suite *suite_number(void)
{
    Suite *suite = suite_create("number");
    TCase *tests = tcase_create("number");
    tcase_add_test(tests, writes_the_shortest_that_reads_back);
    tcase_add_test(tests, writes_any_double);
    tcase_add_test(tests, writes_short_fractions_as_people_do);
    tcase_add_test(tests, tells_what_a_double_carries);
    tcase_add_test(tests, value_is_the_nearest_double);
    tcase_add_test(tests, takes_the_longest_token);
    suite_add_tcase(suite, tests);
    return suite;
}
