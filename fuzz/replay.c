/* SPDX-License-Identifier: MIT */
/* replay - feed files, and the files of folders, to a fuzz target without
 * libFuzzer, so that every compiler and every test run tries them.
 * Layer: fuzz.  Usage: replay_X PATH...; fails if nothing was replayed. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { REPLAY_MAX = 16 << 20 /* bytes of one input */ };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Mutators of targets call it; nothing is mutated here. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
    (void)data;
    return size < max_size ? size : max_size;
}

/* Replay one file; false, and said so, if it cannot be read. */
static bool replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return false;
    }
    /* The exact size, so that AddressSanitizer sees a read past the end. */
    struct stat about;
    bool fits = fstat(fileno(file), &about) == 0 && about.st_size <= REPLAY_MAX;
    size_t size = fits ? (size_t)about.st_size : 0;
    uint8_t *data = fits ? malloc(size > 0 ? size : 1) : NULL;
    bool whole = data && fread(data, 1, size, file) == size;
    fclose(file);
    if (whole) {
        /* Named first: after a crash it is the last line. */
        fprintf(stderr, "%s\n", path);
        LLVMFuzzerTestOneInput(data, size);
    } else {
        fprintf(stderr, "%s: cannot be read, or is too large\n", path);
    }
    free(data);
    return whole;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Replay the files of a folder in order of name. */
static bool replay_folder(const char *path, size_t *count)
{
    struct dirent **entries;
    int found = scandir(path, &entries, is_visible, alphasort);
    bool good = found >= 0;
    for (int i = 0; i < found; i++) {
        char inner[4096];
        snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
        good = replay_file(inner) && good;
        free(entries[i]);
        ++*count;
    }
    if (found >= 0) {
        free(entries);
    }
    return good;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    bool good = true;
    for (int i = 1; i < argc; i++) {
        struct stat about;
        if (stat(argv[i], &about) != 0) {
            perror(argv[i]);
            good = false;
        } else if (S_ISDIR(about.st_mode)) {
            good = replay_folder(argv[i], &count) && good;
        } else {
            good = replay_file(argv[i]) && good;
            count++;
        }
    }
    printf("%zu inputs replayed\n", count);
    return good && count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
