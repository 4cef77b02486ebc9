/* SPDX-License-Identifier: MIT */
/* edge - see edge.h.  Layer: harness/cli. */
#include "harness/cli/edge.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

volatile int edge_interrupted;

/* What is written into --reports DIR. */
static const struct folder_file {
    const char *format, *name;
    bool conformance; /* only of a conformance run */
} folder_files[] = {
    {"jsonl", "report.jsonl", false}, {"junit", "junit.xml", false},
    {"tap", "report.tap", false},     {"markdown", "summary.md", false},
    {"clauses", "clauses.md", true},  {"badge", "badge.svg", true},
    {"shields", "badge.json", true}};

static void on_signal(int number)
{
    (void)number;
    if (edge_interrupted) {
        _exit(130); /* asked twice */
    }
    edge_interrupted = 1;
}

void edge_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

const char *edge_program(void)
{
    static char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    return path;
}

/* An installed program finds them wherever the whole was unpacked: PREFIX of
 * PREFIX/bin/syncspec has share/syncspec/scenarios. */
static bool beside_program(char *path, size_t size)
{
    struct stat info;
    const char *program = edge_program();
    size_t length = strlen(program);
    for (int names = 0; names < 2 && length > 0; length--) {
        names += program[length - 1] == '/';
    }
    int n = snprintf(path, size, "%.*s/share/syncspec/scenarios", (int)length,
                     program);
    return n > 0 && (size_t)n < size && stat(path, &info) == 0;
}

char *edge_scenarios(const char *below)
{
    static char path[4096];
    char folder[4000] = "scenarios";
    struct stat info;
    if (stat(folder, &info) != 0 && !beside_program(folder, sizeof(folder))) {
        snprintf(folder, sizeof(folder), "%s", SYNCSPEC_DATA_DIR "/scenarios");
    }
    snprintf(path, sizeof(path), "%s%s", folder, below);
    return path;
}

struct str edge_now(struct arena *arena)
{
    struct timespec now;
    char text[INSTANT_TEXT_MAX];
    clock_gettime(CLOCK_REALTIME, &now);
    struct instant at = {now.tv_sec, (int32_t)now.tv_nsec};
    return arena_str(arena, instant_write_ms(at, text));
}

struct str edge_tag(struct arena *arena)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t mixed = hash_u64(HASH_START, (uint64_t)now.tv_sec);
    mixed = hash_u64(mixed, (uint64_t)now.tv_nsec);
    mixed = hash_u64(mixed, (uint64_t)getpid());
    return arena_printf(arena, "%08llx",
                        (unsigned long long)(mixed & 0xffffffffu));
}

void edge_pause(int64_t pause_ms)
{
    struct timespec pause = {.tv_sec = pause_ms / 1000,
                             .tv_nsec = pause_ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

bool edge_colors(FILE *stream)
{
    const char *no = getenv("NO_COLOR");
    return isatty(fileno(stream)) && !(no && no[0]);
}

static bool make_folders(const char *path)
{
    char part[4096];
    struct stat info;
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof(part)) {
        return false;
    }
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            return false;
        }
    }
    errno = ENOTDIR;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool add_report(struct edge_reports *reports, struct session *session,
                       struct str format, const char *path,
                       const struct report_options *options)
{
    struct err err = {.status = ST_OK};
    bool standard = !path || strcmp(path, "-") == 0;
    FILE *file = standard ? stdout : fopen(path, "wb");
    if (!file) {
        cli_fail(EXIT_USAGE, "report %s: %s", path, strerror(errno));
        return false;
    }
    if (session->report_count == SESSION_REPORTS_MAX) {
        cli_fail(EXIT_USAGE, "more than %d reports", SESSION_REPORTS_MAX);
        return false;
    }
    struct report_options mine = *options;
    mine.color = mine.color && standard;
    struct report *report = report_create(format, file, &mine, &err);
    if (!standard) {
        reports->files[reports->count++] = file;
    }
    if (!report) {
        cli_fail(EXIT_USAGE, "%s", err.text);
        return false;
    }
    session->reports[session->report_count++] = report;
    return true;
}

static bool open_folder(struct edge_reports *reports, struct session *session,
                        const char *folder,
                        const struct report_options *options)
{
    char path[4096];
    if (!make_folders(folder)) {
        cli_fail(EXIT_USAGE, "reports: cannot make %s: %s", folder,
                 strerror(errno));
        return false;
    }
    for (size_t i = 0; i < sizeof(folder_files) / sizeof(folder_files[0]);
         i++) {
        const struct folder_file *file = &folder_files[i];
        int n = snprintf(path, sizeof(path), "%s/%s", folder, file->name);
        if (file->conformance && !reports->conformance) {
            continue;
        }
        if (n < 0 || (size_t)n >= sizeof(path) ||
            !add_report(reports, session, str_of(file->format), path,
                        options)) {
            return false;
        }
    }
    return true;
}

/* A file that is there, or a folder where it can be made. */
static bool may_write(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    if (access(path, F_OK) == 0) {
        return access(path, W_OK) == 0;
    }
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    snprintf(folder, sizeof(folder), "%.*s.", (int)length, path);
    return access(folder, W_OK) == 0;
}

bool edge_check_reports(const char *folder, const struct cli_list *extra)
{
    struct err err = {.status = ST_OK};
    if (folder && !make_folders(folder)) {
        cli_fail(EXIT_USAGE, "reports: cannot make %s: %s", folder,
                 strerror(errno));
        return false;
    }
    for (size_t i = 0; i < extra->count; i++) {
        struct str text = str_of(extra->items[i]);
        size_t colon = str_find(text, ':');
        const char *path = colon < text.n ? text.p + colon + 1 : "-";
        if (report_format_check(str_take(text, colon), &err) != ST_OK) {
            cli_fail(EXIT_USAGE, "%s", err.text);
            return false;
        }
        if (strcmp(path, "-") != 0 && !may_write(path)) {
            cli_fail(EXIT_USAGE, "report %s: %s", path, strerror(errno));
            return false;
        }
    }
    return true;
}

bool edge_open_reports(struct edge_reports *reports, struct session *session,
                       const char *folder, const struct cli_list *extra,
                       const struct report_options *options)
{
    size_t takers = 0; /* of standard output */
    for (size_t i = 0; i < extra->count; i++) {
        struct str text = str_of(extra->items[i]);
        size_t colon = str_find(text, ':');
        takers += colon == text.n || str_is(str_skip(text, colon + 1), "-");
    }
    if (takers == 0 &&
        !add_report(reports, session, STR("text"), NULL, options)) {
        return false;
    }
    struct report_options mine = *options;
    mine.shared = takers > 1;
    if (folder && !open_folder(reports, session, folder, options)) {
        return false;
    }
    for (size_t i = 0; i < extra->count; i++) {
        struct str text = str_of(extra->items[i]);
        size_t colon = str_find(text, ':');
        const char *path = colon < text.n ? text.p + colon + 1 : NULL;
        if (!add_report(reports, session, str_take(text, colon), path, &mine)) {
            return false;
        }
    }
    return true;
}

bool edge_close_reports(struct edge_reports *reports, struct session *session)
{
    bool whole = fflush(stdout) == 0;
    for (size_t i = 0; i < session->report_count; i++) {
        report_free(session->reports[i]);
    }
    for (size_t i = 0; i < reports->count; i++) {
        whole = fclose(reports->files[i]) == 0 && whole;
    }
    if (!whole) {
        cli_fail(EXIT_OURS, "a report could not be written: %s",
                 strerror(errno));
    }
    return whole;
}
