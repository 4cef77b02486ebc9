/* SPDX-License-Identifier: MIT */
/* dialect - see dialect.h.  Layer: harness/cli. */
#include "harness/cli/dialect.h"

#include <unistd.h>

#include "harness/cli/options.h"
#include "harness/run/select.h"
#include "harness/scenario/dialect_file.h"

bool cli_dialect(const char *text, struct arena *arena,
                 const struct dialect **out)
{
    struct str bytes;
    struct err err = {.status = ST_OK};
    *out = dialect_find(str_of(text));
    if (*out) {
        return true;
    }
    if (access(text, F_OK) != 0) {
        cli_fail(EXIT_USAGE,
                 "--dialect: no dialect is named \"%s\", and there is no such "
                 "file; there are v1 and v2",
                 text);
        return false;
    }
    if (file_read(text, DIALECT_FILE_MAX, arena, &bytes, &err) == ST_OK) {
        dialect_file_read(text, bytes, arena, out, &err);
    }
    if (!*out) {
        cli_fail(EXIT_USAGE, "--dialect: %s", err.text);
    }
    return *out != NULL;
}
