/* SPDX-License-Identifier: MIT */
/* fuzz_dialect - the text of a dialect's file, then a body after the first NUL
 * byte.  A file that is taken has names that can be told apart, says the same
 * when its keys are written down again, and translates the body there and back
 * without a byte's difference.  Layer: fuzz. */
#include "base/limits.h"
#include "fuzz/claim.h"
#include "harness/scenario/dialect_file.h"
#include "harness/scenario/dialect_keys.h"
#include "protocol/translate.h"

struct bench {
    struct arena arena;
    struct buf text;
};

/* As a file would say it. */
static void write_file(struct bench *bench, const struct dialect *dialect)
{
    size_t count = 0;
    const struct dialect_key *keys = dialect_keys(&count);
    for (size_t i = 0; i < count; i++) {
        bool number = keys[i].kind == DIALECT_KEY_COUNT ||
                      keys[i].kind == DIALECT_KEY_BYTES;
        buf_printf(&bench->text, "%s = %s", keys[i].key, number ? "" : "\"");
        dialect_key_value(&keys[i], dialect, &bench->text);
        buf_puts(&bench->text, number ? "\n" : "\"\n");
    }
}

static void claim_again(struct bench *bench, const struct dialect *one)
{
    const struct dialect *two = NULL;
    struct err err = {.text = ""};
    write_file(bench, one);
    CLAIM(dialect_file_read("again", buf_view(&bench->text), &bench->arena,
                            &two, &err) == ST_OK,
          "what was written can be read: %s", err.text);
    for (size_t i = 0; i < NAME_COUNT; i++) {
        claim_same(one->names[i], two->names[i], "a name");
    }
    for (size_t i = 0; i < PATH_COUNT; i++) {
        claim_same(one->paths[i], two->paths[i], "a path");
    }
    CLAIM(one->page_size == two->page_size &&
              one->body_limit == two->body_limit && one->sse == two->sse,
          "numbers and flags are the same");
}

static void claim_groups(const struct dialect *dialect)
{
    for (enum dialect_group g = GROUP_PUSH; g < GROUP_COUNT; g++) {
        size_t count = 0;
        const enum dialect_name *names = dialect_group_names(g, &count);
        for (size_t i = 0; i < count; i++) {
            struct str word = dialect->names[names[i]];
            struct str back = dialect_from_wire(dialect, g, word);
            claim_same(back, dialect->base->names[names[i]], "a name's base");
            claim_same(dialect_to_wire(dialect, g, back), word, "a name");
        }
    }
}

static void claim_body(struct bench *bench, const struct dialect *dialect,
                       struct str body)
{
    static const enum dialect_group documents[] = {GROUP_PUSH, GROUP_ANSWER,
                                                   GROUP_EVENT, GROUP_NOTICE};
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        struct str wire =
            translate_to_wire(dialect, documents[i], body, &bench->arena);
        claim_same(
            translate_from_wire(dialect, documents[i], wire, &bench->arena),
            body, "a body that went there and back");
    }
    struct str target = translate_target(dialect, body, &bench->arena);
    CLAIM(target.p != NULL, "a target");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bench bench;
    const struct dialect *dialect = NULL;
    struct err err = {.text = ""};
    struct str input = {(const char *)data, size};
    size_t end = str_find(input, '\0');
    arena_init(&bench.arena, LIMIT_REQUEST_ARENA);
    buf_init(&bench.text, DIALECT_FILE_MAX);
    enum status status = dialect_file_read("file", str_take(input, end),
                                           &bench.arena, &dialect, &err);
    CLAIM((status == ST_OK) == (dialect != NULL), "a dialect or a reason");
    if (dialect) {
        claim_groups(dialect);
        claim_again(&bench, dialect);
        claim_body(&bench, dialect, str_skip(input, end + 1));
    } else {
        claim_error(status, &err);
    }
    buf_free(&bench.text);
    arena_free(&bench.arena);
    return 0;
}
