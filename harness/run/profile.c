/* SPDX-License-Identifier: MIT */
/* profile - see profile.h.  Layer: harness/run. */
#include "harness/run/profile.h"

#include "harness/run/embedded.h"
#include "harness/run/run.h"
#include "harness/run/suite.h"

static const struct {
    const char *name;
    enum clause_level level;
} levels[] = {
    {"core", LEVEL_MUST}, {"full", LEVEL_SHOULD}, {"strict", LEVEL_STRICT}};
enum { LEVELS = sizeof(levels) / sizeof(levels[0]) };

struct str profile_id(const struct scenario *scenario, struct arena *arena)
{
    struct run_options options;
    struct run_result result;
    run_options_defaults(&options);
    run_describe(scenario, &options, arena, &result);
    return result.id;
}

const char *profile_name(enum clause_level level)
{
    size_t i = 0;
    while (i + 1 < LEVELS && levels[i].level != level) {
        i++;
    }
    return levels[i].name;
}

static struct str file_date(const struct embedded_file *file)
{
    struct str path = str_of(file->path);
    for (size_t i = path.n; i-- > 0;) {
        if (path.p[i] == '/') {
            path = str_skip(path, i + 1);
            break;
        }
    }
    return str_take(path, path.n - (sizeof(".profile") - 1));
}

/* "2026.10" is newer than "2026.9". */
static bool is_newer(struct str date, struct str than)
{
    size_t a = str_find(date, '.'), b = str_find(than, '.');
    int years = str_cmp(str_take(date, a), str_take(than, b));
    return years != 0         ? years > 0
           : date.n != than.n ? date.n > than.n
                              : str_cmp(date, than) > 0;
}

static enum status find_list(struct str date, struct profile *out,
                             struct err *err)
{
    const struct embedded_file *file = embedded_profiles, *last = NULL;
    for (; file->path; file++) {
        if (!last || is_newer(file_date(file), file_date(last))) {
            last = file;
        }
        if (str_eq(file_date(file), date)) {
            out->list = (struct str){(const char *)file->bytes, file->size};
            return ST_OK;
        }
    }
    return err_set(err, ST_NOT_FOUND,
                   "no profile is frozen as \"%.*s\"; the newest is %.*s",
                   STR_ARG(date),
                   STR_ARG(last ? file_date(last) : STR("none")));
}

enum status profile_find(struct str name, struct profile *out, struct err *err)
{
    size_t dash = str_find(name, '-');
    struct str level = str_take(name, dash);
    *out = (struct profile){.date = str_skip(name, dash + 1)};
    for (size_t i = 0; i < LEVELS; i++) {
        if (str_is(level, levels[i].name)) {
            out->level = levels[i].level;
            return dash < name.n ? find_list(out->date, out, err) : ST_OK;
        }
    }
    return err_set(err, ST_NOT_FOUND,
                   "no profile is named \"%.*s\"; there are core, full and "
                   "strict, and those that are frozen, as full-2026.1",
                   STR_ARG(name));
}

/* ---- selecting ---- */

static struct str next_line(struct str *rest)
{
    size_t end = str_find(*rest, '\n');
    struct str line = str_take(*rest, end);
    *rest = str_skip(*rest, end + 1);
    return line;
}

struct listed {
    enum clause_level level;
    struct str id;
};

/* A level's letter, a blank and an id. */
static bool read_line(struct str line, struct listed *out)
{
    out->id = str_skip(line, 2);
    bool good = line.n > 2 && line.p[1] == ' ';
    for (size_t i = 0; good && i < out->id.n; i++) {
        good = (unsigned char)out->id.p[i] > ' ';
    }
    for (size_t i = 0; good && i < LEVELS; i++) {
        out->level = levels[i].level;
        if (line.p[0] == clause_level_letter(out->level)) {
            return true;
        }
    }
    return false;
}

static bool keep_id(struct str id, const struct str *ids, size_t count,
                    bool *kept)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(ids[i], id)) {
            kept[i] = true;
            return true;
        }
    }
    return false;
}

static enum status keep_listed(const struct profile *profile,
                               const struct str *ids, size_t count, bool *kept,
                               struct err *err)
{
    struct str rest = profile->list;
    struct listed listed;
    for (size_t number = 1; rest.n > 0; number++) {
        struct str line = next_line(&rest);
        if (line.n == 0 || line.p[0] == '#') {
            continue;
        }
        if (!read_line(line, &listed)) {
            return err_set(err, ST_SYNTAX,
                           "the profile of %.*s, line %zu: \"%.*s\" is not a "
                           "level (M, S or X), a blank and an id",
                           STR_ARG(profile->date), number, STR_ARG(line));
        }
        if (listed.level <= profile->level &&
            !keep_id(listed.id, ids, count, kept)) {
            return err_set(
                err, ST_NOT_FOUND,
                "the profile of %.*s has a case that is not here: %.*s",
                STR_ARG(profile->date), STR_ARG(listed.id));
        }
    }
    return ST_OK;
}

static void keep_levels(const struct profile *profile,
                        const struct selection *selection, bool *kept)
{
    for (size_t i = 0; i < selection->list.count; i++) {
        kept[i] = suite_level(&selection->list.items[i]) <= profile->level;
    }
}

enum status profile_select(const struct profile *profile,
                           struct selection *selection, struct arena *arena,
                           struct err *err)
{
    size_t count = selection->list.count, left = 0;
    bool *kept = arena_must(arena, count + 1, sizeof(*kept));
    struct str *ids = arena_must(arena, count + 1, sizeof(*ids));
    enum status status = ST_OK;
    for (size_t i = 0; i < count; i++) {
        kept[i] = false;
        ids[i] = profile_id(&selection->list.items[i], arena);
    }
    if (profile->date.n == 0) {
        keep_levels(profile, selection, kept);
    } else {
        status = keep_listed(profile, ids, count, kept, err);
    }
    if (status != ST_OK) {
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        if (kept[i]) {
            selection->list.items[left++] = selection->list.items[i];
        }
    }
    selection->list.count = left;
    return ST_OK;
}
