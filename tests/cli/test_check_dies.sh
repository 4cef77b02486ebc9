#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_check_dies - a server that one case ends: `check` says which one, exits
# with 3, and its reports are whole; without a way to have the server again all
# that were under way are told.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mkdir "$work/cases"
for name in a_sound c_sound; do
    cat >"$work/cases/$name.sync" <<'CASE'
scenario "sound"
covers PUSH-2
clients a

 a inserts t/1 n=1
 a pushes gets=ok
CASE
done
cat >"$work/cases/b_ends.sync" <<'CASE'
scenario "ends the server"
covers VALID-6
clients a

 a sends POST /sync/{app}
 | {"clientId":"{a}","since":"{epoch}","changes":[
 |  {"table":"t","id":"1","op":"update","fields":{"n":null}}]}
 expects status=400
CASE

# The bundled server, once it has ended, still says so; this one is gone then.
# shellcheck disable=SC2016
command='"$SYNCSPEC" serve --port $PORT --dev-auth --bug null-field-crashes &
    s=$!
    until curl -s -o /dev/null $URL/health; do sleep 0.05; done
    while curl -fs -o /dev/null $URL/health; do sleep 0.05; done
    kill -9 $s; echo no memory >&2; exit 3'

# whole DIR: reports of three cases, to their ends.
whole() {
    expect "$1: lines" 0 '"type":"end"' -- tail -n 1 "$1/report.jsonl"
    expect "$1: each case once" 0 -- test \
        "$(grep -c '"type":"result"' "$1/report.jsonl")" = 3
    expect "$1: TAP" 0 "1..3" -- cat "$1/report.tap"
    expect "$1: JUnit" 0 "</testsuites>" -- tail -n 1 "$1/junit.xml"
}

for jobs in 1 3; do
    expect "the case is named, --jobs $jobs" 3 \
        "the server died with cases/b_ends#1: " \
        "the server has ended (exit 3); standard error: " "no memory" -- \
        "$syncspec" check --server-command "$command" --jobs "$jobs" \
        --scenarios "$work/cases" --reports "$work/$jobs"
    whole "$work/$jobs"
    expect "only that one is an error, --jobs $jobs" 0 "cases/b_ends#1" -- \
        grep '"outcome":"error"' "$work/$jobs/report.jsonl"
    expect "and once" 0 -- test \
        "$(grep -c '"outcome":"error"' "$work/$jobs/report.jsonl")" = 1
done

serve --store memory
kill -9 "$server"
expect "one that is not there is told before anything" 3 "$url/health" -- \
    "$syncspec" check --wait-for-server 300ms "$url"
expect "one that ends at its start" 3 "the server has ended (exit 7)" "no disk" -- \
    "$syncspec" check --wait-for-server 2s \
    --server-command 'echo no disk >&2; exit 7'
finish
