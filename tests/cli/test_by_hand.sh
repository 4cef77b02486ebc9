#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_by_hand - what a developer does: a server started by hand, scenarios
# against it, the database inspected with sqlite3 meanwhile, a kill.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

serve --store "sqlite:$work/by-hand.db" --dialect v1
expect "scenarios against it" 0 "passed" -- \
    "$syncspec" run --server "$url" --dialect v1 scenarios/offline
count() {
    sqlite3 "$work/by-hand.db" 'select count(*) from changes'
}
if (($(count) > 0)); then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "FAILED the database is empty"
fi
push() {
    curl -sS -X POST "$url/sync/todo" -H 'Authorization: Bearer ann' \
        -H 'X-Client-Id: laptop' -H 'Content-Type: application/json' -d "$1"
}
expect "a push by curl" 0 '"syncedUntil"' -- bash -c "$(declare -f push); url=$url; push \"\$1\"" - \
    '{"clientId":"laptop","since":"1970-01-01T00:00:00.000Z","changes":[{"table":"tasks","id":"1","op":"insert","data":{"title":"Milch","updatedAt":"2026-03-27T10:05:00.000Z"}}]}'
before=$(count)
kill -9 "$server"
wait "$server" 2>/dev/null || true
expect "a server that died is exit 3" 3 "$url" -- \
    "$syncspec" run --server "$url" --dialect v1 \
    scenarios/offline/offline_client_sends_nothing.sync
if (($(count) == before)); then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "FAILED acknowledged changes are gone after kill -9"
fi
serve --store "sqlite:$work/by-hand.db" --dialect v1
expect "it opens its file again" 0 "Milch" -- \
    curl -sS "$url/sync/todo/pull?collection=tasks&since=1970-01-01T00:00:00.000Z" \
    -H 'Authorization: Bearer ann' -H 'X-Client-Id: phone'
finish
