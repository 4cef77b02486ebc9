#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_explain - every clause, checker and case can be explained, from any
# folder, and what is unknown gets a proposal.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

root=$PWD
mapfile -t ids < <("$syncspec" clauses | awk '{ print $1 }')
mapfile -t checkers < <("$syncspec" list --checkers)
mapfile -t cases < <("$syncspec" list scenarios/conformance |
    sed -n 's/^\([a-z/_0-9]*#[0-9]*\) .*/\1/p')

# count WHAT NUMBER: so many lines of the last output are WHAT.
count() {
    local found
    found=$(grep -cE -- "$1" "$work/out") || true
    if ((found == $2)); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $found lines are $1, expected $2"
    fi
}

# Nothing but the program itself is needed.
cd "$work"
expect "every clause" 0 -- "$syncspec" explain "${ids[@]}"
for label in Why "Seen in" Causes Fix Cases; do
    count "^$label\$" "${#ids[@]}"
done
count '^[A-Z]+-[0-9]+  (must|should|strict)(, v2 only)?$' "${#ids[@]}"
expect "every checker" 0 -- "$syncspec" explain "${checkers[@]}"
for label in Reads Demands Clauses Evidence; do
    count "^$label\$" "${#checkers[@]}"
done
expect "every case" 0 -- "$syncspec" explain "${cases[@]}"
count "^Play it alone\$" "${#cases[@]}"
count "^Script  scenarios/conformance/" "${#cases[@]}"
count "^  syncspec check --only '[a-z/_0-9]*#[0-9]*' URL\$" "${#cases[@]}"

expect "a clause" 0 "CURSOR-2  must" "Concurrently: while many" \
    "  - lifeCc#44, airbyte#85918:" "    UPDATE heads SET last" \
    "cursor/tailing_reader_misses_nothing_of_many_writers  a reader" \
    "syncspec check --only CURSOR-2 URL" -- "$syncspec" explain CURSOR-2
count '```' 0
expect "a clause in small letters" 0 "SSE-3  must, v2 only" -- \
    "$syncspec" explain sse-3
expect "what a group has in common" 0 \
    "(Validation: Each of these is answered with 4xx" -- \
    "$syncspec" explain VALID-2
expect "a client's clause" 0 "queue/only_acknowledged_rows_are_cleared" \
    "syncspec run --only QUEUE-3 scenarios" -- "$syncspec" explain QUEUE-3
expect "a checker" 0 "delivery  a checker" "\`NOT DELIVERED" -- \
    "$syncspec" explain delivery
expect "who judges what a script expects" 0 "expectation  a checker" -- \
    "$syncspec" explain expectation

stem=pages_come_to_an_end
whole=(cursor/$stem "following hasMore reaches the end"
    "  hasMore is followed until it is false"
    '  CURSOR-5   M v2 `hasMore: true` comes with a cursor that advanced'
    "  iNPUTmice/jmap#47"
    "syncspec check --only 'cursor/$stem' URL"
    "Script  scenarios/conformance/cursor/$stem.sync"
    "          storm    writes  writers=1 batch=375 total={N}"
    "  A client that trusts the flag asks again at once.")
for name in $stem cursor/$stem conformance/cursor/$stem \
    scenarios/conformance/cursor/$stem.sync \
    ./scenarios/conformance/cursor/$stem.sync \
    "$root/scenarios/conformance/cursor/$stem.sync"; do
    expect "a case as $name" 0 "${whole[@]}" -- "$syncspec" explain "$name"
    count "# hasMore is followed" 0
done
expect "one of several" 0 "cursor/$stem#2" '[N="3000"]' \
    "syncspec check --only 'cursor/$stem#2' URL" -- \
    "$syncspec" explain "cursor/$stem#2"
expect "a scenario that is no case" 0 "retry/outage_causes_no_storm" \
    "syncspec run --server URL scenarios/retry/outage_causes_no_storm.sync" \
    -- "$syncspec" explain outage_causes_no_storm

cat >own.sync <<'END'
# My own server.

# The second one is what was meant.
scenario "mine"
covers  PUSH-4
clients alice

        alice    syncs
END
expect "a scenario of the user's own" 0 "  mine" "Script  own.sync" \
    "lift, a closed lid" -- "$syncspec" explain own.sync
printf 'scenario "x"\n' >broken.sync
expect "one that cannot be read" 64 "broken.sync:1" -- \
    "$syncspec" explain broken.sync
: >empty.sync
expect "one without a scenario" 64 "empty.sync" -- \
    "$syncspec" explain empty.sync

# The blocks of a file are told apart.
several=$(cd "$root" && grep -c '^scenario ' -r scenarios/conformance |
    sed -n 's/:[2-9]$//p' | head -n 1)
second=$(sed -n 's/^scenario "\(.*\)"$/\1/p' "$root/$several" | sed -n 2p)
first=$(sed -n 's/^scenario "\(.*\)"$/\1/p' "$root/$several" | sed -n 1p)
number=$("$syncspec" list "$root/$several" | grep -F "$second" |
    sed -n '1s/.*#\([0-9]*\) .*/\1/p')
name=${several%.sync}
expect "the second block" 0 "  $second" "scenario \"$second\"" -- \
    "$syncspec" explain "${name#scenarios/conformance/}#$number"
count "^  scenario \"$first\"\$" 0
count '^  scenario "' 1

expect "nothing named" 64 "which clause, case or checker?" -- \
    "$syncspec" explain
expect "a clause that is near" 64 "did you mean CURSOR-2?" -- \
    "$syncspec" explain CURSR-2
expect "a checker that is near" 64 "did you mean delivery?" -- \
    "$syncspec" explain delivry
expect "a case that is near" 64 "did you mean $stem?" -- \
    "$syncspec" explain cursor/pages_come_to_the_end
expect "a number that is not there" 64 "did you mean $stem?" -- \
    "$syncspec" explain "cursor/$stem#9"
expect "nothing near" 64 'checker "qqqqqqqq"; see syncspec clauses' -- \
    "$syncspec" explain qqqqqqqq
expect "an empty name" 64 "there is no clause" -- "$syncspec" explain ""
expect "a half of a name" 64 "there is no clause" -- \
    "$syncspec" explain come_to_an_end
expect "a second name that is unknown" 64 "CURSOR-1  must" \
    "did you mean CURSOR-2?" -- "$syncspec" explain CURSOR-1 CURSR-2
expect "no options" 64 "unknown option --json" -- \
    "$syncspec" explain --json CURSOR-1

# Bold is for people who look.
bold=$'\033[1mWhy'
expect "no bold in a file" 0 -- env -u NO_COLOR "$syncspec" explain CURSOR-1
count $'\033' 0
if command -v script >/dev/null; then
    expect "bold on a terminal" 0 "$bold" -- env -u NO_COLOR \
        script -qec "'$syncspec' explain CURSOR-1" /dev/null
    expect "no bold with NO_COLOR" 0 -- env NO_COLOR=1 \
        script -qec "'$syncspec' explain CURSOR-1" /dev/null
    count $'\033' 0
fi
finish
