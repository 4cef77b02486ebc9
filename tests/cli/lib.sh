# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# lib - what the command line tests share: running the built program and
# demanding an exit code and words of its output.
set -Eeuo pipefail
trap 'echo "$0: line $LINENO failed" >&2' ERR
export LC_ALL=C NO_COLOR=1

syncspec=${SYNCSPEC:?the path of the built program}
work=$(mktemp -d)
children=()
cleanup() {
    local child
    for child in "${children[@]:+${children[@]}}"; do
        kill -9 "$child" 2>/dev/null || true
    done
    # A child that was just killed may have children that still write: a few tries.
    for ((child = 0; child < 100; child++)); do
        rm -rf "$work" 2>/dev/null && return 0
        sleep 0.1
    done
    echo "left behind: $work" >&2
}
trap cleanup EXIT

passed=0
failed=0

# expect NAME CODE WORDS... -- COMMAND...: the exit code, and every one of the
# words in what it prints.  What hangs ends, too.
expect() {
    local name=$1 code=$2 words=() got=0
    shift 2
    while [[ $1 != -- ]]; do
        words+=("$1")
        shift
    done
    shift
    timeout 600 "$@" >"$work/out" 2>&1 </dev/null || got=$?
    local ok=1 word
    [[ $got == "$code" ]] || ok=0
    for word in "${words[@]:+${words[@]}}"; do
        grep -qF -- "$word" "$work/out" || ok=0
    done
    if ((ok)); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $name: exit $got, expected $code and: ${words[*]:-}"
        head -n 20 "$work/out" | sed 's/^/  | /'
    fi
}

# A port that nobody has, and that the system gives to no connection.
free_port() {
    local port
    while port=$((20000 + RANDOM % 12000)); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# is NAME EXPECTED ACTUAL
is() {
    if [[ $2 == "$3" ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $1: expected $2, not $3"
    fi
}

# start NAME COMMAND...: in the background, until it listens; its URL is in
# $url, its process in $began, what it says in $work/NAME.out.
start() {
    local name=$1 i
    shift
    : >"$work/$name.out" # the child may be slower than the first look
    "$@" >"$work/$name.out" 2>&1 &
    began=$!
    children+=("$began")
    for ((i = 0; i < 200; i++)); do
        url=$(sed -n 's/^listening on //p' "$work/$name.out")
        [[ -n $url ]] && return 0
        sleep 0.05
    done
    echo "$name did not start: $(cat "$work/$name.out")"
    return 1
}

# The bundled server; its process is in $server.
serve() {
    start serve "$syncspec" serve --port 0 --dev-auth "$@"
    # shellcheck disable=SC2034 # for those who read this file
    server=$began
}

finish() {
    echo "$(basename "$0" .sh): $passed passed, $failed failed"
    ((failed == 0 && passed > 0))
}
