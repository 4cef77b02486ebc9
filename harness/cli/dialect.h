/* SPDX-License-Identifier: MIT */
/* dialect - `--dialect NAME|FILE`.  Layer: harness/cli. */
#ifndef SYNCSPEC_HARNESS_CLI_DIALECT_H
#define SYNCSPEC_HARNESS_CLI_DIALECT_H

#include "protocol/dialect.h"

#define CLI_DIALECT_ARGUMENT "NAME|FILE"

/* A built-in dialect by its name, otherwise one from a file (see
 * docs/dialects.md), held by the arena.  False after a message. */
bool cli_dialect(const char *text, struct arena *arena,
                 const struct dialect **out);

#endif
