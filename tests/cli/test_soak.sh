#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_soak - `syncspec load --listen`: a sound server passes, whatever the
# channels are, and planted bugs and leaks do not.  All soaks at one time: they
# mostly wait.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# What AddressSanitizer keeps back would look like a leak.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=4

# soak NAME OPTION...: in the background; `soaked` judges it.
soak() {
    local name=$1
    shift
    {
        local code=0
        timeout 600 "$syncspec" load --listen "$@" >"$work/$name.out" 2>&1 ||
            code=$?
        echo "$code" >"$work/$name.code"
    } </dev/null &
    children+=("$!")
}

# soaked NAME CODE WORDS...
soaked() {
    local name=$1 code=$2
    shift 2
    # shellcheck disable=SC2016
    expect "$name" "$code" "$@" -- \
        bash -c 'cat "$1.out"; exit "$(cat "$1.code")"' - "$work/$name"
}

serve --store memory
soak sound mixed --cut-every 1s --clients 50 --seconds 10 \
    --report text --report "jsonl:$work/sound.jsonl"
soak first socket --dialect v1 --cut-every 500ms --clients 16 --seconds 5
soak foreign unified --clients 9 --seconds 3 --seed 7 --server "$url" \
    --script "$work/soak.sync"
soak deaf socket --clients 24 --seconds 8 --bug notify-stops-after-reconnect
soak skips stream --clients 24 --seconds 10 --bug stream-resume-skips
soak twice unified --clients 24 --seconds 8 \
    --client-bug two-sockets-after-flap
soak leaks socket --clients 40 --seconds 12 --bug leak-per-request
for child in "${children[@]}"; do
    [[ $child == "$server" ]] || wait "$child"
done

soaked sound 0 "nothing lost" "50 clients (mixed), 10 s" " notices heard" \
    " events heard" " cuts" " reconnects" "this process, descriptors" \
    "this process, MiB" "server, descriptors" "server, MiB"
expect "its cuts" 1 -- grep -q " 0 cuts" "$work/sound.out"
expect "its report" 0 '"outcome":"pass"' '"note":"50 clients (mixed)' \
    "at 100 %: this process " -- grep '"type":"result"' "$work/sound.jsonl"
expect "its report in words" 0 "1 passed" -- \
    "$syncspec" report "$work/sound.jsonl"
soaked first 0 "nothing lost" "16 clients (socket)"
soaked foreign 0 "nothing lost" "this process, descriptors"
expect "a foreign server's memory is not known" 1 -- \
    grep -q "server, MiB" "$work/foreign.out"
expect "the script is a scenario" 0 "1 passed" -- \
    "$syncspec" run --dialect v2 "$work/soak.sync"
soaked deaf 1 "WS-5" "NOT WOKEN" "replay    syncspec load --listen socket"
soaked skips 1 "SSE-" "NOT DELIVERED"
soaked twice 1 "CONN-1" "opens a second live channel"
soaked leaks 1 "SVC-1" "LEAK bytes in memory of the server grow" "at most"
for name in deaf skips twice leaks; do
    expect "$name says nothing else" 1 -- grep -q "nothing lost" \
        "$work/$name.out"
done

# ---- what cannot be asked for ----

expect "another channel" 64 'not "pigeons"' -- \
    "$syncspec" load --listen pigeons
expect "no streams in v1" 64 "only --listen socket" -- \
    "$syncspec" load --listen stream --dialect v1
expect "no time" 64 'not "often"' -- \
    "$syncspec" load --listen socket --cut-every often
expect "never" 64 'not "0s"' -- \
    "$syncspec" load --listen socket --cut-every 0s
expect "cuts of nothing" 64 "say --listen too" -- \
    "$syncspec" load --cut-every 1s
expect "a judge of nothing" 64 "say --listen too" -- \
    "$syncspec" load --reports "$work/reports"
expect "no second" 64 "a second or more" -- \
    "$syncspec" load --listen socket --seconds 0
expect "no bugs of others" 64 "not ours" -- \
    "$syncspec" load --listen socket --bug notify-lost --server "$url"
expect "an unknown bug" 64 'named "no-bug"' -- \
    "$syncspec" load --listen socket --bug no-bug
expect "an unknown client bug" 64 'named "no-bug"' -- \
    "$syncspec" load --listen socket --client-bug no-bug
expect "words" 64 'what is "socket"' -- "$syncspec" load socket
expect "nobody there" 3 "load:" -- \
    "$syncspec" load --listen socket --clients 1 --seconds 1 \
    --server http://127.0.0.1:9
finish
