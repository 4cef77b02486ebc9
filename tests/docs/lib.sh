# shellcheck shell=bash disable=SC2016,SC2094
# SPDX-License-Identifier: MIT
# lib - what the tests of pages share: a page is read, and what it shows is run.
# Every command of a ```console block is run as it stands; the lines under it
# must be in its output (… stands for anything), and it must end with 0, or
# with what `$ echo $?` shows.
#   - `syncspec serve` and `syncspec issuer` go on running, at a free port in
#     place of the one that is shown, and again at the same one when a page
#     starts another server at the same address.
#   - `syncspec check --watch` goes on too; a block that begins without a
#     command shows what it says next.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"

root=$PWD
watcher=""
heard=0 # bytes of what the watcher said
declare -A live=()    # where what is shown at HOST:PORT really is
declare -A running=() # its process

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

# really TEXT: with the addresses that are live in place of the shown ones.
really() {
    local text=$1 shown
    for shown in "${!live[@]}"; do
        text=${text//"$shown"/"${live[$shown]}"}
    done
    printf '%s' "$text"
}

# ends PID: ask a process to end, and demand that it ends well.
ends() {
    local code=0
    kill -INT "$1" 2>/dev/null || true
    wait "$1" || code=$?
    return "$code"
}

# start_server COMMAND SHOWN: it is shown to listen at SHOWN.
start_server() {
    local command port=0 i found
    command=$(sed 's/ --port [0-9]*//' <<<"$1")
    if [[ -n ${running[$2]:-} ]]; then
        ends "${running[$2]}" || count serve "did not end well" 0
        port=${live[$2]##*:}
        # People are not that fast, and who watches looks now and then.
        [[ -z $watcher ]] || sleep 2
    fi
    : >"$work/out"
    bash -c "cd '$work/home' && exec $command --port $port" >"$work/out" 2>&1 &
    running[$2]=$!
    children+=("$!")
    for ((i = 0; i < 400; i++)); do
        found=$(sed -n 's/^listening on http:\/\///p' "$work/out")
        if [[ -n $found ]]; then
            live[$2]=$found
            return 0
        fi
        sleep 0.05
    done
    return 1
}

# start_watcher COMMAND: what it says goes to a file of its own.
start_watcher() {
    : >"$work/watched"
    bash -c "cd '$work/home' && exec $1" >>"$work/watched" 2>&1 </dev/null &
    watcher=$!
    heard=0
    children+=("$!")
}

# hear_watcher: what it has said since the last time, as soon as all lines of
# `shown` are in it, or after a minute.
hear_watcher() {
    local i line all
    for ((i = 0; i < 600; i++)); do
        tail -c +$((heard + 1)) "$work/watched" >"$work/out"
        all=1
        for line in "${shown[@]:+${shown[@]}}"; do
            [[ $line =~ ^[[:space:]…]*$ ]] && continue
            has_line "$work/out" "$(really "$line")" || all=0
        done
        ((!all)) || break
        sleep 0.1
    done
    heard=$((heard + $(stat -c %s "$work/out")))
}

# shows WHERE COMMAND: the lines of `shown` are in what it printed.
shows() {
    local line
    for line in "${shown[@]:+${shown[@]}}"; do
        [[ $line =~ ^[[:space:]…]*$ ]] && continue
        if ! has_line "$work/out" "$(really "$line")"; then
            count "$1" "not in the output of $2: $line" 0
            (head -n 10 && echo … && tail -n 10) <"$work/out" | sed 's/^/  | /'
        fi
    done
}

# first_address: HOST:PORT of the first line that says where a server listens.
first_address() {
    printf '%s\n' "${shown[@]:+${shown[@]}}" |
        sed -n 's/^listening on http:\/\/\([^ /]*\).*/\1/p' | head -n 1
}

# check WHERE COMMAND CODE, with what is shown in the array `shown`.
check() {
    local where=$1 command code=$3 got=0
    command=$(really "$2")
    case $command in
    "syncspec serve "* | "syncspec issuer "*)
        start_server "$command" "$(first_address)" || got=1
        ;;
    "syncspec check "*--watch*)
        start_watcher "$command"
        hear_watcher
        ;;
    "") hear_watcher ;;
    *)
        (cd "$work/home" && timeout 600 bash -c "$command") \
            >"$work/out" 2>&1 </dev/null || got=$?
        ;;
    esac
    count "$where" "exit $got, shown is $code: $2" $((got == code))
    shows "$where" "${2:-what is watched}"
}

check_console() { # check_console PAGE
    local number=0 line inside=0 command="" code=0 at=0 is_code=0
    local shown=()
    flush() {
        [[ -z $command && ${#shown[@]} -eq 0 ]] ||
            check "$1:$at" "$command" "$code"
        command="" code=0 shown=()
    }
    while IFS= read -r line; do
        number=$((number + 1))
        if [[ $line == '```'* ]]; then
            ((!inside)) || flush "$1"
            inside=0 at=$number
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

# end_servers: all that pages have started; each must end well, by Ctrl-C.
end_servers() {
    if [[ -n $watcher ]]; then
        ends "$watcher" || count watching "did not end well" 0
        watcher=""
    fi
    local shown
    for shown in "${!running[@]}"; do
        ends "${running[$shown]}" || count "$shown" "did not end well" 0
    done
    running=() live=()
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
