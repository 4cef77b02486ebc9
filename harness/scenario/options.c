/* SPDX-License-Identifier: MIT */
/* options - the key=value lists that rows of the verb table point to.
 * Layer: harness/scenario. */
#include "harness/scenario/options.h"

#include "harness/scenario/when.h"

#define GETS "ok|timeout|reset|refused|garbled|STATUS"
#define OPTIONS_END                                                            \
    {                                                                          \
        .name = NULL                                                           \
    }

/* Which messages a fault is for. */
#define SELECTORS                                                              \
    {.name = "from",                                                           \
     .kind = OPTION_CLIENT,                                                    \
     .help = "only requests of this client"},                                  \
        {.name = "to",                                                         \
         .kind = OPTION_CLIENT,                                                \
         .help = "only responses and live messages to this client"},           \
        {.name = "count",                                                      \
         .kind = OPTION_NUMBER,                                                \
         .help = "so many messages, then no more; 0 or left out: until the "   \
                 "net heals"},                                                 \
        {.name = "skip",                                                       \
         .kind = OPTION_NUMBER,                                                \
         .help = "let so many pass first"},                                    \
        {.name = "chance",                                                     \
         .kind = OPTION_PERCENT,                                               \
         .help = "how likely, as 30%"},                                        \
    {                                                                          \
        .name = "path", .kind = OPTION_STRING,                                 \
        .help = "only where the target contains this text"                     \
    }

const struct option options_none[] = {OPTIONS_END};

const struct option options_send[] = {
    {.name = "gets",
     .kind = OPTION_WORD,
     .choices = GETS,
     .help = "how it must end: ok, no answer in time, a broken or refused "
             "connection, a body that cannot be read, or an HTTP status"},
    {.name = "wait",
     .kind = OPTION_WORD,
     .choices = "yes|no",
     .help = "no: go on with the script while it runs"},
    OPTIONS_END};

const struct option options_finish[] = {
    {.name = "gets",
     .kind = OPTION_WORD,
     .choices = GETS,
     .help = "how it must end: ok, no answer in time, a broken or refused "
             "connection, a body that cannot be read, or an HTTP status"},
    OPTIONS_END};

const struct option options_goes[] = {
    {.name = "wait",
     .kind = OPTION_WORD,
     .choices = "yes|no",
     .help = "no: go on with the script while it runs"},
    OPTIONS_END};

const struct option options_signs[] = {
    {.name = "user",
     .kind = OPTION_WORD,
     .help = "sign in as this user; left out: as before"},
    OPTIONS_END};

const struct option options_crashes[] = {
    {.name = "during",
     .kind = OPTION_WORD,
     .choices = "write|apply|ack",
     .help = "arm the crash: inside the next local write, half-way through "
             "applying an answer, or when a push was answered and nothing is "
             "done about it yet"},
    OPTIONS_END};

const struct option options_restores[] = {
    {.name = "id",
     .kind = OPTION_WORD,
     .choices = "kept|new",
     .help = "the client id of the backup, or a new one (default new)"},
    OPTIONS_END};

const struct option options_clones[] = {
    {.name = "from",
     .kind = OPTION_CLIENT,
     .required = true,
     .help = "whose database is copied"},
    {.name = "id",
     .kind = OPTION_WORD,
     .choices = "same|new",
     .help =
         "the client id of the other device too, or a new one (default new)"},
    OPTIONS_END};

const struct option options_sees[] = {
    {.name = "deleted",
     .kind = OPTION_WORD,
     .choices = "yes|no",
     .help = "yes: the record is there as a tombstone (default no)"},
    OPTIONS_END};

const struct option options_has[] = {
    {.name = "pending",
     .kind = OPTION_NUMBER,
     .compares = true,
     .help = "local writes that are not acknowledged"},
    {.name = "status",
     .kind = OPTION_WORD,
     .choices = "idle|syncing|synced|offline|error",
     .compares = true,
     .help = "what the client tells its user"},
    {.name = "signed",
     .kind = OPTION_WORD,
     .choices = "in|out",
     .help = "is it signed in"},
    {.name = "requests",
     .kind = OPTION_NUMBER,
     .compares = true,
     .help = "requests that it has sent so far"},
    {.name = "requests-max",
     .kind = OPTION_NUMBER,
     .help = "the same, at most"},
    {.name = "stopped",
     .kind = OPTION_WORD,
     .choices = "payment|no",
     .help = "did it stop because sync is not paid for"},
    {.name = "refused",
     .kind = OPTION_NUMBER,
     .compares = true,
     .help = "changes that it gave up because the server refuses them"},
    {.name = "live",
     .kind = OPTION_WORD,
     .choices = "off|opening|open|waiting",
     .compares = true,
     .help = "its live channel: not asked for, on the way, open, or lost and "
             "to be opened again"},
    {.name = "channels",
     .kind = OPTION_NUMBER,
     .compares = true,
     .help = "live connections that it has open now, raw ones not counted"},
    {.name = "notices",
     .kind = OPTION_NUMBER,
     .compares = true,
     .help = "notices that it has heard on its live channel so far"},
    {.name = "pulls",
     .kind = OPTION_NUMBER,
     .compares = true,
     .help = "pull requests that it has sent so far"},
    OPTIONS_END};

const struct option options_counts[] = {{.name = "is",
                                         .kind = OPTION_NUMBER,
                                         .required = true,
                                         .compares = true,
                                         .help = "so many live records match"},
                                        OPTIONS_END};

const struct option options_queries[] = {
    {.name = "gives",
     .kind = OPTION_STRING,
     .required = true,
     .help =
         "the ids that come out, in order, separated by commas; \"\" is none"},
    {.name = "order",
     .kind = OPTION_WORD,
     .help = "by this field; -FIELD the other way round; left out: by id"},
    {.name = "limit",
     .kind = OPTION_NUMBER,
     .help = "at most so many; 0: no limit"},
    {.name = "offset",
     .kind = OPTION_NUMBER,
     .help = "leave out so many first"},
    OPTIONS_END};

const struct option options_sends[] = {
    {.name = "as",
     .kind = OPTION_WORD,
     .help = "as another user (default: the client's own)"},
    {.name = "client",
     .kind = OPTION_CLIENT,
     .choices = "none",
     .help = "with the client id of this client (default: its own), or without "
             "X-Client-Id"},
    {.name = "token",
     .kind = OPTION_STRING,
     .help = "this text in place of the token, a kind of token, or none: no "
             "Authorization header"},
    {.name = "header.",
     .kind = OPTION_STRING,
     .help = "one more header, beside those that are sent anyway"},
    {.name = "times",
     .kind = OPTION_NUMBER,
     .low = 1,
     .high = 100000,
     .help = "send it so often, one after the other (default 1)"},
    {.name = "connection",
     .kind = OPTION_WORD,
     .choices = "new",
     .help = "on a connection of its own, and not on one that is open already"},
    {.name = "stops",
     .kind = OPTION_PERCENT,
     .help = "only so much of the request's bytes is sent, on a connection of "
             "its own, and then nothing more: there is no answer to judge; 0% "
             "only connects"},
    {.name = "ends",
     .kind = OPTION_WORD,
     .choices = "hold|cut",
     .help = "with stops=: the connection stays open until all faults end "
             "(default), or is cut at once"},
    {.name = "wait",
     .kind = OPTION_WORD,
     .choices = "yes|no",
     .help = "no: go on with the script while it runs"},
    OPTIONS_END};

const struct option options_settles[] = {
    {.name = "within",
     .kind = OPTION_DURATION,
     .help = "world time it may take (default 60s)"},
    OPTIONS_END};

const struct option options_waits[] = {
    {.name = "for",
     .kind = OPTION_DURATION,
     .help = "so long; left out: only the time in front of the line"},
    {.name = "clock",
     .kind = OPTION_WORD,
     .choices = "server",
     .help = "on the wire time passes only while something is under way; "
             "server: really, so that it does for the server too (less of it "
             "for one whose time runs faster)"},
    OPTIONS_END};

const struct option options_net[] = {SELECTORS, OPTIONS_END};

const struct option options_delays[] = {{.name = "by",
                                         .kind = OPTION_DURATION,
                                         .required = true,
                                         .help = "so much later"},
                                        {.name = "jitter",
                                         .kind = OPTION_DURATION,
                                         .help = "and up to so much more"},
                                        SELECTORS,
                                        OPTIONS_END};

const struct option options_truncates[] = {
    {.name = "after",
     .kind = OPTION_NUMBER,
     .help = "bytes of the body that still arrive (default 0)"},
    SELECTORS,
    OPTIONS_END};

const struct option options_trickles[] = {{.name = "rate",
                                           .kind = OPTION_NUMBER,
                                           .required = true,
                                           .low = 1,
                                           .high = 1000000000,
                                           .help = "bytes a second"},
                                          SELECTORS,
                                          OPTIONS_END};

const struct option options_answers[] = {
    {.name = "status",
     .kind = OPTION_NUMBER,
     .required = true,
     .low = 100,
     .high = 599,
     .help = "the HTTP status"},
    {.name = "body", .kind = OPTION_STRING, .help = "the body (default empty)"},
    {.name = "type", .kind = OPTION_STRING, .help = "the content type"},
    {.name = "retry-after",
     .kind = OPTION_NUMBER,
     .help = "seconds in a Retry-After header"},
    SELECTORS,
    OPTIONS_END};

const struct option options_clock[] = {
    {.name = "by",
     .kind = OPTION_DURATION,
     .required = true,
     .low = -WHEN_MS_MAX,
     .high = WHEN_MS_MAX,
     .help = "so much; -5m is into the past"},
    OPTIONS_END};

const struct option options_stalls[] = {{.name = "by",
                                         .kind = OPTION_DURATION,
                                         .required = true,
                                         .help = "each held for so long"},
                                        {.name = "count",
                                         .kind = OPTION_NUMBER,
                                         .low = 1,
                                         .high = 1000000000,
                                         .help = "so many commits (default 1)"},
                                        {.name = "from",
                                         .kind = OPTION_CLIENT,
                                         .help = "only those of this client"},
                                        OPTIONS_END};

const struct option options_counters[] = {
    {.name = "requests",
     .kind = OPTION_NUMBER,
     .compares = true,
     .help = "requests it was sent"},
    {.name = "pushes",
     .kind = OPTION_NUMBER,
     .compares = true,
     .help = "pushes it took"},
    {.name = "pulls",
     .kind = OPTION_NUMBER,
     .compares = true,
     .help = "pulls it answered"},
    {.name = "changes",
     .kind = OPTION_NUMBER,
     .compares = true,
     .help = "changes it keeps"},
    {.name = "refused",
     .kind = OPTION_NUMBER,
     .compares = true,
     .help = "requests it answered with 4xx"},
    {.name = "grown",
     .kind = OPTION_NUMBER,
     .compares = true,
     .help = "MiB of memory that its process holds more than when it was "
             "weighed: only where the suite started it"},
    OPTIONS_END};

const struct option options_storm[] = {
    {.name = "writers",
     .kind = OPTION_NUMBER,
     .low = 1,
     .high = 512,
     .help = "clients that push at once (default 8)"},
    {.name = "changes",
     .kind = OPTION_NUMBER,
     .low = 1,
     .high = 10000,
     .help = "how often each of them writes and pushes (default 10, or as "
             "often as total= takes)"},
    {.name = "records",
     .kind = OPTION_NUMBER,
     .low = 1,
     .high = 10000,
     .help = "distinct records they write to; left out: each write its own"},
    {.name = "batch",
     .kind = OPTION_NUMBER,
     .low = 1,
     .high = 10000,
     .help = "writes in one push (default 1)"},
    {.name = "batch-max",
     .kind = OPTION_NUMBER,
     .low = 1,
     .high = 10000,
     .help = "small pushes beside large ones: from batch= to so many writes"},
    {.name = "total",
     .kind = OPTION_NUMBER,
     .low = 1,
     .high = 1000000,
     .help = "exactly so many writes in all, those that make the records= not "
             "counted"},
    {.name = "readers",
     .kind = OPTION_NUMBER,
     .low = 1,
     .high = 512,
     .help = "observers that follow the cursors (default 1): one from the "
             "first write on, the others begin one after the other, each with "
             "nothing, while the storm goes on"},
    {.name = "server",
     .kind = OPTION_WORD,
     .choices = "kills|stops",
     .help = "when half of it is written the server is killed, or asked to "
             "end, and started again"},
    {.name = "collection",
     .kind = OPTION_COLLECTION,
     .help = "where (default: the first)"},
    OPTIONS_END};

const struct option options_expects[] = {
    {.name = "status",
     .kind = OPTION_WORD,
     .choices = "STATUS|1xx|2xx|3xx|4xx|5xx",
     .compares = true,
     .help = "the HTTP status, or its class"},
    {.name = "gets",
     .kind = OPTION_WORD,
     .choices = "ok|timeout|reset|refused|garbled",
     .help = "how the exchange ended; ok: there was an answer, of any status"},
    {.name = "changes",
     .kind = OPTION_NUMBER,
     .compares = true,
     .help = "how many changes are in serverChanges"},
    {.name = "told",
     .kind = OPTION_WORD,
     .choices = "evenly",
     .help = "each record of serverChanges, which is not empty, comes as often "
             "as every other"},
    {.name = "body",
     .kind = OPTION_STRING,
     .compares = true,
     .help = "the whole body, or with ~= a part of it"},
    {.name = "header.",
     .kind = OPTION_STRING,
     .compares = true,
     .help = "a header of the answer; absent: it is not there"},
    {.name = "json.",
     .kind = OPTION_STRING,
     .choices = "absent|time|array|object",
     .compares = true,
     .help = "the JSON value there, as in json.serverChanges.0.id; time is any "
             "time, array and object are any such"},
    OPTIONS_END};
