/* SPDX-License-Identifier: MIT */
/* cmd_fmt - `syncspec fmt`: the columns of scenario files.
 * Layer: harness/cli. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "harness/cli/options.h"
#include "harness/run/select.h"

static int write_back(const char *path, const struct buf *out)
{
    FILE *file = fopen(path, "wb");
    bool good = file && fwrite(out->p, 1, out->n, file) == out->n;
    int why = errno;
    if (file && fclose(file) != 0 && good) {
        good = false;
        why = errno;
    }
    if (!good) {
        return cli_fail(EXIT_USAGE, "fmt: %s: %s", path, strerror(why));
    }
    return EXIT_PASS;
}

static int format_file(const char *path, bool check)
{
    struct arena arena;
    struct buf out;
    struct str text = {0};
    struct err err = {.status = ST_OK};
    arena_init(&arena, LIMIT_RUN_ARENA);
    buf_init(&out, LIMIT_SCENARIO_BYTES * 2);
    int code = EXIT_PASS;
    if (file_read(path, LIMIT_SCENARIO_BYTES, &arena, &text, &err) != ST_OK ||
        scenario_format(str_of(path), text, &out, &err) != ST_OK) {
        code = cli_fail(err.status == ST_IO ? EXIT_USAGE : EXIT_PROPERTY, "%s",
                        err.text);
    } else if (strcmp(path, "-") == 0) {
        fwrite(out.p, 1, out.n, stdout);
    } else if (!str_eq(buf_view(&out), text)) {
        if (check) {
            printf("%s: not formatted\n", path);
            code = EXIT_PROPERTY;
        } else {
            code = write_back(path, &out);
        }
    }
    buf_free(&out);
    arena_free(&arena);
    return code;
}

int cmd_fmt(int argc, char **argv)
{
    bool check = false;
    const struct cli_option options[] = {
        {"check", CLI_FLAG, &check, NULL,
         "change nothing; fail when something would change"},
        {NULL, CLI_FLAG, NULL, NULL, NULL}};
    struct cli_parse parse = {.command = "fmt", .options = options};
    if (!cli_parse(&parse, argc, argv)) {
        return EXIT_USAGE;
    }
    if (parse.helped) {
        return EXIT_PASS;
    }
    if (parse.left == 0) {
        return cli_fail(EXIT_USAGE, "fmt: which file? - is standard input");
    }
    int worst = EXIT_PASS;
    for (size_t i = 0; i < parse.left; i++) {
        int code = format_file(argv[i], check);
        worst = code > worst ? code : worst;
    }
    return worst;
}
