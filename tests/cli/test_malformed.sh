#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_malformed - every file of scenarios/malformed is refused with the
# message that stands beside it: by `lint`, and (every eighth) by `run`.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

files=(scenarios/malformed/*.sync)
expect "lint refuses them" 1 -- "$syncspec" lint "${files[@]}"
cp "$work/out" "$work/lint"
expect "one message each" 0 -- \
    test "$(wc -l <"$work/lint")" -eq "${#files[@]}"
number=0
for file in "${files[@]}"; do
    number=$((number + 1))
    # The golden message may name the file with or without its folder.
    message=$(head -n 1 "${file%.sync}.expected")
    message=${message#"$file"}
    message=${message#"$(basename "$file")"}
    expect "lint $file" 0 "$message" -- sed -n "${number}p" "$work/lint"
    if ((number % 8 == 1)); then
        expect "run $file" 64 "$message" -- "$syncspec" run "$file"
    fi
done
finish
