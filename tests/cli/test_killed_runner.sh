#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_killed_runner - after kill -9 of a run its JSON lines are whole, and say
# what did not run; the spawned server is gone with its runner.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

"$syncspec" run --worlds wire:sqlite --report "jsonl:$work/cut.jsonl" \
    --keep "$work" scenarios/offline scenarios/conflict scenarios/retry \
    >"$work/run.out" 2>&1 &
runner=$!
children+=("$runner")
for ((i = 0; i < 400; i++)); do
    lines=$(grep -c '"type":"result"' "$work/cut.jsonl" 2>/dev/null || true)
    ((${lines:-0} >= 3)) && break
    sleep 0.02
done
kill -9 "$runner"
wait "$runner" 2>/dev/null || true
expect "reports say what did not run" 3 "not run" -- \
    "$syncspec" report "$work/cut.jsonl"
cp "$work/cut.jsonl" "$work/torn.jsonl"
printf '{"type":"resu' >>"$work/torn.jsonl"
expect "a torn last line is no harm" 3 "not run" -- \
    "$syncspec" report "$work/torn.jsonl"
expect "JUnit from a cut run" 3 -- \
    "$syncspec" report --as "junit:$work/cut.xml" "$work/cut.jsonl"
expect "and it is valid" 0 -- \
    xmllint --noout --schema tests/reports/junit.xsd "$work/cut.xml"
gone() {
    local i
    for ((i = 0; i < 100; i++)); do
        pgrep -f "serve .*sqlite:$work/" >/dev/null || return 0
        sleep 0.05
    done
    return 1
}
if gone; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "FAILED the spawned server outlived its runner"
fi
# The server dies in the middle: the run ends, and its reports are whole.
serve --store memory
"$syncspec" run --server "$url" --report "jsonl:$work/dead.jsonl" \
    scenarios/offline scenarios/conflict scenarios/retry scenarios/queue \
    >"$work/run.out" 2>&1 &
runner=$!
for ((i = 0; i < 400; i++)); do
    lines=$(grep -c '"type":"result"' "$work/dead.jsonl" 2>/dev/null || true)
    ((${lines:-0} >= 3)) && break
    sleep 0.02
done
kill -9 "$server"
code=0
wait "$runner" || code=$?
expect "a dead server is exit 3" 0 -- test "$code" -eq 3
expect "its name is told" 0 "$url" "does not answer any more" -- cat "$work/run.out"
expect "the rest counts as not run" 3 "not run" -- \
    "$syncspec" report "$work/dead.jsonl"
finish
