/* SPDX-License-Identifier: MIT */
/* plant - `--bug` and `--client-bug` of a command line.  Layer: harness/cli. */
#ifndef SYNCSPEC_HARNESS_CLI_PLANT_H
#define SYNCSPEC_HARNESS_CLI_PLANT_H

#include "harness/cli/options.h"
#include "harness/run/run.h"

/* Switch on the bugs of these names.  "canary" among the server's falsifies a
 * result instead.  False when there is no bug of a name: a message with the
 * command's name was written. */
bool cli_plant(const char *command, const struct cli_list *bugs,
               const struct cli_list *client_bugs, struct run_options *options);
/* The names of the server's bugs for a server of its own, NULL at the end;
 * good until the next call. */
const char *const *cli_planted(const struct cli_list *bugs);
/* Append " --bug NAME" and " --client-bug NAME" of all, for a replay. */
struct str cli_plant_text(struct str text, const struct cli_list *bugs,
                          const struct cli_list *client_bugs,
                          struct arena *arena);

#endif
