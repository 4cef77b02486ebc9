/* SPDX-License-Identifier: MIT */
/* facts - see facts.h.  Layer: reports. */
#include "reports/facts.h"

#include "reports/escape.h"
#include "reports/renderer.h"

enum {
    FACT_BYTES = 200,
    COLUMN_MAX = 32 /* a longer one pushes the next aside */
};

/* Characters of UTF-8 text, which is what escape_line makes. */
static size_t width_of(struct str text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.n; i++) {
        width += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    }
    return width;
}

static size_t shown_width(struct str text)
{
    struct buf shown;
    buf_init(&shown, RENDERER_BYTES);
    escape_line(&shown, text, FACT_BYTES);
    size_t width = width_of(buf_view(&shown));
    buf_free(&shown);
    return width;
}

static size_t wider(size_t column, struct str text)
{
    size_t width = shown_width(text);
    return width > column && width <= COLUMN_MAX ? width : column;
}

static void put_column(struct buf *out, struct str text, size_t column)
{
    size_t width = shown_width(text);
    escape_line(out, text, FACT_BYTES);
    for (; width < column; width++) {
        buf_putc(out, ' ');
    }
}

static void put_fact(struct buf *out, const struct report_fact *fact,
                     size_t name_column, size_t value_column)
{
    put_column(out, fact->name, name_column);
    buf_puts(out, "  ");
    put_column(out, fact->value, fact->note.n > 0 ? value_column : 0);
    if (fact->note.n > 0) {
        buf_puts(out, "  ");
        escape_line(out, fact->note, FACT_BYTES);
    }
    buf_putc(out, '\n');
}

void facts_write_text(struct buf *out, const struct report_run *run,
                      const char *indent)
{
    const struct report_fact profile = {.name = STR("profile"),
                                        .value = run->profile};
    size_t names = run->profile.n > 0 ? profile.name.n : 0, values = 0;
    for (size_t i = 0; i < run->fact_count; i++) {
        names = wider(names, run->facts[i].name);
        values = wider(values, run->facts[i].value);
    }
    if (run->profile.n > 0) {
        buf_puts(out, indent);
        put_fact(out, &profile, names, values);
    }
    for (size_t i = 0; i < run->fact_count; i++) {
        buf_puts(out, indent);
        put_fact(out, &run->facts[i], names, values);
    }
}

static void put_cell(struct buf *out, struct str text, const char *behind)
{
    escape_markdown(out, text, FACT_BYTES);
    buf_puts(out, behind);
}

void facts_write_markdown(struct buf *out, const struct report_run *run)
{
    if (run->fact_count == 0) {
        return;
    }
    buf_puts(out, "| feature | found | how |\n|---|---|---|\n");
    for (size_t i = 0; i < run->fact_count; i++) {
        buf_puts(out, "| ");
        put_cell(out, run->facts[i].name, " | ");
        put_cell(out, run->facts[i].value, " | ");
        put_cell(out, run->facts[i].note, " |\n");
    }
    buf_putc(out, '\n');
}

const struct report_fact *facts_copy(const struct report_run *run,
                                     struct arena *arena)
{
    struct report_fact *facts =
        arena_must(arena, run->fact_count + 1, sizeof *facts);
    for (size_t i = 0; i < run->fact_count; i++) {
        facts[i] = (struct report_fact){
            .name = arena_str(arena, run->facts[i].name),
            .value = arena_str(arena, run->facts[i].value),
            .note = arena_str(arena, run->facts[i].note),
        };
    }
    return facts;
}
