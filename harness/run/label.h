/* SPDX-License-Identifier: MIT */
/* label - the header that tells a server's log which line of which case a
 * request is of.  Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_LABEL_H
#define SYNCSPEC_HARNESS_RUN_LABEL_H

#include "harness/run/runner.h"

#define LABEL_HEADER "X-Sync-Test"
enum { LABEL_BYTES = 200 };

/* Add `X-Sync-Test: cursor/pages_come_to_an_end#1#14` to a request that is on
 * its way: the id of the result, and the line of the script or the phase of
 * the run (start, heal, settle, observe).  Printable ASCII, at most
 * LABEL_BYTES.  Only on the wire, so that virtual time stays as it was; not
 * when the request has one, or as many headers as it can.  The value is in the
 * run's arena. */
void label_add(struct runner *runner, struct http_request *request);

#endif
