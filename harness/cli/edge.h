/* SPDX-License-Identifier: MIT */
/* edge - what only the outermost layer may know: clocks, the name of this
 * program, signals, report files.  Layer: harness/cli. */
#ifndef SYNCSPEC_HARNESS_CLI_EDGE_H
#define SYNCSPEC_HARNESS_CLI_EDGE_H

#include "harness/cli/options.h"
#include "harness/run/session.h"

/* Set by SIGINT and SIGTERM once edge_catch_signals was called. */
extern volatile int edge_interrupted;
void edge_catch_signals(void);
/* Path of this very program, to spawn the bundled server with. */
const char *edge_program(void);
/* The bundled scenarios: `scenarios` here, or where they were installed; with
 * `below` ("/museum") behind it.  Holds until the next call. */
char *edge_scenarios(const char *below);
/* RFC 3339 now, into the arena. */
struct str edge_now(struct arena *arena);
/* Letters and digits that no other invocation on this machine has. */
struct str edge_tag(struct arena *arena);
void edge_pause(int64_t pause_ms);
bool edge_colors(FILE *stream);

/* For the help of options that want one. */
#define EDGE_FORMATS                                                           \
    "text junit tap jsonl markdown github clauses badge shields"

/* Reports of a command: `--reports DIR` and `--report FORMAT[:FILE]`. */
struct edge_reports {
    bool conformance; /* the folder gets clauses.md, badge.svg and badge.json
                         too */
    FILE *files[SESSION_REPORTS_MAX];
    size_t count;
};
/* Would edge_open_reports succeed?  Makes the folder, touches no file.  False
 * after a message: better now than after a run. */
bool edge_check_reports(const char *folder, const struct cli_list *extra);
/* Open what was asked for and add it to the session; text to standard output
 * comes first.  False after a message. */
bool edge_open_reports(struct edge_reports *reports, struct session *session,
                       const char *folder, const struct cli_list *extra,
                       const struct report_options *options);
/* Frees the renderers too; false when a file could not be written. */
bool edge_close_reports(struct edge_reports *reports, struct session *session);

#endif
