/* SPDX-License-Identifier: MIT */
/* live_line - the scripted server, a wire to it and an ear on it. */
#ifndef SYNCSPEC_TESTS_TRANSPORT_LIVE_LINE_H
#define SYNCSPEC_TESTS_TRANSPORT_LIVE_LINE_H

#include "tests/transport/ear.h"
#include "tests/transport/line_up.h"
#include "tests/transport/script_server.h"

struct live_line {
    struct script_server *server;
    struct transport *wire;
    struct ear ear;
};

/* How a channel is spoken: by libwebsockets, by the witness, by the witness in
 * pieces of one byte; and what each of these tests of sockets runs for. */
enum speaker { BY_LIBRARY, BY_WITNESS, BY_PIECES, SPEAKERS };

void live_open(struct live_line *line, const char *script);
void live_close(struct live_line *line);
/* The ear is made anew for the next channel. */
void live_socket(struct live_line *line, enum speaker speaker);
void live_frames(struct live_line *line);
void live_stream(struct live_line *line);
/* Poll until the ear has heard so many things in all; five seconds at most. */
void live_until_opened(struct live_line *line);
void live_until_heard(struct live_line *line, size_t count);
void live_until_ended(struct live_line *line);
/* Poll for so long, whatever comes. */
void live_idle(struct live_line *line, int64_t ms);
/* The server has read these frames, soon. */
void live_frames_are(struct live_line *line, const char *frames);
/* A socket by that speaker, from its opening to its end. */
void live_whole(struct live_line *line, enum speaker speaker,
                const char *script);

#endif
