#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_layers - an include goes only towards lower layers, libraries stay in
# the places they are meant for, and no file includes itself by a detour.
# shellcheck disable=SC2016 # the dollars are awk's
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# What a folder may include, by prefix; its own files always.
allowed_for() {
    local below_run="base protocol mock_server reports harness/scenario
        harness/check harness/transport harness/client"
    case $1 in
    base) echo "" ;;
    protocol) echo "base" ;;
    mock_server | reports) echo "base protocol" ;;
    harness/scenario | harness/check) echo "base protocol reports" ;;
    harness/transport) echo "base protocol reports mock_server" ;;
    harness/client) echo "base protocol reports harness/transport/transport.h" ;;
    harness/run) echo "$below_run" ;;
    harness/cli | fuzz | tests/bench) echo "$below_run harness/run" ;;
    tests/*) echo "$(folder_of_layer "${1#tests/}")" \
        "$(allowed_for "$(folder_of_layer "${1#tests/}")")" ;;
    *) echo "" ;;
    esac
}

folder_of_layer() {
    case $1 in
    scenario | check | transport | client | run | cli) echo "harness/$1" ;;
    *) echo "$1" ;;
    esac
}

# Where a library's header may be included; tests may use any of them.
library_rules() {
    cat <<'END'
cJSON.h         ^(protocol/json\.c|reports/[a-z_]*json[a-z_]*\.c|tests/.*)$
libwebsockets.h ^(mock_server|harness/transport|tests)/
uv.h            ^(mock_server|harness/transport|harness/cli|tests)/
curl/           ^(mock_server|harness/transport|harness/cli|tests)/
openssl/        ^(protocol/ws\.c$|(mock_server|harness/cli|tests)/)
sqlite3.h       ^(mock_server|tests)/
check.h         ^tests/
END
}

# Every include as FILE:LINE:INCLUDED:KIND, where KIND is < or a quote.
includes() {
    c_files | xargs -r awk '
        /^[ ]*#[ ]*include[ ]*["<]/ {
            kind = /"/ ? "\"" : "<"
            sub(/^[ ]*#[ ]*include[ ]*["<]/, "")
            sub(/[">].*/, "")
            print FILENAME ":" FNR ":" $0 ":" kind
        }'
}

is_allowed() {
    local target=$1 prefix
    shift
    for prefix in "$@"; do
        [[ $target == "$prefix" || $target == "$prefix"/* ]] && return 0
    done
    return 1
}

# The folder that decides about FILE, into $folder: its first two parts for
# harness and tests, else all of it.
folder_key() {
    folder=${1%/*}
    if [[ $folder =~ ^((harness|tests)/[^/]+)/ ]]; then
        folder=${BASH_REMATCH[1]}
    fi
}

complain_climbs() {
    local file line target kind folder
    declare -A memory
    while IFS=: read -r file line target kind; do
        [[ $kind == '"' ]] || continue
        folder_key "$file"
        [[ -v memory[$folder] ]] || memory[$folder]=$(allowed_for "$folder")
        if [[ ! -e $target ]]; then
            echo "$file:$line: \"$target\" is not a path from the root"
        elif [[ $target == *.c ]]; then
            echo "$file:$line: includes a .c file"
        else
            # shellcheck disable=SC2086 # a list of words
            is_allowed "$target" "$folder" ${memory[$folder]} ||
                echo "$file:$line: $folder may not include $target"
        fi
    done <<<"$found"
}

complain_libraries() {
    awk -F : '
        NR == FNR { split($0, rule, " +"); home[rule[1]] = rule[2]; next }
        $4 == "<" {
            for (header in home) {
                if (index($3, header) == 1 && $1 !~ home[header]) {
                    print $1 ":" $2 ": <" $3 "> does not belong here"
                }
            }
        }' <(library_rules) - <<<"$found"
}

# Depth-first over the graph of files, so that every circle is met.
complain_circles() {
    awk -F : '
        function visit(file, i, n, next_of) {
            state[file] = 1
            n = split(edges[file], next_of, " ")
            for (i = 1; i <= n; i++) {
                if (state[next_of[i]] == 1) {
                    print file ": includes " next_of[i] ", which includes it"
                } else if (!state[next_of[i]]) {
                    visit(next_of[i])
                }
            }
            state[file] = 2
        }
        $4 == "\"" {
            edges[$1] = edges[$1] " " $3
            if (!seen[$1]++) { order[++count] = $1 }
        }
        END {
            for (i = 1; i <= count; i++) {
                if (!state[order[i]]) { visit(order[i]) }
            }
        }' <<<"$found"
}

complaints() {
    local found
    found=$(includes)
    complain_climbs
    complain_libraries
    complain_circles
}

# plant_include FILE TARGET: FILE includes TARGET, and both exist.
plant_include() {
    [[ -e $2 ]] || : | plant "$2"
    [[ -e $1 ]] || : | plant "$1"
    echo "#include \"$2\"" >>"$1"
}

self_test_climbs() {
    local file target
    while read -r file target; do
        plant_include "$file" "$target"
        folder_key "$file"
        want "$folder may not include $target"
    done <<'END'
base/a.h protocol/b.h
protocol/a.c mock_server/b.h
protocol/a.c reports/b.h
mock_server/a.c reports/b.h
mock_server/a.c tests/base/b.h
reports/a.c mock_server/b.h
reports/a.c harness/run/b.h
harness/scenario/a.c harness/check/b.h
harness/check/a.c harness/client/b.h
harness/check/a.c mock_server/b.h
harness/transport/a.c harness/client/b.h
harness/client/a.c harness/transport/sim.h
harness/client/a.c mock_server/b.h
harness/run/a.c harness/cli/b.h
tests/base/a.c protocol/b.h
tests/client/a.c harness/run/b.h
END
    judge
    while read -r file target; do
        plant_include "$file" "$target"
    done <<'END'
base/a.c base/b.h
protocol/a.c base/b.h
reports/a.c protocol/b.h
harness/client/a.c harness/transport/transport.h
harness/run/a.c harness/transport/sim.h
harness/cli/a.c harness/run/b.h
fuzz/a.c harness/run/b.h
tests/client/a.c harness/client/b.h
tests/base/a.c base/b.h
END
    expect_none "includes that go down"
}

self_test_libraries() {
    local file library
    while read -r file library; do
        echo "#include <$library>" | plant "$file"
        want "$file:1: <$library> does not belong here"
    done <<'END'
protocol/codec.c cJSON.h
mock_server/a.c cJSON.h
reports/text.c cJSON.h
harness/cli/a.c libwebsockets.h
harness/run/a.c uv.h
harness/client/a.c curl/curl.h
protocol/a.c openssl/evp.h
reports/a.c sqlite3.h
base/a.c check.h
END
    judge
    while read -r file library; do
        echo "#include <$library>" | plant "$file"
    done <<'END'
protocol/json.c cJSON.h
reports/report_json.c cJSON.h
harness/transport/wire.h curl/curl.h
mock_server/store.c sqlite3.h
tests/mock_server/a.c sqlite3.h
END
    expect_none "libraries at home"
}

self_test() {
    self_test_climbs
    self_test_libraries
    echo '#include "../base/b.h"' | plant base/a.c
    expect "is not a path from the root"
    plant_include base/a.c base/b.c
    expect "includes a .c file"
    plant_include base/a.h base/b.h
    plant_include base/b.h base/c.h
    plant_include base/c.h base/a.h
    expect "base/c.h: includes base/a.h"
    plant_include base/a.h base/a.h
    expect "base/a.h: includes base/a.h"
}

style_main
