/* SPDX-License-Identifier: MIT */
/* merging - a log read as records.  Layer: mock_server. */
#include "mock_server/merging.h"

#include <stdlib.h>

enum { PART_SLOTS = 256, FIRST_RECORD_SLOTS = 16 };

/* The records of one user's app. */
struct merging_part {
    struct merging_part *same_slot;
    struct str user, app;
    struct merging_record *newest;
    struct merging_record **slots; /* a hash table with chains */
    size_t count, cap;
    int64_t merged_ns; /* of the last row that was read */
};

struct merging {
    struct store base;
    struct store *log;
    const struct codec_rules *rules;
    bool repeats;
    struct arena arena;
    struct arena reading; /* of one stretch of the log, and one change */
    struct intern names;  /* collections and clients */
    struct buf text;
    struct merging_part *parts[PART_SLOTS];
};

struct merging_hit {
    const struct merging_record *record;
    int64_t at_ns;
};

static struct merging *merging_of(struct store *store)
{
    return (struct merging *)store;
}

/* ---- parts and records ---- */

static struct merging_part *part_of(struct merging *merging, struct str user,
                                    struct str app)
{
    uint64_t hash = hash_str(hash_str(HASH_START, user), app);
    struct merging_part **slot =
        &merging->parts[(hash ^ hash >> 32) % PART_SLOTS];
    struct merging_part *part = *slot;

    while (part && !(str_eq(part->user, user) && str_eq(part->app, app))) {
        part = part->same_slot;
    }
    if (!part) {
        part = arena_must(&merging->arena, 1, sizeof(*part));
        part->user = arena_str(&merging->arena, user);
        part->app = arena_str(&merging->arena, app);
        part->same_slot = *slot;
        *slot = part;
    }
    return part;
}

static void record_link(struct merging_part *part,
                        struct merging_record *record)
{
    struct merging_record **slot = &part->slots[record->hash & (part->cap - 1)];

    record->same_slot = *slot;
    *slot = record;
}

static void part_grow(struct merging *merging, struct merging_part *part)
{
    struct merging_record **old = part->slots;
    size_t count = part->cap;

    part->cap = count ? 2 * count : FIRST_RECORD_SLOTS;
    part->slots =
        arena_must(&merging->arena, part->cap, sizeof(struct merging_record *));
    for (size_t i = 0; i < count; i++) {
        while (old[i]) {
            struct merging_record *record = old[i];

            old[i] = record->same_slot;
            record_link(part, record);
        }
    }
}

static struct merging_record *record_of(struct merging *merging,
                                        struct merging_part *part,
                                        const struct store_row *row)
{
    uint64_t hash = hash_str(hash_str(HASH_START, row->table), row->id);
    struct merging_record *record;

    hash ^= hash >> 32;
    if (part->count == part->cap) {
        part_grow(merging, part);
    }
    record = part->slots[hash & (part->cap - 1)];
    while (record && !(str_eq(record->id, row->id) &&
                       str_eq(record->table, row->table))) {
        record = record->same_slot;
    }
    if (!record) {
        record = arena_must(&merging->arena, 1, sizeof(*record));
        record->hash = hash;
        record->table = intern_put(&merging->names, row->table);
        record->id = arena_str(&merging->arena, row->id);
        record_link(part, record);
        part->count++;
    }
    return record;
}

/* To the end of the list: it was changed last. */
static void record_renew(struct merging_part *part,
                         struct merging_record *record, int64_t at_ns)
{
    record->at_ns = at_ns;
    if (part->newest == record) {
        return;
    }
    if (record->newer) {
        record->newer->older = record->older;
    }
    if (record->older) {
        record->older->newer = record->newer;
    }
    record->newer = NULL;
    record->older = part->newest;
    if (part->newest) {
        part->newest->newer = record;
    }
    part->newest = record;
}

/* ---- following the log ---- */

static struct str keep(struct merging *merging, struct str text)
{
    return text.n ? arena_str(&merging->arena, text) : (struct str){0};
}

static enum status merge_row(struct merging *merging, struct merging_part *part,
                             const struct store_row *row, struct err *err)
{
    struct change change;
    struct merging_record *record;
    struct merging_source *source;
    enum status status =
        change_read(row->text, merging->rules, &merging->reading, &change, err);

    if (status != ST_OK) {
        return status;
    }
    record = record_of(merging, part, row);
    source = arena_must(&merging->arena, 1, sizeof(*source));
    source->at_ns = row->at_ns;
    source->client = intern_put(&merging->names, row->client_id);
    source->actor = keep(merging, change.actor);
    source->origin = keep(merging, change.origin);
    source->space_id = keep(merging, change.space_id);
    if (merging_record_take(record, &change, source, &merging->arena)) {
        record_renew(part, record, row->at_ns);
    }
    return ST_OK;
}

static void part_forget(struct merging_part *part)
{
    part->newest = NULL;
    part->slots = NULL;
    part->count = part->cap = 0;
    part->merged_ns = 0;
}

/* What was appended since, by whomever. */
static enum status part_follow(struct merging *merging,
                               struct merging_part *part, struct err *err)
{
    const struct store_ops *log = merging->log->ops;
    int64_t head_ns = log->part_head_ns(merging->log, part->user, part->app);
    struct store_query query = {.user = part->user, .app = part->app};
    struct store_page page = {0};
    enum status status = ST_OK;

    if (head_ns < part->merged_ns) {
        part_forget(part);
    }
    if (head_ns == part->merged_ns) {
        return ST_OK;
    }
    query.after_ns = part->merged_ns;
    arena_reset(&merging->reading);
    status = log->read(merging->log, &query, &merging->reading, &page, err);
    for (size_t i = 0; i < page.count && status == ST_OK; i++) {
        status = merge_row(merging, part, &page.rows[i], err);
        part->merged_ns = page.rows[i].at_ns;
    }
    return status;
}

/* ---- reading ---- */

static int hit_order(const void *a, const void *b)
{
    const struct merging_hit *left = a, *right = b;

    return (left->at_ns > right->at_ns) - (left->at_ns < right->at_ns);
}

/* Everything that the reader lacks, in the order of cursors. */
static struct merging_hit *part_search(const struct merging_part *part,
                                       const struct store_query *query,
                                       struct arena *arena, size_t *count)
{
    struct merging_hit *hits = NULL;
    size_t cap = 0;

    *count = 0;
    for (const struct merging_record *record = part->newest;
         record && record->at_ns > query->after_ns; record = record->older) {
        int64_t at_ns = merging_record_news_ns(record, query->not_client);

        if (at_ns > query->after_ns &&
            (!query->table.n || str_eq(record->table, query->table))) {
            hits = arena_grow(arena, hits, *count, &cap, sizeof(*hits));
            hits[(*count)++] = (struct merging_hit){record, at_ns};
        }
    }
    if (hits) {
        qsort(hits, *count, sizeof(*hits), hit_order);
    }
    return hits;
}

static struct str hit_text(struct merging *merging,
                           const struct merging_hit *hit,
                           const struct store_query *query, struct arena *arena)
{
    struct buf *text = &merging->text;
    int times = merging->repeats ? 2 : 1;

    buf_clear(text);
    for (int i = 0; i < times; i++) {
        if (i > 0) {
            buf_putc(text, ',');
        }
        merging_record_write(hit->record, query->not_client,
                             merging->rules->dialect, text);
    }
    if (text->failed) {
        return (struct str){0};
    }
    return arena_str(arena, buf_view(text));
}

static enum status merging_read(struct store *base,
                                const struct store_query *query,
                                struct arena *arena, struct store_page *page,
                                struct err *err)
{
    struct merging *merging = merging_of(base);
    struct merging_part *part = part_of(merging, query->user, query->app);
    enum status status = part_follow(merging, part, err);
    size_t count, bytes = 0;

    *page = (struct store_page){0};
    if (status != ST_OK) {
        return status;
    }
    struct merging_hit *hits = part_search(part, query, arena, &count);

    page->rows = arena_must(arena, count + 1, sizeof(*page->rows));
    for (size_t i = 0; i < count && !page->more; i++) {
        const struct merging_record *record = hits[i].record;
        struct store_row row = {.at_ns = hits[i].at_ns,
                                .user = part->user,
                                .app = part->app,
                                .table = record->table,
                                .id = record->id,
                                .op = OP_UPDATE};

        row.text = hit_text(merging, &hits[i], query, arena);
        if (!row.text.p) {
            return err_set(err, ST_LIMIT, "the answer needs too much memory");
        }
        bytes += row.text.n;
        page->rows[page->count++] = row;
        page->more =
            query->limit && i + 1 < count &&
            (page->count == query->limit || bytes > MERGING_PAGE_BYTES);
    }
    return ST_OK;
}

/* ---- the rest is the log's ---- */

static enum status merging_append(struct store *base,
                                  const struct store_row *rows, size_t count,
                                  struct err *err)
{
    struct store *log = merging_of(base)->log;

    return log->ops->append(log, rows, count, err);
}

static int64_t merging_head_ns(struct store *base)
{
    struct store *log = merging_of(base)->log;

    return log->ops->head_ns(log);
}

static int64_t merging_part_head_ns(struct store *base, struct str user,
                                    struct str app)
{
    struct store *log = merging_of(base)->log;

    return log->ops->part_head_ns(log, user, app);
}

static bool merging_contains(struct store *base, const struct store_row *row)
{
    struct store *log = merging_of(base)->log;

    return log->ops->contains(log, row);
}

static enum status merging_wipe(struct store *base, struct err *err)
{
    struct store *log = merging_of(base)->log;

    return log->ops->wipe(log, err);
}

static void merging_close(struct store *base)
{
    struct merging *merging = merging_of(base);

    arena_free(&merging->arena);
    arena_free(&merging->reading);
    buf_free(&merging->text);
    free(merging);
}

struct store *merging_open(struct store *log, const struct codec_rules *rules,
                           bool repeats)
{
    static const struct store_ops ops = {
        .append = merging_append,
        .read = merging_read,
        .head_ns = merging_head_ns,
        .part_head_ns = merging_part_head_ns,
        .contains = merging_contains,
        .wipe = merging_wipe,
        .close = merging_close,
    };
    struct merging *merging = calloc(1, sizeof(*merging));

    if (!merging) {
        return NULL;
    }
    merging->base.ops = &ops;
    merging->log = log;
    merging->rules = rules;
    merging->repeats = repeats;
    arena_init(&merging->arena, LIMIT_RUN_ARENA);
    arena_init(&merging->reading, LIMIT_RUN_ARENA);
    intern_init(&merging->names, &merging->arena);
    buf_init(&merging->text, LIMIT_REQUEST_ARENA);
    return &merging->base;
}
