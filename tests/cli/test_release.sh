#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_release - the optimised build, which is what people use and ./dev run
# plays: what only an optimiser does wrong does not show under sanitizers.
# SYNCSPEC_RELEASE is its program; `./dev test` builds it.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

release=${SYNCSPEC_RELEASE:-}
if [[ -z $release ]]; then
    echo "skipped: SYNCSPEC_RELEASE names no optimised build"
    echo "test_release: 0 passed, 0 failed"
    exit 0
fi
# A run that does not end is a failure too: a minute for seconds of work.
play() {
    expect "$1" 0 " passed" -- timeout -s KILL 600 "$release" run --jobs 4 \
        --worlds virtual,wire:memory "${@:2}"
}
expect "it is the version of this tree" 0 "$("$syncspec" version | head -n 1)" -- \
    "$release" version
play "live channels" scenarios/live
play "live channels of servers" scenarios/conformance/live
play "retries and cursors" scenarios/retry scenarios/cursor
expect "the museum" 0 " 0 not, " -- "$release" selftest
finish
