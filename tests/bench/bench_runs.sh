#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench_runs - whole simulated runs: 3 clients, 50 random steps, JSON encoded
# and decoded on every hop, all checkers on.  Seconds depend on the machine and
# on what else it does; instructions do not.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
runs=2000
counted=100

# bench ARGS: runs a second; what a second of processor time would give goes to
# $folder/cpu.
bench() {
    local TIMEFORMAT="%U %S"
    { time "$syncspec" bench --runs "$runs" "$@" >"$folder/out"; } \
        2>"$folder/time" || fail "syncspec bench: $(cat "$folder/out")"
    awk -v runs="$runs" '{ printf "%d\n", runs / ($1 + $2) }' \
        "$folder/time" >"$folder/cpu"
    sed -E 's/.*: ([0-9]+) runs\/s.*/\1/' "$folder/out"
}

# Instructions of RUNS runs, start of the process included.
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        "$syncspec" bench --runs "$1" 2>&1 >/dev/null |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

what="virtual runs, 3 clients x 50 steps"
row "$what" "$(bench)" runs/s "at least 2000"
row "virtual runs in a second of processor time" "$(cat "$folder/cpu")" runs/s \
    "at least 2000"
row "$what, network faults" "$(bench --faults)" runs/s
row "$what, no checkers" "$(bench --no-check)" runs/s

# Starting costs the same for N and for 2N runs.
once=$(instructions "$counted")
twice=$(instructions $((2 * counted)))
[[ -n $once && -n $twice ]] || fail "valgrind counted nothing"
row "instructions a virtual run" $(((twice - once) / counted)) ""
row "instructions to start" $((2 * once - twice)) ""
