#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_check_usage - what people type wrong, told before anything is sent; which
# cases there are; servers that are late, absent, or ask who is there.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

nobody=http://127.0.0.1:1
check=("$syncspec" check)

# bad NAME ARGUMENTS... -- WORDS...: refused with 64, and nobody was asked: the
# server that is named is not there, and that would be 3.
bad() {
    local name=$1 arguments=()
    shift
    while [[ $1 != -- ]]; do
        arguments+=("$1")
        shift
    done
    shift
    expect "$name" 64 "$@" -- "${check[@]}" "${arguments[@]}"
}

# ---- values ----
bad "no server" -- "check: which server? Give its URL" "--server-command"
bad "two servers" "$nobody" "$nobody" -- \
    "one server at a time; what is \"$nobody\"?"
bad "no URL" 127.0.0.1:3050 -- 'an http:// or https:// URL, not "127.0.0.1:3050"'
bad "another scheme" ftp://x -- 'an http:// or https:// URL, not "ftp://x"'
bad "an option that is none" "$nobody" --profil full -- \
    "check: unknown option --profil; did you mean --profile?"
bad "an option like none" "$nobody" --xyzzyplugh -- \
    "check: unknown option --xyzzyplugh; see syncspec check --help"
bad "a short option" "$nobody" -v -- "unknown option -v; options are long"
bad "a flag with a value" "$nobody" --shuffle=yes -- "--shuffle takes no value"
for option in profile only scenarios dialect server-command cacert seed \
    timeout known-failing known-flaky baseline reports report jobs; do
    bad "no value of --$option" "$nobody" "--$option" -- \
        "check: --$option wants a value: "
done
bad "no value of -j" "$nobody" -j -- "check: -j wants a value: N"
for option in jobs seed rate-limit time-scale retries; do
    for value in many -1 1.5 '' 99999999999999999999; do
        bad "--$option '$value'" "$nobody" "--$option" "$value" -- \
            "check: --$option wants a whole number, not \"$value\""
    done
done
bad "-j of words" "$nobody" -jmany -- 'check: --jobs wants a whole number, not "many"'
bad "no jobs" "$nobody" -j 0 -- "check: --jobs wants 1 to 256"
bad "too many jobs" "$nobody" -j257 -- "check: --jobs wants 1 to 256"
bad "too fast" "$nobody" --rate-limit 1000001 -- "--rate-limit is at most 1000000"
bad "too much faster" "$nobody" --time-scale 1001 -- "--time-scale is at most 1000"
for option in timeout wait-for-server; do
    for value in soon 0 0s -5s 5 61m ''; do
        bad "--$option '$value'" "$nobody" "--$option=$value" -- \
            "check: --$option wants a time, as 500ms, 30s or 2m, up to 1h; not \"$value\""
    done
done
for value in half 0.5 0 -2 1.2345 1,5 101 ''; do
    bad "--timeout-multiplier '$value'" "$nobody" --timeout-multiplier "$value" \
        -- "--timeout-multiplier wants 1 to 100, as 2 or 1.5; not \"$value\""
done

# ---- names ----
bad "a profile like full" "$nobody" --profile ful -- \
    'check: no profile is named "ful"; there are core, full and strict'
bad "a profile like none" "$nobody" --profile everything -- \
    'no profile is named "everything"; there are core, full and strict' full-2026.1
bad "a profile that is not frozen" "$nobody" --profile full-1999.1 -- \
    'no profile is frozen as "1999.1"; the newest is 2026.1'
bad "a dialect like v2" "$nobody" --dialect v22 -- \
    'no dialect is named "v22", and there is no such file; there are v1 and v2'
bad "a dialect that is no file" "$nobody" --dialect no/such.dialect -- \
    'no dialect is named "no/such.dialect", and there is no such file'
printf 'base = v2\nname.tabel = x\n' >"$work/bad.dialect"
bad "a dialect with a slip" "$nobody" --dialect "$work/bad.dialect" -- \
    'bad.dialect:2:1: unknown key "name.tabel"; did you mean "name.table"?'
bad "a format like junit" "$nobody" --report junti -- \
    'no report format "junti": there are text, junit, tap, jsonl, markdown'
bad "a report where there is no folder" "$nobody" \
    --report "tap:$work/no/such/file" -- "$work/no/such/file: No such file"
bad "a folder of reports that is a file" "$nobody" --reports README.md -- \
    "cannot make README.md: Not a directory"
bad "a certificate that is none" https://127.0.0.1:1 --cacert no/such.pem -- \
    "no/such.pem"

# ---- cases ----
bad "no folder of cases" "$nobody" --scenarios no/such -- \
    "check: no/such: No such file"
mkdir "$work/cases" "$work/empty"
cp scenarios/conformance/push/empty_push_is_a_delta_request.sync "$work/cases/mine.sync"
expect "an empty folder" 4 "check: no case of profile full in $work/empty" -- \
    "${check[@]}" "$nobody" --scenarios "$work/empty"
expect "cases of one's own" 0 "mine#1" " cases" -- \
    "${check[@]}" --list --scenarios "$work/cases"
expect "instead of those inside" 4 'no case of profile full matches "AUTH-1"' -- \
    "${check[@]}" --list --scenarios "$work/cases" --only AUTH-1
printf 'scenario "x"\ncovers PUSH-7\nclients alice\n\n  alice pulls gets=okay\n' \
    >"$work/cases/slip.sync"
bad "a case with a slip" "$nobody" --scenarios "$work/cases" -- \
    "$work/cases/slip.sync:5:"
rm "$work/cases/slip.sync"

expect "nothing like it" 4 'no case of profile full matches "cursor/pages_come_to_an_ent"' \
    "the closest are cursor/pages_come_to_an_end" -- \
    "${check[@]}" "$nobody" --only cursor/pages_come_to_an_ent
expect "a clause like AUTH-1" 4 'matches "AUHT-1"; the closest are AUTH-1' -- \
    "${check[@]}" "$nobody" --only AUHT-1
expect "of a level that was not asked for" 4 \
    'no case of profile core matches "VALID-2"; full has 6' -- \
    "${check[@]}" "$nobody" --profile core --only VALID-2
expect "a case by its id" 0 "1 case" "cursor/pages_come_to_an_end#1" -- \
    "${check[@]}" --list --only cursor/pages_come_to_an_end#1

# ---- the list ----
# count PROFILE [LETTER]: as the list has them.
count() {
    "${check[@]}" --list --profile "$1" | grep -cE "^${2:-[MSX]} " || true
}
core=$(count core) full=$(count full) strict=$(count strict)
is "core is what must be" "$core" "$(count strict M)"
is "full has what should be, too" "$full" "$((core + $(count strict S)))"
is "strict has all" "$strict" "$((full + $(count strict X)))"
is "each has more" 1 "$((0 < core && core < full && full <= strict))"
is "the last line counts" "$full cases" "$("${check[@]}" --list | tail -n 1)"
is "an id is there once" "" \
    "$("${check[@]}" --list --profile strict | awk '{print $2}' | sort | uniq -d)"

# ---- servers that are not there, late, or ask who is there ----
expect "nobody is there" 3 "$nobody" -- "${check[@]}" "$nobody" \
    --wait-for-server 200ms
# They are not waited for, or the guard would end this (124).
long=(timeout 60 "${check[@]}" --wait-for-server 600s)
expect "a command that ends at once" 3 "check: " "no room" -- "${long[@]}" \
    --server-command 'echo no room >&2; exit 1' --only PUSH-7
expect "a command that is none" 3 "check: " "not found" -- "${long[@]}" \
    --server-command /no/such/server --only PUSH-7

# It waits: the server is begun when the suite has been running for a while.
serve
port=${url##*:}
kill -9 "$server"
wait "$server" 2>/dev/null || true
"${check[@]}" "$url" --wait-for-server 55s --only PUSH-7 >"$work/late" 2>&1 &
late=$!
children+=("$late")
sleep 0.7 # it is neither ended nor connected by then, or the test is moot
is "it waits" yes "$(kill -0 "$late" 2>/dev/null && echo yes || echo no)"
serve --port "$port"
got=0
wait "$late" || got=$?
is "a server that came late" 0 "$got"

expect "as make has it" 0 " passed" -- "${check[@]}" "$url" -j3 --only PUSH-7
expect "or so" 0 " passed" -- "${check[@]}" -j 1 "$url" --only PUSH-7
expect "cases of one's own are played" 0 " passed" "mine#1" -- "${check[@]}" \
    "$url" --verbose --scenarios "$work/cases"
expect "slower" 0 " passed" -- "${check[@]}" "$url" --rate-limit 400 \
    --timeout 20s --timeout-multiplier 1.5 --only PUSH-7
kill -9 "$server"
wait "$server" 2>/dev/null || true

# A real key set, and the suite has no token of it.
start issuer "$syncspec" issuer --port 0
start real "$syncspec" serve --port 0 --jwks-url "$url/jwks.json"
expect "a server that asks who is there" 64 \
    "$url: the server refuses the suite's token (401 to a pull): say --token, --token-command or --issuer" \
    -- "${check[@]}" "$url" --only PUSH-7
bad "two sources of tokens" "$url" --token x --token-command y -- \
    "check: one of --token, --token-command and --issuer"
bad "an issuer of no place" "$url" --issuer here -- \
    'check: --issuer wants HOST:PORT, not "here"'
bad "no key" "$url" --issuer-key README.md -- "expected 64 hexadecimal digits"
bad "no period" "$url" --issuer 127.0.0.1:0 --rotate-every 10 -- \
    '--rotate-every wants a time of 1s or more, not "10"'
bad "a period of nothing" "$url" --rotate-every 10s -- \
    "--rotate-every goes with --issuer"
bad "no header" "$url" --header nothing -- \
    '--header wants "NAME: VALUE", not "nothing"'
bad "a header that is the suite's" "$url" --header 'Authorization: x' -- \
    "--header Authorization: the suite says that itself; see --token"
bad "a command that fails" "$url" --only PUSH-7 --token-command 'echo no such user >&2; exit 3' \
    -- "exit code 3: no such user"
bad "a token that is none" "$url" --token 'a b' --only PUSH-7 -- "byte 2 is 0x20"
bad "retries of nothing" "$url" --retries 2 -- "--retries is of what --known-flaky lists"
finish
