#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_check_known - known failures of a server, as test_known has them of
# scenarios.  The rules:
#   an entry has id, message, reason and expires; one that lacks something,
#   names no case, or has expired, is an error, and nothing is played;
#   what fails with the listed message does not count, at any --jobs;
#   what fails with another message, or in another dialect, counts;
#   what is listed and passes counts;
#   what is not asked (profile, --only) is neither unknown nor stale;
#   what --known-flaky lists is tried again, nothing else is;
#   of --baseline only what newly fails counts;
#   --write-known-failing changes no exit code, keeps words, drops what is stale.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# Every command looks at the server first, and sanitizers are slow at that: the
# optimised build where there is one; what is tested here is under them in the
# tests of its layer.
syncspec=${SYNCSPEC_RELEASE:-$syncspec}

serve --time-scale 20
sound=("$syncspec" check "$url" --time-scale 20 --only PUSH-11)
serve --time-scale 20 --bug body-client-id-trusted
broken=("$syncspec" check "$url" --time-scale 20 --only PUSH-11)
list=$work/known.txt
hides=push/client_id_of_the_body_does_not_win#1
shows=push/client_id_of_the_body_shows_nothing_of_itself#1

expect "a list is written, and the failures count" 1 ", 2 failed in" -- \
    "${broken[@]}" --write-known-failing "$list"
expect "it names them" 0 "$hides message=\"alice (raw) expects changes=0\"" \
    "$shows message=" -- cat "$list"
sed -i 's/nobody has said why yet/issue 12/' "$list"
expect "as listed" 0 "failed as known 2: issue 12" ", 2 failed as known" -- \
    "${broken[@]}" --known-failing "$list"
for jobs in 1 3; do
    expect "with $jobs jobs" 0 ", 2 failed as known" -- "${broken[@]}" \
        --known-failing "$list" --jobs "$jobs" --shuffle --fail-fast
done
expect "a part of the message" 0 ", 2 failed as known" -- "${broken[@]}" \
    --known-failing <(sed 's/message="[^"]*"/message="alice (raw) *"/' "$list")

expect "stale" 1 "is listed as failing, and passes" \
    "2 passed unexpectedly" -- "${sound[@]}" --known-failing "$list"
expect "not selected is not stale" 0 "passed in" -- \
    "${sound[@]}" --known-failing "$list" --only CURSOR-9
expect "not in the profile is not stale" 0 "passed in" -- \
    "${sound[@]}" --known-failing "$list" --profile core --only PUSH-2
sed 's/message="alice/message="nobody/' "$list" >"$work/other"
expect "another message" 1 ", 2 failed in" \
    "is listed as failing with another message: nobody (raw) expects" -- \
    "${broken[@]}" --known-failing "$work/other"
sed 's/$/ dialect=v1/' "$list" >"$work/other"
expect "another dialect" 1 ", 2 failed in" -- \
    "${broken[@]}" --known-failing "$work/other"
sed 's/$/ dialect=v2 world=wire/' "$list" >"$work/other"
expect "this dialect" 0 ", 2 failed as known" -- \
    "${broken[@]}" --known-failing "$work/other"
sed '$d' "$list" >"$work/other"
expect "one that is not listed" 1 ", 1 failed, 1 failed as known" -- \
    "${broken[@]}" --known-failing "$work/other"

# refused NAME TEXT WORDS...: a list that is wrong; nothing is played.
refused() {
    printf '%s\n' "$2" >"$work/other"
    expect "$1" 64 "${@:3}" -- "${broken[@]}" --known-failing "$work/other"
    expect "$1: nothing is played" 1 -- grep -q 'FAIL\|in 1 world' "$work/out"
}
good="message=\"m\" reason=\"r\" expires=2099-12-31"
today=$(date -u +%F)
refused "no such case" "push/client_id_of_the_body_does_not_winn#1 $good" \
    "did you mean \"$hides\""
refused "expired" "$hides message=\"m\" reason=\"r\" expires=2020-02-29" \
    "expired on 2020-02-29"
refused "no message" "$hides reason=\"r\" expires=2099-12-31" \
    "other:1:1: $hides has no message"
refused "no reason" "$hides message=\"m\" expires=2099-12-31" \
    "other:1:1: $hides has no reason"
refused "no expiry" "$hides message=\"m\" reason=\"r\"" \
    "other:1:1: $hides has no expires"
refused "twice" "$hides $good"$'\n'"$hides $good" "other:2:"
sed "s/expires=[0-9-]*/expires=$today/" "$list" >"$work/other"
expect "the last day is a good one" 0 ", 2 failed as known" -- \
    "${broken[@]}" --known-failing "$work/other"
expect "no file" 64 "No such file" -- "${broken[@]}" --known-failing no/such

expect "flaky that never passes" 1 "is listed as flaky, and failed 4 times" \
    ", 2 failed in" -- "${broken[@]}" --known-flaky "$list" --retries 3
expect "flaky and sound" 0 "passed in" -- "${sound[@]}" --known-flaky "$list"
expect "retries of nothing" 64 "--retries is of what --known-flaky lists" -- \
    "${sound[@]}" --retries 3

expect "a sound run" 0 -- "${sound[@]}" --report "jsonl:$work/sound.jsonl"
expect "a broken run" 1 -- "${broken[@]}" --report "jsonl:$work/broken.jsonl"
expect "what failed before" 0 ", 2 failed as known" -- \
    "${broken[@]}" --baseline "$work/broken.jsonl"
expect "what newly fails" 1 ", 2 failed in" -- \
    "${broken[@]}" --baseline "$work/sound.jsonl"
expect "a baseline that is none" 64 "line 1" -- \
    "${broken[@]}" --baseline "$list"
expect "what changed" 1 "Newly failing (2)" "2 newly failing, " -- \
    "$syncspec" diff "$work/sound.jsonl" "$work/broken.jsonl"
expect "and back" 0 "0 newly failing, 2 newly passing, " -- \
    "$syncspec" diff "$work/broken.jsonl" "$work/sound.jsonl"

expect "written again" 0 ", 2 failed as known" -- "${broken[@]}" \
    --known-failing "$list" --write-known-failing "$work/again"
expect "it keeps its words" 0 -- diff "$list" "$work/again"
expect "written where something else is asked" 0 -- "${sound[@]}" \
    --only CURSOR-9 --known-failing "$list" --write-known-failing "$work/again"
expect "it keeps what was not played" 0 -- diff "$list" "$work/again"
expect "written of a server that was mended" 1 -- "${sound[@]}" \
    --known-failing "$list" --write-known-failing "$work/again"
expect "only its comment is left" 1 -- grep -v '^#' "$work/again"
finish
