/* SPDX-License-Identifier: MIT */
/* check - what the files of `syncspec check` share.  Layer: harness/cli. */
#ifndef SYNCSPEC_HARNESS_CLI_CHECK_H
#define SYNCSPEC_HARNESS_CLI_CHECK_H

#include "harness/cli/edge.h"
#include "harness/cli/identity.h"
#include "harness/cli/known_options.h"
#include "harness/run/profile.h"

struct check {
    /* as it was asked for */
    const char *url, *server_command, *profile_name, *scenarios, *only,
        *dialect_name, *ca_file, *timeout, *multiplier, *wait, *reports;
    int64_t seed, jobs, rate, time_scale;
    bool insecure, shuffle, fail_fast, watch, listing, verbose, trace;
    struct cli_list report;
    struct identity identity;
    struct known_options known;
    struct str line; /* the command line, for the reports */
    /* what was made of it */
    struct arena *arena; /* borrows; lives as long as the command */
    struct profile profile;
    const struct dialect *dialect; /* asked for; NULL: find out */
    int64_t timeout_ms, patience, wait_ms;
    struct pace *pace; /* of all processes; NULL: as fast as it goes */
    struct served served;
    struct probe probe;
    struct scenario_list all; /* cases there are, in any profile */
    struct selection cases;   /* that are asked for */
    struct suite suite;
};

/* check_options.c: read the command line.  False after a message, or when help
 * was asked for. */
bool check_read(struct check *check, int argc, char **argv, bool *helped);
/* The options once more, for a replay: without what is asked only. */
struct str check_replay(const struct check *check);

/* check_cases.c: all cases of the profile that match, `facts` NULL before the
 * server was looked at.  The exit code, EXIT_PASS when there are some. */
int check_select(struct check *check, const struct probe *facts);
/* What the server's dialect has not goes; the order of play. */
int check_arrange(struct check *check);
/* Print them. */
void check_list(const struct check *check);

/* cmd_check.c: play the cases once; `failing` takes what failed. */
int check_play(struct check *check, struct past *failing);

/* check_watch.c: play what fails again and again. */
int check_watch(struct check *check, int code, struct past *failing);

#endif
