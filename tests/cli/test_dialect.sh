#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_dialect - a dialect from a file: what it renames is spoken on the wire,
# by scripts too, and one name that is wrong is found.
# shellcheck source=tests/cli/lib.sh
source tests/cli/lib.sh

renamed=tests/cli/dialects/renamed.dialect
all=scenarios/conformance

# All of it by the optimised build, where there is one; under sanitizers, which
# are slow, what has the most names in it.
fast=${SYNCSPEC_RELEASE:-$syncspec}
for folder in "$all"/*/; do
    expect "$folder passes, whatever things are called" 0 " passed" -- \
        "$fast" run --jobs 2 --dialect "$renamed" "$folder"
done
for folder in live push cursor delete; do
    expect "$folder passes on the wire as well" 0 "2 worlds" -- \
        "$fast" run --jobs 4 --dialect "$renamed" \
        --worlds virtual,wire:memory "$all/$folder"
done
expect "under sanitizers too" 0 "2 worlds" " passed" -- "$syncspec" run --jobs 4 \
    --dialect "$renamed" --worlds virtual,wire:memory "$all/push" "$all/delete" \
    "$all/fidelity" "$all/live/stream_says_what_a_pull_says.sync" \
    "$all/live/notice_follows_each_push.sync"
for folder in retry live validation; do
    expect "faults and reasons have its names: $folder" 0 "passed" -- \
        "$syncspec" run --jobs 2 --dialect "$renamed" "scenarios/$folder"
done
expect "reports have its name, a replay its file" 0 '"dialect":"renamed"' \
    "--dialect $renamed" -- "$syncspec" run --dialect "$renamed" \
    --report jsonl "$all/push"

# What is on the wire has its names, and only those.
serve --dialect "$renamed"
expect "health is elsewhere" 0 '"dialect":"renamed"' -- \
    curl -sS --fail "$url/healthz"
expect "a push in its names" 0 '{"changes":[' '"clashes":[]' '"cursor":"' -- \
    curl -sS --fail -H 'Authorization: Bearer u' -H 'X-Device: d' \
    --data '{"ops":[{"collection":"t","key":"1","do":"create","record":{"n":1}}]}' \
    "$url/api/v3/apps/a/changes"
expect "a pull in its names" 0 '"collection":"t","key":"1","do":"create","record"' -- \
    curl -sS --fail -H 'Authorization: Bearer u' -H 'X-Device: e' \
    "$url/api/v3/apps/a/delta?table=t&after=1970-01-01T00:00:00.000Z"
expect "the names of v2 are wrong there" 0 "400" -- \
    curl -sS -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer u' \
    -H 'X-Device: d' --data '{"changes":[]}' "$url/api/v3/apps/a/changes"
expect "the paths of v2 are none" 0 "404" -- \
    curl -sS -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer u' \
    "$url/sync/a/pull?collection=t&since=1970-01-01T00:00:00.000Z"
expect "a server that speaks it passes" 0 -- \
    "$syncspec" run --server "$url" --dialect "$renamed" "$all/push"
expect "frames made by hand are left out where they hold names" 0 \
    "cuts names that the dialect calls otherwise" " passed" -- \
    "$syncspec" check "$url" --dialect "$renamed" --only live/frames_follow
expect "another dialect does not find it" 3 "/health did not answer" -- \
    "$syncspec" run --server "$url" --dialect v2 "$all/push"

# One name off is seen, whichever it is.
off() {
    local name=$1 key=$2 wrong=$3
    shift 3
    sed "s|^$key = .*|$key = $wrong|" "$renamed" >"$work/off.dialect"
    cmp -s "$renamed" "$work/off.dialect" && echo "$key is not in the file"
    expect "$name" 1 "$@" -- "$syncspec" run --server "$url" \
        --dialect "$work/off.dialect" --fail-fast "$all/push" "$all/fidelity"
}
off "a wrong name of an answer" name.syncedUntil curser "curser: missing"
off "a wrong name of a push" name.changes opps
off "a wrong key of stamps" stamp_key tz
off "a wrong op" op.update modify
off "a wrong path" path.pull '/api/v3/apps/{app}/deltas' "404"
off "a wrong parameter" query.since before
off "a wrong header" header.clientId X-Devise
kill -9 "$server"
wait "$server" 2>/dev/null || true

# Channels that are not there are not asked for.
{
    echo "base = v2"
    echo "has.stream = no"
} >"$work/bare.dialect"
expect "scenarios of a missing channel are skipped" 0 \
    "the dialect does not have such a channel" -- \
    "$syncspec" run --verbose --dialect "$work/bare.dialect" "$all/live"
printf 'base = v2\nhas.extras = no\nhas.auth_ok = no\nschema_version = 0\nhas.more = no\n' \
    >"$work/poor.dialect"
expect "so are clauses of a missing part" 0 \
    "the dialect does not have what its clauses are about" -- \
    "$syncspec" run --verbose --jobs 2 --dialect "$work/poor.dialect" \
    "$all/live" "$all/fidelity" "$all/cursor" "$all/tenancy"
expect "load does not listen on what is not there" 64 "has no --listen stream" -- \
    "$syncspec" load --dialect "$work/bare.dialect" --listen stream --seconds 1
expect "load speaks it" 0 -- "$syncspec" load --dialect "$renamed" --clients 2 \
    --seconds 1
expect "and listens" 0 "notices heard" "nothing lost" -- "$syncspec" load --dialect "$renamed" \
    --listen mixed --clients 9 --seconds 1
expect "the name is the file's" 0 '"dialect":"bare"' -- \
    "$syncspec" run --report jsonl --dialect "$work/bare.dialect" "$all/push"

# Usage.
printf 'base = v2\nname.tabel = x\n' >"$work/bad.dialect"
for command in "run $all/push" "lint $renamed" "serve --dev-auth" load; do
    read -r verb rest <<<"$command"
    # shellcheck disable=SC2086 # the words of a command
    expect "$verb tells what is wrong with a file" 64 \
        "bad.dialect:2:1: unknown key \"name.tabel\"; did you mean \"name.table\"?" -- \
        "$syncspec" $verb --dialect "$work/bad.dialect" $rest
    # shellcheck disable=SC2086
    expect "$verb knows no such dialect" 64 'no dialect is named "v9"' -- \
        "$syncspec" $verb --dialect v9 $rest
done
echo '{"ops":[]}' >"$work/body"
expect "lint knows the names" 0 "a valid changeset (renamed)" -- \
    "$syncspec" lint --dialect "$renamed" "$work/body"
expect "and what is missing" 1 "changes: missing" -- \
    "$syncspec" lint "$work/body"
expect "help has the keys" 0 "name.serverChanges" "has.stream" -- \
    "$syncspec" help dialect
finish
