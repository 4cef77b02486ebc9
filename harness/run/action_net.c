/* SPDX-License-Identifier: MIT */
/* action_net - the script's bad network: drops delays duplicates reorders
 * truncates resets trickles answers repeats announces cuts silences stalls
 * splits heals.  Layer: harness/run. */
#include "harness/run/runner.h"
#include "protocol/translate.h"

static size_t number_of(const struct step *step, const char *key,
                        size_t otherwise)
{
    const struct arg *arg = step_option(step, key);
    int64_t number = 0;
    return arg && str_to_i64(arg->value, &number) && number >= 0
               ? (size_t)number
               : otherwise;
}

static int64_t ms_of(const struct step *step, const char *key)
{
    const struct arg *arg = step_option(step, key);
    return arg ? arg->ms : 0;
}

static struct str text_of(const struct step *step, const char *key)
{
    const struct arg *arg = step_option(step, key);
    return arg ? arg->value : STR("");
}

static uint32_t actor_of(const struct runner *runner, const struct step *step)
{
    struct str name = text_of(step, "to");
    if (name.n == 0) {
        name = text_of(step, "from");
    }
    for (size_t i = 0; name.n > 0 && i < runner->client_count; i++) {
        if (str_eq(runner->clients[i]->name, name)) {
            return runner->clients[i]->actor;
        }
    }
    return UINT32_MAX;
}

static enum fault_direction direction_of(const struct step *step)
{
    struct str word = step->word_count > 0 ? step->words[0].value : STR("");
    return str_is(word, "response")  ? FAULT_RESPONSE
           : str_is(word, "message") ? FAULT_MESSAGE
                                     : FAULT_REQUEST;
}

static size_t bytes_of(const struct step *step)
{
    static const char *const keys[] = {"after", "rate", "bytes"};
    size_t bytes = 0;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        bytes = number_of(step, keys[i], bytes);
    }
    return bytes;
}

/* What is invented has the dialect's names, as what a server says. */
static struct str body_of(const struct runner *runner, const struct step *step)
{
    enum dialect_group document =
        step->verb->id == VERB_NET_ANNOUNCES ? GROUP_NOTICE : GROUP_ANSWER;
    return translate_to_wire(runner->options->dialect, document,
                             text_of(step, "body"), runner->arena);
}

static struct fault_rule rule_of(const struct runner *runner,
                                 const struct step *step)
{
    const struct arg *chance = step_option(step, "chance");
    return (struct fault_rule){.direction = direction_of(step),
                               .actor = actor_of(runner, step),
                               .match = text_of(step, "path"),
                               .dialect = runner->options->dialect,
                               .skip = number_of(step, "skip", 0),
                               .count = number_of(step, "count", 0),
                               .per_mille =
                                   chance ? (unsigned)chance->ms : 1000,
                               .by_ms = ms_of(step, "by"),
                               .jitter_ms = ms_of(step, "jitter"),
                               .bytes = bytes_of(step),
                               .times = number_of(step, "times", 0),
                               .every_ms = ms_of(step, "every"),
                               .status = (int)number_of(step, "status", 503),
                               .body = body_of(runner, step),
                               .content_type = text_of(step, "type"),
                               .retry_after = text_of(step, "retry-after"),
                               .text = step->text};
}

bool action_net(struct runner *runner, const struct step *step)
{
    static const struct {
        enum verb_id verb;
        enum fault_action action;
    } actions[] = {{VERB_NET_DROPS, FAULT_DROP},
                   {VERB_NET_DELAYS, FAULT_DELAY},
                   {VERB_NET_DUPLICATES, FAULT_DUPLICATE},
                   {VERB_NET_REORDERS, FAULT_REORDER},
                   {VERB_NET_TRUNCATES, FAULT_TRUNCATE},
                   {VERB_NET_RESETS, FAULT_RESET},
                   {VERB_NET_TRICKLES, FAULT_TRICKLE},
                   {VERB_NET_ANSWERS, FAULT_ANSWER},
                   {VERB_NET_REPEATS, FAULT_REPEAT},
                   {VERB_NET_ANNOUNCES, FAULT_ANNOUNCE},
                   {VERB_NET_CUTS, FAULT_CUT},
                   {VERB_NET_SILENCES, FAULT_SILENCE},
                   {VERB_NET_STALLS, FAULT_STALL},
                   {VERB_NET_SPLITS, FAULT_SPLIT}};
    if (step->verb->id == VERB_NET_HEALS) {
        faults_heal(runner->net);
        return true;
    }
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (actions[i].verb != step->verb->id) {
            continue;
        }
        struct fault_rule rule = rule_of(runner, step);
        rule.action = actions[i].action;
        if (!faults_add(runner->net, &rule)) {
            step_expect(runner, false, step->text,
                        STR("fewer rules at one time"),
                        STR("the limit is reached"));
        }
        return true;
    }
    return false;
}
