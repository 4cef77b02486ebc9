#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_detection - `syncspec check` finds every bug of the bundled server over
# real sockets, by a clause that the bug breaks; the sound server is accused of
# nothing.  SYNCSPEC_UPDATE=1 plays everything for every bug and writes
# docs/DETECTION.md anew, with the times of this machine; otherwise the cases of
# the clause that the page names are enough, and no time decides.
# shellcheck source-path=SCRIPTDIR source=detect.sh
set -Eeuo pipefail
trap 'echo "$0: line $LINENO failed" >&2' ERR
export LC_ALL=C NO_COLOR=1

folder=$(dirname "${BASH_SOURCE[0]}")
source "$folder/detect.sh"
# Times are of the program that people use.
syncspec=${SYNCSPEC_RELEASE:-${SYNCSPEC:?the path of the built program}}
page=docs/DETECTION.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

judge() {
    if "${@:2}" >/dev/null; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $1"
    fi
}

mapfile -t bugs < <("$syncspec" list --bugs | sed -n 's/^server:\([^ ]*\) .*/\1/p')
# clause_of BUG: what the page says.
clause_of() {
    sed -n "s/^| $1 | \([A-Z]*-[0-9]*\) | .*/\1/p" "$page"
}

for bug in "${bugs[@]}"; do
    clause=""
    [[ ${SYNCSPEC_UPDATE:-} == 1 ]] || clause=$(clause_of "$bug")
    detect "$bug" "$clause" >"$work/one"
    # A server may die of what a case of another clause sends.
    ! grep -q '| none |' "$work/one" || [[ -z $clause ]] ||
        detect "$bug" >"$work/one"
    grep -v '^#' "$work/one" >>"$work/found"
    judge "$bug is found" bash -c '! grep -q "| none |" "$1"' _ "$work/one" ||
        true
    ! grep -q '| none |' "$work/one" || cat "$work/one"
done

# A detector that always finds something is worth nothing.
breaks_of() { "$syncspec" clauses | sed -n 's/^\([A-Z]*-[0-9]*\) .*/\1/p' | tr '\n' ' '; }
dialect_of() { echo v2; }
detect "" >"$work/sound"
judge "the sound server is accused of nothing" grep -q '| none |' "$work/sound"
grep -q '| none |' "$work/sound" || cat "$work/sound"

if [[ ${SYNCSPEC_UPDATE:-} == 1 ]]; then
    bash "$folder/make_detection.sh" "$work/found" >"$page"
fi
for bug in "${bugs[@]}"; do
    judge "$page has $bug" grep -q "^| $bug | " "$page"
done
rows=$(grep -c '^| [a-z0-9-]* | [A-Z]' "$page")
judge "$page has no bug that there is not" test "$rows" = "${#bugs[@]}"
echo "test_detection: $passed passed, $failed failed"
((failed == 0 && passed > 60))
