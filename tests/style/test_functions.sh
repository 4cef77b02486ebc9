#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_functions - functions of at most 70 lines and 5 parameters.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

function_lines_max=70
parameters_max=5

complaints() {
    find_files "${layers[*]} fuzz tests" '*.c' '*.h' | xargs -r ctags -f - \
        --languages=C --langmap=C:.c.h --kinds-C=f --fields=+neS --sort=no |
        awk -F '\t' -v lines_max="$function_lines_max" \
            -v parameters_max="$parameters_max" '
            function parameters(signature, i, c, depth, commas) {
                for (i = 1; i <= length(signature); i++) {
                    c = substr(signature, i, 1)
                    depth += (c == "(") - (c == ")")
                    commas += c == "," && depth == 1
                }
                return commas + 1
            }
            {
                line = last = 0
                signature = ""
                for (i = 4; i <= NF; i++) {
                    if ($i ~ /^line:/) { line = substr($i, 6) + 0 }
                    if ($i ~ /^end:/) { last = substr($i, 5) + 0 }
                    if ($i ~ /^signature:/) { signature = substr($i, 11) }
                }
                if (last - line + 1 > lines_max) {
                    print $2 ":" line ": " $1 " has " last - line + 1 " lines"
                }
                if (parameters(signature) > parameters_max) {
                    print $2 ":" line ": " $1 " has " \
                        parameters(signature) " parameters"
                }
            }'
}

# A function of so many lines, braces and name included.
function_of() {
    echo "int f(int a)"
    echo "{"
    for ((i = 4; i < $1; i++)); do
        echo "    a++;"
    done
    echo "    return a;"
    echo "}"
}

self_test() {
    function_of $((function_lines_max + 1)) | plant base/a.c
    expect "base/a.c:1: f has $((function_lines_max + 1)) lines"
    function_of "$function_lines_max" | plant base/a.c
    expect_none "just as long as allowed"
    echo "int g(int a, int b, int c, int d, int e, int f) { return a; }" |
        plant reports/a.c
    expect "reports/a.c:1: g has 6 parameters"
    echo "int g(int a, int (*b)(int, int), int c, int d, int e) { return a; }" |
        plant reports/a.c
    expect_none "five parameters, one of them a function"
}

if ! command -v ctags >/dev/null || ! ctags --version | grep -q Universal; then
    echo "universal-ctags is missing" >&2
    exit 1
fi
style_main
