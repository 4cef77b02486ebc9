# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# lib - what the style tests share.  A test defines `complaints`, which prints
# one line for every breach in the tree it stands in, and `self_test`, which
# plants breaches in a small tree and demands that each is found; then it
# calls style_main.
set -Eeuo pipefail
trap 'echo "$0: line $LINENO failed" >&2' ERR
export LC_ALL=C

layers=(base protocol mock_server reports harness)

# Files of the given name patterns below the given folders that exist:
# find_files "FOLDER..." PATTERN...
find_files() {
    local folders=() folder names=()
    for folder in $1; do
        [[ -e $folder ]] && folders+=("$folder")
    done
    shift
    [[ ${#folders[@]} -gt 0 ]] || return 0
    while [[ $# -gt 0 ]]; do
        names+=(${names:+-o} -name "$1")
        shift
    done
    find "${folders[@]}" -type f \( "${names[@]}" \) | sort
}

c_files() {
    find_files "${layers[*]} fuzz tests" '*.c' '*.h' '*.def'
}

script_files() {
    find_files "dev .ci cmake CMakeLists.txt tests fuzz" \
        dev run CMakeLists.txt '*.cmake' '*.sh' '*.py'
}

# plant FILE: write standard input there, in the small tree.
plant() {
    local folder=${1%/*}
    [[ $folder == "$1" || -d $folder ]] || mkdir -p "$folder"
    cat >"$1"
}

planted=0
wrong=0
wanted=()

# want TEXT: judge must find a line that holds TEXT.
want() {
    wanted+=("$1")
}

# Complain about the tree that stands now, compare with what was wanted, and
# leave the tree empty for the next one.
judge() {
    local found text
    found=$(complaints)
    for text in "${wanted[@]}"; do
        planted=$((planted + 1))
        if [[ $found != *"$text"* ]]; then
            echo "self-test: no complaint '$text' in: ${found:-nothing}"
            wrong=$((wrong + 1))
        fi
    done
    wanted=()
    find . -mindepth 1 -delete
}

# expect TEXT: a tree of its own for one breach.
expect() {
    want "$1"
    judge
}

# expect_none NAME: the tree that stands now is good.
expect_none() {
    local found
    found=$(complaints)
    planted=$((planted + 1))
    if [[ -n $found ]]; then
        echo "self-test: $1: expected no complaint, got: $found"
        wrong=$((wrong + 1))
    fi
    find . -mindepth 1 -delete
}

style_main() {
    local small found
    small=$(mktemp -d)
    # shellcheck disable=SC2064 # the name of now is meant
    trap "rm -rf '$small'" EXIT
    pushd "$small" >/dev/null
    self_test
    popd >/dev/null
    found=$(complaints)
    if [[ -n $found ]]; then
        printf '%s\n' "$found"
    fi
    echo "$planted plants, $wrong not judged right;" \
        "$(printf '%s' "$found" | grep -c '' || true) complaints"
    if [[ $wrong -ne 0 || $planted -eq 0 || -n $found ]]; then
        exit 1
    fi
}
