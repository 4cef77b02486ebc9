/* SPDX-License-Identifier: MIT */
/* live_line - the scripted server, a wire to it and an ear on it. */
#include "tests/transport/live_line.h"

#include <string.h>

enum { PATIENCE_MS = 5000 };

void live_open(struct live_line *line, const char *script)
{
    line->server = script_start(script);
    line->wire = wire_to(script_url(line->server));
}

void live_close(struct live_line *line)
{
    transport_close(line->wire);
    script_stop(line->server);
}

void live_socket(struct live_line *line, enum speaker speaker)
{
    ear_init(&line->ear, NULL, CHANNEL_SOCKET, "/ws/todo");
    line->ear.channel.witness = speaker != BY_LIBRARY;
    line->ear.channel.split = speaker == BY_PIECES ? 1 : 0;
    ear_open(&line->ear, line->wire);
}

void live_frames(struct live_line *line)
{
    ear_init(&line->ear, NULL, CHANNEL_FRAMES, "/ws/todo");
    ear_open(&line->ear, line->wire);
}

void live_stream(struct live_line *line)
{
    ear_init(&line->ear, NULL, CHANNEL_STREAM, "/sync/todo/stream");
    ear_open(&line->ear, line->wire);
}

static bool goes_on(struct live_line *line, int64_t end_ms)
{
    line->wire->ops->poll(line->wire, 20);
    return wire_clock_ms() < end_ms;
}

void live_until_opened(struct live_line *line)
{
    int64_t end_ms = wire_clock_ms() + PATIENCE_MS;
    while (!line->ear.opened && !line->ear.ended && goes_on(line, end_ms)) {
    }
    ck_assert_msg(line->ear.opened == 1, "not opened: %s %s", line->ear.log,
                  line->ear.error);
}

void live_until_heard(struct live_line *line, size_t count)
{
    int64_t end_ms = wire_clock_ms() + PATIENCE_MS;
    while (line->ear.heard < count && goes_on(line, end_ms)) {
    }
    ck_assert_msg(line->ear.heard == count, "%zu of %zu heard: %.300s %s",
                  line->ear.heard, count, line->ear.log, line->ear.error);
}

void live_until_ended(struct live_line *line)
{
    int64_t end_ms = wire_clock_ms() + PATIENCE_MS;
    while (!line->ear.ended && goes_on(line, end_ms)) {
    }
    ck_assert_msg(line->ear.ended == 1, "not ended: %.300s", line->ear.log);
}

void live_idle(struct live_line *line, int64_t ms)
{
    int64_t end_ms = wire_clock_ms() + ms;
    while (wire_clock_ms() < end_ms) {
        line->wire->ops->poll(line->wire, 5);
    }
}

void live_frames_are(struct live_line *line, const char *frames)
{
    int64_t end_ms = wire_clock_ms() + PATIENCE_MS;
    while (strcmp(script_frames(line->server), frames) != 0 &&
           goes_on(line, end_ms)) {
    }
    ck_assert_str_eq(script_frames(line->server), frames);
}

void live_whole(struct live_line *line, enum speaker speaker,
                const char *script)
{
    script_set(line->server, script);
    live_socket(line, speaker);
    live_until_ended(line);
}
