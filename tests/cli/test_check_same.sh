#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_check_same - the bundled server passes its own suite, at strict, in both
# dialects and on both stores; whatever the order, the number of processes and
# the load of the machine, the verdicts are the same.
#
# With an optimised build (SYNCSPEC_RELEASE) or SYNCSPEC_FULL=1 the whole suite
# is played, otherwise a part of every group.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

whole=${SYNCSPEC_FULL:-}${SYNCSPEC_RELEASE:-}
syncspec=${SYNCSPEC_RELEASE:-$syncspec}
rounds=$([[ -n ${SYNCSPEC_FULL:-} ]] && echo 5 || echo 2)
part=${whole:+conformance/}
part=${part:-writes} # a part with restarts

# outcomes FOLDER: in an order that does not depend on that of play.
outcomes() {
    jq -r 'select(.type == "result") | .id + " " + .outcome' \
        "$1/report.jsonl" | sort
}

# play NAME ARGUMENTS...: it passes.
play() {
    local name=$1
    shift
    local got=0
    timeout -s KILL 600 "$syncspec" check --time-scale 20 --profile strict \
        --only "$part" --reports "$work/$name" "$@" >"$work/$name.text" 2>&1 \
        </dev/null || got=$?
    is "$name" 0 "$got"
    [[ $got == 0 ]] || grep -A 12 '^FAIL\|^ERROR\|^UNKNOWN' "$work/$name.text" |
        head -n 60
    outcomes "$work/$name" >"$work/$name.outcomes"
}
# same A B
same() {
    if diff "$work/$1.outcomes" "$work/$2.outcomes" >"$work/diff"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $1 and $2 differ:"
        head -n 10 "$work/diff" | sed 's/^/  | /'
    fi
}

for dialect in v2 v1; do
    serve --time-scale 20 --dialect "$dialect"
    play "memory-$dialect" "$url"
    for round in $(seq "$rounds"); do
        play "shuffled-$dialect-$round" "$url" --shuffle --seed "$((round + 41))" \
            -j "$((round * 3))"
        same "memory-$dialect" "shuffled-$dialect-$round"
    done
    is "all was played, $dialect" "" \
        "$(grep -vE ' (pass|info|skip)$' "$work/memory-$dialect.outcomes" || true)"
    if [[ $dialect == v2 ]]; then
        # Two processors that have something else to do.
        busy=()
        for _ in 1 2 3; do
            (while :; do :; done) &
            busy+=("$!")
        done
        children+=("${busy[@]}")
        play loaded "$url" --shuffle --seed 7
        kill -9 "${busy[@]}"
        wait "${busy[@]}" 2>/dev/null || true
        same memory-v2 loaded
    fi
    kill -9 "$server"
    wait "$server" 2>/dev/null || true
    play "sqlite-$dialect" --server-command "exec $syncspec serve --dev-auth \
        --port \$PORT --time-scale 20 --dialect $dialect \
        --store sqlite:$work/$dialect.db"
    # Nothing but what cannot be: tokens that no issuer signed.
    is "also what restarts the server, $dialect" "" "$(jq -r 'select(.type ==
        "result" and (.outcome == "skip") and (.why | test("restart"))) | .id' \
        "$work/sqlite-$dialect/report.jsonl")"
    is "more than without, $dialect" yes "$( (($(grep -c ' pass$' \
        "$work/sqlite-$dialect.outcomes") > $(grep -c ' pass$' \
        "$work/memory-$dialect.outcomes"))) && echo yes || echo no)"
done
finish
