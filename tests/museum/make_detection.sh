#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# make_detection - print docs/DETECTION.md from the lines of detect.sh in FILE.
set -Eeuo pipefail
export LC_ALL=C

syncspec=${SYNCSPEC_RELEASE:-${SYNCSPEC:?the path of the built program}}

cat <<'INTRO'
# How soon a server's bugs are found

Every bug of the museum ([MUSEUM.md](MUSEUM.md)) that sits in the bundled server, and what `syncspec check` says of a server that has it: played over
real sockets as anybody's server is, profile strict, four cases at a time, from the start of the command (which starts the server and looks at it first)
to the first verdict that names a clause which the bug breaks. Neither the cases nor the checkers know the names of bugs.

`tests/museum/test_detection.sh` demands that each is found, and that the sound server is accused of nothing. It also made this table, with
`SYNCSPEC_UPDATE=1` on a machine with two cores; times are of that machine, and decide nothing.

| bug | found by | in case | after | what it does |
|---|---|---|---|---|
INTRO
while IFS='|' read -r bug clause case ms; do
    bug=${bug// /} clause=${clause// /} case=${case// /} ms=${ms// /}
    what=$("$syncspec" list --bugs |
        sed -nE "s/^server:$bug +[A-Z]+-[0-9]+( [A-Z]+-[0-9]+)* +(.*)  \[.*\]\$/\2/p")
    printf '| %s | %s | %s | %d.%d s | %s |\n' "$bug" "$clause" "$case" \
        $((ms / 1000)) $((ms % 1000 / 100)) "${what//|/\\|}"
done <"$1"
