#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_check_death - a server that dies, by a case or from outside; a run that
# is ended with Ctrl-C or killed: what was played is told, the rest is not run,
# every report is whole, and nothing is left behind.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
narrow_server=${NARROW_SERVER:?the path of tests/tools/narrow_server}

ids() { # FOLDER OUTCOME
    jq -r "select(.type == \"result\" and .outcome == \"$2\") | .id" \
        "$1/report.jsonl"
}

# whole FOLDER: the reports agree about how many there were.
whole() {
    local dir=$1 planned
    planned=$(jq 'select(.type == "plan") | .id' "$dir/report.jsonl" | wc -l)
    is "$dir: results" "$planned" \
        "$(jq 'select(.type == "result") | .id' "$dir/report.jsonl" | wc -l)"
    is "$dir: an end" end "$(tail -n 1 "$dir/report.jsonl" | jq -r .type)"
    is "$dir: TAP" "1..$planned" "$(sed -n 2p "$dir/report.tap")"
    is "$dir: lines of TAP" "$planned" \
        "$(grep -cE '^(not )?ok ' "$dir/report.tap")"
    is "$dir: JUnit" "$planned" "$(grep -c '<testcase ' "$dir/junit.xml")"
    is "$dir: end of JUnit" "</testsuites>" "$(tail -n 1 "$dir/junit.xml")"
    expect "$dir: later too" "${2:-3}" -- "$syncspec" report --as "junit:$work/again" \
        "$dir/report.jsonl"
}

# Small cases, one of them deadly for the proxy in front of a sound server.
cases=$work/cases
mkdir -p "$cases/own"
for i in $(seq 24); do
    [[ $i == 10 ]] && what=deadly || what=harmless
    printf '%s\n' "scenario \"number $i\"" "covers PUSH-1" "clients alice" "" \
        '        alice sends POST /sync/{app}' \
        '        | {"clientId":"{alice}","appId":"{app}","since":"{epoch}","changes":[{"table":"tasks","id":"1","op":"insert","data":{"n":"'"$what"'"}}]}' \
        '        expects status=2xx' >"$cases/own/case$((100 + i)).sync"
done
killer=own/case110#1
serve --time-scale 20
sound=$server port=${url##*:} sound_url=$url
deadly() {
    start deadly "$narrow_server" "$port" 16 deadly 0
}
check=("$syncspec" check --scenarios "$cases" --time-scale 20)

for jobs in 1 4; do
    expect "with a server of its own, $jobs jobs" 3 "ERROR  $killer" \
        "the server died with $killer" -- "${check[@]}" -j "$jobs" \
        --server-command "exec $narrow_server $port 16 deadly 0 \$PORT" \
        --reports "$work/own-$jobs"
    is "exactly the one, $jobs jobs" "$killer" "$(ids "$work/own-$jobs" error)"
    is "nothing else is blamed, $jobs jobs" "" "$(ids "$work/own-$jobs" fail)"
    is "the rest is not run, $jobs jobs" yes \
        "$( (($(ids "$work/own-$jobs" not-run | wc -l) > 0)) && echo yes || echo no)"
    whole "$work/own-$jobs"
done
is "what was before it was played" 9 "$(ids "$work/own-1" pass | wc -l)"

deadly
expect "somebody's server: suspects" 3 "ERROR  $killer" "$killer" \
    "under way" -- "${check[@]}" "$url" -j 4 --wait-for-server 500ms \
    --reports "$work/suspects"
expect "the killer is one of them" 0 -- grep -qx "$killer" \
    <(ids "$work/suspects" error)
is "they are few" yes \
    "$( (($(ids "$work/suspects" error | wc -l) <= 4)) && echo yes || echo no)"
whole "$work/suspects"
deadly
expect "one at a time it is clear" 3 "the server died with $killer" -- \
    "${check[@]}" "$url" -j 1 --wait-for-server 500ms --reports "$work/one"
is "and is the one" "$killer" "$(ids "$work/one" error)"
whole "$work/one"
expect "the planted crash" 3 "validation/field_entry_that_is_no_object_is_refused#1" \
    -- "$syncspec" check -j 4 --time-scale 20 --only VALID-6 --server-command \
    "exec $syncspec serve --dev-auth --port \$PORT --time-scale 20 --bug null-field-crashes"

# ---- killed from outside, ended by Ctrl-C, killed itself ----
# begin NAME ARGUMENTS...: in the background, a process group of its own, until
# the first results are there.
begin() {
    local name=$1 i
    shift
    setsid "${check[@]}" --reports "$work/$name" "$@" >"$work/$name.out" 2>&1 &
    begun=$!
    children+=("$begun")
    for ((i = 0; i < 600; i++)); do
        [[ -s $work/$name/report.jsonl ]] &&
            grep -q '"type":"result"' "$work/$name/report.jsonl" && return 0
        sleep 0.05
    done
    echo "$name: no result"
    return 1
}
end_of() { # NAME: its exit code in $got
    got=0
    wait "$begun" || got=$?
}
# Slow ones, so that there is a middle.
for i in $(seq 40); do
    sed "s/number 1\"/slow $i\"/; s/harmless/slow/" "$cases/own/case101.sync" \
        >"$cases/own/slow$((100 + i)).sync"
done
slowly=(--only own/slow --rate-limit 20)

begin stopped "$sound_url" "${slowly[@]}" -j 2
kill -INT "$begun"
end_of stopped
is "Ctrl-C to the suite alone" 3 "$got"
is "in the middle" yes "$([[ $(ids "$work/stopped" pass) &&
    $(ids "$work/stopped" not-run) ]] && echo yes || echo no)"
whole "$work/stopped"
begin stopped-all "$sound_url" "${slowly[@]}" -j 2
kill -INT -- "-$begun"
end_of stopped-all
is "Ctrl-C in a terminal" 3 "$got"
is "it accuses nobody" "" \
    "$(ids "$work/stopped-all" error)$(ids "$work/stopped-all" fail)"
whole "$work/stopped-all"
begin stopped-own "${slowly[@]}" -j 2 \
    --server-command "exec $syncspec serve --dev-auth --port \$PORT --time-scale 20"
kill -INT -- "-$begun"
end_of stopped-own
is "Ctrl-C, with a server of its own" 3 "$got"
is "that accuses nobody" "" \
    "$(ids "$work/stopped-own" error)$(ids "$work/stopped-own" fail)"
whole "$work/stopped-own"

begin outside "$sound_url" "${slowly[@]}" -j 2 --wait-for-server 500ms
kill -9 "$sound"
wait "$sound" 2>/dev/null || true
end_of outside
is "a server that was killed" 3 "$got"
expect "it is told" 0 "the server died" -- cat "$work/outside.out"
whole "$work/outside"

begin killed "${slowly[@]}" -j 2 \
    --server-command "exec $syncspec serve --dev-auth --port \$PORT --time-scale 20"
target=$(sed -n '1s/.*"target":"\([^"]*\)".*/\1/p' "$work/killed/report.jsonl")
expect "its server is there" 0 -- curl -sf --max-time 5 "$target/health"
kill -9 "$begun"
wait "$begun" 2>/dev/null || true
is "kill -9: all lines are whole" 0 "$(
    jq -c . "$work/killed/report.jsonl" >/dev/null 2>&1
    echo $?
)"
expect "and make a report" 3 "not run" " passed" -- "$syncspec" report --as text \
    "$work/killed/report.jsonl"
for ((i = 0; i < 200; i++)); do
    curl -sf --max-time 5 "$target/health" >/dev/null || break
    sleep 0.05
done
is "its server is gone too" gone \
    "$(curl -sf --max-time 5 "$target/health" >/dev/null && echo there || echo gone)"
finish
