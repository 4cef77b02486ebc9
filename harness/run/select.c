/* SPDX-License-Identifier: MIT */
/* select - see select.h.  Layer: harness/run. */
#include "harness/run/select.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "harness/run/embedded.h"

enum { FOLDER_DEPTH_MAX = 16, FOLDER_NAMES_MAX = 100000 };

/* ST_LIMIT when `bytes` cannot hold it. */
static enum status stream_read(FILE *file, const char *path, struct buf *bytes,
                               struct err *err)
{
    char chunk[16384];
    size_t n;
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0 && !bytes->failed) {
        buf_put(bytes, chunk, n);
    }
    if (ferror(file)) {
        return err_set(err, ST_IO, "%s: %s", path, strerror(errno));
    }
    return bytes->failed ? err_set(err, ST_LIMIT, "%s: larger than %zu bytes",
                                   path, bytes->max)
                         : ST_OK;
}

enum status file_read(const char *path, size_t max, struct arena *arena,
                      struct str *out, struct err *err)
{
    struct buf bytes;
    buf_init(&bytes, max);
    enum status status;
    if (strcmp(path, "-") == 0) {
        status = stream_read(stdin, path, &bytes, err);
    } else {
        FILE *file = fopen(path, "rb");
        if (!file) {
            return err_set(err, ST_IO, "%s: %s", path, strerror(errno));
        }
        status = stream_read(file, path, &bytes, err);
        fclose(file);
    }
    if (status == ST_OK) {
        *out = arena_str(arena, buf_view(&bytes));
    }
    buf_free(&bytes);
    return status;
}

static enum status select_file(const char *path, struct arena *arena,
                               struct selection *selection, struct err *err)
{
    struct str text = {0};
    enum status status =
        file_read(path, LIMIT_SCENARIO_BYTES, arena, &text, err);
    if (status != ST_OK) {
        return status;
    }
    selection->files++;
    return scenario_parse(arena_str(arena, str_of(path)), text, arena,
                          &selection->list, err);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a folder, sorted; no hidden ones. */
static enum status folder_names(const char *path, struct arena *arena,
                                char ***names, size_t *count, struct err *err)
{
    DIR *folder = opendir(path);
    if (!folder) {
        return err_set(err, ST_IO, "%s: %s", path, strerror(errno));
    }
    size_t cap = 0;
    *names = NULL;
    *count = 0;
    const struct dirent *entry;
    while ((entry = readdir(folder)) && *count < FOLDER_NAMES_MAX) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        struct str full = arena_printf(arena, "%s/%s", path, entry->d_name);
        *names = arena_grow(arena, *names, *count, &cap, sizeof(**names));
        memcpy(&(*names)[(*count)++], &full.p, sizeof(full.p));
    }
    closedir(folder);
    if (*count > 0) {
        qsort(*names, *count, sizeof(**names), by_name);
    }
    return ST_OK;
}

static enum status select_below(const char *path, struct arena *arena,
                                struct selection *selection, int depth,
                                struct err *err)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        return err_set(err, ST_IO, "%s: %s", path, strerror(errno));
    }
    if (!S_ISDIR(info.st_mode)) {
        bool named = depth == 0;
        return named || str_ends(str_of(path), STR(".sync"))
                   ? select_file(path, arena, selection, err)
                   : ST_OK;
    }
    if (depth > FOLDER_DEPTH_MAX) {
        return err_set(err, ST_LIMIT, "%s: folders deeper than %d", path,
                       FOLDER_DEPTH_MAX);
    }
    if (depth > 0 && str_ends(str_of(path), STR("/malformed"))) {
        return ST_OK;
    }
    char **names = NULL;
    size_t count = 0;
    enum status status = folder_names(path, arena, &names, &count, err);
    for (size_t i = 0; status == ST_OK && i < count; i++) {
        status = select_below(names[i], arena, selection, depth + 1, err);
    }
    return status;
}

enum status select_path(const char *path, struct arena *arena,
                        struct selection *selection, struct err *err)
{
    struct str name = str_of(path);
    while (name.n > 1 && name.p[name.n - 1] == '/') {
        name.n--;
    }
    return select_below(arena_str(arena, name).p, arena, selection, 0, err);
}

enum status select_embedded(const char *prefix, struct arena *arena,
                            struct selection *selection, struct err *err)
{
    enum status status = ST_OK;
    const struct embedded_file *file = embedded_scenarios;
    for (; status == ST_OK && file->path; file++) {
        struct str path = str_of(file->path);
        if (!str_starts(path, str_of(prefix)) ||
            !str_ends(path, STR(".sync"))) {
            continue;
        }
        const struct str text = {(const char *)file->bytes, file->size};
        selection->files++;
        status = scenario_parse(path, text, arena, &selection->list, err);
    }
    return status;
}

static bool has_part(struct str text, const char *part)
{
    size_t n = strlen(part);
    for (size_t i = 0; i + n <= text.n; i++) {
        if (memcmp(text.p + i, part, n) == 0) {
            return true;
        }
    }
    return false;
}

/* "group/stem#12", or its end. */
static bool matches_id(const struct scenario *scenario, struct str pattern)
{
    char number[24];
    const struct str whole = scenario->file;
    int n = snprintf(number, sizeof(number), "#%zu", scenario->index);
    const struct str tail = {number, n > 0 ? (size_t)n : 0};
    if (tail.n == 0 || !str_ends(pattern, tail)) {
        return false;
    }
    const struct str file =
        str_ends(whole, STR(".sync")) ? str_take(whole, whole.n - 5) : whole;
    const struct str stem = str_take(pattern, pattern.n - tail.n);
    return str_ends(file, stem) &&
           (file.n == stem.n || file.p[file.n - stem.n - 1] == '/');
}

/* "PUSH-4", or its group. */
static bool names_clause(struct str clause, struct str pattern)
{
    return str_eq(clause, pattern) ||
           (str_starts(clause, pattern) && clause.p[pattern.n] == '-');
}

static bool matches(const struct scenario *scenario, const char *pattern)
{
    if (matches_id(scenario, str_of(pattern))) {
        return true;
    }
    if (has_part(scenario->name, pattern) ||
        has_part(scenario->file, pattern)) {
        return true;
    }
    for (size_t i = 0; i < scenario->cover_count; i++) {
        if (names_clause(scenario->covers[i], str_of(pattern))) {
            return true;
        }
    }
    return false;
}

size_t select_only(struct selection *selection, const char *pattern)
{
    size_t kept = 0;
    for (size_t i = 0; i < selection->list.count; i++) {
        if (matches(&selection->list.items[i], pattern)) {
            selection->list.items[kept++] = selection->list.items[i];
        }
    }
    selection->list.count = kept;
    return kept;
}

struct str select_closest(const struct selection *selection,
                          const char *pattern)
{
    struct str best = {0};
    size_t best_distance = strlen(pattern) / 2 + 1;
    for (size_t i = 0; i < selection->list.count; i++) {
        struct str file = selection->list.items[i].file;
        for (size_t c = file.n; c-- > 0;) {
            if (file.p[c] == '/') {
                file = str_skip(file, c + 1);
                break;
            }
        }
        struct str stem =
            str_ends(file, STR(".sync")) ? str_take(file, file.n - 5) : file;
        size_t distance = str_distance(stem, str_of(pattern), best_distance);
        if (distance < best_distance) {
            best_distance = distance;
            best = stem;
        }
    }
    return best;
}

/* "group/stem" */
static struct str short_id(struct str file)
{
    size_t slashes = 0;
    file = str_ends(file, STR(".sync")) ? str_take(file, file.n - 5) : file;
    for (size_t i = file.n; i-- > 0;) {
        slashes += file.p[i] == '/';
        if (slashes == 2) {
            return str_skip(file, i + 1);
        }
    }
    return file;
}

/* How far a pattern is from an id: from the whole, from its stem, and from
 * words of it. */
static size_t distance_of(struct str id, struct str pattern)
{
    size_t best = str_distance(id, pattern, pattern.n);
    for (size_t from = 0; from < id.n; from++) {
        bool begins =
            from == 0 || id.p[from - 1] == '_' || id.p[from - 1] == '/';
        if (begins) {
            struct str part = str_take(str_skip(id, from), pattern.n);
            size_t distance = str_distance(part, pattern, pattern.n);
            best = distance < best ? distance : best;
        }
    }
    return best;
}

size_t select_near(const struct selection *selection, const char *pattern,
                   struct arena *arena, struct str *out, size_t most)
{
    size_t count = 0;
    struct str text = str_of(pattern);
    text = str_take(text, str_find(text, '#'));
    size_t limit = text.n / 2;
    for (size_t distance = 0; distance <= limit && count < most; distance++) {
        for (size_t i = 0; i < selection->list.count && count < most; i++) {
            struct str id = short_id(selection->list.items[i].file);
            bool again = count > 0 && str_eq(out[count - 1], id);
            if (!again && distance_of(id, text) == distance) {
                out[count++] = arena_str(arena, id);
            }
        }
    }
    return count;
}
