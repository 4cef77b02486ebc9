/* SPDX-License-Identifier: MIT */
/* check_watch - `syncspec check --watch`: what fails is played again whenever
 * the server was started anew, or when Enter is pressed.
 * Layer: harness/cli. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/check.h"

/* Servers come back fast: a look is one try, and the next one is soon. */
enum { LOOK_MS = 150, ONE_TRY_MS = 1 };

static void tell(const struct past *failing)
{
    if (failing->count == 0) {
        puts("watch: nothing fails; when the server is started anew, all is "
             "played again (Enter: now, Ctrl-C: end)");
    } else {
        printf("watch: %zu to be played again when the server is started anew "
               "(Enter: now, Ctrl-C: end)\n",
               failing->count);
    }
    fflush(stdout);
}

/* A line on standard input; its end ends the asking, not the watching. */
static bool enter_pressed(bool *asks)
{
    struct pollfd in = {.fd = *asks ? STDIN_FILENO : -1, .events = POLLIN};
    char text[256];
    if (poll(&in, 1, LOOK_MS) <= 0 || !(in.revents & (POLLIN | POLLHUP))) {
        return false;
    }
    ssize_t n = read(STDIN_FILENO, text, sizeof(text));
    *asks = n > 0;
    return n > 0;
}

/* Until there is a reason to play again; false when it is to end. */
static bool wait_for_reason(struct check *check, struct target *target)
{
    bool was_down = false, asks = true;
    struct err err = {.status = ST_OK};
    while (!edge_interrupted) {
        if (enter_pressed(&asks)) {
            return !check->server_command ||
                   served_restart(&check->served, &err) == ST_OK;
        }
        bool up = wire_wait_healthy(target->wire, ONE_TRY_MS, &err) == ST_OK;
        if (up && was_down) {
            return true;
        }
        if (!up && !was_down) {
            puts("watch: the server is down");
            fflush(stdout);
        }
        was_down = was_down || !up;
    }
    return false;
}

static bool is_listed(const struct past *failing, struct str id)
{
    for (size_t i = 0; i < failing->count; i++) {
        if (str_eq(failing->items[i].id, id)) {
            return true;
        }
    }
    return false;
}

/* Only what failed, or everything when nothing did. */
static void keep_failing(struct check *check, const struct scenario_list *all,
                         const struct past *failing)
{
    struct scenario_list *list = &check->cases.list;
    *list = *all;
    list->items =
        arena_must(check->arena, all->count + 1, sizeof(*list->items));
    list->count = 0;
    for (size_t i = 0; i < all->count; i++) {
        struct str id = profile_id(&all->items[i], check->arena);
        if (failing->count == 0 || is_listed(failing, id)) {
            list->items[list->count++] = all->items[i];
        }
    }
    check_arrange(check);
}

int check_watch(struct check *check, int code, struct past *failing)
{
    const struct scenario_list all = check->cases.list;
    while (!edge_interrupted) {
        struct target target;
        struct err err = {.status = ST_OK};
        struct target_config config = {.world = "wire",
                                       .url = check->url ? check->url
                                                         : check->served.url,
                                       .ca_file = check->ca_file,
                                       .insecure = check->insecure,
                                       .dialect = check->probe.dialect,
                                       .wait_ms = LOOK_MS};
        tell(failing);
        while (target_open(&target, &config, &err) != ST_OK &&
               !edge_interrupted) {
            edge_pause(LOOK_MS);
        }
        bool goes_on = !edge_interrupted && wait_for_reason(check, &target);
        target_close(&target);
        if (!goes_on) {
            break;
        }
        keep_failing(check, &all, failing);
        past_init(failing, check->arena);
        code = check_play(check, failing);
    }
    return code;
}
