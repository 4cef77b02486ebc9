#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_readers - readers that are not ours find in junit.xml what the JSON
# lines of the same run tell: xmllint by the schema, junitparser of Debian, and
# junit2json of npm.  A reader that is not here is skipped, and that is said.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"

cases=tests/reports/junit_cases.py
junit2json=${SYNCSPEC_NPM:-build/npm}/node_modules/.bin/junit2json
readers=()
# A Python of one's own, as pyenv's, does not see the modules of Debian.
python=$(command -v python3 || true)
! /usr/bin/python3 -c 'import junitparser' 2>/dev/null || python=/usr/bin/python3

# reader NAME WHERE COMMAND...: use it where the command works.
reader() {
    if "${@:3}" >/dev/null 2>&1; then
        readers+=("$1")
    else
        echo "skipped: there is no $1 here ($2)"
    fi
}
reader xmllint "Debian: apt-get install libxml2-utils" xmllint --version
reader junitparser "Debian: apt-get install junitparser" \
    "${python:-python3}" -c 'import junitparser'
reader junit2json "./dev test installs it where npm reaches its registry" \
    eval "'$junit2json' --help && '$python' --version"
if [[ ${#readers[@]} -eq 0 ]]; then
    echo "test_readers: 0 passed, 0 failed"
    exit 0
fi

# held NAME XML JSONL: every reader finds in XML what JSONL tells.
held() {
    local name=$1 xml=$2 jsonl=$3 reader seen
    for reader in "${readers[@]}"; do
        seen=$xml
        if [[ $reader == xmllint ]]; then
            expect "$name by the schema" 0 -- \
                xmllint --noout --schema tests/reports/junit.xsd "$xml"
            continue
        fi
        if [[ $reader == junit2json ]]; then
            seen=$work/read.json
            "$junit2json" "$xml" >"$seen"
        fi
        "$python" "$cases" jsonl "$jsonl" >"$work/told"
        expect "$name by $reader" 0 -- "$python" "$cases" "$reader" "$seen"
        mv "$work/out" "$work/seen"
        expect "$name by $reader is what the lines tell" 0 -- \
            diff "$work/told" "$work/seen"
    done
}

# made NAME CODE COMMAND...: a run, and what it wrote.
made() {
    local name=$1 code=$2
    expect "$name" "$code" -- "${@:3}" --report "jsonl:$work/$name.jsonl" \
        --report "junit:$work/$name.xml" --report "text:$work/$name.txt"
    held "$name" "$work/$name.xml" "$work/$name.jsonl"
}

golden=tests/reports/golden
for name in "" pass_ grades_ nothing_ strict_; do
    held "golden ${name%_}" "$golden/${name}junit.xml" \
        "$golden/${name}results.jsonl"
done

# What real runs write, of outcomes that lists of known failures make too.
run=("$syncspec" run --only lost_re scenarios/retry)
bug=(--bug ack-before-durable)
made failing 1 "${run[@]}" "${bug[@]}" --write-known-failing "$work/known.txt"
made xfail 0 "${run[@]}" "${bug[@]}" --known-failing "$work/known.txt"
made xpass 1 "${run[@]}" --known-failing "$work/known.txt"
made stopped 1 "${run[@]}" "${bug[@]}" --fail-fast
made canary 1 "${run[@]}" --bug canary

# A conformance run has skips and notes of its own.
serve --time-scale 20
made checked 0 "$syncspec" check --time-scale 20 --only service "$url"
serve --time-scale 20 --bug own-changes-echoed
made strict 1 "$syncspec" check --time-scale 20 --only push --profile strict \
    "$url"

# Every word of docs/report-schema.md was read at least once.
cat "$golden"/*results.jsonl "$work"/*.jsonl | sed -n \
    's/^{"type":"result".*"covers":[^]]*\],"outcome":"\([a-z-]*\)".*/\1/p' |
    sort -u >"$work/outcomes"
for word in pass nonstrict info fail unimplemented skip xfail xpass error \
    unknown flaky not-run; do
    expect "a case that ends as $word" 0 -- \
        grep -qx -- "$word" "$work/outcomes"
done
finish
