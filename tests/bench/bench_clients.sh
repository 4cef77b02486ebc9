#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench_clients - a thousand model clients of one process on real sockets,
# writing and syncing against the bundled server.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
clients=1000

timeout 120 "$syncspec" load --clients "$clients" --seconds 5 >"$folder/out" ||
    fail "syncspec load: $(cat "$folder/out")"
number() {
    sed -E "s|.* ([0-9.]+) $1.*|\1|" "$folder/out"
}
row "$clients wire clients, memory" "$(number 'KB a client')" KB/client \
    "under 64"
row "$clients wire clients" "$(number requests/s)" requests/s
