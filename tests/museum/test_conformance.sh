#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_conformance - the conformance cases find planted bugs of the server over
# real sockets, by a clause that the bug breaks, and the sound server passes.
# Here are those that only time, load or numbers show; SYNCSPEC_MUSEUM=all tries
# every bug that is not of live channels.  With --measure a table is written:
# bug, clause, failed cases, and the quickest of them.
set -Eeuo pipefail
trap 'echo "$0: line $LINENO failed" >&2' ERR
export LC_ALL=C NO_COLOR=1

syncspec=${SYNCSPEC:?the path of the built program}
at_once=2
hard=(cursor-before-commit tombstone-purged-early leak-per-request
    ack-before-durable)

# Lines of "NAME CLAUSE...": bugs of the server, without those of channels.
bugs() {
    "$syncspec" list --bugs | sed -En 's/^server:(\S+) +(([A-Z]+-[0-9]+ )+).*/\1 \2/p' |
        grep -vE '^(notify|stream|socket|auth-timeout|bad-token-gets|unknown-message|fragments|slow-reader)'
}

# seek WORLD CLAUSE CLAUSES [OPTION...]: play the cases that cover the one; what
# failed by any of the others goes to standard output as "TOOK_MS ID".
seek() {
    local world=$1 clause=$2 clauses=$3 report got=0
    shift 3
    report=$(mktemp)
    timeout 250 "$syncspec" run --worlds "$world" --dialect v2 "$@" \
        --only "$clause" --report "jsonl:$report" scenarios/conformance \
        >/dev/null 2>&1 </dev/null || got=$?
    jq -r --arg clauses " $clauses " 'select(.type == "result")
        | select(any(.verdicts[]?; . as $verdict
            | (.outcome == "fail" or .outcome == "error") and
              ($clauses | contains(" \($verdict.clause) "))))
        | "\(.took_ms) \(.id)"' "$report" | sort -n
    rm -f "$report"
    return "$got"
}

# catch NAME CLAUSE...: "ok …" by the cases of the first clause that find it, or
# "NOT OK …".
catch() {
    local bug=$1 world=wire:memory clause found
    shift
    [[ $bug != ack-before-durable ]] || world=wire:sqlite
    for clause in "$@"; do
        found=$(seek "$world" "$clause" "$*" --bug "$bug" || true)
        [[ -z $found ]] || {
            echo "ok $bug $clause: $(wc -l <<<"$found") failed, $(head -n 1 <<<"$found")"
            return
        }
    done
    echo "NOT OK $bug: not found by $*"
}

if [[ ${1:-} == --one ]]; then
    shift
    # One line of `bugs`.
    # shellcheck disable=SC2048,SC2086
    catch $*
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bugs >"$work/all"
if [[ ${SYNCSPEC_MUSEUM:-} == all || ${1:-} == --measure ]]; then
    cp "$work/all" "$work/wanted"
else
    printf '%s\n' "${hard[@]}" | sed 's/$/ /' | grep -Ff - "$work/all" >"$work/wanted"
fi
xargs -d '\n' -P "$at_once" -n 1 bash "$0" --one <"$work/wanted" >"$work/out"
if [[ ${1:-} == --measure ]]; then
    sort "$work/out"
    exit 0
fi
grep -v '^ok ' "$work/out" || true

# A test that cannot fail proves nothing: a sound server, and the same question.
[[ $(catch no-such-bug CURSOR-2) == "NOT OK"* ]] || {
    echo "FAILED self-test: any server will do"
    exit 1
}
for clause in SVC-1 DELETE-1; do
    [[ -z $(seek wire:memory "$clause" "$clause") ]] || {
        echo "FAILED: the sound server is accused by $clause"
        exit 1
    }
done
caught=$(grep -c '^ok ' "$work/out" || true)
echo "test_conformance: $caught of $(wc -l <"$work/wanted") caught"
((caught == $(wc -l <"$work/wanted") && caught >= ${#hard[@]}))
