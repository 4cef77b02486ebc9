#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_hashes - one seed, one history: the builds of gcc and of clang, and of
# other options, give the same hash for every virtual scenario, and all of them
# pass.  Judges the builds that are here; with this one alone it compares two
# runs of it.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# hashes PROGRAM FILE: with it every scenario passes, under its sanitizers too.
hashes() {
    local got=0
    timeout 600 "$1" run --jobs 2 --report "jsonl:$work/lines" scenarios \
        >"$work/said" 2>&1 </dev/null || got=$?
    expect "$1 passes" 0 -- test "$got" = 0
    ((got == 0)) || tail -n 40 "$work/said"
    grep -o '"type":"result".*' "$work/lines" |
        sed -nE 's/.*"id":"([^"]*)".*"dialect":"([^"]*)".*"hash":"?([0-9a-fx]+).*/\1 \2 \3/p' |
        sort >"$2"
}
# A build of other sources has other histories, and is left alone.
is_fresh() {
    [[ -x $1 ]] && [[ -z $(find base protocol mock_server reports harness \
        -name '*.[chd]*' -newer "$1" -print -quit) ]]
}
builds=("$syncspec")
for other in build/dev/syncspec build/dev-clang/syncspec \
    build/release/syncspec; do
    [[ $SYNCSPEC_BUILD_DIR/syncspec -ef $other ]] && continue
    is_fresh "$other" && builds+=("$other")
done
((${#builds[@]} > 1)) || builds+=("$syncspec")
hashes "${builds[0]}" "$work/first"
lines=$(wc -l <"$work/first")
expect "there are hashes" 0 -- test "$lines" -ge 80
for other in "${builds[@]:1}"; do
    hashes "$other" "$work/other"
    expect "$other" 0 -- diff "$work/first" "$work/other"
done
echo "$lines histories, ${#builds[@]} builds"
finish
