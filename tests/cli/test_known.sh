#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_known - known failures: a list is written, makes its run pass, goes stale
# when the server is mended, and is refused when it is wrong or too old; a
# baseline; what changed between two runs; one process and many tell the same.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

sound=("$syncspec" run --only lost_re scenarios/retry)
broken=("${sound[@]}" --bug ack-before-durable)
list=$work/known.txt

expect "a list is written" 1 "4 failed" -- \
    "${broken[@]}" --write-known-failing "$list"
expect "it names what failed" 0 \
    'retry/lost_request_is_sent_again#1 message="bob sees' \
    'retry/lost_response_takes_effect_once#1 message="everyone agrees"' -- \
    cat "$list"
sed -i 's/nobody has said why yet/issue 12/' "$list"
expect "it makes the run pass" 0 "failed as known 4: issue 12" \
    "2 passed, 4 failed as known" -- "${broken[@]}" --known-failing "$list"
expect "in many processes too" 0 "2 passed, 4 failed as known" -- \
    "${broken[@]}" --known-failing "$list" --jobs 3
expect "it ends nothing early" 0 "2 passed, 4 failed as known" -- \
    "${broken[@]}" --known-failing "$list" --fail-fast
expect "a mended server makes it stale" 1 \
    "is listed as failing, and passes" "4 passed unexpectedly" -- \
    "${sound[@]}" --known-failing "$list"
expect "what is not selected is not stale" 0 "2 passed in" -- \
    "$syncspec" run scenarios/retry --known-failing "$list" \
    --only crash_after_a_lost
expect "written again it keeps its words" 0 "4 failed as known" -- \
    "${broken[@]}" --known-failing "$list" --write-known-failing "$work/again"
expect "they are the same" 0 -- diff "$list" "$work/again"
expect "written of a sound server it is empty" 1 -- \
    "${sound[@]}" --known-failing "$list" --write-known-failing "$work/again"
expect "only its comment is left" 1 -- grep -v '^#' "$work/again"

sed 's/message="[a-z]*/message="nobody/' "$list" >"$work/other"
expect "another message fails" 1 \
    "is listed as failing with another message: nobody agrees" "4 failed" -- \
    "${broken[@]}" --known-failing "$work/other"
sed 's/lost_request/lost_requst/' "$list" >"$work/other"
expect "an unknown id" 64 "did you mean \"retry/lost_request_is_sent_again#1\"" \
    -- "${broken[@]}" --known-failing "$work/other"
sed 's/expires=....-..-../expires=2020-02-29/' "$list" >"$work/other"
expect "too old" 64 "expired on 2020-02-29" -- \
    "${broken[@]}" --known-failing "$work/other"
echo "x#1 message=" >"$work/other"
expect "no list" 64 "$work/other:1:" -- \
    "${broken[@]}" --known-failing "$work/other"
expect "no file" 64 "No such file" -- "${broken[@]}" --known-failing no/such

expect "flaky that never passes" 1 "is listed as flaky, and failed 4 times" \
    "4 failed" -- "${broken[@]}" --known-flaky "$list" --retries 3
expect "flaky and sound" 0 "6 passed" -- "${sound[@]}" --known-flaky "$list"
expect "retries of nothing" 64 "--retries is of what --known-flaky lists" -- \
    "${sound[@]}" --retries 3
expect "too many retries" 64 "--retries is at most 100" -- \
    "${sound[@]}" --known-flaky "$list" --retries 101

expect "a sound run" 0 -- "${sound[@]}" --report "jsonl:$work/sound.jsonl"
expect "a broken run" 1 -- "${broken[@]}" --report "jsonl:$work/broken.jsonl"
expect "what failed before does not count" 0 "4 failed as known" -- \
    "${broken[@]}" --baseline "$work/broken.jsonl"
expect "what newly fails does" 1 "4 failed" -- \
    "${broken[@]}" --baseline "$work/sound.jsonl"
expect "a baseline that is none" 64 "line 1" -- \
    "${broken[@]}" --baseline "$list"
expect "it broke" 1 "Newly failing (4)" "4 newly failing, 2 as before" -- \
    "$syncspec" diff "$work/sound.jsonl" "$work/broken.jsonl"
expect "it was mended" 0 "0 newly failing, 4 newly passing, 2 as before" -- \
    "$syncspec" diff "$work/broken.jsonl" "$work/sound.jsonl"
expect "as Markdown" 1 "### Newly failing (4)" -- \
    "$syncspec" diff --as markdown "$work/sound.jsonl" "$work/broken.jsonl"
expect "nothing changed" 0 "0 newly failing, 6 as before" -- \
    "$syncspec" diff "$work/sound.jsonl" "$work/sound.jsonl"
finish
