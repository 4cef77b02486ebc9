#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_service - half-sent requests are passed by a server that waits for
# nobody, and hold up one that has a worker for each connection.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

narrow_server=${NARROW_SERVER:?the path of tests/tools/narrow_server}
half_sent=scenarios/conformance/service/half_sent_requests_hold_up_nobody.sync

# narrow WORKERS: only so many connections of the server at $url at a time.
narrow() {
    local behind=$url
    start narrow "$narrow_server" "${behind##*:}" "$1"
    narrow=$url url=$behind
}

serve
expect "waits for nobody" 0 "4 passed" -- \
    "$syncspec" run --server "$url" --dialect v2 "$half_sent"
expect "requests that are cut" 0 "6 passed" -- \
    "$syncspec" run --server "$url" --dialect v2 scenarios/conformance/service/cut_*.sync
foreign=scenarios/conformance/service/preflight_of_a_foreign_origin_does_not_pass.sync
narrow 8
expect "a worker for each connection" 1 "clause    SVC-4" "timeout" -- \
    "$syncspec" run --server "$narrow" --dialect v2 --fail-fast "$half_sent"
serve --origin https://evil.example
expect "anybody may ask" 1 "clause    SVC-3" "https://evil.example" -- \
    "$syncspec" run --server "$url" --dialect v2 "$foreign"
finish
