#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_bad_servers - a server that is not there, hangs, closes, answers HTML or
# 100 MB: a clear message, the right exit code, no crash, no hang.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

bad_server=${BAD_SERVER:?the path of tests/tools/bad_server}
scenario=scenarios/offline/edits_made_offline_arrive_after_going_online.sync

bad() {
    start bad "$bad_server" "$1"
}

expect "nobody is there" 3 "http://127.0.0.1:9" -- \
    "$syncspec" run --server http://127.0.0.1:9 "$scenario"
expect "no such host" 3 "nowhere.invalid" -- \
    "$syncspec" run --server http://nowhere.invalid "$scenario"
bad hang
expect "hangs" 3 "$url" -- "$syncspec" run --server "$url" "$scenario"
bad close
expect "closes" 3 "$url" -- "$syncspec" run --server "$url" "$scenario"
bad garbage
expect "is not HTTP" 3 "$url" -- "$syncspec" run --server "$url" "$scenario"
bad html
expect "answers HTML" 1 "JSON" -- "$syncspec" run --server "$url" "$scenario"
printf 'scenario "it pulls"\ncovers PULL-2\nclients alice\n\n  alice pulls gets=ok\n' \
    >"$work/pulls.sync"
bad sync-huge
expect "answers 100 MB" 1 "over the limit" -- \
    "$syncspec" run --server "$url" "$work/pulls.sync"
# Nobody is accused of five hundred mistakes for one in an address.
for mode in html sync-html; do
    bad "$mode"
    expect "check: $mode" 3 "a pull (GET /sync/" "got 200 and no JSON" \
        "is this the address of the sync API?" "--dialect FILE" -- \
        "$syncspec" check "$url"
done
bad sync-missing
expect "check: another service" 3 "got 404: is this the address" -- \
    "$syncspec" check "$url"
bad sync-broken
expect "check: neither pulls nor pushes" 3 "got 500 and an empty push 500" \
    "before anything can be checked" '{"error":"no table"}\r\n\x1B[2J' -- \
    "$syncspec" check "$url"
# One of them is a start: cases are for the other, and nothing is concluded of
# what it could not do.
bad sync-readonly
expect "check: only pulls" 1 "FAIL  push/" "push.atomic          unknown" \
    "pull.first-sync-own  unknown" "channels.stream      unknown" \
    "dialect              v2 " "in one line each (--verbose)" -- \
    "$syncspec" check "$url" --only push/o
for mode in hang close garbage; do
    bad "sync-$mode"
    expect "check: $mode after a good start" 3 "$url" -- "$syncspec" check \
        "$url" --timeout 2s
done
bad sync-hang
expect "hangs after a good start" 3 "does not answer" -- \
    "$syncspec" run --server "$url" "$scenario"
finish
