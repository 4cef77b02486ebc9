/* SPDX-License-Identifier: MIT */
/* clauses_doc - docs/PROTOCOL.md: prose from here, tables from the data.
 * Layer: protocol. */
#include "protocol/clauses_doc.h"

#include "protocol/clauses.h"
#include "protocol/dialect.h"

static const char *const introduction[] = {
    "# The changeset sync protocol",
    "",
    "What is on the wire between a local-first client and its sync server, and "
    "what each owes the other.",
    "This page is all that is needed to write either side.  It comes in two "
    "parts: sections 1 to 9 describe",
    "the protocol, section 10 lists the clauses that syncspec checks.  Where a "
    "real server does less than a",
    "clause says, the clause stands: finding that is what the suite is for.",
    "",
    "Generated from the tables in `protocol/`; a test compares it with them.  "
    "Regenerate it with",
    "`SYNCSPEC_UPDATE=1` in the environment of `test_protocol`, and do not "
    "edit it by hand.",
    "",
    "## 1. The model",
    "",
    "- A **user** owns data in **apps** (`todo`, `calendar`).  An app has "
    "**collections** (called `table` on the",
    "  wire), a collection has **records** (`id`), a record has **fields**.  "
    "Everything is partitioned by user",
    "  and app.  Clients choose the ids: mostly UUIDs, some fixed.",
    "- A **client** is one device (`clientId`).  It writes to its local store "
    "first, queues every write as a",
    "  **pending change**, and syncs in the background: it *pushes* what is "
    "pending and *pulls* what others wrote.",
    "- The **server** keeps what it was sent and gives each client what "
    "*other* clients wrote since that client's",
    "  **cursor**.  It may be a plain log, with the merging left to clients, "
    "or merge by itself.  The suite takes",
    "  both and judges only what a client gets by folding what was delivered.",
    "- **Merge rule: field-level last-write-wins.**  Every field of a record "
    "is a register of a value and a stamp;",
    "  the greater stamp wins.  Two different fields never disturb each "
    "other.  A delete writes the field `deletedAt`.",
    "",
    "## 2. Dialects",
    "",
    "There are two versions of the wire.  They differ in names and "
    "capabilities, not in the way sync works:",
    "",
    NULL};

static const char *const first_exchange[] = {
    "",
    "## 3. A day with milk and eggs",
    "",
    "Two devices of one user share a list.  The phone (`device-a`) writes a "
    "task and pushes it; it has never",
    "synced, so its cursor is the first-sync cursor, the epoch:",
    "",
    "```http",
    "POST /sync/todo HTTP/1.1",
    "Authorization: Bearer <JWT>",
    "X-Client-Id: device-a",
    "Content-Type: application/json",
    "```",
    "```json",
    "{\"clientId\":\"device-a\",\"appId\":\"todo\",\"since\":"
    "\"1970-01-01T00:00:00.000Z\",\"changes\":[",
    " {\"table\":\"tasks\",\"id\":\"6f1c7a52-2b1e-4d6e-9a55-0d8c7f3b1a01\","
    "\"op\":\"insert\",\"data\":{",
    "   \"title\":\"Buy milk\",\"done\":false,",
    "   \"createdAt\":\"2026-03-27T10:05:00.000Z\",\"updatedAt\":"
    "\"2026-03-27T10:05:00.000Z\"}}]}",
    "```",
    "",
    "Nobody else wrote anything yet, so the answer brings only a new cursor:",
    "",
    "```json",
    "{\"serverChanges\":[],\"conflicts\":[],\"syncedUntil\":"
    "\"2026-03-27T10:05:01.635070592Z\"}",
    "```",
    "",
    "The laptop (`device-b`) pulls the collection and gets the task:",
    "",
    "```http",
    "GET /sync/todo/pull?collection=tasks&since=1970-01-01T00:00:00.000Z "
    "HTTP/1.1",
    "Authorization: Bearer <JWT>",
    "X-Client-Id: device-b",
    "```",
    "```json",
    "{\"serverChanges\":[",
    " {\"table\":\"tasks\",\"id\":\"6f1c7a52-2b1e-4d6e-9a55-0d8c7f3b1a01\","
    "\"op\":\"insert\",\"data\":{",
    "   \"title\":\"Buy milk\",\"done\":false,",
    "   \"createdAt\":\"2026-03-27T10:05:00.000Z\",\"updatedAt\":"
    "\"2026-03-27T10:05:00.000Z\"}}],",
    " \"conflicts\":[],\"syncedUntil\":\"2026-03-27T10:05:20.636320468Z\"}",
    "```",
    "",
    "Now both go offline and edit the same task.  On the laptop it becomes "
    "\"Buy eggs\" at 10:05:30.250; on the",
    "phone it is ticked off at 10:06, and renamed to \"Buy oat milk\" at "
    "10:05:10.  Back online, the laptop pushes",
    "first.  An update carries only the fields that changed, each with its own "
    "stamp (dialect `v2` calls it `at`,",
    "`v1` calls it `updatedAt`):",
    "",
    "```json",
    "{\"clientId\":\"device-b\",\"appId\":\"todo\",\"since\":"
    "\"2026-03-27T10:05:20.636320468Z\",\"changes\":[",
    " {\"table\":\"tasks\",\"id\":\"6f1c7a52-2b1e-4d6e-9a55-0d8c7f3b1a01\","
    "\"op\":\"update\",\"fields\":{",
    "   \"title\":{\"value\":\"Buy eggs\",\"at\":\"2026-03-27T10:05:30.250Z\"}"
    "}}]}",
    "```",
    "",
    "Then the phone:",
    "",
    "```json",
    "{\"clientId\":\"device-a\",\"appId\":\"todo\",\"since\":"
    "\"2026-03-27T10:05:01.635070592Z\",\"changes\":[",
    " {\"table\":\"tasks\",\"id\":\"6f1c7a52-2b1e-4d6e-9a55-0d8c7f3b1a01\","
    "\"op\":\"update\",\"fields\":{",
    "   \"title\":{\"value\":\"Buy oat milk\",\"at\":"
    "\"2026-03-27T10:05:10.000Z\"},",
    "   \"done\":{\"value\":true,\"at\":\"2026-03-27T10:06:00.000Z\"}}}]}",
    "```",
    "",
    "The answer to the phone's push is already its delta: what others wrote "
    "since its cursor, in all collections",
    "of the app, and nothing of its own.",
    "",
    "```json",
    "{\"serverChanges\":[",
    " {\"table\":\"tasks\",\"id\":\"6f1c7a52-2b1e-4d6e-9a55-0d8c7f3b1a01\","
    "\"op\":\"update\",\"fields\":{",
    "   \"title\":{\"value\":\"Buy eggs\",\"at\":\"2026-03-27T10:05:30.250Z\"}"
    "}}],",
    " \"conflicts\":[],\"syncedUntil\":\"2026-03-27T10:07:02.637472949Z\"}",
    "```",
    "",
    "Whatever the order in which these writes arrive anywhere, the greater "
    "stamp wins field by field, and both",
    "devices, a fresh one, and every later one end with the same record:",
    "",
    "| field | value | stamp | from |",
    "|---|---|---|---|",
    "| `title` | `\"Buy eggs\"` | 10:05:30.250 | laptop |",
    "| `done` | `true` | 10:06:00.000 | phone |",
    "",
    NULL};

static const char *const requests[] = {
    "## 4. Requests",
    "",
    "| request | what |",
    "|---|---|",
    "| `POST /sync/{appId}` | push: a changeset; answered with the delta of "
    "all collections of the app |",
    "| `GET /sync/{appId}/pull?collection=…&since=…` | pull: the delta of one "
    "collection |",
    "| `GET /sync/{appId}/stream?collections=a,b&since=…` | the delta as "
    "server-sent events (v2) |",
    "| `GET /ws/{appId}`, `GET /ws` | WebSocket of one app; of all apps (v2) |",
    "| `GET /health`, `GET /metrics` | without credentials |",
    "",
    "Headers of push and pull:",
    "",
    "- `Authorization: Bearer <JWT>`.  The token is signed with EdDSA "
    "(Ed25519); its header names the key (`kid`) of",
    "  a JWKS document (`kty` OKP, `crv` Ed25519).  The user is the claim "
    "`sub`, and nothing else; `exp` and `nbf` count.",
    "- `X-Client-Id: <clientId>`, which wins over the `clientId` of the body.",
    "- `Content-Type: application/json` on push.",
    "",
    "The body of a push:",
    "",
    "| member | type | |",
    "|---|---|---|",
    "| `clientId` | string | see `X-Client-Id` |",
    "| `appId` | string | as in the path |",
    "| `since` | string | the cursor of the last answer, byte for byte; "
    "`1970-01-01T00:00:00.000Z` for a first sync |",
    "| `schemaVersion` | integer | v2; absent or ≤ 0 means 1; greater than "
    "the server knows: 400 |",
    "| `changes` | array | of changes; empty makes the push a plain delta "
    "request |",
    "",
    "The answer of push and pull:",
    "",
    "| member | type | |",
    "|---|---|---|",
    "| `serverChanges` | array | changes of others; those of one client to "
    "one record in the order it sent them |",
    "| `conflicts` | array | usually empty; entries, if any, have `table`, "
    "`id`, `field`, `clientValue`, `clientTimestamp`, `serverValue`, "
    "`serverTimestamp` |",
    "| `syncedUntil` | string | the new cursor |",
    "| `hasMore` | boolean | v2; true: ask again with this cursor; absent "
    "means false |",
    "",
    "Both leave out the caller's own changes, except that a device which lost "
    "its database gets them back from the",
    "first-sync cursor (CURSOR-10).  Unknown members are ignored everywhere.  "
    "Errors are 4xx or 5xx with a reason, as",
    "text or JSON.  In v2, 402 with `{\"error\":"
    "\"sync_inactive\",\"message\":…}` says that sync is not paid for.",
    "",
    "A page (v2) ends at a number of changes, and its cursor covers exactly "
    "what was delivered; following `hasMore`",
    "reaches the end in finitely many steps.",
    "",
    "## 5. Changes",
    "",
    "| `op` | carries | means |",
    "|---|---|---|",
    "| `insert` | `data`: the whole record | every field gets the stamp "
    "`data.updatedAt`, else `data.createdAt`, else the minimum |",
    "| `update` | `fields`: name → `{\"value\": any, STAMP: time}` | only "
    "these fields change, each with its own stamp |",
    "| `delete` | `deletedAt`: time | a soft delete: the record stays as a "
    "tombstone |",
    "",
    "All three name `table` and `id`, which are strings and not empty.  STAMP "
    "is `updatedAt` in v1 and `at` in v2.",
    "Undelete is an update of `deletedAt` to `null` with a later stamp; a "
    "delete is a write of `deletedAt`:",
    "",
    "```json",
    "{\"clientId\":\"device-a\",\"appId\":\"todo\",\"since\":"
    "\"2026-03-27T10:07:02.637472949Z\",\"changes\":[",
    " {\"table\":\"tasks\",\"id\":\"old\",\"op\":\"delete\",\"deletedAt\":"
    "\"2026-03-27T10:07:00.000Z\"},",
    " {\"table\":\"tasks\",\"id\":\"missed\",\"op\":\"update\",\"fields\":{",
    "   \"deletedAt\":{\"value\":null,\"at\":\"2026-03-27T10:07:01.000Z\"}}}]}",
    "```",
    "",
    "In v2 a change may also carry `spaceId` (string), `actor` (any value) and "
    "`origin` (string), which come back as",
    "sent; the server adds `eventId` and `schemaVersion`:",
    "",
    "```json",
    "{\"serverChanges\":[",
    " {\"eventId\":\"a1a128d0-8a42-44ef-a18f-58d83d93501b\",\"schemaVersion\":"
    "1,\"table\":\"notes\",\"id\":\"n1\",\"op\":\"insert\",",
    "  \"data\":{\"title\":\"n\",\"createdAt\":\"2026-05-01T08:00:00.000Z\"},"
    "\"spaceId\":\"_personal:u1\",",
    "  \"actor\":{\"kind\":\"user\",\"principalId\":\"u1\"},\"origin\":"
    "\"user\"}],",
    " \"conflicts\":[],\"syncedUntil\":\"2026-05-01T08:00:01.66504925Z\","
    "\"hasMore\":true}",
    "```",
    "",
    NULL};

static const char *const behaviour[] = {
    "## 6. Times and cursors",
    "",
    "Times are RFC 3339.  Clients write `YYYY-MM-DDTHH:MM:SS.mmmZ`; servers "
    "write 0 to 9 fraction digits with trailing",
    "zeros cut (`…23.6747241Z`).  Compare instants, never strings: as text, "
    "`…00Z` sorts after `…00.5Z`, though it is",
    "earlier.",
    "",
    "Cursors are times to the server and opaque to the client, which sends "
    "back the very bytes that it was given.  A",
    "cursor stands for everything that was delivered with it or before it, and "
    "for nothing more.  The hard part of a",
    "server is here: a change that commits after a cursor was handed out must "
    "lie behind that cursor, however many",
    "pushes overlap (CURSOR-2).",
    "",
    "## 7. Live channels",
    "",
    "**WebSocket**, JSON text messages.  A notice carries no data: the client "
    "pulls.",
    "",
    "| from | message | |",
    "|---|---|---|",
    "| client | `{\"type\":\"auth\",\"token\":\"<JWT>\"}` | first; a socket "
    "that does not is closed after 10 s (1008) |",
    "| client | `{\"type\":\"ping\"}` | answered by `pong` |",
    "| server | `{\"type\":\"auth-ok\"}` | v2 |",
    "| server | `{\"type\":\"error\",…}` | |",
    "| server | `{\"type\":\"pong\"}` | |",
    "| server | `{\"type\":\"sync-available\",\"tables\":[…],\"appId\":…}` | "
    "after another client's push; `appId` on the socket of all apps |",
    "",
    "**Server-sent events** (v2).  First the backlog since the cursor, then "
    "live changes, in the shape that pull gives:",
    "",
    "```",
    "event: changes",
    "data: {\"changes\":[…],\"hasMore\":false,\"syncedUntil\":"
    "\"2026-03-27T10:07:02.649355Z\",\"table\":\"tasks\"}",
    "",
    "event: heartbeat",
    "data: {}",
    "```",
    "",
    "A heartbeat comes at least every 30 s.",
    "",
    "## 8. The client engine",
    "",
    "How the original engine behaves; the model client does the same.",
    "",
    "- A local write stores the record and its pending row in one "
    "transaction.  An insert stamps `createdAt` and",
    "  `updatedAt`, an update each changed field; deletes are soft.",
    "- Push: 1000 ms after the last write; everything that is pending, "
    "coalesced per record.  On a 2xx: apply the",
    "  delta, clear exactly the pending rows that were sent, move the cursors.",
    "- Pull: every 30 000 ms, on a notice, on reconnect; each collection with "
    "its own cursor.",
    "- After a failure what is pending stays, the status says so, and it is "
    "tried again.  The WebSocket reconnects",
    "  after 5000 ms.  Offline there is no traffic and writes queue; online "
    "again: reconnect, push, pull.",
    "- Status: `idle`, `syncing`, `synced`, `offline`, `error`, with a "
    "listener.",
    "- Guests have no token and only write locally; after sign-in everything "
    "they wrote is pushed.",
    "- Conflict strategies: `field-level-lww` (the default), `client-wins`, "
    "`server-wins`.",
    "",
    "## 9. Reference choices",
    "",
    "Where the original engine is silent or wrong, the model client and the "
    "oracle decide as follows:",
    "",
    "- Two writes to one field are ordered by instant, then by the canonical "
    "JSON text of the value (keys sorted,",
    "  shortest numbers), bytewise; the greater wins.  It needs no extra wire "
    "data and is the same everywhere.",
    "- An update for an unknown record is kept as a partial record; a later "
    "insert merges under it by stamps.",
    "- A field's stamp is never taken from the receiver's clock; an insert "
    "without any time stamps its fields with the",
    "  minimum, which is earlier than every time that can be written.",
    "- Coalescing never loses an insert: insert and update become an insert "
    "with the newer fields; insert and delete",
    "  send both facts, as an insert with `deletedAt`.",
    "- Two edits in one millisecond: a client's stamps are strictly "
    "increasing (last stamp + 1 ms).",
    "",
    "## 10. Clauses",
    "",
    "| level | meaning | profile |",
    "|---|---|---|",
    "| **M** | must | `core` |",
    "| **S** | should | `full`: core and S |",
    "| **X** | strict | none: only when asked for |",
    "",
    "A clause marked with a dialect is of that dialect alone.  Every case of "
    "the suite names the clauses it covers.",
    "Ids are stable and never reused.  `syncspec explain ID` tells why a "
    "clause "
    "matters, what usually breaks it and how to",
    "mend that; so do the pages in [clauses/](clauses).",
    NULL};

/* What the clauses of a group have in common. */
static const struct {
    const char *group, *sentence;
} preambles[] = {
    {"Validation",
     "Each of these is answered with 4xx: nothing is stored, the server lives, "
     "and the reason is told."},
    {"Fidelity", "What went in comes out."},
    {"Merge and delete",
     "Judged by the fold of what the server delivers, so that a plain log and "
     "a merging server are measured alike."},
    {"Client", "For clients under test, and for the model client."},
};

static void write_lines(struct buf *out, const char *const *lines)
{
    for (; *lines; lines++) {
        buf_puts(out, *lines);
        buf_putc(out, '\n');
    }
}

/* One row of the table of dialects. */
struct row {
    const char *label;
    void (*write)(const struct dialect *dialect, struct buf *out);
};

static void write_yes(bool yes, const char *text, struct buf *out)
{
    buf_puts(out, yes ? text : "–");
}

static void write_stamp(const struct dialect *dialect, struct buf *out)
{
    buf_printf(out, "`%s`", dialect->stamp_key);
}

static void write_pages(const struct dialect *dialect, struct buf *out)
{
    if (dialect->has_more) {
        buf_printf(out, "`hasMore`, pages of %zu", dialect->page_size);
    } else {
        buf_puts(out, "none");
    }
}

static void write_live(const struct dialect *dialect, struct buf *out)
{
    buf_puts(out, "WebSocket `/ws/{appId}`");
    if (dialect->ws_unified) {
        buf_puts(out, ", `/ws` for all apps");
    }
    if (dialect->sse) {
        buf_puts(out, ", event stream");
    }
}

static void write_extras(const struct dialect *dialect, struct buf *out)
{
    write_yes(dialect->change_extras,
              "`eventId`, `schemaVersion` (server to client), `actor`, "
              "`origin`, `spaceId`",
              out);
}

static void write_version(const struct dialect *dialect, struct buf *out)
{
    if (dialect->schema_version_max > 0) {
        buf_printf(out, "up to %d", dialect->schema_version_max);
    } else {
        buf_puts(out, "–");
    }
}

static void write_payment(const struct dialect *dialect, struct buf *out)
{
    write_yes(dialect->payment, "402 `sync_inactive`", out);
}

static void write_body(const struct dialect *dialect, struct buf *out)
{
    if (dialect->body_limit > 0) {
        buf_printf(out, "%zu MiB", dialect->body_limit >> 20);
    } else {
        buf_puts(out, "none stated");
    }
}

static const struct row rows[] = {
    {"stamp of a field", write_stamp},
    {"paging of pull", write_pages},
    {"live channels", write_live},
    {"extra members of a change", write_extras},
    {"`schemaVersion` of a changeset", write_version},
    {"sync not paid for", write_payment},
    {"limit of a body", write_body},
};

static void write_dialects(struct buf *out)
{
    size_t count;
    const struct dialect *dialects = dialect_all(&count);
    buf_puts(out, "| |");
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, " `%s` |", dialects[i].name);
    }
    buf_puts(out, "\n|---|");
    for (size_t i = 0; i < count; i++) {
        buf_puts(out, "---|");
    }
    buf_putc(out, '\n');
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        buf_printf(out, "| %s |", rows[r].label);
        for (size_t i = 0; i < count; i++) {
            buf_putc(out, ' ');
            rows[r].write(&dialects[i], out);
            buf_puts(out, " |");
        }
        buf_putc(out, '\n');
    }
}

const char *clauses_preamble(const char *group)
{
    for (size_t i = 0; i < sizeof preambles / sizeof preambles[0]; i++) {
        if (str_is(str_of(group), preambles[i].group)) {
            return preambles[i].sentence;
        }
    }
    return "";
}

/* The first word, in small letters. */
struct str clauses_page(const char *group, char out[CLAUSES_PAGE_MAX])
{
    size_t n = 0;
    for (; group[n] && group[n] != ' ' && n < CLAUSES_PAGE_MAX - 1; n++) {
        bool capital = group[n] >= 'A' && group[n] <= 'Z';
        out[n] = capital ? (char)(group[n] - 'A' + 'a') : group[n];
    }
    out[n] = '\0';
    return (struct str){out, n};
}

static void write_group(const char *group, struct buf *out)
{
    char page[CLAUSES_PAGE_MAX];
    const char *preamble = clauses_preamble(group);
    clauses_page(group, page);
    buf_printf(out, "\n### %s\n\n%s%s", group, preamble,
               preamble[0] ? "\n\n" : "");
    buf_printf(out,
               "Why, what breaks them, and how to mend it: "
               "[clauses/%s.md](clauses/%s.md).\n\n",
               page, page);
    buf_puts(out, "| id | level | clause |\n|---|---|---|\n");
}

/* " v2" for a clause that is not of every dialect. */
static void write_only(const struct clause *clause, struct buf *out)
{
    size_t count, of = 0;
    const struct dialect *dialects = dialect_all(&count);
    for (size_t i = 0; i < count; i++) {
        of += (clause->dialects & dialects[i].bit) != 0;
    }
    for (size_t i = 0; i < count && of < count; i++) {
        if ((clause->dialects & dialects[i].bit) != 0) {
            buf_printf(out, " %s", dialects[i].name);
        }
    }
}

static void write_clauses(struct buf *out)
{
    size_t count;
    const struct clause *clauses = clause_all(&count);
    const char *group = "";
    for (size_t i = 0; i < count; i++) {
        if (!str_is(str_of(group), clauses[i].group)) {
            group = clauses[i].group;
            write_group(group, out);
        }
        buf_printf(out, "| %s | %c", clauses[i].id,
                   clause_level_letter(clauses[i].level));
        write_only(&clauses[i], out);
        buf_printf(out, " | %s |\n", clauses[i].text);
    }
}

void clauses_write_doc(struct buf *out)
{
    write_lines(out, introduction);
    write_dialects(out);
    write_lines(out, first_exchange);
    write_lines(out, requests);
    write_lines(out, behaviour);
    write_clauses(out);
}
