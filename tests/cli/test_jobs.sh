#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_jobs - several processes tell what one alone tells, in the same order,
# also of failures, of servers that die and of what was never played.
# shellcheck source=tests/cli/lib.sh
source tests/cli/lib.sh

# play NAME CODE JOBS ARGS...: run, and keep what does not depend on the clock.
play() {
    local name=$1 code=$2 jobs=$3
    shift 3
    expect "$name" "$code" -- "$syncspec" run --jobs "$jobs" \
        --report "jsonl:$work/$name.jsonl" --report text --report "tap:$work/$name.tap" "$@"
    sed -E '1d; s/in [0-9.]+ (ms|s|min).*//' "$work/out" |
        grep -vE '^[.sFUE!]+( +[0-9]+/[0-9]+)?$' >"$work/$name.text" || true
    # Real sockets take real time, in which a device may poll once more: only
    # the final states are the same there.
    sed -E 's/"(took_ms|started|args)":("[^"]*"|[0-9]+),?//g
        s/--jobs [0-9]+//
        /"world":"wire/ s/"(hash|world_ms|requests)":"?[0-9a-f]+"?,//g
        /"type":"end"/ s/"requests":[0-9]+,//' \
        "$work/$name.jsonl" >"$work/$name.lines"
}

# same A B: both told the same, to people and to programs.
same() {
    local kind
    for kind in text lines tap; do
        if diff "$work/$1.$kind" "$work/$2.$kind" >"$work/diff"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "FAILED $1 and $2 differ in $kind:"
            head -n 10 "$work/diff" | sed 's/^/  | /'
        fi
    done
}

play sound-1 0 1 --worlds virtual,wire:memory scenarios/offline scenarios/queue scenarios/delete
play sound-3 0 3 --worlds virtual,wire:memory scenarios/offline scenarios/queue scenarios/delete
same sound-1 sound-3
play bug-1 1 1 --bug cursor-goes-back --trace scenarios/cursor scenarios/offline
play bug-5 1 5 --bug cursor-goes-back --trace scenarios/cursor scenarios/offline
same bug-1 bug-5
play first-1 1 1 --fail-fast --bug cursor-goes-back scenarios/cursor scenarios/offline
play first-4 1 4 --fail-fast --bug cursor-goes-back scenarios/cursor scenarios/offline
same first-1 first-4
expect "nobody answers, told by any number" 3 "127.0.0.1:1" -- \
    "$syncspec" run --jobs 3 --server http://127.0.0.1:1 scenarios/offline
serve --bug leak-per-request
expect "a server that dies is exit 3" 3 -- \
    "$syncspec" run --jobs 2 --server "$url" scenarios
echo "test_jobs: $passed passed, $failed failed"
((failed == 0))
