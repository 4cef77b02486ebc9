#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_package - the Debian package is made, has what it shall have, and works
# from any folder that it is unpacked in.  Nothing is installed.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"

for tool in cpack dpkg-deb dpkg-shlibdeps; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: there is no $tool here (Debian: apt-get install dpkg-dev)"
        echo "test_package: 0 passed, 0 failed"
        exit 0
    fi
done

# The optimised build where there is one: it is what people install.
build=${SYNCSPEC_BUILD_DIR:?the folder of the build}
[[ -z ${SYNCSPEC_RELEASE:-} ]] || build=$(dirname "$SYNCSPEC_RELEASE")
expect "packing" 0 "package: $work/" -- timeout -s KILL 600 \
    cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/made"
packages=("$work"/made/*.deb)
deb=${packages[0]}

# field NAME PATTERN: what the package says of itself.
field() {
    expect "field $1" 0 -- grep -Eqx "$2" <(dpkg-deb -f "$deb" "$1")
}
version=$("$syncspec" version | sed -n '1s/syncspec //p')
expect "it is named as Debian names packages" 0 -- \
    test "$(basename "$deb")" = \
    "syncspec_$version-1_$(dpkg --print-architecture).deb"
field Package syncspec
field Version "$version-1"
field Section devel
field Maintainer '[a-z ]+ <noreply@example\.org>'
field Suggests sqlite3
field Description '[a-z].{20,75}'
# The loop's plug-in is written down; the others are what the program links.
for library in libc6 libcjson1 libcurl4 libsqlite3-0 libssl3 libuv1 \
    libwebsockets17 libwebsockets-evlib-uv; do
    # Debian 13 and Ubuntu have other numbers, and t64 behind them.
    stem=$(printf '%s' "$library" | sed 's/[0-9]*$//')
    field Depends "(.*, )?${stem}[0-9t]*( \([^)]*\))?(, .*)?"
done

dpkg-deb -c "$deb" >"$work/listing"
expect "everything is root's" 1 -- grep -v 'root/root' "$work/listing"
expect "nobody else may write" 1 -- grep -E '^.....w|^........w' "$work/listing"
expect "malformed scenarios stay behind" 1 -- grep /malformed/ "$work/listing"
expect "nothing lies outside of /usr" 1 -- grep -vE ' \./(usr/.*)?$' "$work/listing"
expect "no private path is in the package" 1 -- \
    grep -F "$PWD" "$work/listing"

root=$work/root
dpkg-deb -x "$deb" "$root"
for file in usr/bin/syncspec usr/share/doc/syncspec/copyright \
    usr/share/doc/syncspec/README.md usr/share/doc/syncspec/docs/PROTOCOL.md \
    usr/share/bash-completion/completions/syncspec \
    usr/share/syncspec/scenarios/README.md \
    usr/share/syncspec/scenarios/retry/lost_response_takes_effect_once.sync; do
    expect "$file" 0 -- test -s "$root/$file"
done
expect "copyright" 0 -- cmp LICENSE "$root/usr/share/doc/syncspec/copyright"
for pair in man/man1/syncspec.1=docs/syncspec.1 \
    man/man5/syncspec-scenario.5=docs/syncspec-scenario.5 \
    doc/syncspec/changelog=CHANGELOG.md; do
    gzip -cd "$root/usr/share/${pair%=*}.gz" >"$work/page" || : >"$work/page"
    expect "${pair%=*}" 0 -- cmp "${pair#*=}" "$work/page"
done
expect "Debian's changelog" 0 "syncspec ($version-1) " \
    " -- syncspec developers <noreply@example.org>  " -- \
    gzip -cd "$root/usr/share/doc/syncspec/changelog.Debian.gz"

# From here on as somebody who never had the sources.
mkdir "$work/elsewhere"
here=$PWD
cd "$work/elsewhere"
program=$root/usr/bin/syncspec
expect "version" 0 "syncspec $version" -- "$program" version
expect "list" 0 "lost_response_takes_effect_once" -- \
    "$program" list "$root/usr/share/syncspec/scenarios"
expect "explain" 0 "Causes" -- "$program" explain PUSH-4
expect "its own scenarios" 0 "live/stream_needs_a_token" -- \
    "$program" clauses --coverage
expect "its museum" 0 "1 bugs caught, 0 not" -- \
    "$program" selftest --only cursor_goes_back
syncspec=$program
serve --time-scale 20
expect "check" 0 " passed" -- \
    "$program" check --time-scale 20 --only cursor "$url"
cd "$here"
finish
