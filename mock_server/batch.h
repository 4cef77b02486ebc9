/* SPDX-License-Identifier: MIT */
/* batch - the changes of one push on their way to rows of the log.
 * Layer: mock_server, not for others. */
#ifndef SYNCSPEC_MOCK_SERVER_BATCH_H
#define SYNCSPEC_MOCK_SERVER_BATCH_H

#include "mock_server/server_core.h"

struct batch {
    struct store_row *rows; /* in the job's arena */
    size_t count;
    uint64_t *seen; /* digests in this push: open addressing, 0 is free */
    size_t seen_mask;
    struct change *corrections; /* of planted bugs */
    size_t correction_count, correction_cap;
};

/* The rows of job->set, without those that the log has already.  Commit times
 * are still to be given. */
void batch_fill(struct server *server, struct server_job *job,
                struct instant now, struct batch *batch);
/* The rows of job->set as they are, with no questions asked. */
void batch_encode(struct server *server, struct server_job *job,
                  struct batch *batch);

#endif
