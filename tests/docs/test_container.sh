#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_container - docs/ci/Containerfile: what it copies is there and enough to
# build the package, which is done; its second stage is read.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"

# instructions NAME: the arguments of these, each on one line, of both stages.
instructions() {
    grep -v '^#' docs/ci/Containerfile |
        sed ':a; /\\$/ { N; s/\\\n//; ba }' | sed -n "s/^$1 *//p"
}
instructions COPY >"$work/copies"
instructions RUN >"$work/runs"
expect "there is something to copy" 0 -- test -s "$work/copies"

mkdir "$work/built"
while read -ra words; do
    [[ ${words[0]} != --from=* ]] || continue
    into=$work/built/${words[-1]}
    for name in "${words[@]:0:${#words[@]}-1}"; do
        expect "$name" 0 -- test -e "$name"
        cp -r "$name" "$into"
    done
done <"$work/copies"

# The first stage, for real.
read -r first <"$work/runs"
if command -v dpkg-shlibdeps >/dev/null; then
    (cd "$work/built" && timeout 600 sh -c "$first") >"$work/log" 2>&1 ||
        tail -n 20 "$work/log"
    from=$(sed -n 's/^--from=build \/src\/\([^ ]*\) .*/\1/p' "$work/copies")
    # shellcheck disable=SC2086 # a pattern
    expect "a package where the second stage looks" 0 "Package: syncspec" -- \
        dpkg-deb -I "$work/built"/$from
else
    echo "skipped: the build, without dpkg-shlibdeps (Debian: apt-get install dpkg-dev)"
fi

tail -n 1 "$work/runs" >"$work/second.sh"
expect "the shell of the second stage" 0 -- sh -n "$work/second.sh"
expect "apt asks nothing" 0 -- grep -q 'apt-get install -y' "$work/second.sh"
expect "its lists are not left behind" 0 -- \
    grep -q 'rm .*/var/lib/apt/lists/\*' "$work/second.sh"
instructions FROM >"$work/bases"
expect "bases have a version" 1 -- grep -v ':bookworm' "$work/bases"
instructions USER >"$work/users"
expect "nobody is root" 0 -- grep -qx syncspec "$work/users"
instructions ENTRYPOINT >"$work/entry"
expect "the program is what is started" 0 -- \
    grep -qxF '["syncspec"]' "$work/entry"
if compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; then
    while read -r name; do
        expect "Debian has $name" 0 -- apt-cache show "$name"
    done < <(sed 's/.*apt-get install//; s/&&.*//' "$work/second.sh" |
        tr -s ' ' '\n' | grep '^[a-z]')
fi
finish
