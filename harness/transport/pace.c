/* SPDX-License-Identifier: MIT */
/* pace - see pace.h.  Layer: harness/transport. */
#include "harness/transport/pace.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    NS_PER_S = 1000000000,
    BURST_NS = 5000000 /* what a coarse timer missed is made up for */
};

struct pace {
    int64_t turn_ns;
    _Atomic int64_t next_ns; /* nobody begins before it */
};

struct pace *pace_create(int64_t rate_per_s, struct err *err)
{
    struct pace *pace = NULL;
    FILE *file = tmpfile(); /* memory without a name, and shared */
    if (file && ftruncate(fileno(file), (off_t)sizeof(*pace)) == 0) {
        void *memory = mmap(NULL, sizeof(*pace), PROT_READ | PROT_WRITE,
                            MAP_SHARED, fileno(file), 0);
        pace = memory == MAP_FAILED ? NULL : memory;
    }
    if (pace) {
        pace->turn_ns = NS_PER_S / rate_per_s;
        atomic_init(&pace->next_ns, 0);
    } else {
        err_set(err, ST_IO, "no memory to share: %s", strerror(errno));
    }
    if (file) {
        fclose(file);
    }
    return pace;
}

void pace_free(struct pace *pace)
{
    if (pace) {
        munmap(pace, sizeof(*pace));
    }
}

bool pace_permits(struct pace *pace, int64_t now_ns)
{
    int64_t next_ns = atomic_load(&pace->next_ns);
    int64_t since_ns = now_ns - BURST_NS;
    int64_t after_ns;
    do {
        if (now_ns < next_ns) {
            return false;
        }
        after_ns = (next_ns > since_ns ? next_ns : since_ns) + pace->turn_ns;
    } while (!atomic_compare_exchange_weak(&pace->next_ns, &next_ns, after_ns));
    return true;
}

int64_t pace_left_ns(struct pace *pace, int64_t now_ns)
{
    return atomic_load(&pace->next_ns) - now_ns;
}
