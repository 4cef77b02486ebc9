#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_usage - what people type wrong gets a clear sentence and its exit code.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

expect "no command" 64 "usage: syncspec COMMAND" -- "$syncspec"
expect "unknown command" 64 'unknown command "rum"; did you mean run?' -- \
    "$syncspec" rum
expect "help" 0 "selftest" "Exit: 0 pass" -- "$syncspec" help
expect "help of a command" 0 "--worlds LIST" -- "$syncspec" run --help
expect "version" 0 "syncspec 0." -- "$syncspec" --version
expect "unknown option" 64 "unknown option --sed; did you mean --seed?" -- \
    "$syncspec" run --sed 7 scenarios/offline
expect "short option" 64 "options are long" -- "$syncspec" run -v
expect "value missing" 64 "--seed wants a value: N" -- "$syncspec" run --seed
expect "not a number" 64 'wants a whole number, not "x"' -- \
    "$syncspec" run --seed x scenarios/offline
expect "flag with a value" 64 "--trace takes no value" -- \
    "$syncspec" run --trace=1 scenarios/offline
expect "no scenarios" 64 "which scenarios?" -- "$syncspec" run
expect "no such file" 64 "no/such: No such file" -- "$syncspec" run no/such
mkdir "$work/empty"
expect "nothing to run" 4 "no scenario in" -- "$syncspec" run "$work/empty"
expect "nothing matches" 4 'nothing matches "zzzzzz"' -- \
    "$syncspec" run --only zzzzzz scenarios/offline
expect "no such world" 64 'no world is named "mars"' -- \
    "$syncspec" run --worlds mars scenarios/offline
expect "no such dialect" 64 'no dialect is named "v9"' -- \
    "$syncspec" run --dialect v9 scenarios/offline
expect "no such bug" 64 'no server bug is named "x"' -- \
    "$syncspec" run --bug x scenarios/offline
expect "no such client bug" 64 'no client bug is named "x"' -- \
    "$syncspec" run --client-bug x scenarios/offline
expect "not a URL" 64 "wants an http:// or https:// URL" -- \
    "$syncspec" run --server localhost:1 scenarios/offline
expect "scale of no wire" 64 "--time-scale is of the wire" -- \
    "$syncspec" run --time-scale 5 scenarios/offline
expect "scale too large" 64 "--time-scale is at most 1000" -- \
    "$syncspec" run --worlds wire:memory --time-scale 1001 scenarios/offline
expect "witness of no wire" 64 "--witness is of the wire" -- \
    "$syncspec" run --worlds virtual --witness scenarios/offline
expect "no such report" 64 "html5" -- \
    "$syncspec" run --report html5 scenarios/offline
expect "report that cannot be written" 64 "No such file" -- \
    "$syncspec" run --report jsonl:/no/such/file scenarios/offline
expect "serve without auth" 64 "one of --dev-auth" -- "$syncspec" serve
expect "serve on a bad port" 64 "--port wants 0 to 65535" -- \
    "$syncspec" serve --dev-auth --port 70000
expect "serve with timers that stand still" 64 "--time-scale wants 1 to 1000" -- \
    "$syncspec" serve --dev-auth --port 0 --time-scale 0
expect "serve with a bad store" 64 "serve:" -- \
    "$syncspec" serve --dev-auth --port 0 --store tape
echo "this is no database, and long enough to be told from one" \
    >"$work/text.db"
expect "serve on a file that is no database" 64 "serve:" -- \
    "$syncspec" serve --dev-auth --port 0 --store "sqlite:$work/text.db"
expect "serve with a key set that is none" 64 "serve:" -- \
    "$syncspec" serve --port 0 --jwks "$work/text.db"
expect "lint: what" 64 "lint: which file?" -- "$syncspec" lint
expect "lint: kind" 64 "--as wants json" -- "$syncspec" lint --as x README.md
expect "fmt: what" 64 "fmt: which file?" -- "$syncspec" fmt
expect "clauses: closest" 64 "did you mean PUSH-4?" -- \
    "$syncspec" clauses PUSH4
expect "clauses: one" 0 "folded state as after once" -- \
    "$syncspec" clauses PUSH-4
expect "report: no file" 64 "No such file" -- "$syncspec" report no.jsonl
expect "report: not a report" 64 "line 1" -- \
    "$syncspec" report "$work/text.db"
expect "diff: which" 64 "which two JSON lines files?" -- "$syncspec" diff a.jsonl
expect "diff: format" 64 "--as wants text or markdown" -- \
    "$syncspec" diff --as junit a.jsonl b.jsonl
expect "diff: no file" 64 "a.jsonl: No such file" -- \
    "$syncspec" diff a.jsonl b.jsonl
expect "completion" 0 "complete -o filenames" -- "$syncspec" completion bash
finish
