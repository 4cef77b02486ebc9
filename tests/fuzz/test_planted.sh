#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_planted - a fuzz target that never failed is not trusted: the merge that
# forgets fractions of a second must fail on the seeds where they decide, for
# that reason, and pass where they do not matter.
set -Eeuo pipefail
trap 'echo "$0: line $LINENO failed" >&2' ERR
export LC_ALL=C

planted=${SYNCSPEC_BUILD_DIR:?the build directory}/replay_merge_planted
seeds=fuzz/seeds/merge
wrong=0

# outcome SEED: into $found: "passed", or the claim that failed.
outcome() {
    local out
    if out=$("$planted" "$seeds/$1" 2>&1); then
        found=passed
    else
        found=$(sed -n 's/.*: claim: //p' <<<"$out")
    fi
}

# expect SEED PATTERN
expect() {
    outcome "$1"
    # shellcheck disable=SC2053 # a pattern is meant
    if [[ $found != $2 ]]; then
        echo "$1: expected '$2', got '${found:-an end without a claim}'"
        wrong=$((wrong + 1))
    fi
}

expect milliseconds_decide.bin "in order: tasks/1 a is 1, not *"
expect nanoseconds_decide.bin "in order: tasks/1 a is 1, not *"
expect one_insert.bin passed
expect tie_ends_with_the_greater_value.bin passed

echo "4 seeds, $wrong not judged right"
exit $((wrong > 0))
