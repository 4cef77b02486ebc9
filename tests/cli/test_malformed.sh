#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_malformed - every file of scenarios/malformed is refused with the
# message that stands beside it, by `run` and by `lint`.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

for file in scenarios/malformed/*.sync; do
    message=$(head -n 1 "${file%.sync}.expected")
    # The golden message may name the file with or without its folder.
    message=${message#"$file"}
    message=${message#"$(basename "$file")"}
    expect "run $file" 64 "$message" -- "$syncspec" run "$file"
    expect "lint $file" 1 "$message" -- "$syncspec" lint "$file"
done
finish
