# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# detect - what `syncspec check` says of a server with a planted bug, and how
# soon: the whole of profile strict is played, as a server's author would, and
# ended at the first verdict with a clause that the bug breaks.

# Real bugs in parts of a server that the suite never sees at once need a
# server that it starts itself, on a durable store.
scale=20

# breaks_of BUG: the clauses that `list --bugs` names.
breaks_of() {
    "$syncspec" list --bugs |
        sed -nE "s/^server:$1 +([A-Z]+-[0-9]+( [A-Z]+-[0-9]+)*) .*/\1/p"
}

# dialect_of BUG: of its exhibit.
dialect_of() {
    local file=scenarios/museum/server_${1//-/_}.sync
    if grep -q '^dialect  *v1' "$file"; then echo v1; else echo v2; fi
}

# first_of CLAUSES: read JSON lines; print "CLAUSE CASE" of the first verdict
# that has one of the clauses, and end.
first_of() {
    local line id clause
    while IFS= read -r line; do
        [[ $line == *'"outcome":"fail"'* || $line == *'"outcome":"error"'* ]] ||
            continue
        [[ $line =~ \"type\":\"result\" ]] || continue
        [[ $line =~ \"id\":\"([^\"]*)\" ]] || continue
        id=${BASH_REMATCH[1]}
        for clause in $1; do
            if [[ $line == *"\"clause\":\"$clause\""* ]]; then
                echo "$clause $id"
                return 0
            fi
        done
    done
    return 1
}

# detect BUG [CLAUSE]: one line, "BUG | CLAUSE | CASE | MS", CLAUSE "none" when
# it is not caught.  With a clause only its cases are played.
detect() {
    local bug=$1 folder begun_us ended_us found only=()
    [[ -z ${2:-} ]] || only=(--only "$2")
    folder=$(mktemp -d "$work/XXXXXX")
    mkfifo "$folder/lines"
    begun_us=${EPOCHREALTIME//./}
    "$syncspec" check --profile strict "${only[@]:+${only[@]}}" --time-scale "$scale" \
        --dialect "$(dialect_of "$bug")" --server-command \
        "exec '$syncspec' serve --dev-auth --origin http://localhost:5173 --time-scale $scale --port \$PORT --store sqlite:$folder/db ${bug:+--bug $bug}" \
        --report "jsonl:$folder/lines" --report "text:$folder/text" \
        >"$folder/out" 2>&1 </dev/null &
    local check=$!
    found=$(first_of "$(breaks_of "$bug")" <"$folder/lines") || found="none -"
    ended_us=${EPOCHREALTIME//./}
    kill "$check" 2>/dev/null || true
    kill -9 "$check" 2>/dev/null || true
    wait "$check" 2>/dev/null || true
    echo "$bug | ${found% *} | ${found#* } | $(((ended_us - begun_us) / 1000))"
    [[ $found != none* ]] || sed 's/^/# /' "$folder/out" | tail -n 5
    rm -rf "$folder"
}
