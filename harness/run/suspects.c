/* SPDX-License-Identifier: MIT */
/* suspects - see suspects.h.  Layer: harness/run. */
#include "harness/run/suspects.h"

void suspects_add(struct playing *playing, size_t scenario)
{
    playing->suspects = arena_grow(
        &playing->plan_arena, playing->suspects, playing->suspect_count,
        &playing->suspect_cap, sizeof(*playing->suspects));
    playing->suspects[playing->suspect_count++] = scenario;
}

/* "a#1, b#2 and c#1" */
static struct str names_of(struct playing *playing,
                           const struct run_options *options,
                           struct arena *arena)
{
    struct str text = STR("");
    for (size_t i = 0; i < playing->suspect_count; i++) {
        struct run_result result;
        size_t scenario = playing->suspects[i];
        run_describe(&playing->session->scenarios->items[scenario], options,
                     arena, &result);
        const char *joint = i == 0                            ? ""
                            : i + 1 == playing->suspect_count ? " and "
                                                              : ", ";
        text = arena_printf(arena, "%.*s%s%.*s", STR_ARG(text), joint,
                            STR_ARG(result.id));
    }
    return text;
}

static void blame(struct playing *playing, struct run_result *result,
                  const struct err *err, struct str why)
{
    target_blame(result, &playing->run_arena, err);
    verdict_explain(&result->verdicts[0], &playing->run_arena, "%.*s",
                    STR_ARG(why));
}

/* It cannot be told apart. */
static void blame_all(struct playing *playing, const struct err *how,
                      const char *why)
{
    struct session *session = playing->session;
    struct run_options options = session_options(session, 0);
    struct str names = names_of(playing, &options, &playing->plan_arena);
    for (size_t i = 0; i < playing->suspect_count; i++) {
        struct run_result result;
        size_t scenario = playing->suspects[i];
        arena_reset(&playing->run_arena);
        run_describe(&session->scenarios->items[scenario], &options,
                     &playing->run_arena, &result);
        blame(playing, &result, how,
              arena_printf(&playing->run_arena, "under way were %.*s: %s",
                           STR_ARG(names), why));
        session_publish(playing, scenario, options.dialect, &result);
    }
    err_set(&session->target_error, ST_NETWORK,
            "the server died while %.*s %s under way: %s", STR_ARG(names),
            playing->suspect_count == 1 ? "was" : "were", why);
}

static bool revive(struct playing *playing, struct target *target)
{
    struct session *session = playing->session;
    const struct suite *suite = session->suite;
    struct target_config config = session->targets[0];
    struct err err = {.status = ST_OK};
    if (served_is_ours(suite->served) &&
        served_restart(suite->served, &err) != ST_OK) {
        return false;
    }
    config.wait_ms = suite->wait_ms;
    return target_open(target, &config, &err) == ST_OK;
}

/* Alone, and told only when it did not.  True: it died again. */
static bool kills_again(struct playing *playing, struct target *target,
                        size_t scenario, bool publish)
{
    struct session *session = playing->session;
    struct run_result result;
    struct err err = {.status = ST_OK};
    playing->options = session_options(session, 0);
    /* What it wrote before is on the server: other names. */
    playing->first_number += session->scenarios->count * 2 + 1;
    target_apply(target, &playing->options);
    bool died = session_try(playing, target, scenario, &result, &err);
    if (died) {
        blame(playing, &result, &err,
              STR("it died again when this case was played alone"));
        err_set(&session->target_error, ST_NETWORK,
                "the server died with %.*s: %s", STR_ARG(result.id), err.text);
    }
    if (died || publish) {
        session_publish(playing, scenario, playing->options.dialect, &result);
    }
    return died;
}

static void leave_out(struct playing *playing, size_t index)
{
    for (size_t i = index; i + 1 < playing->suspect_count; i++) {
        playing->suspects[i] = playing->suspects[i + 1];
    }
    playing->suspect_count--;
}

/* Those that kill it are told and left out.  False: it cannot be had again. */
static bool find_killers(struct playing *playing, struct target *target,
                         bool *found)
{
    for (size_t i = 0; i < playing->suspect_count; i++) {
        if (!kills_again(playing, target, playing->suspects[i], false)) {
            continue;
        }
        *found = true;
        target_close(target);
        leave_out(playing, i--);
        if (!revive(playing, target)) {
            return false;
        }
    }
    return true;
}

void suspects_judge(struct playing *playing)
{
    struct session *session = playing->session;
    struct target target;
    struct err how = session->target_error;
    bool found = false;
    if (playing->suspect_count == 0) {
        return;
    }
    if (how.status == ST_OK) {
        err_set(&how, ST_NETWORK, "it does not answer");
    }
    if (!revive(playing, &target)) {
        blame_all(playing, &how,
                  "play them one by one (--only, --jobs 1) to see which it is");
        return;
    }
    if (!find_killers(playing, &target, &found)) {
        return; /* the rest is told as not run */
    }
    for (size_t i = 0; found && i < playing->suspect_count; i++) {
        kills_again(playing, &target, playing->suspects[i], true);
    }
    target_close(&target);
    if (!found) {
        blame_all(playing, &how,
                  "alone, none of them kills it: it dies of many requests, or "
                  "of cases side by side");
    }
}
