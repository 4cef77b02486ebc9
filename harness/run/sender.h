/* SPDX-License-Identifier: MIT */
/* sender - the raw device beside a model client, for what a good client would
 * never send, and the names in braces that its texts may hold.
 * Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_SENDER_H
#define SYNCSPEC_HARNESS_RUN_SENDER_H

#include "harness/run/runner.h"

/* The actor of the client's raw sender, made when it is first asked for; one of
 * its own for a step that says as=USER. */
uint32_t sender_of(struct run_client *client, const struct step *step);
/* `text` with the live values of {app}, {alice}, {epoch} … put in; names that
 * stand for nothing stay as they are.  In the run's arena. */
struct str sender_text(struct runner *runner, uint32_t sender, struct str text);
/* The same for a step's body, as it is and in the names of the dialect that is
 * spoken. */
struct str sender_bytes(struct runner *runner, uint32_t sender,
                        const struct step *step);
struct str sender_body(struct runner *runner, uint32_t sender,
                       enum dialect_group document, const struct step *step);
/* The same for a request target: what is put in is percent-encoded. */
struct str sender_target(struct runner *runner, uint32_t sender,
                         struct str text);
/* X-Client-Id as the step's client= says, by default the sender's own; .p
 * NULL for client=none. */
struct str sender_client_id(struct runner *runner, uint32_t sender,
                            const struct step *step);
/* The bearer token as the step's token= says (a kind by its name: `expired`;
 * or a text, names in braces filled in), by default that of the sender's user;
 * .p NULL for token=none. */
struct str sender_token(struct runner *runner, uint32_t sender,
                        const struct step *step);
/* Authorization and X-Client-Id, then the step's header.X=; the first only
 * with `authorize`. */
void sender_headers(struct runner *runner, uint32_t sender,
                    const struct step *step, bool authorize,
                    struct http_request *request);

#endif
