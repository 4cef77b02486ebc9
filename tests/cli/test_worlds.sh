#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_worlds - all scenarios in virtual time and on the wire against both
# stores end alike; the canary fails; reports are well-formed.  Sanitizers are
# slow, and the two stores differ only in the server: where there is an optimised
# build (SYNCSPEC_RELEASE) it plays all, and they are on for one store; virtual
# time under them is test_hashes'.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# play NAME PROGRAM WORLDS
play() {
    local got=0
    timeout 600 "$2" run --jobs 4 --worlds "$3" --reports "$work/reports" \
        scenarios >"$work/all" 2>&1 </dev/null || got=$?
    if ((got == 0)); then
        passed=$((passed + 1))
        tail -n 2 "$work/all"
    else
        failed=$((failed + 1))
        echo "FAILED $1: exit $got"
        tail -n 60 "$work/all"
    fi
}
if [[ -n ${SYNCSPEC_RELEASE:-} ]]; then
    play "both stores" "$SYNCSPEC_RELEASE" virtual,wire:memory,wire:sqlite
    play "under sanitizers" "$syncspec" wire:memory
else
    play "all worlds" "$syncspec" virtual,wire:memory,wire:sqlite
fi
expect "the canary fails" 1 "canary" -- \
    "$syncspec" run --bug canary scenarios/conflict
expect "JUnit is valid" 0 -- \
    xmllint --noout --schema tests/reports/junit.xsd "$work/reports/junit.xml"
expect "reports from JSON lines" 0 "passed" -- \
    "$syncspec" report "$work/reports/report.jsonl"
expect "TAP has a plan" 0 "1.." -- grep -m1 '^1\.\.' "$work/reports/report.tap"
expect "summary" 0 "passed" -- cat "$work/reports/summary.md"
finish
