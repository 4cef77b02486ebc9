#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_check_verdicts - each verdict that `syncspec check` knows is given where
# it belongs, to people and to programs; levels, badges and exit codes; and a
# report made later is the one that was made at once.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
narrow_server=${NARROW_SERVER:?the path of tests/tools/narrow_server}

# A case for each: the suite's own come and go.
cases=$work/cases
mkdir -p "$cases/own"
PUSH='POST /sync/{app}
        | {"clientId":"{alice}","appId":"{app}","since":"{epoch}","changes":[{"table":"tasks","id":"1","op":"insert","data":{"n":"fragile"}}]}'
make_case() { # NAME CLAUSES CLIENTS: its lines come on standard input
    printf 'scenario "%s"\ncovers %s\nclients %s\n%s\n\n' "$1" "$2" "$3" \
        "${4:-}" >"$cases/own/$1.sync"
    cat >>"$cases/own/$1.sync"
}
make_case good "PUSH-1" alice <<<"        alice sends $PUSH
        expects status=2xx"
make_case worse "PUSH-1" alice <<<"        alice sends $PUSH
        expects status=418
        or status=2xx grade=nonstrict"
make_case odd "PUSH-1" alice <<<"        alice sends $PUSH
        expects status=418
        or status=2xx grade=info"
make_case should "PUSH-1 PUSH-9" alice <<<"        alice sends $PUSH
        expects status=418 clause=PUSH-9"
make_case bad "PUSH-1" alice <<<"        alice sends $PUSH
        expects status=418"
make_case stream "SSE-1" alice "dialect v2" <<<'        alice connects "/sync/{app}/stream?collections=tasks&since={epoch}"'
make_case restart "SVC-2" alice $'needs restart\nalone' <<<'        server kills
        server restarts'
make_case unread "PUSH-2" "alice bob" <<<'        alice inserts tasks/1 title="x"
        alice pushes gets=ok'

# play NAME CODE SERVER CASES ARGUMENTS... -- WORDS...
play() {
    local name=$1 code=$2 server=$3 only=$4 arguments=()
    shift 4
    while [[ $1 != -- ]]; do
        arguments+=("$1")
        shift
    done
    shift
    expect "$name" "$code" "$@" -- "$syncspec" check "$server" --time-scale 20 \
        --verbose --scenarios "$cases" --only "$only" "${arguments[@]}"
}

serve --time-scale 20
sound=$url
play "pass" 0 "$sound" own/good -- "PASS  own/good#1 (wire, v2)" "1 passed"
play "nonstrict" 0 "$sound" own/worse -- "NONSTRICT  own/worse#1" "1 nonstrict"
play "nonstrict fails at strict" 1 "$sound" own/worse --profile strict -- \
    "1 nonstrict"
play "info" 0 "$sound" own/odd -- "INFO  own/odd#1" "1 info"
play "info is none at strict" 0 "$sound" own/odd --profile strict -- "1 info"
play "what the level does not ask" 0 "$sound" own/should --profile core -- \
    "NONSTRICT  own/should#1" PUSH-9
play "what it asks" 1 "$sound" own/should -- "FAIL  own/should#1" "PUSH-9 S"
play "fail" 1 "$sound" own/bad -- "FAIL  own/bad#1" "expected  418" "1 failed"
play "skip" 4 "$sound" own/restart -- "SKIP  own/restart#1" \
    "needs a durable server that the suite may restart" "nothing ran"
play "skipped beside what passed" 0 "$sound" own/ --shuffle \
    --known-failing <(printf '%s message="*" reason="r" expires=2099-12-31\n' \
        'own/bad#1' 'own/should#1') -- "1 skipped"
play "but with a server of its own" 0 "http://127.0.0.1:$(free_port)" \
    own/restart --server-command "$syncspec serve --dev-auth --port \$PORT" -- \
    "PASS  own/restart#1"
expect "not run after the first" 1 "1 failed" "not run" -- "$syncspec" check \
    "$sound" --time-scale 20 --scenarios "$cases" --only own/ --fail-fast -j 1

printf 'base = v2\nhas.stream = no\nhas.socket = no\nhas.socket_all = no\n' \
    >"$work/bare.dialect"
serve --time-scale 20 --dialect "$work/bare.dialect"
play "unimplemented" 4 "$url" own/stream -- "UNIMPLEMENTED  own/stream#1" \
    "the server has no event stream" "nothing ran"
play "unimplemented beside what passed" 0 "$url" oo -- "1 passed" \
    "PASS  own/good#1"
kill -9 "$server"
wait "$server" 2>/dev/null || true

# moody TEXT N: in front of the sound one.
moody() {
    start moody "$narrow_server" "${sound##*:}" 8 "$1" "$2"
}
known='own/good#1 message="*" reason="r" expires=2099-12-31'
moody fragile 1
play "what fails once, fails" 1 "$url" own/good -- "FAIL  own/good#1" \
    "actual  429"
moody fragile 1
play "flaky" 0 "$url" own/good --known-flaky <(echo "$known") -- \
    "FLAKY  own/good#1" "1 flaky"
moody fragile 3
play "not at the third time either" 1 "$url" own/good \
    --known-flaky <(echo "$known") -- "is listed as flaky, and failed 3 times"
moody observe 1000000
play "unknown" 2 "$url" own/unread -- "UNKNOWN" "what became of tasks" \
    "1 unknown"

# ---- known failures: each rule once ----
play "xfail" 0 "$sound" own/bad --known-failing <(echo "${known/good/bad}") -- \
    "XFAIL  own/bad#1" "failed as known 1: r"
play "xpass" 1 "$sound" own/good --known-failing <(echo "$known") -- \
    "XPASS  own/good#1" "is listed as failing, and passes" "1 passed unexpectedly"
play "another message" 1 "$sound" own/bad \
    --known-failing <(sed 's/"\*"/"nobody"/; s/good/bad/' <<<"$known") -- \
    "FAIL  own/bad#1" "is listed as failing with another message: nobody"
play "no such case" 64 "$sound" own/bad \
    --known-failing <(echo "${known/good/bda}") -- 'did you mean "own/bad#1"'
play "expired" 64 "$sound" own/bad \
    --known-failing <(echo "${known/2099/2020}") -- "expired on 2020-12-31"

# ---- a server that dies ----
cat >"$cases/own/deadly.sync" <<'CASE'
scenario "a field entry that is null"
covers VALID-6
clients alice

        alice sends POST /sync/{app}
        | {"clientId":"{alice}","appId":"{app}","since":"{epoch}","changes":[{"table":"t","id":"1","op":"update","fields":{"n":null}}]}
        expects status=4xx
CASE
serve --time-scale 20 --bug null-field-crashes
play "error" 3 "$url" own/deadly --wait-for-server 300ms -- \
    "ERROR  own/deadly#1" "1 error" "the server died"

# ---- levels ----
# Of a bug that breaks only what should be.
serve --time-scale 20 --bug trailing-garbage-accepted
core=validation/b # bytes_after…, body_…: of both levels
expect "core does not ask" 0 " passed" -- "$syncspec" check "$url" \
    --time-scale 20 --profile core --only "$core" --reports "$work/core"
expect "full does" 1 "VALID-2 S" "6 failed" -- "$syncspec" check "$url" \
    --time-scale 20 --profile full --only "$core" --reports "$work/full"
is "and blames nothing that must be" "" "$(jq -r 'select(.type == "result") |
    .verdicts[]? | select(.outcome == "fail") | .clause' \
    "$work/full/report.jsonl" | sort -u | grep -v '^VALID-2$' || true)"
# Cases of one's own, for all clauses of a level would be the suite itself:
# what a whole run says is test_check_same's.  Here it is a part, and shows none.
expect "a part shows no level" 0 "full: no (" "VALID-2 failed" "not run" -- \
    cat "$work/full/clauses.md"
expect "nor does it fail core" 1 -- grep -E '^- core: .* failed' \
    "$work/full/clauses.md"
expect "a badge of the part" 0 "<svg" -- cat "$work/full/badge.svg"
is "which is red" failing "$(jq -r .message "$work/full/badge.json")"
is "or claims nothing" "" \
    "$(jq -r .message "$work/core/badge.json" | grep -E 'core|full' || true)"

# ---- later is as at once ----
play "all of them" 1 "$sound" own/ --shuffle --reports "$work/at-once" \
    --report "github:$work/at-once/annotations" \
    --report "text:$work/at-once/text" --report "shields:$work/at-once/shields" \
    --known-failing <(echo "$known") -- "reports: $work/at-once"
for format in junit:junit.xml tap:report.tap markdown:summary.md \
    clauses:clauses.md badge:badge.svg shields:badge.json github:annotations \
    jsonl:report.jsonl text:text; do
    expect "$format later" 1 -- "$syncspec" report --verbose \
        --as "${format%%:*}:$work/later" "$work/at-once/report.jsonl"
    if diff <(sed 's/in [0-9.]* m\?s$//' "$work/at-once/${format#*:}") \
        <(sed 's/in [0-9.]* m\?s$//' "$work/later") >"$work/diff"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED ${format%%:*} later is another than at once"
        head -n 10 "$work/diff" | sed 's/^/  | /'
    fi
done
# Beside each other in one place: what GitHub reads is a line of its own.
expect "text and annotations" 1 "FAIL  own/bad#1" "::error file=" " failed" -- \
    "$syncspec" check "$sound" --time-scale 20 --scenarios "$cases" --only own/ \
    --report text --report github
cp "$work/out" "$work/said"
expect "are never on one line" 1 -- grep -E ".::(error|notice|warning) " "$work/said"
expect "TAP is whole" 0 "1..9" -- cat "$work/at-once/report.tap"
expect "JUnit is whole" 0 "</testsuites>" -- tail -n 1 "$work/at-once/junit.xml"
is "all lines are JSON" "end" \
    "$(jq -r .type "$work/at-once/report.jsonl" | tail -n 1)"
finish
