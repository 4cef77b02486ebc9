#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_format - every C file is as clang-format 14 leaves it.  Another version
# breaks lines differently, so it judges nothing but its own self-test.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

config=$PWD/.clang-format
formatter=$(command -v clang-format-14 || command -v clang-format || true)

complaints() {
    [[ -e .clang-format ]] || cp "$config" .
    c_files | xargs -r "$formatter" --dry-run 2>&1 |
        sed -nE 's/^([^:]+:[0-9]+):[0-9]+: (warning|error):.*/\1: not as clang-format leaves it/p' |
        sort -u
}

self_test() {
    printf 'int  x;\n' | plant base/a.h
    expect "base/a.h:1: not as"
    printf 'int f(void) {\n    return 1;\n}\n' | plant base/a.c
    expect "base/a.c:1: not as"
    printf 'int f(void)\n{\n    return 1;\n}\n' | plant base/a.c
    expect_none "as it should be"
}

if [[ -z $formatter ]]; then
    echo "clang-format is not here: nothing judged"
    exit 0
fi
if ! "$formatter" --version | grep -q 'version 14\.'; then
    complaints_of_this_version=$("$formatter" --version)
    echo "$complaints_of_this_version is not version 14: nothing judged"
    exit 0
fi
style_main
