#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# lib - what the benchmark scripts share: rows, a folder and processes that are
# gone at the end, whatever the end is.
# shellcheck disable=SC2034 # the scripts use them
set -euo pipefail
syncspec=${SYNCSPEC:-build/release/syncspec}
folder=$(mktemp -d)
started=()

clean_up() {
    local id
    for id in "${started[@]}"; do
        kill "$id" 2>/dev/null || true
    done
    for id in "${started[@]}"; do
        wait "$id" 2>/dev/null || true
    done
    rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

fail() {
    echo "bench: $*" >&2
    exit 1
}

# row WHAT REACHED UNIT [TARGET]
row() {
    local IFS=$'\t'
    echo "$*"
}

# ratio A B
ratio() {
    awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", (b > 0 ? a / b : 0) }'
}
