/* SPDX-License-Identifier: MIT */
/* store_memory - the log in memory: rows by user and app in the order of
 * commit, an index by collection, a set of what was accepted.
 * Layer: mock_server. */
#include <stdlib.h>
#include <string.h>

#include "base/asserts.h"
#include "base/intern.h"
#include "mock_server/store.h"

enum { FIRST_SLOTS = 64 };

struct mem_row {
    struct store_row row;   /* strings live in the store's arena */
    struct mem_list *table; /* that it is in */
};

/* Rows in the order of at_ns. */
struct mem_list {
    struct str name; /* of the collection */
    struct mem_row **rows;
    size_t count, cap;
    struct mem_list *next;
};

struct mem_part {
    struct str user, app; /* interned */
    struct mem_list all;
    struct mem_list *tables;
};

struct mem_slots { /* open addressing, malloc'd */
    void **items;
    uint64_t *hashes;
    size_t count, cap;
};

struct mem_store {
    struct store base;
    struct arena arena;
    struct intern names; /* users, apps, collections, clients */
    struct mem_slots parts, accepted;
    struct mem_part *last_part; /* that was looked up */
    int64_t head_ns;
};

static struct mem_store *mem_of(struct store *store)
{
    return (struct mem_store *)store;
}

/* ---- hash tables ---- */

static void slots_clear(struct mem_slots *slots)
{
    free(slots->items);
    free(slots->hashes);
    *slots = (struct mem_slots){0};
}

/* Index of the item, or of the free slot where it would be. */
static size_t slots_find(const struct mem_slots *slots, uint64_t hash,
                         bool (*is)(const void *item, const void *key),
                         const void *key)
{
    size_t at = hash & (slots->cap - 1);

    while (slots->items[at] &&
           !(slots->hashes[at] == hash && is && is(slots->items[at], key))) {
        at = (at + 1) & (slots->cap - 1);
    }
    return at;
}

static void slots_put(struct mem_slots *slots, uint64_t hash, void *item)
{
    size_t at = slots_find(slots, hash, NULL, NULL);

    slots->items[at] = item;
    slots->hashes[at] = hash;
    slots->count++;
}

static bool slots_room(struct mem_slots *slots, size_t more)
{
    struct mem_slots grown = {.cap = slots->cap ? slots->cap : FIRST_SLOTS};

    if (2 * (slots->count + more) <= slots->cap) {
        return true;
    }
    while (2 * (slots->count + more) > grown.cap) {
        grown.cap *= 2;
    }
    grown.items = calloc(grown.cap, sizeof(void *));
    grown.hashes = calloc(grown.cap, sizeof(uint64_t));
    if (!grown.items || !grown.hashes) {
        slots_clear(&grown);
        return false;
    }
    for (size_t i = 0; i < slots->cap; i++) {
        if (slots->items[i]) {
            slots_put(&grown, slots->hashes[i], slots->items[i]);
        }
    }
    slots_clear(slots);
    *slots = grown;
    return true;
}

/* ---- partitions and collections ---- */

static bool part_is(const void *item, const void *key)
{
    const struct mem_part *part = item;
    const struct store_query *wanted = key;

    return str_eq(part->user, wanted->user) && str_eq(part->app, wanted->app);
}

static uint64_t part_hash(struct str user, struct str app)
{
    return hash_str(hash_str(HASH_START, user), app);
}

static struct mem_part *part_find(struct mem_store *store, struct str user,
                                  struct str app)
{
    struct store_query wanted = {.user = user, .app = app};

    if (store->last_part && part_is(store->last_part, &wanted)) {
        return store->last_part;
    }
    if (store->parts.cap == 0) {
        return NULL;
    }
    struct mem_part *part = store->parts.items[slots_find(
        &store->parts, part_hash(user, app), part_is, &wanted)];

    store->last_part = part ? part : store->last_part;
    return part;
}

static struct mem_part *part_make(struct mem_store *store, struct str user,
                                  struct str app)
{
    struct mem_part *part = part_find(store, user, app);

    if (part || !slots_room(&store->parts, 1)) {
        return part;
    }
    part = arena_alloc(&store->arena, sizeof(*part));
    if (!part) {
        return NULL;
    }
    part->user = intern_put(&store->names, user);
    part->app = intern_put(&store->names, app);
    slots_put(&store->parts, part_hash(user, app), part);
    return part;
}

static struct mem_list *table_find(struct mem_part *part, struct str name)
{
    struct mem_list *list = part->tables;

    while (list && !str_eq(list->name, name)) {
        list = list->next;
    }
    return list;
}

static struct mem_list *table_make(struct mem_store *store,
                                   struct mem_part *part, struct str name)
{
    struct mem_list *list = table_find(part, name);

    if (!list) {
        list = arena_alloc(&store->arena, sizeof(*list));
        if (list) {
            list->name = intern_put(&store->names, name);
            list->next = part->tables;
            part->tables = list;
        }
    }
    return list;
}

/* Index of the first row behind `after_ns`. */
static size_t list_after(const struct mem_list *list, int64_t after_ns)
{
    size_t low = 0, high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (list->rows[middle]->row.at_ns > after_ns) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* At its place: the end, unless a planted bug gave it an older time. */
static void list_insert(struct mem_store *store, struct mem_list *list,
                        struct mem_row *row)
{
    size_t at = list->count;

    list->rows = arena_grow(&store->arena, list->rows, list->count, &list->cap,
                            sizeof(*list->rows));
    while (at > 0 && list->rows[at - 1]->row.at_ns > row->row.at_ns) {
        list->rows[at] = list->rows[at - 1];
        at--;
    }
    list->rows[at] = row;
    list->count++;
}

/* ---- the interface ---- */

static uint64_t accepted_hash(const struct store_row *row)
{
    return row->digest;
}

static bool accepted_is(const void *item, const void *key)
{
    const struct store_row *have = &((const struct mem_row *)item)->row;
    const struct store_row *row = key;

    return have->op == row->op && str_eq(have->id, row->id) &&
           str_eq(have->table, row->table) &&
           str_eq(have->client_id, row->client_id) &&
           str_eq(have->app, row->app) && str_eq(have->user, row->user);
}

/* A copy of the row in the store's memory; NULL when there is none left. */
static struct mem_row *mem_copy(struct mem_store *store,
                                const struct store_row *from)
{
    struct mem_part *part = part_make(store, from->user, from->app);
    struct mem_list *table = part ? table_make(store, part, from->table) : NULL;
    struct mem_row *row = arena_alloc(&store->arena, sizeof(*row));

    if (!table || !row) {
        return NULL;
    }
    *row = (struct mem_row){.row = *from, .table = table};
    row->row.user = part->user;
    row->row.app = part->app;
    row->row.table = table->name;
    row->row.client_id = intern_put(&store->names, from->client_id);
    row->row.id = arena_str(&store->arena, from->id);
    row->row.text = arena_str(&store->arena, from->text);
    return row->row.id.p && row->row.text.p ? row : NULL;
}

static enum status mem_append(struct store *base, const struct store_row *rows,
                              size_t count, struct err *err)
{
    struct mem_store *store = mem_of(base);
    struct mem_row **copies =
        arena_array(&store->arena, count + 1, sizeof(struct mem_row *));

    if (!copies || !slots_room(&store->accepted, count)) {
        return err_set(err, ST_LIMIT, "the store's memory is full");
    }
    for (size_t i = 0; i < count; i++) {
        copies[i] = mem_copy(store, &rows[i]);
        if (!copies[i]) {
            return err_set(err, ST_LIMIT, "the store's memory is full");
        }
    }
    for (size_t i = 0; i < count; i++) {
        struct mem_row *row = copies[i];
        struct mem_part *part = part_find(store, row->row.user, row->row.app);

        list_insert(store, &part->all, row);
        list_insert(store, row->table, row);
        slots_put(&store->accepted, accepted_hash(&row->row), row);
        if (row->row.at_ns > store->head_ns) {
            store->head_ns = row->row.at_ns;
        }
    }
    return ST_OK;
}

static enum status mem_read(struct store *base, const struct store_query *query,
                            struct arena *arena, struct store_page *page,
                            struct err *err)
{
    struct mem_part *part = part_find(mem_of(base), query->user, query->app);
    struct mem_list *list = part ? &part->all : NULL;

    *page = (struct store_page){0};
    if (part && query->table.n) {
        list = table_find(part, query->table);
    }
    if (!list) {
        return ST_OK;
    }
    size_t first = list_after(list, query->after_ns);
    size_t room = list->count - first;

    if (query->limit && query->limit < room) {
        room = query->limit;
    }
    page->rows = arena_array(arena, room + 1, sizeof(*page->rows));
    if (!page->rows) {
        return err_set(err, ST_LIMIT, "the answer needs too much memory");
    }
    for (size_t i = first; i < list->count; i++) {
        const struct store_row *row = &list->rows[i]->row;

        if (query->not_client.n && str_eq(row->client_id, query->not_client)) {
            continue;
        }
        if (page->count == room) {
            page->more = true;
            break;
        }
        page->rows[page->count++] = *row;
    }
    return ST_OK;
}

static int64_t mem_head_ns(struct store *base)
{
    return mem_of(base)->head_ns;
}

static int64_t mem_part_head_ns(struct store *base, struct str user,
                                struct str app)
{
    const struct mem_part *part = part_find(mem_of(base), user, app);

    return part && part->all.count > 0
               ? part->all.rows[part->all.count - 1]->row.at_ns
               : 0;
}

/* Did anybody write the record after this row? */
static bool mem_written_since(const struct mem_row *have)
{
    const struct mem_list *list = have->table;

    for (size_t i = list_after(list, have->row.at_ns); i < list->count; i++) {
        if (str_eq(list->rows[i]->row.id, have->row.id)) {
            return true;
        }
    }
    return false;
}

static bool mem_contains(struct store *base, const struct store_row *row)
{
    struct mem_store *store = mem_of(base);
    const struct mem_slots *slots = &store->accepted;

    if (slots->cap == 0) {
        return false;
    }
    /* Untimed deletes may be there several times: one that is still the last
     * word on its record is enough. */
    for (size_t at = accepted_hash(row) & (slots->cap - 1); slots->items[at];
         at = (at + 1) & (slots->cap - 1)) {
        if (slots->hashes[at] == accepted_hash(row) &&
            accepted_is(slots->items[at], row) &&
            !(row->untimed && mem_written_since(slots->items[at]))) {
            return true;
        }
    }
    return false;
}

static void mem_init(struct mem_store *store)
{
    arena_init(&store->arena, LIMIT_RUN_ARENA);
    intern_init(&store->names, &store->arena);
}

static void mem_clear(struct mem_store *store)
{
    slots_clear(&store->parts);
    slots_clear(&store->accepted);
    arena_free(&store->arena);
    store->last_part = NULL;
    store->head_ns = 0;
}

static enum status mem_wipe(struct store *base, struct err *err)
{
    (void)err;
    mem_clear(mem_of(base));
    mem_init(mem_of(base));
    return ST_OK;
}

static void mem_close(struct store *base)
{
    mem_clear(mem_of(base));
    free(base);
}

struct store *store_memory_open(void)
{
    static const struct store_ops ops = {
        .append = mem_append,
        .read = mem_read,
        .head_ns = mem_head_ns,
        .part_head_ns = mem_part_head_ns,
        .contains = mem_contains,
        .wipe = mem_wipe,
        .close = mem_close,
    };
    struct mem_store *store = calloc(1, sizeof(*store));

    if (!store) {
        return NULL;
    }
    store->base.ops = &ops;
    mem_init(store);
    return &store->base;
}
