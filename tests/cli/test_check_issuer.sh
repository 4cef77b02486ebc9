#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_check_issuer - check signs tokens, and the server checks them by a key
# set that it fetches: bad tokens, keys that change, a key set that cannot be
# had for a while, and a server that fetched it once for all.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# Every command looks at the server first, and sanitizers are slow at that: the
# optimised build where there is one; what is tested here is under them in the
# tests of its layer.
syncspec=${SYNCSPEC_RELEASE:-$syncspec}

# The bundled server wants the key set when it starts: somebody else has it
# then, at the same place and from the same key.
key=$work/key
start first "$syncspec" issuer --port 0 --key "$key"
keys=${url##*:} issuer=$began
start server "$syncspec" serve --port 0 --time-scale 20 \
    --jwks-url "http://127.0.0.1:$keys/.well-known/jwks.json"
server=$url
kill "$issuer"
wait "$issuer" || true
signs=(--issuer "127.0.0.1:$keys" --issuer-key "$key")
check=("$syncspec" check --time-scale 20)
for part in AUTH-1 AUTH-2 AUTH-3 AUTH-4 ISO-1 WS-3; do
    expect "signed: $part" 0 " passed" "auth.required        yes" -- \
        "${check[@]}" "$server" "${signs[@]}" --only "$part" \
        --reports "$work/$part"
    is "nothing of $part is skipped" 0 "$(jq -s 'map(select(.type == "result" and
        .outcome == "skip")) | length' "$work/$part/report.jsonl")"
done
for kind in expired future other-key none; do
    is "a token that is $kind is among them" yes "$(grep -qE "TOKEN=\"?$kind|$kind" \
        "$work/AUTH-2/report.jsonl" && echo yes || echo no)"
done
if grep -rqE 'eyJ[A-Za-z0-9_-]{20,}\.' "$work/AUTH-1" "$work/AUTH-3"; then
    is "no secret in a report" no yes
else
    is "no secret in a report" no no
fi
expect "without it" 64 "the server refuses the suite's token (401 to a pull)" -- \
    "${check[@]}" "$server" --only AUTH-1
# Slowly, so that keys change: a run of some twenty seconds.
rate=$(($(jq -s '.[-1].requests' "$work/ISO-1/report.jsonl") / 20 + 1))
expect "keys that change meanwhile" 0 " passed" -- "${check[@]}" "$server" \
    "${signs[@]}" --rotate-every 6s --only ISO-1 -j 2 --rate-limit "$rate"

# ---- AUTH-6 ----
expect "cases of keys" 0 " passed" -- "${check[@]}" "$server" "${signs[@]}" \
    --only AUTH-6
expect "while the key set cannot be had, nobody is refused" 0 " passed" -- \
    "${check[@]}" "$server" --issuer-key "$key" --only ISO-1
start again "$syncspec" issuer --port "$keys" --key "$key"
again=$began
curl -sf --max-time 5 "http://127.0.0.1:$keys/jwks.json" >"$work/once.json"

# What a server must not take.
for bug in expired-token-accepted alg-none-accepted; do
    start "$bug" "$syncspec" serve --port 0 --time-scale 20 --bug "$bug" \
        --jwks-url "http://127.0.0.1:$keys/jwks.json"
    expect "$bug is seen" 1 "AUTH-2 M" -- "${check[@]}" "$url" \
        --issuer-key "$key" --only AUTH-2
done
kill "$again"
wait "$again" || true

# One that has the set of one day, and never asks again.
start once "$syncspec" serve --port 0 --time-scale 20 --jwks "$work/once.json"
expect "fetched once, while the key is the same" 0 " passed" -- \
    "${check[@]}" "$url" "${signs[@]}" --only ISO-1
expect "another key is refused at once" 64 \
    "the server refuses a token that the suite signed (401 to a pull)" \
    "fetch it again for a new key" -- "${check[@]}" "$url" \
    --issuer "127.0.0.1:$keys" --wait-for-server 1s --only ISO-1
start rotating "$syncspec" issuer --port "$keys" --key "$key" --rotate-every 4s
curl -sf --max-time 5 "http://127.0.0.1:$keys/jwks.json" >"$work/today.json"
kill "$began"
wait "$began" || true
start today "$syncspec" serve --port 0 --time-scale 20 --jwks "$work/today.json"
expect "a key that comes during the run" 1 "401" " passed" "not run" -- \
    "${check[@]}" "$url" "${signs[@]}" --rotate-every 4s --only ISO-1 -j 2 \
    --rate-limit "$rate" --fail-fast
expect "another's token" 64 "the server refuses the token that the suite was given" \
    -- "${check[@]}" "$url" --token nonsense --only AUTH-1
finish
