#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_merging - nobody is accused of merely being different: the bundled
# server merges by itself and does otherwise whatever the protocol leaves free,
# and every scenario passes against it, in virtual time and on the wire.  What
# says some records twice fails what covers PUSH-5, and nothing else.
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

# Delivering twice is what PUSH-5 (S) is about: who covers it may speak.
play "repeating" 1 repeating virtual v2
expect "the repetition is seen" 0 -- \
    grep -qx retry/resent_push_is_delivered_once "$work/failed"
while IFS= read -r name; do
    file=$(find scenarios -path "*/$name.sync" | head -n 1)
    expect "$name covers PUSH-5" 0 -- grep -qE '^covers .*PUSH-5\b' "$file"
done <"$work/failed"

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
