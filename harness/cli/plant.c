/* SPDX-License-Identifier: MIT */
/* plant - see plant.h.  Layer: harness/cli. */
#include "harness/cli/plant.h"

#include <string.h>

static bool no_such(const char *command, const char *whose, const char *name)
{
    cli_fail(EXIT_USAGE,
             "%s: no %s bug is named \"%s\"; see syncspec list --bugs", command,
             whose, name);
    return false;
}

bool cli_plant(const char *command, const struct cli_list *bugs,
               const struct cli_list *client_bugs, struct run_options *options)
{
    for (size_t i = 0; i < bugs->count; i++) {
        struct str name = str_of(bugs->items[i]);
        enum bug bug = bug_find(name);
        if (str_is(name, "canary")) {
            options->canary = true;
        } else if (bug != BUG_COUNT) {
            bug_add(&options->server_bugs, bug);
        } else {
            return no_such(command, "server", bugs->items[i]);
        }
    }
    for (size_t i = 0; i < client_bugs->count; i++) {
        enum client_bug bug = client_bug_find(str_of(client_bugs->items[i]));
        if (bug == CLIENT_BUG_COUNT) {
            return no_such(command, "client", client_bugs->items[i]);
        }
        client_bug_add(&options->client_bugs, bug);
    }
    return true;
}

const char *const *cli_planted(const struct cli_list *bugs)
{
    static const char *names[CLI_LIST_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; i < bugs->count; i++) {
        if (strcmp(bugs->items[i], "canary") != 0) {
            names[count++] = bugs->items[i];
        }
    }
    names[count] = NULL;
    return names;
}

struct str cli_plant_text(struct str text, const struct cli_list *bugs,
                          const struct cli_list *client_bugs,
                          struct arena *arena)
{
    for (size_t i = 0; i < bugs->count; i++) {
        text =
            arena_printf(arena, "%.*s --bug %s", STR_ARG(text), bugs->items[i]);
    }
    for (size_t i = 0; i < client_bugs->count; i++) {
        text = arena_printf(arena, "%.*s --client-bug %s", STR_ARG(text),
                            client_bugs->items[i]);
    }
    return text;
}
