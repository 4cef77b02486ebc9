#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_text - what every source file keeps: its licence line, its length, no
# tabs, no trailing blanks, no unfinished business, no way out of the process
# below the command line.
# shellcheck disable=SC2016 # the dollars are awk's
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lines_max=600

# Unfinished business, spelled so that this file does not find itself.
unfinished="TO""DO|FIX""ME|XX""X|HA""CK|place""holder|for ""now"
outside="\.\./sha""red|/wo""rk/"

text_files() {
    c_files
    script_files
    find_files "docs README.md CHANGELOG.md CONTRIBUTING.md scenarios" '*.md'
}

complain_licence() {
    c_files | xargs -r awk '
        FNR == 1 && $0 != "/* SPDX-License-Identifier: MIT */" {
            print FILENAME ":1: the first line is not the SPDX line"
        }'
    script_files | xargs -r awk '
        FNR == 1 { found = 0 }
        /^# SPDX-License-Identifier: MIT$/ { found = 1 }
        FNR == 2 && !found { print FILENAME ":2: no SPDX line" }'
}

complain_lines() {
    text_files | xargs -r awk -v lines_max="$lines_max" '
        /\t/ { print FILENAME ":" FNR ": a tab" }
        /[ \r]$/ { print FILENAME ":" FNR ": a trailing blank" }
        FNR == lines_max + 1 && FILENAME ~ /\.([ch]|def|sh)$/ {
            print FILENAME ": more than " lines_max " lines"
        }'
}

complain_words() {
    text_files | xargs -r grep -nHwE "$unfinished" |
        sed 's/\(:[0-9]*:\).*/\1 unfinished business/' || true
    text_files | xargs -r grep -nHE "$outside" |
        sed 's/\(:[0-9]*:\).*/\1 a path outside of the project/' || true
}

# Code without comments and strings, as FILE:LINE:CODE.
bare_code() {
    xargs -r awk '
        FNR == 1 { inside = 0 }
        {
            code = $0
            gsub(/\\./, "", code)
            gsub(/"[^"]*"/, "\"\"", code)
            bare = ""
            while (code != "") {
                if (inside) {
                    at = index(code, "*/")
                    if (!at) { break }
                    code = substr(code, at + 2)
                    inside = 0
                    continue
                }
                at = index(code, "/*")
                if (!at) { bare = bare code; break }
                bare = bare substr(code, 1, at - 1)
                code = substr(code, at + 2)
                inside = 1
            }
            print FILENAME ":" FNR ":" bare
        }'
}

complain_code() {
    c_files | bare_code | sed -nE \
        's/^([^:]+:[0-9]+:).*typedef +(struct|union|enum)( +[a-z0-9_]+)? *(\{|\**[a-z0-9_]+ *;|$).*/\1 typedef of a struct, union or enum/p'
    files_below_cli | bare_code | sed -nE \
        's/^([^:]+:[0-9]+:)(|.*[^A-Za-z0-9_])(exit|_exit|_Exit|quick_exit|abort|printf|vprintf|puts|putchar|perror)\(.*/\1 \3( below the command line/p
         s/^([^:]+:[0-9]+:).*(fprintf|fputs|fputc|putc|fwrite)\(.*\<(stdout|stderr)\>.*/\1 \3 below the command line/p'
}

# Where nobody ends the process or talks to a terminal.  Exceptions: a broken
# assertion, and a forked child whose program could not be started.
files_below_cli() {
    find_files "base protocol mock_server reports harness/scenario
        harness/check harness/transport harness/client harness/run" \
        '*.c' '*.h' '*.def' | grep -vE '^(base/asserts|harness/(transport/(spawn|command|issuer_child)|run/workers)|.*/main)\.c$' || true
}

complaints() {
    complain_licence
    complain_lines
    complain_words
    complain_code
}

# plant_c FILE LINE...: a good file that holds the lines.
plant_c() {
    local file=$1
    shift
    printf '%s\n' '/* SPDX-License-Identifier: MIT */' "$@" | plant "$file"
}

# breach FILE TEXT LINE: a good file but for its second line.
breach() {
    plant_c "$1" "$3"
    want "$1:2: $2"
}

self_test_breaches() {
    local call count=0
    echo "int x;" | plant base/no_licence.c
    want "base/no_licence.c:1: the first line is not the SPDX line"
    printf '#!/bin/sh\necho\n' | plant dev
    want "dev:2: no SPDX line"
    plant_c base/long.c && seq 1 "$lines_max" >>base/long.c
    want "base/long.c: more than $lines_max lines"
    breach base/a.h "a tab" "$(printf 'int\tx;')"
    breach base/a.def "a trailing blank" "x "
    for call in "TO""DO" "FIX""ME" "XX""X" "HA""CK" "place""holder"; do
        breach "fuzz/word_$((count += 1)).c" "unfinished business" "/* $call */"
    done
    echo "see ../sha""red/x" | plant docs/a.md
    want "docs/a.md:1: a path outside"
    breach protocol/a.h "typedef of a struct" "typedef struct x y;"
    breach protocol/b.h "typedef of a struct" "typedef struct {"
    for call in exit printf puts abort perror; do
        breach "harness/run/$call.c" "$call( below" "    $call(x);"
    done
    breach reports/a.c "stderr below the command line" 'fprintf(stderr, "x");'
    judge
}

self_test() {
    self_test_breaches
    plant_c base/a.c && seq 2 "$lines_max" >>base/a.c
    plant_c tests/base/a.c 'char name[] = "/tmp/aXXXXXX"; /* hackle */'
    plant_c protocol/a.h 'typedef enum status reader(struct parser *parser);' \
        'typedef void (*act)(struct x y);'
    plant_c base/b.c 'snprintf(p, n, "exit(1)"); /* printf( is' ' * exit( too */' \
        'buf_printf(b, "%d", n); fprintf(file, "x"); on_exit();'
    plant_c harness/cli/a.c 'printf("x"); exit(0);'
    plant_c base/asserts.c 'fprintf(stderr, "x"); abort();'
    expect_none "what is allowed"
}

style_main
