/* SPDX-License-Identifier: MIT */
/* faults_core - what the files of the bad network share: exchanges are in
 * fault_flight.c, channels in fault_lane.c and its companions.
 * Layer: harness/transport, not for others. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_FAULTS_CORE_H
#define SYNCSPEC_HARNESS_TRANSPORT_FAULTS_CORE_H

#include "harness/transport/fault_rules.h"
#include "harness/transport/packet.h"

enum {
    ANSWER_AFTER_MS = 20,  /* an answer that somebody in between gives */
    REORDER_MOST_MS = 1000 /* held no longer than this */
};

struct flight;
struct lane;

struct faults {
    struct transport base;
    struct world *world;
    struct transport *inner;
    struct fault_rules rules;
    void (*hit)(void *context, const struct fault_victim *victim,
                const struct fault_rule *rule);
    void *context;
    struct flight *flights; /* all ever made, the last first */
    struct flight *free_flights;
    uint64_t held;      /* flights ever held */
    size_t reordered;   /* flights waiting for another message now */
    struct lane *lanes; /* all ever made, the first first */
    struct lane **last_lane;
    struct lane *free_lanes;
    uint64_t letters; /* ever kept */
};

/* ---- faults.c ---- */

/* The rule that hits this, copied, and told; false when it goes through. */
bool faults_find(struct faults *faults, enum fault_direction direction,
                 const struct fault_subject *subject,
                 const struct ending *ending, struct fault_rule *out);
/* This very rule; false when it lets the subject pass. */
bool faults_hits(struct faults *faults, struct fault_active *active,
                 const struct fault_subject *subject);
/* Make `to` what the rule answers with, its strings in the packet. */
void faults_answer(const struct fault_rule *rule, enum fate fate,
                   struct packet *packet, struct ending *to);

/* ---- fault_flight.c: exchanges ---- */

void flight_send(struct faults *faults, struct exchange *exchange);
void flight_cancel(struct exchange *exchange);
void flights_free(struct faults *faults);
/* Something of this actor went through: what was held for it may follow. */
void flights_passed(struct faults *faults, enum fault_direction direction,
                    uint32_t actor);

/* ---- fault_lane.c: channels ---- */

void lane_open(struct faults *faults, struct channel *channel);
void lane_say(struct channel *channel, struct str bytes);
void lane_shut(struct channel *channel, int code);
void lane_pause(struct channel *channel, bool paused);
void lanes_free(struct faults *faults);

/* ---- faults_live.c ---- */

/* A rule about channels was added: those that are open are hit. */
void lanes_add_rule(struct faults *faults, uint64_t number);
/* A CUT rule that counts bytes has hit: with `every_ms` it rests for so long.
 */
void lanes_cut_again(struct faults *faults, struct fault_active *active);
/* No rules any more: stalls end, and half-open channels whose client left. */
void lanes_heal(struct faults *faults);

#endif
