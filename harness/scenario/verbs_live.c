/* SPDX-License-Identifier: MIT */
/* verbs_live - the part of the table about live channels: the engine's own and
 * raw ones that the script opens.  Layer: harness/scenario. */
#include "harness/scenario/options.h"
#include "harness/scenario/verbs_parts.h"

/* In the order of enum verb_id. */
const struct verb verbs_live[VERB_SETTLES - VERB_LISTENS] = {
    [0] = {.id = VERB_LISTENS,
           .who = "client",
           .name = "listens",
           .words = WORDS_CHOICE,
           .choices = "socket|unified|stream|off",
           .everyone = true,
           .expects = true,
           .options = options_listens,
           .clauses = "WS-1 WS-2 SSE-1 CONN-1 CONN-2",
           .help =
               "Keeps a live channel open from now on, or stops: the app's "
               "WebSocket, the one of all apps, or the event stream. Waits "
               "until it is open and authenticated, or its first try failed.",
           .example = "alice listens socket"},
    [VERB_CONNECTS - VERB_LISTENS] =
        {.id = VERB_CONNECTS,
         .who = "client",
         .name = "connects",
         .everyone = true,
         .words = WORDS_TARGET,
         .answer = true,
         .expects = true,
         .options = options_connects,
         .clauses = "WS-1 SSE-1 WS-3 WS-10 AUTH-1 AUTH-2 SVC-1",
         .help =
             "Opens a raw channel of the script, beside the client's own: a "
             "path that begins with /ws is a WebSocket, any other an event "
             "stream. `expects` lines judge the answer to its opening.",
         .example = "bob connects /ws/{app} auth=yes"},
    [VERB_SAYS - VERB_LISTENS] =
        {.id = VERB_SAYS,
         .who = "client",
         .name = "says",
         .everyone = true,
         .words = WORDS_NONE,
         .body = true,
         .expects = true,
         .options = options_on,
         .clauses = "WS-10 WS-9",
         .help =
             "Says a text message on a raw socket: the lines with | under it.",
         .example = "bob says on=raw"},
    [VERB_FRAMES - VERB_LISTENS] =
        {.id = VERB_FRAMES,
         .who = "client",
         .name = "frames",
         .everyone = true,
         .words = WORDS_CHOICE,
         .choices = "text|binary|continuation|ping|pong|close|bytes",
         .body = true,
         .expects = true,
         .options = options_frames,
         .clauses = "WS-10 WS-9",
         .help = "Sends one hand-made frame on a raw socket that was opened "
                 "with via=frames; lines with | are its payload. bytes: the "
                 "payload as it is, with no frame around it.",
         .example = "bob frames ping fin=no"},
    [VERB_HEARS - VERB_LISTENS] =
        {.id = VERB_HEARS,
         .who = "client",
         .name = "hears",
         .everyone = true,
         .words = WORDS_HEARD,
         .choices = "nothing|auth-ok|error|pong|heartbeat|close|ping-frame|"
                    "pong-frame|text|binary",
         .fields = true,
         .expects = true,
         .options = options_hears,
         .clauses = "WS-5 WS-6 WS-7 WS-8 WS-2 WS-3 WS-4 WS-9 WS-10 SSE-3 SSE-2 "
                    "SSE-4 SSE-5 SSE-6 SSE-7 SSE-8 CONN-1",
         .help = "Something comes on a live channel, among what was not heard "
                 "yet: collections (a notice that names them, or changes of "
                 "them on a stream), a record with these values (on a stream), "
                 "or one of the words; a collection that is called like one is "
                 "in quotes. Without on= it is the raw channel that the client "
                 "opened last, or its own.",
         .example = "bob hears tasks within=2s"},
    [VERB_PAUSES - VERB_LISTENS] =
        {.id = VERB_PAUSES,
         .who = "client",
         .name = "pauses",
         .everyone = true,
         .words = WORDS_NONE,
         .options = options_pauses,
         .clauses = "",
         .help = "Stops reading from the connection of a live channel, so that "
                 "the server runs into backpressure.",
         .example = "bob pauses on=raw"},
    [VERB_RESUMES - VERB_LISTENS] = {.id = VERB_RESUMES,
                                     .who = "client",
                                     .name = "resumes",
                                     .everyone = true,
                                     .words = WORDS_NONE,
                                     .options = options_pauses,
                                     .clauses = "",
                                     .help = "Goes on reading.",
                                     .example = "bob resumes on=raw"},
    [VERB_DISCONNECTS -
        VERB_LISTENS] = {.id = VERB_DISCONNECTS,
                         .who = "client",
                         .name = "disconnects",
                         .everyone = true,
                         .words = WORDS_NONE,
                         .options = options_disconnects,
                         .clauses = "",
                         .help = "Ends a raw channel.",
                         .example = "bob disconnects code=1000"},
};
