/* SPDX-License-Identifier: MIT */
/* dock - a transport of live channels that does what the test says and writes
 * down what it is asked for, with a bad network in front of it. */
#ifndef SYNCSPEC_TESTS_TRANSPORT_DOCK_H
#define SYNCSPEC_TESTS_TRANSPORT_DOCK_H

#include "harness/transport/faults.h"
#include "tests/transport/ear.h"

enum { DOCK_CHANNELS = 16 };

/* A string in a static initializer. */
#define TEXT(literal)                                                          \
    {                                                                          \
        (literal), sizeof(literal) - 1                                         \
    }

struct dock {
    struct transport base;
    struct world world;
    struct transport *net;                   /* the bad network */
    struct channel *channels[DOCK_CHANNELS]; /* NULL: ended or cut */
    size_t count;
    bool paused[DOCK_CHANNELS];
    char log[4096]; /* "open /ws" "say hello" "shut 1000" "pause" "resume" */
    int hits;
    struct fault_victim victim; /* of the last hit */
    enum fault_action action;
};

void dock_open(struct dock *dock);
void dock_close(struct dock *dock);
/* Run the world until its clock says so. */
void dock_run(struct dock *dock, int64_t to_ms);
void dock_rule(struct dock *dock, struct fault_rule rule);
/* What was asked for since the last time. */
void dock_expect(struct dock *dock, const char *log);
/* The network's side of channel `index`. */
void dock_accept(struct dock *dock, size_t index);
void dock_say(struct dock *dock, size_t index, const char *text);
void dock_end(struct dock *dock, size_t index, struct channel_end end);
/* An ear on `/ws/todo` of actor 3, or a stream, opened and accepted. */
void dock_listen(struct dock *dock, struct ear *ear, enum channel_kind kind);
/* A rule about messages for everybody, always. */
struct fault_rule message_rule(enum fault_action action);

#endif
