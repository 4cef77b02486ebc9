#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_wire - planted bugs of live channels are caught over real sockets too, by
# the clause that the exhibit names: the server is started with the bug, or the
# clients have it.  SYNCSPEC_MUSEUM=all tries every exhibit that the wire can
# show, also the slow ones.
# shellcheck source-path=SCRIPTDIR source=exhibits.sh
set -Eeuo pipefail
trap 'echo "$0: line $LINENO failed" >&2' ERR
export LC_ALL=C NO_COLOR=1

folder=$(dirname "${BASH_SOURCE[0]}")
source "$folder/exhibits.sh"
syncspec=${SYNCSPEC:?the path of the built program}
at_once=4

# Slow ones: half a minute of real silence, and nothing less, shows them.
is_slow() {
    [[ $(planted_in "$1") =~ (stream-no-heartbeat|auth-timeout-never)$ ]]
}

# catch FILE: one line, "ok …" or "NOT OK …" and what was said instead.
catch() {
    local file=$1 bug clause option=--bug dialect=v2 out got=0
    local how=(--worlds wire:memory)
    bug=$(planted_in "$file") clause=$(clause_in "$file")
    [[ $bug == server:* ]] || option=--client-bug
    ! grep -q '^dialect  *v1' "$file" || dialect=v1
    case $(wire_says "$file") in
    sqlite) how=(--worlds wire:sqlite) ;;
    "scale 1") how=(--worlds wire:memory --time-scale 1) ;;
    esac
    out=$(timeout 600 "$syncspec" run "${how[@]}" --dialect "$dialect" \
        "$option" "${bug#*:}" "$file" 2>&1 </dev/null) || got=$?
    # 3: the server that has the bug died of it.
    if { [[ $got == 1 ]] || [[ $got == 3 && $clause == SVC-1 ]]; } &&
        grep -qE "^  clause    $clause " <<<"$out"; then
        echo "ok $bug $clause"
    else
        echo "NOT OK $bug: exit $got, expected 1 and $clause"
        head -n 15 <<<"$out" | sed 's/^/  | /'
    fi
}

if [[ ${1:-} == --one ]]; then
    catch "$2"
    exit 0
fi

files=()
for file in scenarios/museum/*.sync; do
    [[ $(wire_says "$file") != no ]] || continue
    if [[ ${SYNCSPEC_MUSEUM:-} == all ]] ||
        { is_live "$file" && ! is_slow "$file"; }; then
        files+=("$file")
    fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%s\0' "${files[@]}" |
    xargs -0 -P "$at_once" -n 1 bash "$0" --one >"$work/out"
caught=$(grep -c '^ok ' "$work/out" || true)
grep -v '^ok ' "$work/out" || true

# A test that cannot fail proves nothing: a clause that is not the one.
sed 's/clause=[A-Z0-9-]*/clause=SVC-2/' \
    scenarios/museum/server_notify_own_push.sync >"$work/wrong.sync"
[[ $(catch "$work/wrong.sync") == "NOT OK"* ]] || {
    echo "FAILED self-test: any clause will do"
    exit 1
}
echo "test_wire: $caught of ${#files[@]} caught"
((caught == ${#files[@]} && caught >= 20))
