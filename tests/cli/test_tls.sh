#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_tls - a certificate that nobody vouches for is refused, --cacert and
# --insecure let it pass.  The peer is openssl's own little server, which
# answers every path with a page of HTML.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if ! command -v openssl >/dev/null; then
    echo "openssl is not here: nothing judged"
    exit 0
fi
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
for ((try = 0; try < 5; try++)); do
    port=$(free_port)
    openssl s_server -accept "$port" -key "$work/key.pem" \
        -cert "$work/cert.pem" -www -quiet >/dev/null 2>&1 &
    peer=$!
    sleep 0.3
    kill -0 "$peer" 2>/dev/null && break
done
children+=("$peer")
for ((try = 0; try < 100; try++)); do # until it is ready to be spoken to
    curl -sk --max-time 5 "https://127.0.0.1:$port/" >/dev/null && break
    sleep 0.1
done
url=https://127.0.0.1:$port
# The peer takes one connection at a time and reads no bodies: pulls only.
scenario=$work/pulls.sync
printf 'scenario "it pulls"\ncovers PULL-2\nclients alice\n\n  alice pulls gets=ok\n' \
    >"$scenario"
expect "an unknown certificate" 3 "$url" "certificate" -- \
    "$syncspec" run --server "$url" "$scenario"
expect "with --cacert it is reached" 1 "JSON" -- \
    "$syncspec" run --server "$url" --cacert "$work/cert.pem" "$scenario"
expect "with --insecure too" 1 "JSON" -- \
    "$syncspec" run --server "$url" --insecure "$scenario"
expect "a CA file that is none" 64 "cannot be read" -- \
    "$syncspec" run --server "$url" --cacert "$work/none.pem" "$scenario"
finish
