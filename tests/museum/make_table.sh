#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# make_table - print docs/MUSEUM.md: every bug that can be planted, by
# `syncspec list --bugs`, and what catches it, by the headers of the scenarios.
set -Eeuo pipefail
export LC_ALL=C

syncspec=${SYNCSPEC:?the path of the built program}
museum=${1:-scenarios/museum}

# shellcheck source-path=SCRIPTDIR source=exhibits.sh
source "$(dirname "${BASH_SOURCE[0]}")/exhibits.sh"

declare -A scenario_of checker_of clause_of wire_of
for file in "$museum"/*.sync; do
    bug=$(sed -n 's/^plants  *//p' "$file")
    scenario_of[$bug]=${file##*/}
    checker_of[$bug]=$(sed -n 's/^caught  *by=\([a-z]*\) .*/\1/p' "$file")
    clause_of[$bug]=$(sed -n 's/^caught .*clause=\([A-Z0-9-]*\).*/\1/p' "$file")
    wire_of[$bug]=$(wire_says "$file")
done

cat <<'INTRO'
# The museum

A checker that never failed is not trusted. So every mistake below can be
planted into the bundled server (`--bug NAME`) or into the model client
(`--client-bug NAME`): one switch, off by default, one `if` where the real
mistake would be made. Each has one scenario in `scenarios/museum/` that passes
on the clean build, and with the bug in it fails by the checker and the clause
that are named here. `syncspec selftest` runs all of them, both ways.

Checkers read the recorded history and know no names of bugs. Where the checker
is `expectation`, the bug shows in no history of good clients: a raw request
and what the script expects of its answer reach it, or a step that says what a
client must hold at that moment.

`wire` says whether the same scenario with the same bug fails by that clause over
real sockets too, against a server that is started with `--bug` (`sqlite`: on a
durable store; `scale 1`: with `--time-scale 1`, as time that runs faster hides
it; `no`: it takes a network, a delay or a page size that only virtual time has).
`tests/museum/test_wire.sh` tries those of live channels, and all of them with
`SYNCSPEC_MUSEUM=all`.
That is of the one scenario: [DETECTION.md](DETECTION.md) has by which case a
conformance run over real sockets finds each bug of the server.

The table is made by `tests/museum/make_table.sh`; do not edit.

| bug | side | what it does | breaks | named clause | checker | wire | scenario | real failure |
|---|---|---|---|---|---|---|---|---|
INTRO

pattern='^([a-z]+):([^ ]+) +([A-Z]+-[0-9]+( [A-Z]+-[0-9]+)*) +(.*)  \[(.*)\]$'
"$syncspec" list --bugs | while IFS= read -r line; do
    if ! [[ $line =~ $pattern ]]; then
        echo "make_table: cannot read: $line" >&2
        exit 1
    fi
    side=${BASH_REMATCH[1]} name=${BASH_REMATCH[2]}
    breaks=${BASH_REMATCH[3]} what=${BASH_REMATCH[5]} real=${BASH_REMATCH[6]}
    bug=$side:$name
    file=${scenario_of[$bug]:-}
    shown=none
    [[ -z $file ]] || shown="[$file](../scenarios/museum/$file)"
    echo "| $name | $side | ${what//|/\\|} | $breaks | ${clause_of[$bug]:-} |" \
        "${checker_of[$bug]:-} | ${wire_of[$bug]:-} | $shown | ${real//|/\\|} |"
done
