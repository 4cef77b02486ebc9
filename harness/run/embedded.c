/* SPDX-License-Identifier: MIT */
/* embedded - see embedded.h.  Layer: harness/run. */
#include "harness/run/embedded.h"

static struct str text_of(const struct embedded_file *file)
{
    return (struct str){(const char *)file->bytes, file->size};
}

struct str embedded_text(const struct embedded_file *files, struct str path)
{
    for (; files->path; files++) {
        if (str_is(path, files->path)) {
            return text_of(files);
        }
    }
    return STR("");
}

enum status embedded_select(struct arena *arena, struct selection *selection,
                            struct err *err)
{
    enum status status = ST_OK;
    const struct embedded_file *file = embedded_scenarios;
    for (; file->path && status == ST_OK; file++) {
        status = scenario_parse(str_of(file->path), text_of(file), arena,
                                &selection->list, err);
        selection->files++;
    }
    return status;
}

bool embedded_advice(const char *folder, struct str name, struct section *out)
{
    for (const struct embedded_file *f = embedded_clauses; f->path; f++) {
        if (str_starts(str_of(f->path), str_of(folder)) &&
            section_find(text_of(f), name, out)) {
            return true;
        }
    }
    return false;
}
