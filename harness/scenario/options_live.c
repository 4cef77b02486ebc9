/* SPDX-License-Identifier: MIT */
/* options_live - the key=value lists of verbs about live channels.
 * Layer: harness/scenario. */
#include "harness/scenario/options.h"

#define GETS "open|refused|timeout|reset|closed|STATUS"
#define OPTIONS_END                                                            \
    {                                                                          \
        .name = NULL                                                           \
    }

/* How an opening must end. */
#define OPENING                                                                \
    {.name = "gets",                                                           \
     .kind = OPTION_WORD,                                                      \
     .choices = GETS,                                                          \
     .help = "how its opening must end: open, no connection, no answer in "    \
             "time, a broken connection, closed by the server before it was "  \
             "of use, or an HTTP status"},                                     \
    {                                                                          \
        .name = "wait", .kind = OPTION_WORD, .choices = "yes|no",              \
        .help = "no: go on with the script while it opens"                     \
    }

/* Which raw channel. */
#define ON(text)                                                               \
    {                                                                          \
        .name = "on", .kind = OPTION_WORD, .help = (text)                      \
    }

/* Whose messages, of which channels. */
#define TO                                                                     \
    {.name = "to",                                                             \
     .kind = OPTION_CLIENT,                                                    \
     .help = "only live channels of this client, raw ones too"},               \
    {                                                                          \
        .name = "path", .kind = OPTION_STRING,                                 \
        .help = "only channels whose target contains this text"                \
    }

const struct option options_listens[] = {
    OPENING,
    {.name = "jitter",
     .kind = OPTION_DURATION,
     .help = "wait up to so much longer before a lost channel is opened again "
             "(default 0ms)"},
    OPTIONS_END};

const struct option options_connects[] = {
    ON("the name of the channel (default raw)"),
    {.name = "auth",
     .kind = OPTION_WORD,
     .choices = "yes|no",
     .help = "yes: authenticate a socket by its first message and wait for "
             "auth-ok, in v1 for the pong to a ping behind it (default no)"},
    {.name = "via",
     .kind = OPTION_WORD,
     .choices = "messages|frames",
     .help = "frames: every frame of a socket is heard as it is, and frames "
             "are made by hand (default messages)"},
    {.name = "token",
     .kind = OPTION_STRING,
     .help = "this text in place of the token, a kind of token, or none; "
             "without it a stream has an Authorization header and a socket has "
             "not"},
    {.name = "client",
     .kind = OPTION_CLIENT,
     .choices = "none",
     .help = "with the client id of this client (default: its own), or without "
             "X-Client-Id"},
    {.name = "header.",
     .kind = OPTION_STRING,
     .help = "one more header, beside those that are sent anyway"},
    {.name = "within",
     .kind = OPTION_DURATION,
     .help = "so long the answer to its opening may take"},
    OPENING,
    OPTIONS_END};

const struct option options_on[] = {
    ON("the name of the raw channel; left out: the one opened last"),
    OPTIONS_END};

const struct option options_pauses[] = {
    ON("the name of a raw channel; left out: as for hears"), OPTIONS_END};

const struct option options_frames[] = {
    ON("the name of the raw channel; left out: the one opened last"),
    {.name = "fin",
     .kind = OPTION_WORD,
     .choices = "yes|no",
     .help = "no: more frames of this message follow (default yes)"},
    {.name = "mask",
     .kind = OPTION_WORD,
     .choices = "yes|no",
     .help = "no: not masked, as no client may do (default yes)"},
    {.name = "rsv",
     .kind = OPTION_NUMBER,
     .low = 0,
     .high = 7,
     .help = "the three reserved bits, 0 to 7 (default 0)"},
    {.name = "opcode",
     .kind = OPTION_NUMBER,
     .low = 0,
     .high = 15,
     .help = "this opcode in place of the word's, 0 to 15"},
    {.name = "code",
     .kind = OPTION_NUMBER,
     .low = 0,
     .high = 65535,
     .help = "of close: the code in front of the payload, 0 to 65535"},
    {.name = "length",
     .kind = OPTION_NUMBER,
     .low = 0,
     .high = INT64_MAX,
     .help = "the length that it claims, whatever its payload is"},
    {.name = "split",
     .kind = OPTION_NUMBER,
     .low = 1,
     .high = 1000000000,
     .help = "written so many bytes at a time"},
    OPTIONS_END};

const struct option options_hears[] = {
    {.name = "within",
     .kind = OPTION_DURATION,
     .help = "what is missing may still come for so long (default 2s)"},
    {.name = "for",
     .kind = OPTION_DURATION,
     .help = "of nothing, and needed there: so long there is no notice and no "
             "change; heartbeats, pongs and auth-ok do not count"},
    {.name = "count",
     .kind = OPTION_NUMBER,
     .low = 1,
     .high = 1000000000,
     .help = "so many messages that fit (default 1)"},
    {.name = "records",
     .kind = OPTION_NUMBER,
     .low = 1,
     .high = 1000000000,
     .help = "of collections on a stream: changes of so many different records "
             "of each, in however many messages"},
    {.name = "only",
     .kind = OPTION_WORD,
     .choices = "yes|no",
     .help = "yes: and no notice or change of anything else comes before it "
             "(default no)"},
    {.name = "app",
     .kind = OPTION_STRING,
     .help = "of notices: they name this app, as in `clients`"},
    {.name = "code",
     .kind = OPTION_NUMBER,
     .low = 0,
     .high = 65535,
     .compares = true,
     .help = "of close: its code"},
    {.name = "is",
     .kind = OPTION_STRING,
     .compares = true,
     .help = "of text, binary, ping-frame and pong-frame: the payload, or with "
             "~= a part of it"},
    ON("the name of a raw channel"),
    OPTIONS_END};

const struct option options_disconnects[] = {
    ON("the name of the raw channel; left out: the one opened last"),
    {.name = "how",
     .kind = OPTION_WORD,
     .choices = "close|cut",
     .help = "properly, or the connection is cut (default close)"},
    {.name = "code",
     .kind = OPTION_NUMBER,
     .low = 1000,
     .high = 4999,
     .help = "the code of a socket's close frame (default 1000)"},
    OPTIONS_END};

const struct option options_repeats[] = {
    {.name = "times",
     .kind = OPTION_NUMBER,
     .required = true,
     .low = 2,
     .high = 100000,
     .help = "each is delivered so often"},
    TO,
    {.name = "count",
     .kind = OPTION_NUMBER,
     .help = "so many messages, then no more; 0 or left out: until the net "
             "heals"},
    {.name = "skip", .kind = OPTION_NUMBER, .help = "let so many pass first"},
    {.name = "chance", .kind = OPTION_PERCENT, .help = "how likely, as 30%"},
    OPTIONS_END};

const struct option options_announces[] = {{.name = "body",
                                            .kind = OPTION_STRING,
                                            .required = true,
                                            .help = "the text"},
                                           TO,
                                           OPTIONS_END};

const struct option options_cuts[] = {
    {.name = "after",
     .kind = OPTION_NUMBER,
     .help = "when so many more bytes came in; left out: at once"},
    {.name = "every",
     .kind = OPTION_DURATION,
     .low = 1,
     .high = 1000000000,
     .help = "again and again, so much apart"},
    {.name = "count",
     .kind = OPTION_NUMBER,
     .help = "so many times, then no more; 0 or left out: once, with every= "
             "until the net heals"},
    TO,
    OPTIONS_END};

const struct option options_silences[] = {TO, OPTIONS_END};

const struct option options_holds[] = {{.name = "by",
                                        .kind = OPTION_DURATION,
                                        .required = true,
                                        .help = "so long"},
                                       TO,
                                       OPTIONS_END};

const struct option options_splits[] = {{.name = "bytes",
                                         .kind = OPTION_NUMBER,
                                         .required = true,
                                         .low = 1,
                                         .high = 1000000000,
                                         .help = "in one piece"},
                                        TO,
                                        OPTIONS_END};
