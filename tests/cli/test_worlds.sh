#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_worlds - all scenarios in virtual time and on the wire against both
# stores end alike; the canary fails; reports are well-formed.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run_all() {
    timeout 280 "$syncspec" run --jobs 4 --worlds virtual,wire:memory,wire:sqlite \
        --reports "$work/reports" scenarios
}
got=0
run_all >"$work/all" 2>&1 || got=$?
if ((got == 0)); then
    passed=$((passed + 1))
    tail -n 2 "$work/all"
else
    failed=$((failed + 1))
    echo "FAILED all worlds: exit $got"
    tail -n 60 "$work/all"
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
