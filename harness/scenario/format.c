/* SPDX-License-Identifier: MIT */
/* format - the columns of scenario text: time, who, verb, the rest.
 * Layer: harness/scenario.
 *
 * Each scenario has its own widths.  Only blanks between words change; words,
 * strings, bodies, comments and their order stay. */
#include "harness/scenario/format.h"

#include "harness/scenario/lex.h"

enum {
    FORMAT_OFFSET = 8,    /* the column of times */
    FORMAT_WHO_MIN = 8,   /* "everyone" */
    FORMAT_WHO_MAX = 24,  /* longer lists of clients do not push the column */
    FORMAT_VERB_MIN = 7,  /* "inserts" */
    FORMAT_VERB_MAX = 16, /* longer than any verb */
    FORMAT_MEMORY = 1 << 30
};

struct format {
    struct buf *out;
    struct str block; /* the lines of one scenario */
    struct str heads; /* … of them, those before its first step */
    size_t header_width, who_width, verb_width;
};

/* The words of a step line, told apart. */
struct format_step {
    struct str offset; /* "+2s" or empty */
    struct str who[64];
    size_t who_count, who_bytes; /* bytes with one blank between */
    struct str verb;
};

/* Is it a name of a `clients` line of this scenario? */
static bool format_is_client(const struct format *format, struct str name)
{
    struct lexer lexer;
    struct token token;
    for (size_t at = 0; at < format->heads.n;) {
        struct str line = lex_line(format->heads, &at);
        if (!lex_starts_with(line, "clients")) {
            continue;
        }
        lex_init(&lexer, line);
        lex_next(&lexer, &token);
        while (lex_next(&lexer, &token) == LEX_TOKEN) {
            if (!token.has_key && str_eq(token.raw, name)) {
                return true;
            }
        }
    }
    return false;
}

/* Reads time, who and verb; the lexer then stands before the rest. */
static void format_read(const struct format *format, struct lexer *lexer,
                        struct format_step *step)
{
    struct token token;
    enum { ROOM = sizeof step->who / sizeof step->who[0] };
    step->offset = STR("");
    step->verb = STR("");
    step->who_count = step->who_bytes = 0;
    enum lex_result result = lex_next(lexer, &token);
    if (result == LEX_TOKEN && token.raw.p[0] == '+') {
        step->offset = token.raw;
        result = lex_next(lexer, &token);
    }
    while (result == LEX_TOKEN) {
        bool first = step->who_count == 0;
        if (step->who_count == ROOM ||
            (!first && !format_is_client(format, token.raw))) {
            step->verb = token.raw;
            return;
        }
        step->who[step->who_count++] = token.raw;
        step->who_bytes += token.raw.n + (first ? 0 : 1);
        if (first &&
            (str_is(token.raw, "expects") || str_is(token.raw, "or"))) {
            return;
        }
        result = lex_next(lexer, &token);
    }
}

static void widen(size_t *width, size_t bytes, size_t most)
{
    if (bytes > *width && bytes <= most) {
        *width = bytes;
    }
}

static size_t first_word(struct str line)
{
    size_t n = 0;
    while (n < line.n && !lex_is_blank(line.p[n])) {
        n++;
    }
    return n;
}

static struct str skip_blanks(struct str line)
{
    size_t n = 0;
    while (n < line.n && lex_is_blank(line.p[n])) {
        n++;
    }
    return str_skip(line, n);
}

static void format_find_heads(struct format *format)
{
    size_t end = 0;
    for (size_t at = 0; at < format->block.n;) {
        struct str line = lex_line(format->block, &at);
        if (!lex_is_empty(line) && lex_is_step(line)) {
            break;
        }
        end = at;
    }
    format->heads = str_take(format->block, end);
}

static void format_measure(struct format *format)
{
    format_find_heads(format);
    format->header_width = 0;
    format->who_width = FORMAT_WHO_MIN;
    format->verb_width = FORMAT_VERB_MIN;
    for (size_t at = 0; at < format->block.n;) {
        struct str line = lex_line(format->block, &at);
        struct lexer lexer;
        struct format_step step;
        if (lex_is_empty(line) || skip_blanks(line).p[0] == '|' ||
            lex_starts_with(line, "scenario")) {
            continue;
        }
        if (!lex_is_step(line)) {
            widen(&format->header_width, first_word(line), SIZE_MAX);
            continue;
        }
        lex_init(&lexer, line);
        format_read(format, &lexer, &step);
        widen(&format->who_width, step.who_bytes, FORMAT_WHO_MAX);
        widen(&format->verb_width, step.verb.n, FORMAT_VERB_MAX);
    }
}

/* A word in a column, at least one blank behind it. */
static void put_column(struct buf *out, struct str word, size_t width)
{
    buf_str(out, word);
    do {
        buf_putc(out, ' ');
    } while (word.n++ < width);
}

/* The words that are left, one blank between; then the comment. */
static void put_rest(struct lexer *lexer, struct buf *out)
{
    struct token token;
    bool first = true;
    while (lex_next(lexer, &token) == LEX_TOKEN) {
        buf_puts(out, first ? "" : " ");
        buf_str(out, token.raw);
        first = false;
    }
    if (lexer->comment.n > 0) {
        while (out->n > 0 && lex_is_blank(out->p[out->n - 1])) {
            out->n--; /* of a column that stays empty */
        }
        buf_puts(out, "  ");
        buf_str(out, lexer->comment);
    }
}

static void format_header(const struct format *format, struct str line)
{
    struct lexer lexer;
    struct token token;
    lex_init(&lexer, line);
    lex_next(&lexer, &token);
    bool claim = str_is(token.raw, "scenario");
    put_column(format->out, token.raw, claim ? 0 : format->header_width);
    put_rest(&lexer, format->out);
}

static void put_blanks(struct buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_putc(out, ' ');
    }
}

static void format_body(const struct format *format, struct str line)
{
    struct str text = str_skip(skip_blanks(line), 1);
    put_blanks(format->out, FORMAT_OFFSET);
    buf_putc(format->out, '|');
    if (text.n > 0 && text.p[0] != ' ') {
        buf_putc(format->out, ' ');
    }
    buf_str(format->out, text);
}

static void format_step(const struct format *format, struct str line)
{
    struct lexer lexer;
    struct format_step step;
    struct buf *out = format->out;
    lex_init(&lexer, line);
    format_read(format, &lexer, &step);
    if (step.offset.n > 0) {
        put_column(out, step.offset, FORMAT_OFFSET - 1);
    } else {
        put_blanks(out, FORMAT_OFFSET);
    }
    for (size_t i = 0; i < step.who_count; i++) {
        buf_puts(out, i > 0 ? " " : "");
        buf_str(out, step.who[i]);
    }
    put_column(out, (struct str){"", 0},
               step.who_bytes < format->who_width
                   ? format->who_width - step.who_bytes
                   : 0);
    if (step.verb.n > 0) {
        put_column(out, step.verb, format->verb_width);
    }
    put_rest(&lexer, out);
}

/* Columns leave blanks where nothing follows. */
static void trim_blanks(struct buf *out, size_t start)
{
    while (out->n > start && lex_is_blank(out->p[out->n - 1])) {
        out->p[--out->n] = '\0';
    }
}

static void format_line(const struct format *format, struct str line)
{
    struct buf *out = format->out;
    size_t start = out->n;
    struct str inner = skip_blanks(line);
    if (inner.n > 0 && inner.n < line.n && inner.p[0] == '|') {
        format_body(format, line);
        buf_putc(out, '\n');
        return;
    }
    if (inner.n > 0 && inner.p[0] == '#') {
        put_blanks(out, inner.n < line.n ? FORMAT_OFFSET : 0);
        buf_str(out, inner);
    } else if (inner.n > 0 && !lex_is_step(line)) {
        format_header(format, line);
    } else if (inner.n > 0) {
        format_step(format, line);
    }
    trim_blanks(out, start);
    buf_putc(out, '\n');
}

static void format_block(struct format *format)
{
    format_measure(format);
    for (size_t at = 0; at < format->block.n && !format->out->failed;) {
        format_line(format, lex_line(format->block, &at));
    }
}

void format_text(struct str text, struct buf *out)
{
    struct format format = {.out = out};
    size_t start = 0;
    for (size_t at = 0; at < text.n;) {
        size_t here = at;
        struct str line = lex_line(text, &at);
        if (lex_starts_with(line, "scenario") && here > start) {
            format.block = str_take(str_skip(text, start), here - start);
            format_block(&format);
            start = here;
        }
    }
    format.block = str_skip(text, start);
    format_block(&format);
    while (out->n > 1 && !out->failed && out->p[out->n - 2] == '\n') {
        out->p[--out->n] = '\0';
    }
}

enum status scenario_format(struct str file, struct str text, struct buf *out,
                            struct err *err)
{
    struct arena arena;
    struct scenario_list list = {.count = 0};
    arena_init(&arena, FORMAT_MEMORY);
    enum status status = scenario_parse(file, text, &arena, &list, err);
    arena_free(&arena);
    if (status != ST_OK) {
        return status;
    }
    format_text(text, out);
    return out->failed
               ? err_set(err, ST_LIMIT, "%.*s: formatted it is over %zu bytes",
                         STR_ARG(file), out->max)
               : ST_OK;
}
