#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_check_watch - what failed is played again when the server was started
# anew, or at Enter; Ctrl-C ends with what the last run came to.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# heard NAME TEXT [COUNT]: it says so, so many times, before a minute is over.
heard() {
    local i said=0
    for ((i = 0; i < 1200; i++)); do
        said=$(grep -cF -- "$2" "$work/watch.out" || true)
        ((said >= ${3:-1})) && break
        kill -0 "$watch" 2>/dev/null || break
        sleep 0.05
    done
    is "$1" yes "$( ((said >= ${3:-1})) && echo yes || echo no)"
}
# begin ARGUMENTS...: its standard input is what is written to descriptor 9.
mkfifo "$work/keys"
begin() {
    : >"$work/watch.out"
    "$syncspec" check --watch --time-scale 20 --only PUSH-11 "$@" \
        <"$work/keys" >"$work/watch.out" 2>&1 &
    watch=$!
    children+=("$watch")
    exec 9>"$work/keys"
}
end() {
    kill -INT "$watch"
    got=0
    wait "$watch" || got=$?
    exec 9>&-
}
stop() {
    kill -9 "$server"
    wait "$server" 2>/dev/null || true
    kill -0 "$watch" 2>/dev/null || return 0
    downs=$((downs + 1))
    heard "that it is down" "watch: the server is down" "$downs"
}
downs=0

# ---- somebody else's server ----
serve --time-scale 20 --bug body-client-id-trusted
port=${url##*:}
begin "$url" --reports "$work/reports"
heard "what fails is told" ", 2 failed in"
heard "and that it waits" "watch: 2 to be played again when the server is started anew (Enter: now, Ctrl-C: end)"
echo >&9
heard "at Enter they are played again" "2 scenarios in 1 world: 0 passed, 2 failed in"
heard "only they" "watch: 2 to be played again" 2
stop
serve --time-scale 20 --port "$port"
heard "mended and started anew" "2 scenarios in 1 world: 2 passed in"
heard "nothing fails any more" "watch: nothing fails"
is "the reports are of the last run" 2 "$(jq 'select(.type == "result" and
    .outcome == "pass") | .id' "$work/reports/report.jsonl" | wc -l)"
stop
serve --time-scale 20 --port "$port" --bug body-client-id-trusted
heard "then all is played again" ", 2 failed in" 3
heard "and told" "watch: 2 to be played again" 3
end
is "it ends as the last run did" 1 "$got"
stop

# ---- the suite's own ----
serve_command="exec $syncspec serve --dev-auth --time-scale 20 --port \$PORT"
echo --bug body-client-id-trusted >"$work/flags"
begin --server-command "echo started >>$work/starts; $serve_command \$(cat $work/flags)"
heard "of its own" "watch: 2 to be played again"
: >"$work/flags"
echo >&9
heard "Enter starts it anew" "2 scenarios in 1 world: 2 passed in"
heard "and nothing fails" "watch: nothing fails"
is "it was started twice" 2 "$(wc -l <"$work/starts")"
end
is "it ends well" 0 "$got"

# ---- without a keyboard ----
serve --time-scale 20
: >"$work/watch.out"
"$syncspec" check --watch --time-scale 20 --only PUSH-11 "$url" </dev/null \
    >"$work/watch.out" 2>&1 &
watch=$!
children+=("$watch")
heard "nothing fails from the start" "watch: nothing fails"
kill -TERM "$watch"
got=0
wait "$watch" || got=$?
is "SIGTERM ends it too" 0 "$got"
finish
