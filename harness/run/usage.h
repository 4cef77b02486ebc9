/* SPDX-License-Identifier: MIT */
/* usage - what a process holds at this moment: descriptors and resident
 * memory.  Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_USAGE_H
#define SYNCSPEC_HARNESS_RUN_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct usage {
    bool known; /* the rest is 0 if not */
    size_t descriptors;
    size_t resident_bytes;
};

/* Of a process of this user on this machine; pid 0: of this one.  Unknown
 * where there is no /proc, or no such process any more. */
struct usage usage_of(pid_t pid);
/* Resident bytes of all processes of a group: of a server and the shell in
 * front of it.  0 where that is not known. */
size_t usage_of_group(pid_t group);
/* Give what this process has freed back to the system, where that is
 * possible: it counts as resident until then. */
void usage_trim(void);

#endif
