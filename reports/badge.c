/* SPDX-License-Identifier: MIT */
/* badge - the profile that a server has shown to reach, as a picture for its
 * README (badge) and as what shields.io draws one from (shields).
 * Layer: reports. */
#include "reports/escape.h"
#include "reports/levels.h"
#include "reports/renderer.h"

#define LABEL "sync conformance"
enum {
    MESSAGE_BYTES = 40,
    PADDING = 50, /* beside a text, in tenths of a pixel as all here */
    WIDE = 110,   /* of a character that is not in the table */
    HEIGHT = 20   /* pixels */
};

static void badge_begin(struct report *report)
{
    struct clause_sums *sums = arena_must(&report->arena, 1, sizeof *sums);
    clause_sums_init(sums, &report->arena);
    report->state = sums;
}

static void badge_result(struct report *report, const struct run_result *result)
{
    clause_sums_add(report->state, result);
}

/* What it says, and in which colour of shields.io. */
struct says {
    struct str message;
    const char *color; /* its name there */
    const char *hex;
};

static struct says says_of(struct report *report)
{
    enum level_state asked = LEVEL_NOT_SHOWN;
    struct str reached =
        levels_reached(report->state, &report->run, &report->arena, &asked);
    struct says says = {.message = reached};
    if (reached.n > 0 && asked == LEVEL_YES) {
        says.color = "brightgreen";
        says.hex = "#4c1";
    } else if (reached.n > 0) {
        says.color = "yellow";
        says.hex = "#dfb317";
    } else if (asked == LEVEL_NO) {
        says = (struct says){STR("failing"), "red", "#e05d44"};
    } else {
        says = (struct says){STR("not shown"), "lightgrey", "#9f9f9f"};
    }
    says.message = str_take(says.message, MESSAGE_BYTES);
    return says;
}

/* Tenths of a pixel at 11 pixels of DejaVu Sans, which is about as wide as
 * Verdana; whatever font there is, the text is stretched to it. */
static unsigned width_of(struct str text)
{
    static const unsigned char widths[] = {
        35,  44, 51, 92, 70, 105, 86, 30,  43, 43, 55, 92, 35, 40,  35, 37,
        70,  70, 70, 70, 70, 70,  70, 70,  70, 70, 37, 37, 92, 92,  92, 58,
        110, 75, 75, 77, 85, 70,  63, 85,  83, 32, 32, 72, 61, 95,  82, 87,
        66,  87, 76, 70, 67, 81,  75, 109, 75, 67, 75, 43, 37, 43,  92, 55,
        55,  67, 70, 60, 70, 68,  39, 70,  70, 31, 31, 64, 31, 107, 70, 67,
        70,  70, 45, 57, 43, 70,  65, 90,  65, 65, 58, 70, 37, 70,  92};
    unsigned width = 0;
    for (size_t i = 0; i < text.n; i++) {
        size_t row = (unsigned char)text.p[i] - (size_t)' ';
        width += row < sizeof widths ? widths[row] : WIDE;
    }
    return width;
}

/* Whole pixels that a text and the room beside it take. */
static unsigned box_of(struct str text)
{
    return (width_of(text) + 2 * PADDING + 9) / 10;
}

/* Once as its shadow and once as it is; the group is scaled by a tenth. */
static void put_text(struct buf *out, struct str text, unsigned left)
{
    static const struct {
        const char *paint;
        unsigned y;
    } layers[] = {{"fill=\"#010101\" fill-opacity=\".3\"", 150},
                  {"fill=\"#fff\"", 140}};
    unsigned width = width_of(text), middle = left * 10 + box_of(text) * 5;
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        buf_printf(out, "    <text %s x=\"%u\" y=\"%u\" textLength=\"%u\">",
                   layers[i].paint, middle, layers[i].y, width);
        escape_xml(out, text, false);
        buf_puts(out, "</text>\n");
    }
}

static void put_svg(struct buf *out, struct str message, const char *hex)
{
    unsigned left = box_of(STR(LABEL)), right = box_of(message);
    buf_printf(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" "
               "height=\"%d\" role=\"img\" aria-label=\"" LABEL ": ",
               left + right, HEIGHT);
    escape_xml(out, message, true);
    buf_puts(out, "\">\n  <title>" LABEL ": ");
    escape_xml(out, message, false);
    buf_printf(out,
               "</title>\n"
               "  <clipPath id=\"r\"><rect width=\"%u\" height=\"%d\" "
               "rx=\"3\"/></clipPath>\n"
               "  <g clip-path=\"url(#r)\">\n"
               "    <rect width=\"%u\" height=\"%d\" fill=\"#555\"/>\n"
               "    <rect x=\"%u\" width=\"%u\" height=\"%d\" fill=\"%s\"/>\n"
               "  </g>\n",
               left + right, HEIGHT, left, HEIGHT, left, right, HEIGHT, hex);
    buf_puts(out, "  <g text-anchor=\"middle\" font-family=\"Verdana,DejaVu "
                  "Sans,sans-serif\" font-size=\"110\" "
                  "transform=\"scale(.1)\">\n");
    put_text(out, STR(LABEL), 0);
    put_text(out, message, left);
    buf_puts(out, "  </g>\n</svg>\n");
}

static void badge_end(struct report *report)
{
    struct says says = says_of(report);
    struct buf message;
    buf_init(&message, RENDERER_BYTES);
    escape_line(&message, says.message, SIZE_MAX);
    put_svg(&report->out, buf_view(&message), says.hex);
    buf_free(&message);
}

static void shields_end(struct report *report)
{
    struct says says = says_of(report);
    struct buf *out = &report->out;
    buf_puts(out, "{\"schemaVersion\":1,\"label\":\"" LABEL "\",\"message\":");
    escape_json(out, says.message);
    buf_printf(out, ",\"color\":\"%s\"}\n", says.color);
}

const struct renderer badge_renderer = {
    .name = "badge",
    .begin = badge_begin,
    .result = badge_result,
    .end = badge_end,
};

const struct renderer shields_renderer = {
    .name = "shields",
    .begin = badge_begin,
    .result = badge_result,
    .end = shields_end,
};
