/* SPDX-License-Identifier: MIT */
/* cmd_diff - `syncspec diff`: what changed from one run to a later one.
 * Layer: harness/cli. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/cli/edge.h"
#include "reports/diff.h"

enum { DIFF_BYTES = 64 << 20 };

static int read_past(struct past *past, const char *path)
{
    struct err err = {.status = ST_OK};
    FILE *file = fopen(path, "rb");
    if (!file) {
        return cli_fail(EXIT_USAGE, "diff: %s: %s", path, strerror(errno));
    }
    enum status status = past_read(past, file, &err);
    fclose(file);
    return status == ST_OK
               ? EXIT_PASS
               : cli_fail(EXIT_USAGE, "diff: %s: %s", path, err.text);
}

static int show(const struct past *old, const struct past *now, bool markdown)
{
    struct buf out;
    buf_init(&out, DIFF_BYTES);
    struct diff diff = diff_write(old, now, markdown, &out);
    bool whole = !out.failed && fwrite(out.p, 1, out.n, stdout) == out.n &&
                 fflush(stdout) == 0;
    buf_free(&out);
    if (!whole) {
        return cli_fail(EXIT_OURS, "diff: cannot be written");
    }
    return diff.counts[DIFF_FAILS] > 0 ? EXIT_PROPERTY : EXIT_PASS;
}

int cmd_diff(int argc, char **argv)
{
    const char *format = "text";
    const struct cli_option options[] = {
        {"as", CLI_TEXT, &format, "FORMAT", "text (the default) or markdown"},
        {NULL, CLI_FLAG, NULL, NULL, NULL}};
    struct cli_parse parse = {.command = "diff", .options = options};
    if (!cli_parse(&parse, argc, argv)) {
        return EXIT_USAGE;
    }
    if (parse.helped) {
        return EXIT_PASS;
    }
    bool markdown = strcmp(format, "markdown") == 0;
    if (!markdown && strcmp(format, "text") != 0) {
        return cli_fail(EXIT_USAGE, "diff: --as wants text or markdown");
    }
    if (parse.left != 2) {
        return cli_fail(EXIT_USAGE,
                        "diff: which two JSON lines files? Give the older "
                        "first");
    }
    struct arena arena;
    struct past old, now;
    arena_init(&arena, LIMIT_RUN_ARENA);
    past_init(&old, &arena);
    past_init(&now, &arena);
    int code = read_past(&old, argv[0]);
    code = code == EXIT_PASS ? read_past(&now, argv[1]) : code;
    code = code == EXIT_PASS ? show(&old, &now, markdown) : code;
    arena_free(&arena);
    return code;
}
