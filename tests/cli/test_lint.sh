#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_lint - lint says whether bytes are what the protocol allows, and where
# they are not.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

good='{"clientId":"a","since":"1970-01-01T00:00:00.000Z","changes":[{"table":"tasks","id":"1","op":"update","fields":{"title":{"value":"x","at":"2026-03-27T10:05:00.000Z"}}}]}'
lint() {
    printf '%s' "$1" >"$work/body"
    shift
    "$syncspec" lint "$@" "$work/body"
}
export -f lint
export syncspec work

expect "a changeset" 0 "a valid changeset (v2)" -- \
    bash -c 'lint "$1" --as changeset' - "$good"
expect "standard input" 0 "valid json" -- \
    bash -c 'echo "[1]" | "$syncspec" lint --as json -'
expect "the other dialect" 1 "changes[0].fields.title" "updatedAt" -- \
    bash -c 'lint "$1" --dialect v1' - "$good"
expect "not a time" 1 "changes[0].fields.title.at" "10:05" -- \
    bash -c 'lint "$1"' - "${good/2026-03-27T10:05:00.000Z/10:05}"
expect "cut off" 1 "offset" "line 1, column" -- \
    bash -c 'lint "$1"' - "${good%??}"
expect "duplicate member" 1 "offset 7" -- \
    bash -c 'lint "$1" --as json' - '{"a":1,"a":2}'
expect "trailing bytes" 1 "offset 4" -- \
    bash -c 'lint "$1" --as json' - '[1] x'
expect "a response" 0 "valid response" -- \
    bash -c 'lint "$1" --as response' - \
    '{"serverChanges":[],"conflicts":[],"syncedUntil":"2026-03-27T10:05:00Z"}'
expect "a bad entry of a response" 1 "serverChanges[0].op" -- \
    bash -c 'lint "$1" --as response' - \
    '{"serverChanges":[{"table":"t","id":"1","op":"upsert"}],"conflicts":[],"syncedUntil":"2026-03-27T10:05:00Z"}'
expect "a scenario" 1 "scenario.sync:1:1" -- \
    bash -c 'echo nonsense >"$work/scenario.sync"; "$syncspec" lint "$work/scenario.sync"'
for exchange in tests/captures/v2/*.request; do
    sed '1,/^\r$/d' "$exchange" >"$work/capture"
    [[ -s $work/capture ]] || continue
    case $exchange in
    *13-push-new-schema-version*)
        expect "$exchange" 1 "schemaVersion 2" -- \
            "$syncspec" lint --as changeset "$work/capture"
        ;;
    *)
        expect "$exchange" 0 "valid changeset" -- \
            "$syncspec" lint --as changeset "$work/capture"
        ;;
    esac
done
finish
