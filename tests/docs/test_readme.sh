#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_readme - what the pages show is what a shell shows.  Every command of a
# ```console block is run as it stands; the lines under it must be in its
# output (… stands for anything), and it must end with 0, or with what
# `$ echo $?` shows.  Scenarios in ```sync blocks must be valid, links lead to
# files.
# shellcheck disable=SC2016,SC2094 # dollars of the pages; pages are only read
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"

pages=(README.md)
[[ ! -f docs/getting-started.md ]] || pages+=(docs/getting-started.md)
root=$PWD
shown_url=http://127.0.0.1:3050

# Commands see a folder of their own, with what a clone has in it.
mkdir -p "$work/bin" "$work/home/build"
ln -s "$(realpath "$syncspec")" "$work/bin/syncspec"
PATH=$work/bin:$PATH
for name in *; do
    [[ $name == build ]] || ln -s "$root/$name" "$work/home/$name"
done

count() { # count WHERE WHAT OK
    if [[ $3 == 1 ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $1: $2"
    fi
}

# has_line FILE LINE: the line is there, … is any text.
has_line() {
    local pattern
    pattern=$(printf '%s' "$2" | sed 's/[][\.*^$()+?{}|/]/\\&/g; s/…/.*/g')
    grep -aExq -- "$pattern" "$1"
}

start_server() { # start_server COMMAND
    local i
    bash -c "cd '$work/home' && exec $1 --port 0" >"$work/out" 2>&1 &
    children+=("$!")
    for ((i = 0; i < 200; i++)); do
        live_url=$(sed -n 's/^listening on //p' "$work/out")
        [[ -z $live_url ]] || return 0
        sleep 0.05
    done
    return 1
}

# check WHERE COMMAND CODE, with what is shown in the array `shown`.
check() {
    local where=$1 command=${2//$shown_url/$live_url} code=$3 got=0 line
    if [[ $command == "syncspec serve "* ]]; then
        start_server "$command" || got=1
    else
        (cd "$work/home" && timeout 200 bash -c "$command") \
            >"$work/out" 2>&1 </dev/null || got=$?
    fi
    count "$where" "exit $got, shown is $code: $2" $((got == code))
    for line in "${shown[@]:+${shown[@]}}"; do
        [[ $line =~ ^[[:space:]…]*$ ]] && continue
        if ! has_line "$work/out" "${line//$shown_url/$live_url}"; then
            count "$where" "not in the output of $2: $line" 0
            head -n 20 "$work/out" | sed 's/^/  | /'
        fi
    done
}

check_console() { # check_console PAGE
    local number=0 line inside=0 command="" code=0 at=0 is_code=0
    local shown=()
    flush() {
        [[ -z $command ]] || check "$1:$at" "$command" "$code"
        command="" code=0 shown=()
    }
    live_url=$shown_url
    while IFS= read -r line; do
        number=$((number + 1))
        if [[ $line == '```'* ]]; then
            ((!inside)) || flush "$1"
            inside=0
            [[ $line != '```console' ]] || inside=1
        elif ((!inside)); then
            continue
        elif [[ $line == '$ echo $?' ]]; then
            is_code=1
        elif ((is_code)); then
            code=$line is_code=0
        elif [[ $line == '$ '* ]]; then
            flush "$1"
            command=${line#'$ '} at=$number
        else
            shown+=("$line")
        fi
    done <"$1"
}

check_scenarios() { # check_scenarios PAGE
    local number=0 line inside=0 ok
    while IFS= read -r line; do
        number=$((number + 1))
        if [[ $line == '```sync' ]]; then
            inside=1
            : >"$work/block.sync"
        elif ((inside)) && [[ $line == '```' ]]; then
            inside=0 ok=1
            "$syncspec" lint "$work/block.sync" >"$work/out" 2>&1 || ok=0
            count "$1:$number" "$(cat "$work/out")" "$ok"
        elif ((inside)); then
            printf '%s\n' "$line" >>"$work/block.sync"
        fi
    done <"$1"
}

check_links() { # check_links PAGE
    local target folder there
    folder=$(dirname "$1")
    while IFS= read -r target; do
        target=${target%%#*}
        [[ -z $target || $target == http* ]] && continue
        there=1
        [[ -e $folder/$target ]] || there=0
        count "$1" "a link to $target, which is not there" $there
    done < <(sed -n 's/](\([^) ]*\))/\n<\1\n/gp' "$1" | sed -n 's/^<//p')
}

for page in "${pages[@]}"; do
    check_console "$page"
done
for child in "${children[@]:+${children[@]}}"; do
    kill "$child"
    wait "$child" || count serve "did not end well" 0
done
children=()
for page in "${pages[@]}" docs/scenario-guide.md; do
    check_scenarios "$page"
done
for page in *.md docs/*.md; do
    check_links "$page"
done
finish
