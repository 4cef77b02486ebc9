/* SPDX-License-Identifier: MIT */
/* curl - a request of this run as a command that sends the very same one.
 * Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_CURL_H
#define SYNCSPEC_HARNESS_RUN_CURL_H

#include "harness/run/runner.h"

struct curl_request {
    const struct http_head *head;
    struct str target, body;
    bool stream; /* what comes is to be shown as it comes */
    bool socket; /* an upgrade, for its answer */
};

/* In the run's arena; empty when it would be too long to paste, or there is no
 * address to send it to.  X-Sync-Test and User-Agent are left out. */
struct str curl_line(struct runner *runner, const struct curl_request *request);

#endif
