#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run - all benchmarks, or those named, and one table of what they reached.
# A benchmark is tests/bench/bench_X.sh, or a program bench_X of the build.  It
# prints rows on standard output:
#     WHAT <tab> REACHED <tab> UNIT [<tab> "at least N" | "under N"]
# Timings never decide: the exit code is 1 only if a benchmark could not run.
# Used by `./dev bench`; SYNCSPEC_BUILD_DIR is the release build.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
build=${SYNCSPEC_BUILD_DIR:-build/release}
export SYNCSPEC=$build/syncspec

# bench_one SOURCE: its rows.
bench_one() {
    local name
    name=$(basename "$1")
    case $name in
    *.c) "$build/${name%.c}" ;;
    *.sh) bash "$1" ;;
    esac
}

is_wanted() {
    local name
    name=$(basename "$1")
    name=${name#bench_}
    [[ ${#wanted[@]} -eq 0 || " ${wanted[*]} " == *" ${name%.*} "* ]]
}

# Rows as a table; a target that was missed is told, and is no failure.
table() {
    awk -F '\t' '
        function amount(number) {
            if (number >= 1000) {
                number = sprintf("%d", number)
                while (number ~ /^[0-9][0-9][0-9][0-9]/) {
                    sub(/[0-9][0-9][0-9](,|$)/, ",&", number)
                }
            }
            return number
        }
        BEGIN {
            line = "%-52s %14s %-10s %-16s %s\n"
            printf line, "what", "reached", "", "target", ""
        }
        {
            split($4, target, " ")
            bound = target[target[2] ~ /^[0-9]/ ? 2 : 3]
            good = $4 ~ /^under/ ? $2 < bound + 0 : $2 >= bound + 0
            says = $4 == "" ? "" : good ? "reached" : "missed"
            printf line, $1, amount($2), $3, $4, says
        }'
}

main() {
    local source found=false good=true
    wanted=("$@")
    rows=$(mktemp)
    trap 'rm -f "$rows"' EXIT
    for source in tests/bench/bench_*.sh tests/bench/bench_*.c; do
        is_wanted "$source" || continue
        found=true
        echo "bench: $(basename "$source")" >&2
        bench_one "$source" >>"$rows" || {
            echo "bench: $source could not run to its end" >&2
            good=false
        }
    done
    $found || {
        echo "bench: no benchmark of that name in tests/bench" >&2
        return 1
    }
    table <"$rows"
    $good
}

main "$@"
