/* SPDX-License-Identifier: MIT */
/* usage - see usage.h.  Layer: harness/run. */
#include "harness/run/usage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { PATH_BYTES = 64 };

static void proc_path(char path[PATH_BYTES], pid_t pid, const char *file)
{
    if (pid == 0) {
        snprintf(path, PATH_BYTES, "/proc/self/%s", file);
    } else {
        snprintf(path, PATH_BYTES, "/proc/%ld/%s", (long)pid, file);
    }
}

static bool count_descriptors(pid_t pid, size_t *count)
{
    char path[PATH_BYTES];
    proc_path(path, pid, "fd");
    DIR *folder = opendir(path);
    if (!folder) {
        return false;
    }
    *count = 0;
    for (struct dirent *entry = readdir(folder); entry;
         entry = readdir(folder)) {
        *count += entry->d_name[0] != '.';
    }
    closedir(folder);
    *count -= pid == 0; /* the one that was just read with */
    return true;
}

static bool read_resident(pid_t pid, size_t *bytes)
{
    char path[PATH_BYTES];
    unsigned long size = 0, resident = 0;
    proc_path(path, pid, "statm");
    FILE *file = fopen(path, "r");
    if (!file) {
        return false;
    }
    bool read = fscanf(file, "%lu %lu", &size, &resident) == 2;
    fclose(file);
    *bytes = (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
    return read && resident > 0; /* a process that has ended has nothing */
}

struct usage usage_of(pid_t pid)
{
    struct usage usage = {.known = true};
    if (!read_resident(pid, &usage.resident_bytes) ||
        !count_descriptors(pid, &usage.descriptors)) {
        usage = (struct usage){.known = false};
    }
    return usage;
}

size_t usage_of_group(pid_t group)
{
    size_t sum = 0;
    DIR *folder = opendir("/proc");
    for (struct dirent *entry = folder ? readdir(folder) : NULL; entry;
         entry = readdir(folder)) {
        size_t bytes = 0;
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && getpgid(pid) == group && read_resident(pid, &bytes)) {
            sum += bytes;
        }
    }
    if (folder) {
        closedir(folder);
    }
    return sum;
}

void usage_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
