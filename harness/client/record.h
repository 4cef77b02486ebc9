/* SPDX-License-Identifier: MIT */
/* record - a record as registers, and the one total order of writes that
 * everything else here rests on.  Layer: harness/client.  Knows nothing of
 * strategies, queues or museums. */
#ifndef SYNCSPEC_HARNESS_CLIENT_RECORD_H
#define SYNCSPEC_HARNESS_CLIENT_RECORD_H

#include "harness/client/device.h"

/* Which of two writes to one register wins: by instant, then by the bytes of
 * the canonical value.  <0, 0 (the same write), >0. */
int record_order(const struct field *a, const struct field *b);
/* The register of that name, to be changed in place, or NULL. */
struct field *record_register(struct record *record, struct str name);
/* Set a register whatever it holds.  Borrows name and texts: they must live
 * as long as the record.  New registers take memory from the arena. */
void record_put(struct record *record, struct arena *arena,
                const struct field *write);
/* record_put if the write wins; true if the register changed. */
bool record_merge(struct record *record, struct arena *arena,
                  const struct field *write);
/* The greatest stamp of its registers, INSTANT_MIN without any. */
struct instant record_updated_at(const struct record *record);

/* The instant as a canonical JSON string: milliseconds when they carry it,
 * else as many digits as it takes.  In the arena. */
struct str record_instant_value(struct arena *arena, struct instant at);
/* A value of `deletedAt` with respellings of one instant made equal: strings
 * that are instants are written anew, everything else is returned as it is. */
struct str record_deleted_value(struct arena *arena, struct str canonical);

#endif
