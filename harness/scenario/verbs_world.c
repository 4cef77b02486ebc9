/* SPDX-License-Identifier: MIT */
/* verbs_world - the part of the table about all and everything around clients:
 * network, clocks, server, storms.  Layer: harness/scenario. */
#include "harness/scenario/options.h"
#include "harness/scenario/verbs_parts.h"

#define REQUEST_OR_RESPONSE "request|response"
#define ANY_MESSAGE         "request|response|message"

/* In the order of enum verb_id. */
const struct verb verbs_world[VERB_COUNT - VERB_SETTLES] = {
    [VERB_SETTLES -
     VERB_SETTLES] = {.id = VERB_SETTLES,
                      .who = "everyone",
                      .name = "settles",
                      .words = WORDS_NONE,
                      .expects = true,
                      .options = options_settles,
                      .clauses = "MERGE-5 QUEUE-1 QUEUE-4 PULL-2 PUSH-2",
                      .help = "Faults end, everyone is online and syncs until "
                              "nothing is left to do.",
                      .example = "everyone settles within=60s"},
    [VERB_AGREES -
        VERB_SETTLES] = {.id = VERB_AGREES,
                         .who = "everyone",
                         .name = "agrees",
                         .words = WORDS_NONE,
                         .expects = true,
                         .options = options_none,
                         .clauses = "MERGE-5 MERGE-3 MERGE-2 MERGE-1 CURSOR-7 "
                                    "PUSH-2 PUSH-4 QUEUE-1 APPLY-2",
                         .help =
                             "All clients of one user and app hold the same "
                             "records, fields and deletions.",
                         .example = "everyone agrees"},
    [VERB_WAITS - VERB_SETTLES] = {.id = VERB_WAITS,
                                   .who = "client",
                                   .name = "waits",
                                   .words = WORDS_NONE,
                                   .everyone = true,
                                   .options = options_waits,
                                   .clauses = "",
                                   .help = "Time passes.",
                                   .example = "everyone waits for=30s"},
    [VERB_NET_DROPS - VERB_SETTLES] =
        {.id = VERB_NET_DROPS,
         .who = "net",
         .name = "drops",
         .words = WORDS_CHOICE,
         .choices = ANY_MESSAGE,
         .options = options_net,
         .clauses = "",
         .help = "Messages are lost; the client runs into its time-out.",
         .example = "net drops response to=alice count=1"},
    [VERB_NET_DELAYS -
        VERB_SETTLES] = {.id = VERB_NET_DELAYS,
                         .who = "net",
                         .name = "delays",
                         .words = WORDS_CHOICE,
                         .choices = ANY_MESSAGE,
                         .options = options_delays,
                         .clauses = "",
                         .help = "Messages arrive later.",
                         .example = "net delays request by=2s from=alice"},
    [VERB_NET_DUPLICATES -
        VERB_SETTLES] = {.id = VERB_NET_DUPLICATES,
                         .who = "net",
                         .name = "duplicates",
                         .words = WORDS_CHOICE,
                         .choices = "request|message",
                         .options = options_net,
                         .clauses = "",
                         .help = "Requests and live messages arrive twice; the "
                                 "first answer to a request counts.",
                         .example =
                             "net duplicates request from=alice count=1"},
    [VERB_NET_REORDERS -
        VERB_SETTLES] = {.id = VERB_NET_REORDERS,
                         .who = "net",
                         .name = "reorders",
                         .words = WORDS_CHOICE,
                         .choices = ANY_MESSAGE,
                         .options = options_net,
                         .clauses = "",
                         .help = "A message is held until the next one of "
                                 "its client and direction has passed.",
                         .example = "net reorders request from=alice count=1"},
    [VERB_NET_TRUNCATES -
        VERB_SETTLES] = {.id = VERB_NET_TRUNCATES,
                         .who = "net",
                         .name = "truncates",
                         .words = WORDS_CHOICE,
                         .choices = "response",
                         .options = options_truncates,
                         .clauses = "",
                         .help = "Answers end early, as if they were whole.",
                         .example = "net truncates response to=alice after=20"},
    [VERB_NET_RESETS -
        VERB_SETTLES] = {.id = VERB_NET_RESETS,
                         .who = "net",
                         .name = "resets",
                         .words = WORDS_CHOICE,
                         .choices = "response",
                         .options = options_truncates,
                         .clauses = "",
                         .help =
                             "The connection breaks while the answer arrives.",
                         .example = "net resets response to=alice after=20"},
    [VERB_NET_TRICKLES -
        VERB_SETTLES] = {.id = VERB_NET_TRICKLES,
                         .who = "net",
                         .name = "trickles",
                         .words = WORDS_CHOICE,
                         .choices = "response",
                         .options = options_trickles,
                         .clauses = "",
                         .help = "Answers arrive slowly.",
                         .example = "net trickles response rate=10 to=alice"},
    [VERB_NET_ANSWERS - VERB_SETTLES] =
        {.id = VERB_NET_ANSWERS,
         .who = "net",
         .name = "answers",
         .words = WORDS_CHOICE,
         .choices = REQUEST_OR_RESPONSE,
         .options = options_answers,
         .clauses = "",
         .help = "Something in between answers: the server saw nothing "
                 "(request), or did it all (response).",
         .example = "net answers request status=503 retry-after=5 count=1"},
    [VERB_NET_REPEATS - VERB_SETTLES] =
        {.id = VERB_NET_REPEATS,
         .who = "net",
         .name = "repeats",
         .words = WORDS_CHOICE,
         .choices = "message",
         .options = options_repeats,
         .clauses = "",
         .help = "A live message is delivered many times: a storm.",
         .example = "net repeats message to=bob times=50 count=1"},
    [VERB_NET_ANNOUNCES -
        VERB_SETTLES] = {.id = VERB_NET_ANNOUNCES,
                         .who = "net",
                         .name = "announces",
                         .words = WORDS_CHOICE,
                         .choices = "message",
                         .options = options_announces,
                         .clauses = "",
                         .help = "A text is delivered at once on the open live "
                                 "channels, as if the server had said it.",
                         .example =
                             "net announces message to=bob "
                             "body=\"{\\\"type\\\":\\\"sync-available\\\"}\""},
    [VERB_NET_CUTS - VERB_SETTLES] =
        {.id = VERB_NET_CUTS,
         .who = "net",
         .name = "cuts",
         .words = WORDS_CHOICE,
         .choices = "message",
         .options = options_cuts,
         .clauses = "",
         .help = "Live channels are reset, also in the middle of a message.",
         .example = "net cuts message to=bob after=100"},
    [VERB_NET_SILENCES -
        VERB_SETTLES] = {.id = VERB_NET_SILENCES,
                         .who = "net",
                         .name = "silences",
                         .words = WORDS_CHOICE,
                         .choices = "message",
                         .options = options_silences,
                         .clauses = "",
                         .help =
                             "Live channels are half-open from now on: nothing "
                             "passes either way, and nobody is told.",
                         .example = "net silences message to=bob"},
    [VERB_NET_STALLS -
        VERB_SETTLES] = {.id = VERB_NET_STALLS,
                         .who = "net",
                         .name = "stalls",
                         .words = WORDS_CHOICE,
                         .choices = "message",
                         .options = options_holds,
                         .clauses = "",
                         .help = "Nothing passes on live channels for a while, "
                                 "then all of it does.",
                         .example = "net stalls message to=bob by=5s"},
    [VERB_NET_SPLITS -
        VERB_SETTLES] = {.id = VERB_NET_SPLITS,
                         .who = "net",
                         .name = "splits",
                         .words = WORDS_CHOICE,
                         .choices = "message",
                         .options = options_splits,
                         .clauses = "",
                         .help = "Live channels that open from now on are "
                                 "written and read in small pieces.",
                         .example = "net splits message to=bob bytes=1"},
    [VERB_NET_HEALS - VERB_SETTLES] = {.id = VERB_NET_HEALS,
                                       .who = "net",
                                       .name = "heals",
                                       .words = WORDS_NONE,
                                       .options = options_none,
                                       .clauses = "",
                                       .help = "All faults of the network end.",
                                       .example = "net heals"},
    [VERB_CLOCK_SKEWS -
        VERB_SETTLES] = {.id = VERB_CLOCK_SKEWS,
                         .who = "clock",
                         .name = "skews",
                         .words = WORDS_NAMES,
                         .options = options_clock,
                         .clauses = "",
                         .help =
                             "The wall clock of these clients is off by so "
                             "much from now on, whatever it was off before.",
                         .example = "clock skews alice by=-5m"},
    [VERB_CLOCK_STEPS -
        VERB_SETTLES] = {.id = VERB_CLOCK_STEPS,
                         .who = "clock",
                         .name = "steps",
                         .words = WORDS_NAMES,
                         .options = options_clock,
                         .clauses = "",
                         .help = "The wall clock of these clients jumps, on "
                                 "top of what it was off.",
                         .example = "clock steps alice by=-1h"},
    [VERB_SERVER_KILLS - VERB_SETTLES] =
        {.id = VERB_SERVER_KILLS,
         .who = "server",
         .name = "kills",
         .words = WORDS_NONE,
         .options = options_none,
         .clauses = "",
         .help =
             "The server dies at once; what it did not keep durably is gone.",
         .example = "server kills"},
    [VERB_SERVER_STOPS - VERB_SETTLES] =
        {.id = VERB_SERVER_STOPS,
         .who = "server",
         .name = "stops",
         .words = WORDS_NONE,
         .options = options_none,
         .clauses = "",
         .help = "The server is asked to end (SIGTERM), and it ends.",
         .example = "server stops"},
    [VERB_SERVER_RESTARTS -
        VERB_SETTLES] = {.id = VERB_SERVER_RESTARTS,
                         .who = "server",
                         .name = "restarts",
                         .words = WORDS_NONE,
                         .options = options_none,
                         .clauses = "",
                         .help = "The server starts again with what it kept.",
                         .example = "server restarts"},
    [VERB_SERVER_WIPES -
        VERB_SETTLES] = {.id = VERB_SERVER_WIPES,
                         .who = "server",
                         .name = "wipes",
                         .words = WORDS_NONE,
                         .options = options_none,
                         .clauses = "",
                         .help = "The server starts again and its log is "
                                 "gone, as after a restore from nothing.",
                         .example = "server wipes"},
    [VERB_SERVER_STALLS -
        VERB_SETTLES] = {.id = VERB_SERVER_STALLS,
                         .who = "server",
                         .name = "stalls",
                         .words = WORDS_NONE,
                         .options = options_stalls,
                         .clauses = "",
                         .help = "The next commits are held: begun, and not "
                                 "visible for that time (virtual time only).",
                         .example = "server stalls by=2s count=1 from=alice"},
    [VERB_SERVER_WEIGHS - VERB_SETTLES] =
        {.id = VERB_SERVER_WEIGHS,
         .who = "server",
         .name = "weighs",
         .words = WORDS_NONE,
         .options = options_none,
         .clauses = "",
         .help = "How much memory its process holds is noted, for grown=.",
         .example = "server weighs"},
    [VERB_SERVER_LIVES -
        VERB_SETTLES] = {.id = VERB_SERVER_LIVES,
                         .who = "server",
                         .name = "lives",
                         .words = WORDS_NONE,
                         .expects = true,
                         .options = options_none,
                         .clauses = "SVC-1 VALID-17 VALID-11 VALID-12 SSE-8",
                         .help = "Its /health answers 200.",
                         .example = "server lives"},
    [VERB_SERVER_HAS - VERB_SETTLES] =
        {.id = VERB_SERVER_HAS,
         .who = "server",
         .name = "has",
         .words = WORDS_NONE,
         .expects = true,
         .options = options_counters,
         .clauses = "QUEUE-4 PUSH-4 PUSH-5 CONN-1 PULL-2 QUEUE-1 SVC-1",
         .help = "Says what the bundled server must have counted.",
         .example = "server has pushes<=2 changes=1"},
    [VERB_STORM_WRITES - VERB_SETTLES] =
        {.id = VERB_STORM_WRITES,
         .who = "storm",
         .name = "writes",
         .words = WORDS_NONE,
         .options = options_storm,
         .clauses = "",
         .help = "Many writers push at once while one observer follows the "
                 "cursors and another starts fresh at the end.",
         .example = "storm writes writers=8 changes=100 batch=5"},
};
