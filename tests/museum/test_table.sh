#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_table - docs/MUSEUM.md is what the bugs and their scenarios say, every
# bug has one scenario, and the scenario names a clause that the bug breaks.
# SYNCSPEC_UPDATE=1 writes the page anew.
set -Eeuo pipefail
trap 'echo "$0: line $LINENO failed" >&2' ERR
export LC_ALL=C

folder=$(dirname "${BASH_SOURCE[0]}")
page=docs/MUSEUM.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

complain() {
    echo "FAILED $*"
    failed=$((failed + 1))
}

bash "$folder/make_table.sh" >"$work/page"
if [[ ${SYNCSPEC_UPDATE:-} == 1 ]]; then
    cp "$work/page" "$page"
fi
diff -u "$page" "$work/page" ||
    complain "$page is not what make_table.sh says: SYNCSPEC_UPDATE=1 $0"

# judge FILE: complain about every row of a page that shows no good exhibit.
judge() {
    local name side breaks clause checker wire scenario
    while IFS='|' read -r _ name side _ breaks clause checker wire scenario _; do
        name=${name// /} clause=${clause// /} checker=${checker// /}
        side=${side// /}
        local file=${side}_${name//-/_}.sync
        [[ $scenario == *"[$file]"* ]] ||
            complain "$side:$name: expected the scenario $file"
        [[ -n $clause && " $breaks " == *" $clause "* ]] ||
            complain "$side:$name: $clause is none of the clauses it breaks"
        [[ -n $checker ]] || complain "$side:$name: no checker is named"
        [[ $wire =~ ^\ (yes|no|sqlite|scale\ 1)\ $ ]] ||
            complain "$side:$name: $wire says nothing of the wire"
    done < <(grep '^| [a-z0-9-]* | \(server\|client\) ' "$1" || true)
}
judge "$page"

bugs=$("${SYNCSPEC:?}" list --bugs | wc -l)
files=$(find scenarios/museum -name '*.sync' | wc -l)
rows=$(grep -c '^| [a-z0-9-]* | \(server\|client\) ' "$page")
[[ $bugs == "$rows" ]] || complain "$bugs bugs, $rows rows"
[[ $bugs == "$files" ]] || complain "$bugs bugs, $files scenarios"

# A test that cannot fail proves nothing: four bad rows, four complaints.
good=$failed
cat >"$work/bad" <<'BAD'
| lazy | server | does nothing | SVC-1 | SVC-1 | liveness | yes | none | none |
| odd | client | does much | PULL-1 | PULL-2 | queue | no | [client_odd.sync](x) | none |
| shy | client | hides | PULL-1 | PULL-1 |  | yes | [client_shy.sync](x) | none |
| vague | client | is unsure | PULL-1 | PULL-1 | queue | maybe | [client_vague.sync](x) | none |
BAD
judge "$work/bad" >/dev/null
[[ $((failed - good)) == 4 ]] || {
    echo "FAILED self-test: $((failed - good)) complaints about 4 bad rows"
    exit 1
}
failed=$good

echo "test_table: $rows exhibits, $failed complaints"
((failed == 0))
