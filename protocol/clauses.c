/* SPDX-License-Identifier: MIT */
/* clauses - what the suite checks, as data.  Ids are stable and never reused.
 * Layer: protocol. */
#include "protocol/clauses.h"

enum {
    BOTH = DIALECT_V1 | DIALECT_V2,
    ID_MAX = 32,     /* bytes of an id that a person may have meant */
    DISTANCE_MAX = 2 /* edits between what was written and what was meant */
};

static const struct clause clauses[] = {
    {"AUTH-1", "Auth and tenancy", LEVEL_MUST, BOTH,
     "A request without credentials, with a malformed header or an "
     "unknown scheme gets 401; nothing is stored or returned."},
    {"AUTH-2", "Auth and tenancy", LEVEL_MUST, BOTH,
     "A token that is expired, not yet valid, signed by another key, "
     "`alg: none`, of another algorithm, cut or altered gets 401."},
    {"AUTH-3", "Auth and tenancy", LEVEL_MUST, BOTH,
     "The token alone decides the user: no header, path, body field or "
     "query can act for another."},
    {"AUTH-4", "Auth and tenancy", LEVEL_SHOULD, BOTH,
     "A 401 carries `WWW-Authenticate`."},
    {"AUTH-5", "Auth and tenancy", LEVEL_STRICT, BOTH,
     "A token without `exp` is refused."},
    {"AUTH-6", "Auth and tenancy", LEVEL_SHOULD, BOTH,
     "A key added to the key set is honoured without a restart; the key "
     "endpoint's short outage refuses no valid token."},
    {"ISO-1", "Auth and tenancy", LEVEL_MUST, BOTH,
     "No user ever receives another user's changes: not by push delta, "
     "pull, stream or socket, whatever since, collection, client id or "
     "app."},
    {"ISO-2", "Auth and tenancy", LEVEL_MUST, BOTH,
     "Apps, and collections on pull, do not mix. Equal ids in two users, "
     "apps or collections are different records."},
    {"ISO-3", "Auth and tenancy", LEVEL_MUST, DIALECT_V2,
     "A `spaceId` of a space that the user does not belong to neither "
     "reaches its members nor changes their records."},
    {"PUSH-1", "Push", LEVEL_MUST, BOTH,
     "2xx is a JSON object with arrays `serverChanges`, `conflicts` and "
     "an RFC 3339 `syncedUntil`; content type says JSON."},
    {"PUSH-2", "Push", LEVEL_MUST, BOTH,
     "Every change of an acknowledged push reaches every other client of "
     "that user and app (no lost acknowledged write)."},
    {"PUSH-3", "Push", LEVEL_MUST, BOTH,
     "A push is atomic: after a non-2xx answer none of its changes is "
     "ever seen."},
    {"PUSH-4", "Push", LEVEL_MUST, BOTH,
     "Sending the same changeset again, after an answer that was lost, "
     "leaves the folded state as after once."},
    {"PUSH-5", "Push", LEVEL_SHOULD, BOTH,
     "…and delivers each change once to each other client."},
    {"PUSH-6", "Push", LEVEL_MUST, BOTH,
     "Changes of one client to one record arrive in the order it sent "
     "them."},
    {"PUSH-7", "Push", LEVEL_MUST, BOTH,
     "Empty `changes` is a plain delta request."},
    {"PUSH-8", "Push", LEVEL_MUST, BOTH,
     "A delta that does not fit is continued: nothing that the returned "
     "cursor covers is missing."},
    {"PUSH-9", "Push", LEVEL_SHOULD, BOTH,
     "Deltas leave out the caller's own changes, except from the "
     "first-sync cursor (CURSOR-10)."},
    {"PUSH-10", "Push", LEVEL_MUST, BOTH,
     "Unknown members anywhere are ignored, not refused."},
    {"PUSH-11", "Push", LEVEL_SHOULD, BOTH,
     "A body whose `appId` or `clientId` contradicts path or header is "
     "refused, or path and header win; never the body."},
    {"PUSH-12", "Push", LEVEL_MUST, BOTH,
     "1000 changes in one push are taken."},
    {"VALID-1", "Validation", LEVEL_MUST, BOTH,
     "Not JSON, empty body, array or scalar at the top."},
    {"VALID-2", "Validation", LEVEL_SHOULD, BOTH, "Bytes after the document."},
    {"VALID-3", "Validation", LEVEL_MUST, BOTH,
     "`changes` missing, null or not an array; an entry that is not an "
     "object."},
    {"VALID-4", "Validation", LEVEL_MUST, BOTH,
     "`op` missing, unknown or in another case."},
    {"VALID-5", "Validation", LEVEL_MUST, BOTH,
     "`table` or `id` missing, empty or not a string."},
    {"VALID-6", "Validation", LEVEL_MUST, BOTH,
     "`fields`, `data`, `deletedAt` of a wrong JSON type; a field entry "
     "that is null or not an object."},
    {"VALID-7", "Validation", LEVEL_SHOULD, BOTH,
     "Stamp missing, empty, not RFC 3339, or under the other dialect's "
     "key."},
    {"VALID-8", "Validation", LEVEL_SHOULD, BOTH,
     "insert without `data`, update without `fields`."},
    {"VALID-9", "Validation", LEVEL_SHOULD, BOTH, "Duplicate members."},
    {"VALID-10", "Validation", LEVEL_SHOULD, BOTH,
     "Invalid UTF-8, lone surrogates. `\\u0000` is either kept exactly "
     "or refused."},
    {"VALID-11", "Validation", LEVEL_MUST, BOTH,
     "Nesting of 10 000 levels: refused or kept, never a crash."},
    {"VALID-12", "Validation", LEVEL_MUST, BOTH,
     "Body over the limit: 4xx and the connection is not left hanging. "
     "S: 413."},
    {"VALID-13", "Validation", LEVEL_SHOULD, BOTH,
     "`since` that is not a cursor: 400, never silently a full resync."},
    {"VALID-14", "Validation", LEVEL_MUST, BOTH,
     "`collection` or `since` missing on pull."},
    {"VALID-15", "Validation", LEVEL_SHOULD, BOTH,
     "Wrong method 405 with `Allow`; unknown path 404."},
    {"VALID-16", "Validation", LEVEL_SHOULD, DIALECT_V2,
     "`schemaVersion` too new (v2), of a wrong type."},
    {"VALID-17", "Validation", LEVEL_MUST, BOTH,
     "No client fault is ever answered with 5xx or with a dropped "
     "connection."},
    {"VALID-18", "Validation", LEVEL_SHOULD, BOTH,
     "Ids and names of 3 KB: kept or 4xx."},
    {"FID-1", "Fidelity", LEVEL_MUST, BOTH,
     "Strings: any Unicode incl. astral, combining, U+2028, `<>&`, 1 MB "
     "long."},
    {"FID-2", "Fidelity", LEVEL_MUST, BOTH,
     "Integers within ±(2^53−1) exactly; S: beyond that exactly, or "
     "refused."},
    {"FID-3", "Fidelity", LEVEL_MUST, BOTH,
     "null, absent, `\"\"`, `0`, `false`, `{}`, `[]` stay distinct."},
    {"FID-4", "Fidelity", LEVEL_MUST, BOTH,
     "Nested objects and arrays, order of arrays."},
    {"FID-5", "Fidelity", LEVEL_SHOULD, BOTH,
     "Field names: `__proto__`, `constructor`, `\"\"`, dots, 1 KB."},
    {"FID-6", "Fidelity", LEVEL_MUST, BOTH,
     "Stamps come back as the same instant."},
    {"FID-7", "Fidelity", LEVEL_MUST, BOTH,
     "Record ids byte for byte: spaces, quotes, slashes, emoji, `..`."},
    {"FID-8", "Fidelity", LEVEL_SHOULD, BOTH,
     "`-0`, `1e308`, `1e-320`; `1e400` is refused."},
    {"FID-9", "Fidelity", LEVEL_MUST, DIALECT_V2,
     "`actor`, `origin`, `spaceId` come back as sent; absent stays "
     "absent; null is not echoed as a value."},
    {"CURSOR-1", "Cursors and pages", LEVEL_MUST, BOTH,
     "Sequentially: pulling from any cursor ever returned yields every "
     "later acknowledged change of others."},
    {"CURSOR-2", "Cursors and pages", LEVEL_MUST, BOTH,
     "Concurrently: while many clients push, a client that follows its "
     "cursors misses nothing."},
    {"CURSOR-3", "Cursors and pages", LEVEL_MUST, BOTH,
     "Cursors returned to one client never go back, as instants; none "
     "lies in the future of the server's clock by more than 1 s."},
    {"CURSOR-4", "Cursors and pages", LEVEL_MUST, BOTH,
     "A backlog of any size arrives whole, by pages or at once: also "
     "over 1000 and over 5000 changes, also with equal stamps at the "
     "page edge."},
    {"CURSOR-5", "Cursors and pages", LEVEL_MUST, DIALECT_V2,
     "`hasMore: true` comes with a cursor that advanced; following it "
     "ends."},
    {"CURSOR-6", "Cursors and pages", LEVEL_MUST, BOTH,
     "The cursor of a push covers all collections without loss."},
    {"CURSOR-7", "Cursors and pages", LEVEL_MUST, BOTH,
     "From the first-sync cursor a fresh client reaches exactly the "
     "state of all others."},
    {"CURSOR-8", "Cursors and pages", LEVEL_SHOULD, BOTH,
     "Other spellings of the same instant (`+00:00`, fraction digits) "
     "give the same answer."},
    {"CURSOR-9", "Cursors and pages", LEVEL_SHOULD, BOTH,
     "A cursor from the future is refused or does not move back "
     "unannounced."},
    {"CURSOR-10", "Cursors and pages", LEVEL_SHOULD, BOTH,
     "A device that lost its database but kept its client id gets its "
     "own records back from the first-sync cursor."},
    {"CURSOR-11", "Cursors and pages", LEVEL_MUST, BOTH,
     "Pulling twice with one cursor gives the same changes, plus newer "
     "ones."},
    {"MERGE-1", "Merge and delete", LEVEL_MUST, BOTH,
     "Concurrent edits of different fields both survive."},
    {"MERGE-2", "Merge and delete", LEVEL_MUST, BOTH,
     "For one field the greater stamp wins, whatever the order of "
     "arrival, also across clients with skewed clocks."},
    {"MERGE-3", "Merge and delete", LEVEL_MUST, BOTH,
     "Equal stamps: all clients end with the same value."},
    {"MERGE-4", "Merge and delete", LEVEL_MUST, BOTH,
     "Stamps of different precision or offset are ordered as instants."},
    {"MERGE-5", "Merge and delete", LEVEL_MUST, BOTH,
     "All clients that synced to the end are equal to each other, to a "
     "fresh client and to the oracle."},
    {"MERGE-6", "Merge and delete", LEVEL_STRICT, BOTH,
     "A stamp far in the future (over 1 day) is refused or clamped: no "
     "field is frozen for ever."},
    {"DELETE-1", "Merge and delete", LEVEL_MUST, BOTH,
     "A delete reaches every other client, with the `deletedAt` that was "
     "sent."},
    {"DELETE-2", "Merge and delete", LEVEL_SHOULD, BOTH,
     "A delete without `deletedAt` is delivered as a delete with a time "
     "that the server gave it."},
    {"DELETE-3", "Merge and delete", LEVEL_MUST, BOTH,
     "An edit with an older stamp does not bring a deleted record back; "
     "redelivery of the insert neither."},
    {"DELETE-4", "Merge and delete", LEVEL_MUST, BOTH,
     "An undelete with a later stamp brings it back everywhere."},
    {"WS-1", "Live channels", LEVEL_MUST, BOTH,
     "The socket opens at its path and stays open."},
    {"WS-2", "Live channels", LEVEL_MUST, DIALECT_V2,
     "`auth` with a valid token is answered by `auth-ok`."},
    {"WS-3", "Live channels", LEVEL_MUST, BOTH,
     "A bad token gets no notices; v2: error and close 1008."},
    {"WS-4", "Live channels", LEVEL_SHOULD, BOTH,
     "A socket that never authenticates is closed within 10 s (+5 s)."},
    {"WS-5", "Live channels", LEVEL_MUST, BOTH,
     "After another client's acknowledged push, `sync-available` with "
     "its tables arrives within 2 s; on the unified socket with `appId`."},
    {"WS-6", "Live channels", LEVEL_MUST, BOTH,
     "When the notice arrives the data can be pulled."},
    {"WS-7", "Live channels", LEVEL_MUST, BOTH,
     "No notice of another user's, or (per-app socket) another app's, "
     "push."},
    {"WS-8", "Live channels", LEVEL_SHOULD, BOTH,
     "The pusher's own socket is not notified of its own push."},
    {"WS-9", "Live channels", LEVEL_MUST, BOTH,
     "Malformed or unknown messages do not close the socket; `ping` gets "
     "`pong`."},
    {"WS-10", "Live channels", LEVEL_SHOULD, BOTH,
     "RFC 6455: ping frame, fragmented text, close handshake, oversized "
     "frame."},
    {"SSE-1", "Live channels", LEVEL_SHOULD, DIALECT_V2,
     "Status and headers come within 2 s, whether or not there is data; "
     "content type `text/event-stream`."},
    {"SSE-2", "Live channels", LEVEL_MUST, DIALECT_V2,
     "The whole backlog arrives, also over a page."},
    {"SSE-3", "Live channels", LEVEL_MUST, DIALECT_V2,
     "A live change arrives within 2 s; nothing is lost between backlog "
     "and live."},
    {"SSE-4", "Live channels", LEVEL_MUST, DIALECT_V2,
     "Only the collections asked for; changes of the very shape that "
     "pull gives."},
    {"SSE-5", "Live channels", LEVEL_MUST, DIALECT_V2,
     "Reconnecting with an event's `syncedUntil` loses nothing."},
    {"SSE-6", "Live channels", LEVEL_SHOULD, DIALECT_V2,
     "Heartbeat at least every 30 s (+5 s)."},
    {"SSE-7", "Live channels", LEVEL_MUST, DIALECT_V2,
     "A reader that stops and goes on loses nothing."},
    {"SSE-8", "Live channels", LEVEL_MUST, DIALECT_V2,
     "Streams that come and go disturb no push."},
    {"SVC-1", "Service", LEVEL_MUST, BOTH,
     "`/health` answers 200 without credentials, and still does after "
     "every case."},
    {"SVC-2", "Service", LEVEL_MUST, BOTH,
     "Acknowledged writes survive a kill of the server (checked where "
     "the suite may restart it)."},
    {"SVC-3", "Service", LEVEL_SHOULD, BOTH,
     "Cross-origin preflight from an allowed origin passes; from others "
     "it does not."},
    {"SVC-4", "Service", LEVEL_SHOULD, BOTH,
     "A slow or half-sent request does not hold up others."},
    {"SVC-5", "Service", LEVEL_SHOULD, BOTH,
     "A clean shutdown under load loses no acknowledged write."},
    {"QUEUE-1", "Client", LEVEL_MUST, BOTH,
     "Every local write reaches the server in the end, once in effect: "
     "offline, across reloads, before sign-in."},
    {"QUEUE-2", "Client", LEVEL_MUST, BOTH,
     "Coalescing never loses an insert, a field, or the later of two "
     "edits, also within one millisecond or when the clock steps back."},
    {"QUEUE-3", "Client", LEVEL_MUST, BOTH,
     "Pending rows are cleared only after a 2xx, and only those that "
     "were sent; edits made meanwhile stay."},
    {"QUEUE-4", "Client", LEVEL_MUST, BOTH,
     "A failed push is tried again without a new write; no storm: "
     "backoff, `Retry-After`."},
    {"QUEUE-5", "Client", LEVEL_SHOULD, BOTH,
     "Steady typing does not put off a push for ever."},
    {"QUEUE-6", "Client", LEVEL_SHOULD, BOTH,
     "One change that the server refuses does not block the rest for "
     "ever."},
    {"APPLY-1", "Client", LEVEL_MUST, BOTH,
     "Field-level last-write-wins against local values, pending ones "
     "included."},
    {"APPLY-2", "Client", LEVEL_MUST, BOTH,
     "Redelivery changes nothing; arrival order does not matter; ties "
     "end equal."},
    {"APPLY-3", "Client", LEVEL_MUST, BOTH,
     "Update or delete before its insert is not lost."},
    {"APPLY-4", "Client", LEVEL_MUST, BOTH,
     "One malformed or unknown change does not stop the others, nor "
     "reach other tables."},
    {"APPLY-5", "Client", LEVEL_MUST, BOTH,
     "Stamps are compared as instants; the receiver's clock never "
     "becomes a stamp."},
    {"PULL-1", "Client", LEVEL_MUST, BOTH,
     "The cursor moves only after the changes are stored."},
    {"PULL-2", "Client", LEVEL_MUST, BOTH,
     "`hasMore` is followed; a page that does not advance ends with an "
     "error, not a hot loop."},
    {"PULL-3", "Client", LEVEL_MUST, BOTH,
     "Cursors are opaque and per collection."},
    {"CONN-1", "Client", LEVEL_MUST, BOTH,
     "Reconnects; after a reconnect or a notice it pulls; offline it "
     "sends nothing."},
    {"CONN-2", "Client", LEVEL_MUST, BOTH,
     "Sends the token and the client id; on 401 asks for a new token "
     "once; 402 stops and tells."},
    {"STATUS-1", "Client", LEVEL_SHOULD, BOTH,
     "`synced` is said only when nothing is pending and the last round "
     "succeeded."},
};

enum { CLAUSE_COUNT = sizeof clauses / sizeof clauses[0] };

char clause_level_letter(enum clause_level level)
{
    return "MSX"[level];
}

const struct clause *clause_all(size_t *count)
{
    *count = CLAUSE_COUNT;
    return clauses;
}

const struct clause *clause_find(struct str id)
{
    for (size_t i = 0; i < CLAUSE_COUNT; i++) {
        if (str_is(id, clauses[i].id)) {
            return &clauses[i];
        }
    }
    return NULL;
}

/* As ids are spelled: capitals, and a hyphen where people put something else
 * in its place. */
static struct str as_id(struct str text, char out[ID_MAX])
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c >= 'a' && c <= 'z') {
            c = (char)(c - 'a' + 'A');
        }
        out[i] = c == '_' || c == ' ' || c == '.' ? '-' : c;
    }
    return (struct str){out, text.n};
}

const struct clause *clause_closest(struct str id)
{
    char text[ID_MAX];
    if (id.n == 0 || id.n > ID_MAX) {
        return NULL;
    }
    const struct clause *best = NULL;
    size_t least = DISTANCE_MAX + 1;
    id = as_id(id, text);
    for (size_t i = 0; i < CLAUSE_COUNT; i++) {
        size_t distance = str_distance(id, str_of(clauses[i].id), DISTANCE_MAX);
        if (distance < least) {
            least = distance;
            best = &clauses[i];
        }
    }
    return best;
}
