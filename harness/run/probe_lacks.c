/* SPDX-License-Identifier: MIT */
/* probe_lacks - which scenarios need what a target does not have.
 * Layer: harness/run. */
#include "harness/run/probe.h"

/* The path of a request or channel without what is behind the app. */
static bool is_stream_target(struct str target)
{
    struct str path = http_target_path(target);
    return str_starts(path, STR("/sync/")) && str_ends(path, STR("/stream"));
}

static bool needs_socket(const struct step *step, struct str word)
{
    return (step->verb->id == VERB_LISTENS && str_is(word, "socket")) ||
           ((step->verb->id == VERB_CONNECTS || step->verb->id == VERB_SENDS) &&
            str_starts(word, STR("/ws/")));
}

static bool needs_socket_all(const struct step *step, struct str word)
{
    return (step->verb->id == VERB_LISTENS && str_is(word, "unified")) ||
           ((step->verb->id == VERB_CONNECTS || step->verb->id == VERB_SENDS) &&
            str_is(http_target_path(word), "/ws"));
}

static bool needs_stream(const struct step *step, struct str word)
{
    return (step->verb->id == VERB_LISTENS && str_is(word, "stream")) ||
           ((step->verb->id == VERB_CONNECTS || step->verb->id == VERB_SENDS) &&
            is_stream_target(word));
}

struct str probe_lacks(const struct probe *probe,
                       const struct scenario *scenario)
{
    for (size_t i = 0; probe && i < scenario->step_count; i++) {
        const struct step *step = &scenario->steps[i];
        /* Of `sends METHOD TARGET` it is the second word. */
        size_t at = step->verb->id == VERB_SENDS ? 1 : 0;
        struct str word =
            step->word_count > at ? step->words[at].value : STR("");
        if (!probe->socket && needs_socket(step, word)) {
            return STR("the server has no WebSocket of an app");
        }
        if (!probe->socket_all && needs_socket_all(step, word)) {
            return STR("the server has no WebSocket of all apps");
        }
        if (!probe->stream && needs_stream(step, word)) {
            return STR("the server has no event stream");
        }
    }
    return STR("");
}
