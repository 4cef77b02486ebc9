#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_issuer - servers that check tokens: the suite's own key set, tokens from
# a command or given, keys that change while the server runs, and what goes
# wrong with all that.
# shellcheck disable=SC2016 # the dollars are those of token commands
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

end() {
    kill "$1"
    wait "$1" || true
}

mint() { # ISSUER SUB [EXP_IN_S [KIND]]
    curl -sf --max-time 5 "$1/token" \
        -d "{\"sub\":\"$2\",\"exp_in_s\":${3:-60},\"kind\":\"${4:-good}\"}"
}

status_of() { # SERVER TOKEN
    curl -s --max-time 5 -o /dev/null -w '%{http_code}' \
        -H "Authorization: Bearer $2" -H 'X-Client-Id: c' \
        "$1/sync/a/pull?collection=t&since=1970-01-01T00:00:00.000Z"
}

# ---- the issuer alone ----
start issuer "$syncspec" issuer --port 0 --key "$work/key"
issuer=$url issuer_process=$began
set_a=$(curl -sf --max-time 5 "$issuer/.well-known/jwks.json")
is "both places" "$set_a" "$(curl -sf --max-time 5 "$issuer/jwks.json")"
is "one key" 1 "$(jq '.keys | length' <<<"$set_a")"
is "its kind" OKP-Ed25519-EdDSA \
    "$(jq -r '.keys[0] | [.kty, .crv, .alg] | join("-")' <<<"$set_a")"
is "a key only for its owner" 600 "$(stat -c %a "$work/key")"
is "a wish that is none" 400 "$(curl -s -o /dev/null -w '%{http_code}' \
    --max-time 5 "$issuer/token" -d '{"sub":7}')"
exec 3<>"/dev/tcp/127.0.0.1/${issuer##*:}"
printf 'nonsense\r\n\r\n' >&3
read -r -t 5 line <&3
exec 3>&-
is "no HTTP" "HTTP/1.1 400" "${line:0:12}"

# ---- a server that fetches that set ----
start server "$syncspec" serve --port 0 --jwks-url "$issuer/jwks.json"
server=$url
good=$(mint "$issuer" ann)
later=$(mint "$issuer" ben)
is "a good token" 200 "$(status_of "$server" "$good")"
for kind in expired future other-key none hs256 cut altered unknown-kid; do
    is "$kind" 401 "$(status_of "$server" "$(mint "$issuer" ann 60 $kind)")"
done
is "a past end" 401 "$(status_of "$server" "$(mint "$issuer" ann -1)")"

command='curl -sf --max-time 5 "$ISSUER/token" -d "{\"sub\":\"$1\"}"'
export ISSUER=$issuer
expect "a command" 0 "passed" -- "$syncspec" run --server "$server" \
    --token-command "$command" scenarios/tenancy/users_never_see_each_other.sync
expect "what a command cannot make is skipped" 0 \
    "needs an expired token: only --issuer makes one" "7 passed" \
    -- "$syncspec" run --server "$server" --token-command "$command" \
    --verbose scenarios/tenancy/token_that_is_not_good_opens_nothing.sync \
    scenarios/tenancy/collections_do_not_mix_on_pull.sync
expect "one token" 0 "has several users: --token is the token of one" \
    "1 passed" -- "$syncspec" run --server "$server" --token "$good" \
    --reports "$work/reports" scenarios/tenancy/users_never_see_each_other.sync \
    scenarios/tenancy/collections_do_not_mix_on_pull.sync
if grep -rqF "$good" "$work/reports"; then
    is "no secret in a report" no yes
else
    is "no secret in a report" no no
fi
expect "the same key signs here" 0 "passed" -- "$syncspec" run \
    --server "$server" --issuer-key "$work/key" scenarios/tenancy
expect "another key does not" 1 "expected  " -- "$syncspec" run \
    --server "$server" --issuer-key "$work/other" \
    scenarios/tenancy/collections_do_not_mix_on_pull.sync

# ---- AUTH-6: an outage refuses no good token, a new key needs no restart ----
end "$issuer_process"
is "seen before the outage" 200 "$(status_of "$server" "$good")"
is "not seen before" 200 "$(status_of "$server" "$later")"
sleep 5 # as long as the server does not ask again
start again "$syncspec" issuer --port "${issuer##*:}" --key "$work/second"
is "a key that is new" 200 "$(status_of "$server" "$(mint "$url" ann)")"
end "$began"
start same "$syncspec" issuer --port 0 --key "$work/key"
is "the same file, the same set" "$set_a" \
    "$(curl -sf --max-time 5 "$url/jwks.json")"
end "$began"

# ---- keys that change ----
start rotating "$syncspec" issuer --port 0 --rotate-every 1s
rotating=$url
start server2 "$syncspec" serve --port 0 --jwks-url "$rotating/jwks.json"
first=$(curl -sf "$rotating/jwks.json" | jq -r '.keys[1].kid')
is "before, now and next" 3 \
    "$(curl -sf "$rotating/jwks.json" | jq '.keys | length')"
sleep 2.1
kid=$(mint "$rotating" ann | cut -d. -f1 | tr '_-' '/+' |
    { base64 -d 2>/dev/null || true; } | jq -r .kid)
is "another key signs" other "$([[ $kid == "$first" ]] && echo same || echo other)"
is "and is honoured" 200 "$(status_of "$url" "$(mint "$rotating" ann)")"

# ---- the suite's own ----
expect "bundled servers ask the suite" 0 "key set: http://127.0.0.1:" "passed" \
    -- "$syncspec" run --worlds wire:memory,wire:sqlite --issuer 127.0.0.1:0 \
    scenarios/tenancy scenarios/live/good_token_is_answered_by_auth_ok.sync \
    scenarios/live/bad_token_gets_no_notices.sync
expect "an accepted forgery is seen" 1 "token.none" -- "$syncspec" run \
    --worlds wire:memory --issuer 127.0.0.1:0 --bug alg-none-accepted \
    scenarios/tenancy/token_that_is_not_good_opens_nothing.sync

# A server that is started after the suite, and asks it.
port=$(free_port)
: >"$work/late.out"
: >"$work/killed.out"
timeout 600 "$syncspec" run --server "http://127.0.0.1:$port" \
    --issuer 127.0.0.1:0 scenarios/tenancy >"$work/late.out" 2>&1 &
late=$!
children+=("$late")
for ((i = 0; i < 100; i++)); do
    keys=$(sed -n 's/^key set: //p' "$work/late.out")
    [[ -n $keys ]] && break
    sleep 0.05
done
start server3 "$syncspec" serve --port "$port" --jwks-url "$keys"
got=0
wait "$late" || got=$?
is "a server that came later" 0 "$got"
is "the set goes with the suite" 000 "$(curl -s --max-time 2 -o /dev/null \
    -w '%{http_code}' "$keys" || true)"
"$syncspec" run --server http://127.0.0.1:1 --issuer 127.0.0.1:0 \
    scenarios/tenancy >"$work/killed.out" 2>&1 &
killed=$!
children+=("$killed")
for ((i = 0; i < 100; i++)); do
    keys=$(sed -n 's/^key set: //p' "$work/killed.out")
    [[ -n $keys ]] && break
    sleep 0.05
done
is "it is there" 200 "$(curl -s --max-time 2 -o /dev/null \
    -w '%{http_code}' "$keys")"
kill -9 "$killed"
wait "$killed" 2>/dev/null || true
for ((i = 0; i < 40; i++)); do
    curl -s --max-time 2 -o /dev/null "$keys" || break
    sleep 0.05
done
is "it goes also when the suite is killed" yes \
    "$(curl -s --max-time 2 -o /dev/null "$keys" && echo no || echo yes)"

# ---- what people type wrong ----
run=("$syncspec" run --server "$server")
one=scenarios/tenancy/collections_do_not_mix_on_pull.sync
expect "a command that fails" 64 "for user user: exit code 3: who is user" -- \
    "${run[@]}" --token-command 'echo who is $1 >&2; exit 3' "$one"
expect "a command that is none" 64 "exit code 127" -- \
    "${run[@]}" --token-command /no/such/command "$one"
expect "a command that prints words" 64 "no token: byte 4 is 0x20" -- \
    "${run[@]}" --token-command 'echo not a token for' "$one"
expect "a command that prints nothing" 64 "there is no token" -- \
    "${run[@]}" --token-command 'true' "$one"
expect "two sources" 64 "one of --token, --token-command and --issuer" -- \
    "${run[@]}" --token x --token-command y "$one"
expect "an old token" 64 "--token: it expired" -- "${run[@]}" --token \
    "$(mint "$rotating" ann -5)" "$one"
expect "a token that is none" 64 "--token: byte 2 is 0x20" -- \
    "${run[@]}" --token 'a b' "$one"
expect "a token without a server" 64 "--token goes with --server URL" -- \
    "$syncspec" run --token x "$one"
expect "an issuer without a wire" 64 "--issuer is of the wire" -- \
    "$syncspec" run --issuer 127.0.0.1:0 "$one"
expect "no place" 64 '--issuer wants HOST:PORT, not "here"' -- \
    "${run[@]}" --issuer here "$one"
expect "a place that is taken" 64 "cannot listen on 127.0.0.1" -- \
    "${run[@]}" --issuer "${rotating#http://}" "$one"
expect "no key" 64 "expected 64 hexadecimal digits" -- \
    "${run[@]}" --issuer-key README.md "$one"
expect "a key of another's folder" 64 "No such file" -- \
    "${run[@]}" --issuer-key /no/such/key "$one"
expect "no period" 64 "--rotate-every wants a time of 1s or more" -- \
    "${run[@]}" --issuer 127.0.0.1:0 --rotate-every 10 "$one"
expect "a period of nothing" 64 "--rotate-every goes with --issuer" -- \
    "${run[@]}" --rotate-every 10s "$one"
expect "no header" 64 '--header wants "NAME: VALUE"' -- \
    "${run[@]}" --header 'nothing' "$one"
expect "a header of two lines" 64 '--header wants "NAME: VALUE"' -- \
    "${run[@]}" --header $'A: b\r\nC: d' "$one"
expect "a header that is the suite's" 64 "see --token" -- \
    "${run[@]}" --header 'authorization: Bearer x' "$one"
expect "a header of nobody" 64 "--header goes with --server URL" -- \
    "$syncspec" run --header 'A: b' "$one"
expect "issuer: what" 64 'what is "x"?' -- "$syncspec" issuer x
expect "issuer: port" 64 "--port wants 0 to 65535" -- \
    "$syncspec" issuer --port 65536
expect "issuer: taken" 64 "cannot listen on 127.0.0.1" -- \
    "$syncspec" issuer --port "${rotating##*:}"
expect "issuer: host" 64 "issuer: no.such.host.invalid" -- \
    "$syncspec" issuer --host no.such.host.invalid --port 0
expect "issuer: period" 64 "--rotate-every wants" -- \
    "$syncspec" issuer --rotate-every often
finish
