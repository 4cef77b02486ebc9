#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_soak_full - 200 clients on live channels for a minute, a channel cut
# every second: nothing is lost, nothing leaks, nobody is accused.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# What AddressSanitizer keeps back would look like a leak.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=4

code=0
timeout 600 "$syncspec" load --listen mixed --cut-every 1s --clients 200 \
    --seconds 60 >"$work/soak" 2>&1 </dev/null || code=$?
cat "$work/soak"
expect "the soak" 0 "nothing lost" "200 clients (mixed), 60 s in 1 round" -- \
    bash -c "cat '$work/soak'; exit $code"
finish
