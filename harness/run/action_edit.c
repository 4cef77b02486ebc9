/* SPDX-License-Identifier: MIT */
/* action_edit - local writes: inserts updates deletes undeletes purges
 * onboards.  Layer: harness/run. */
#include "harness/run/runner.h"

static const struct field *step_fields(struct runner *runner,
                                       const struct step *step)
{
    struct field *fields =
        arena_must(runner->arena, step->field_count + 1, sizeof(*fields));
    for (size_t i = 0; i < step->field_count; i++) {
        fields[i] = (struct field){.name = step->fields[i].key,
                                   .value = step->fields[i].json};
    }
    return fields;
}

/* `@TIME` sets what the device's clock shows for this one edit. */
static struct moment edit_moment(const struct run_client *client,
                                 const struct step *step)
{
    struct moment moment = client_moment(client);
    if (step->has_at) {
        instant_parse(step->at, &moment.wall, NULL);
    }
    return moment;
}

static void edit_one(struct run_client *client, const struct step *step,
                     enum edit_kind kind, struct str ref)
{
    struct runner *runner = client->runner;
    struct edit edit = {.kind = kind,
                        .fields = step_fields(runner, step),
                        .field_count = step->field_count};
    ref_split(ref, &edit.collection, &edit.id);
    struct err err = {.status = ST_OK};
    enum status status =
        engine_edit(client->engine, edit_moment(client, step), &edit, &err);
    client_pump(client);
    if (status != ST_OK && !engine_crashed(client->engine)) {
        step_expect(runner, false,
                    arena_printf(runner->arena, "%.*s %s %.*s",
                                 STR_ARG(client->name), step->verb->name,
                                 STR_ARG(ref)),
                    STR("a local write that is possible"),
                    arena_str(runner->arena, str_of(err.text)));
    }
}

static void purge(struct run_client *client, const struct step *step)
{
    device_purge(client->device,
                 step->word_count > 0 ? step->words[0].value : STR(""));
    client_life(client, LIFE_PURGE);
}

static void onboard(struct run_client *client, const struct step *step)
{
    struct runner *runner = client->runner;
    const struct scenario *scenario = runner->scenario;
    struct edit *edits = arena_must(
        runner->arena, scenario->onboarding_count + 1, sizeof(*edits));
    for (size_t i = 0; i < scenario->onboarding_count; i++) {
        const struct step *line = &scenario->onboarding[i];
        edits[i] = (struct edit){.kind = EDIT_INSERT,
                                 .fields = step_fields(runner, line),
                                 .field_count = line->field_count};
        ref_split(line->words[0].value, &edits[i].collection, &edits[i].id);
    }
    struct moment moment = edit_moment(client, step);
    device_onboard(client->device, moment.wall, moment.now_ms, edits,
                   scenario->onboarding_count);
    client_pump(client);
}

bool action_edit(struct runner *runner, const struct step *step)
{
    static const struct {
        enum verb_id verb;
        enum edit_kind kind;
    } kinds[] = {{VERB_INSERTS, EDIT_INSERT},
                 {VERB_UPDATES, EDIT_UPDATE},
                 {VERB_DELETES, EDIT_DELETE},
                 {VERB_UNDELETES, EDIT_UNDELETE}};
    enum verb_id verb = step->verb->id;
    for (size_t w = 0; verb == VERB_PURGES && w < step->who_count; w++) {
        purge(runner->clients[step->who[w]], step);
    }
    for (size_t w = 0; verb == VERB_ONBOARDS && w < step->who_count; w++) {
        onboard(runner->clients[step->who[w]], step);
    }
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        for (size_t w = 0; kinds[k].verb == verb && w < step->who_count; w++) {
            for (size_t r = 0; r < step->word_count; r++) {
                edit_one(runner->clients[step->who[w]], step, kinds[k].kind,
                         step->words[r].value);
            }
        }
    }
    return verb == VERB_PURGES || verb == VERB_ONBOARDS ||
           verb == VERB_INSERTS || verb == VERB_UPDATES ||
           verb == VERB_DELETES || verb == VERB_UNDELETES;
}
