/* SPDX-License-Identifier: MIT */
/* story - see story.h.  Layer: tests. */
#include "tests/check/story.h"

#include "protocol/codec.h"

static struct str second_cursor(struct story *story, int second)
{
    return second == 0 ? STR(CURSOR_EPOCH_TEXT)
                       : arena_printf(&story->arena, "2026-03-27T11:00:%02d.5Z",
                                      second);
}

static uint32_t add_actor(struct story *story, const char *name,
                          const char *user, bool client, bool observer)
{
    const struct actor actor = {.name = str_of(name),
                                .user = str_of(user),
                                .app = STR("app"),
                                .client_id = str_of(name),
                                .device = (uint32_t)story->history.actor_count,
                                .is_client = client,
                                .is_observer = observer};
    return history_actor(&story->history, actor);
}

void story_begin(struct story *story)
{
    *story = (struct story){.t_ms = 0};
    arena_init(&story->arena, (size_t)64 << 20);
    history_init(&story->history, &story->arena);
    story->server = add_actor(story, "server", "", false, false);
    story->alice = add_actor(story, "alice", "user", true, false);
    story->bob = add_actor(story, "bob", "user", true, false);
    story->stranger = add_actor(story, "mallory", "other", true, false);
    story->observer = add_actor(story, "observer", "user", false, true);
    story_life(story, story->alice, LIFE_SIGN_IN);
    story_life(story, story->bob, LIFE_SIGN_IN);
    story_event(story, (struct event){.kind = EV_PHASE, .text = STR("script")});
}

void story_end(struct story *story)
{
    arena_free(&story->arena);
}

void story_covers(struct story *story, const char *clause)
{
    story->covers[story->cover_count++] = str_of(clause);
}

void story_event(struct story *story, struct event event)
{
    event.t_ms = story->t_ms += 10;
    history_append(&story->history, event);
}

static struct codec_rules rules(void)
{
    return codec_rules_default(dialect_find(STR("v2")));
}

/* How the exchange that was begun last ends; a pull looks like a push here. */
static void reply(struct story *story, const struct push *of)
{
    int status = of->status;
    struct event event = {
        .kind = EV_REPLY, .actor = of->who, .exchange = story->exchange};
    event.as.reply_kind = status > 0 ? REPLY_ANSWER : REPLY_TIMEOUT;
    event.fate = status > 0     ? FATE_ANSWERED
                 : status == -2 ? FATE_NONE
                                : FATE_UNKNOWN;
    event.code = status > 0 ? status : 0;
    if (status >= 200 && status < 300) {
        struct str cursor = second_cursor(story, of->until);
        event.body = arena_printf(
            &story->arena,
            "{\"serverChanges\":%s,\"conflicts\":[],\"syncedUntil\":\"%.*s\","
            "\"hasMore\":%s}",
            of->delta ? of->delta : "[]", STR_ARG(cursor),
            of->more ? "true" : "false");
        struct codec_rules how = rules();
        struct response *response =
            arena_must(&story->arena, 1, sizeof(*response));
        struct err err = {.status = ST_OK};
        ck_assert_msg(response_read(event.body, &how, &story->arena, response,
                                    &err) == ST_OK,
                      "%s", err.text);
        event.response = response;
    }
    story_event(story, event);
}

uint32_t story_push(struct story *story, struct push push)
{
    struct event event = {.kind = EV_SEND,
                          .actor = push.who,
                          .exchange = ++story->exchange,
                          .id = second_cursor(story, push.since)};
    event.as.request_kind = push.kind;
    event.text = STR("/sync/app");
    event.body = arena_printf(
        &story->arena, "{\"clientId\":\"c\",\"changes\":%s}", push.changes);
    struct codec_rules how = rules();
    struct changeset set;
    struct err err = {.status = ST_OK};
    ck_assert_msg(changeset_read(event.body, &how, &story->arena, &set, &err) ==
                      ST_OK,
                  "%s", err.text);
    event.changes = set.changes;
    event.change_count = set.count;
    event.number = push.unreadable;
    story_event(story, event);
    if (push.status != 0) {
        reply(story, &push);
    }
    return story->exchange;
}

uint32_t story_pull(struct story *story, struct pull pull)
{
    struct event event = {.kind = EV_SEND,
                          .actor = pull.who,
                          .exchange = ++story->exchange,
                          .id = pull.raw_since
                                    ? str_of(pull.raw_since)
                                    : second_cursor(story, pull.since)};
    event.as.request_kind = REQUEST_PULL;
    event.collection = str_of(pull.collection ? pull.collection : "tasks");
    event.text = STR("/sync/app/pull");
    story_event(story, event);
    const struct push like = {.who = pull.who,
                              .status = pull.status ? pull.status : 200,
                              .delta = pull.delta,
                              .until = pull.until,
                              .more = pull.more};
    reply(story, &like);
    return story->exchange;
}

static struct field *one_field(struct story *story, const char *name,
                               const char *value, int second)
{
    struct field *field = arena_must(&story->arena, 1, sizeof(*field));
    *field = (struct field){.name = str_of(name), .value = str_of(value)};
    struct str at =
        arena_printf(&story->arena, "2026-03-27T10:00:%02d.000Z", second);
    ck_assert(instant_parse(at, &field->at, NULL) == ST_OK);
    return field;
}

void story_edit(struct story *story, uint32_t who, const char *field,
                const char *value, int second)
{
    struct event event = {.kind = EV_EDIT,
                          .actor = who,
                          .collection = STR("tasks"),
                          .id = STR("1"),
                          .field_count = 1};
    event.as.op = OP_UPDATE;
    event.fields = one_field(story, field, value, second);
    story_event(story, event);
}

static void state(struct story *story, uint32_t who, struct field *field,
                  int64_t number)
{
    story_event(story, (struct event){.kind = EV_STATE,
                                      .actor = who,
                                      .collection = STR("tasks"),
                                      .id = STR("1"),
                                      .fields = field,
                                      .field_count = 1,
                                      .number = number});
}

void story_holds(struct story *story, uint32_t who, const char *field,
                 const char *value, int second)
{
    state(story, who, one_field(story, field, value, second), 1);
}

void story_reads(struct story *story, uint32_t who, const char *field,
                 const char *value, int second)
{
    state(story, who, one_field(story, field, value, second), 0);
}

void story_life(struct story *story, uint32_t who, enum life life)
{
    struct event event = {.kind = EV_LIFE, .actor = who};
    event.as.life = life;
    story_event(story, event);
}

void story_judge(struct story *story)
{
    static const struct str collections[] = {{"tasks", 5}, {"notes", 5}};
    const struct check_input input = {.history = &story->history,
                                      .arena = &story->arena,
                                      .file = STR("story.sync"),
                                      .covers = story->covers,
                                      .cover_count = story->cover_count,
                                      .collections = collections,
                                      .collection_count = 2,
                                      .lww = !story->other_strategy,
                                      .settled = !story->unsettled,
                                      .timers = story->timers,
                                      .killed = story->killed};
    checkers_run(&input, &story->result);
}

const struct verdict *story_verdict(const struct story *story,
                                    const char *checker)
{
    for (size_t i = 0; i < story->result.verdict_count; i++) {
        if (str_is(story->result.verdicts[i].checker, checker)) {
            return &story->result.verdicts[i];
        }
    }
    return NULL;
}

void story_expect(struct story *story, const char *checker, const char *clause)
{
    story_judge(story);
    const struct verdict *verdict = story_verdict(story, checker);
    ck_assert_msg(verdict != NULL, "%s says nothing", checker);
    ck_assert_msg(str_is(verdict->clause, clause), "%s says %.*s: %.*s",
                  checker, STR_ARG(verdict->clause), STR_ARG(verdict->what));
    ck_assert(verdict->outcome == OUT_FAIL);
    ck_assert(verdict->expected.n > 0);
}

void story_expect_clean(struct story *story)
{
    story_judge(story);
    for (size_t i = 0; i < story->result.verdict_count; i++) {
        const struct verdict *v = &story->result.verdicts[i];
        ck_abort_msg("%.*s accuses: %.*s %.*s", STR_ARG(v->checker),
                     STR_ARG(v->clause), STR_ARG(v->what));
    }
}
