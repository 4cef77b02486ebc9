#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_museum - every planted bug is caught by the checker and clause that its
# scenario names; the clean build over the same scenarios is clean.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

expect "the museum" 0 " 0 not, " "canary: a falsified result fails" -- \
    "$syncspec" selftest scenarios/museum
bugs=$(grep -c '^ok\|^NOT OK' "$work/out" || true)
expect "each one" 0 -- "$syncspec" selftest --verbose scenarios/museum
bugs=$(grep -c '^ok ' "$work/out" || true)
echo "$bugs exhibits"
expect "at least 30 bugs" 0 -- test "$bugs" -ge 30
expect "the clean build" 0 -- "$syncspec" run scenarios/museum
finish
