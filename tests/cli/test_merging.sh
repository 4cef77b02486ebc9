#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_merging - nobody is accused of merely being different: the bundled
# server merges by itself and does otherwise whatever the protocol leaves free,
# and every scenario passes against it, in virtual time and on the wire, also
# when it says everything twice.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

groups=()
for group in scenarios/*/; do
    case $group in
    scenarios/museum/ | scenarios/malformed/) ;;
    *) groups+=("$group") ;;
    esac
done

# Everything by the optimised build, where there is one; what is particular to
# the modes under sanitizers too.
fast=${SYNCSPEC_RELEASE:-$syncspec}

# play NAME CODE MODE WORLD DIALECT: what failed is then in $work/failed, by file.
play() {
    local got=0
    timeout 600 "$fast" run --server-mode "$3" --worlds "$4" \
        --dialect "$5" --jobs 2 \
        "${groups[@]}" >"$work/played" 2>&1 </dev/null || got=$?
    sed -nE 's/^(FAIL|ERROR|UNKNOWN) +([^# ]*).*/\2/p' "$work/played" |
        sort -u >"$work/failed"
    expect "$1" 0 -- test "$got" = "$2"
}

# nobody NAME: no scenario failed, and there were many.
nobody() {
    expect "$1 is not accused" 0 -- diff /dev/null "$work/failed"
    local passed_there
    passed_there=$(sed -nE 's/.* ([0-9]+) passed.*/\1/p' "$work/played")
    expect "$1 played" 0 -- test "${passed_there:-0}" -ge 400
}

play "merging, virtual" 0 merging virtual both
nobody "merging, virtual"
play "merging, wire" 0 merging wire:memory v2
nobody "merging, wire"

# What covers PUSH-5 measures by what was sent once, and tells it.
play "repeating" 0 repeating virtual both
nobody "repeating"
expect "the repetition is told" 0 " 1 nonstrict" -- "$syncspec" run \
    --server-mode repeating --worlds virtual --dialect v2 \
    scenarios/retry/resent_push_is_delivered_once.sync
expect "what is sent again is no more than that" 1 "PUSH-5" -- "$syncspec" run \
    --server-mode log --bug retry-stored-again --worlds virtual --dialect v2 \
    scenarios/retry/resent_push_is_delivered_once.sync

expect "under sanitizers" 0 " passed" -- "$syncspec" run \
    --server-mode merging --jobs 2 scenarios/conflict scenarios/cursor \
    scenarios/retry scenarios/conformance/merge
# On disk the log is kept, and the records are made anew from it.
expect "a durable one" 0 " passed" -- "$syncspec" run --server-mode merging \
    --worlds wire:sqlite scenarios/retry scenarios/cursor

expect "no such mode" 64 "log, merging" -- \
    "$syncspec" run --server-mode merge scenarios/cursor
expect "not of a foreign server" 64 "of the bundled server" -- \
    "$syncspec" run --server http://127.0.0.1:1 --server-mode merging scenarios
expect "serve knows them too" 64 "log, merging and" -- \
    "$syncspec" serve --dev-auth --mode merge
expect "it is told how to replay" 1 "--server-mode merging" -- \
    "$syncspec" run --server-mode merging --bug canary \
    scenarios/todo/a_day_with_two_devices.sync
finish
