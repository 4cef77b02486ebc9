#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_ci - what docs/ci has for GitHub, GitLab and Jenkins works: its shell is
# run as those systems run it, against a bundled server.  What installs, packs
# or asks the network has a stand-in.  The optimised build is taken where there
# is one (SYNCSPEC_RELEASE).
# shellcheck disable=SC2016 # dollars of the pages
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
SYNCSPEC=${SYNCSPEC_RELEASE:-${SYNCSPEC:?the path of the built program}}
source "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"

root=$PWD
syncspec=$(realpath "$syncspec")
play=$root/tests/docs/ci_play.py
# A Python of one's own, as pyenv's, may lack the modules of Debian.
python=python3
! /usr/bin/python3 -c 'import yaml' 2>/dev/null || python=/usr/bin/python3
if ! "$python" -c 'import yaml' 2>/dev/null; then
    echo "skipped: there is no reader of YAML here (Debian: apt-get install python3-yaml)"
    echo "test_ci: 0 passed, 0 failed"
    exit 0
fi

# --- what is well-formed -------------------------------------------------------

# blocks PAGE LANGUAGE: the blocks of a page, as $work/block.N.
blocks() {
    rm -f "$work"/block.*
    awk -v start="\`\`\`$2" -v into="$work/block." '
        $0 == start { inside = 1; n++; next }
        $0 == "```" { inside = 0 }
        inside { print > (into n) }' "$1"
}
for page in github gitlab; do
    blocks "docs/ci/$page.md" yaml
    for block in "$work"/block.*; do
        expect "YAML of $page.md" 0 -- "$python" "$play" yaml "$block"
    done
done
validator=${SYNCSPEC_NPM:-build/npm}/node_modules/.bin/action-validator
if "$validator" --help >/dev/null 2>&1; then
    blocks docs/ci/github.md yaml
    expect "GitHub's schema of actions" 0 -- \
        "$validator" docs/ci/github/action.yml
    for block in "$work"/block.*; do
        mkdir -p "$work/workflows"
        cp "$block" "$work/workflows/sync.yml"
        expect "GitHub's schema of workflows" 0 -- \
            "$validator" "$work/workflows/sync.yml"
    done
else
    echo "skipped: GitHub's schemas (./dev test installs them where npm reaches its registry)"
fi
# The pages name what there is.
while read -r name; do
    expect "github.md tells of $name" 0 -- \
        grep -q "^| \`$name\` |" docs/ci/github.md
done < <(awk '/^[a-z]/ { part = $1 } /^  [a-z-]+:$/ &&
    (part == "inputs:" || part == "outputs:") { print $1 }' \
    docs/ci/github/action.yml | tr -d :)
while read -r name; do
    expect "gitlab.md tells of $name" 0 -- \
        grep -q "^| \`$name\` |" docs/ci/gitlab.md
done < <(sed -n 's/^    \(SYNCSPEC_[A-Z]*\):.*/\1/p' docs/ci/gitlab.yml)

# --- stand-ins -----------------------------------------------------------------

# A package with this program in it, and sources whose ./dev packs it.
mkdir -p "$work/package/DEBIAN" "$work/package/usr/bin" "$work/bin" \
    "$work/home" "$work/project" "$work/source"
printf '%s\n' 'Package: syncspec' 'Version: 0' 'Architecture: all' \
    'Maintainer: nobody <noreply@example.org>' 'Description: a stand-in' \
    >"$work/package/DEBIAN/control"
# $FEWER is for commands that a page shows as they stand.
cat >"$work/package/usr/bin/syncspec" <<END
#!/bin/sh
[ "\$1" != check ] || set -- "\$@" \$FEWER
exec "$(realpath "$syncspec")" "\$@"
END
chmod +x "$work/package/usr/bin/syncspec"
dpkg-deb --root-owner-group --build "$work/package" "$work/made.deb" >/dev/null
cp -r docs "$work/source/"
cat >"$work/source/dev" <<END
#!/bin/sh
cd "\$(dirname "\$0")" && [ "\$*" = package ] && mkdir -p build/package &&
    cp "$work/made.deb" build/package/syncspec_0_all.deb &&
    echo packed >>"$work/packed"
END
chmod +x "$work/source/dev"
git -C "$work/source" init -q -b main
git -C "$work/source" add .
git -C "$work/source" -c user.name=x -c user.email=x@example.org \
    commit -q -m first

# apt-get unpacks packages that are files, and remembers the names of others.
cat >"$work/bin/apt-get" <<END
#!/bin/bash
set -e
case \$1 in
update) exit 0 ;;
install) shift ;;
*) exit 100 ;;
esac
for word; do
    case \$word in
    -*) ;;
    /*.deb) dpkg-deb -x "\$word" "$work/root" ;;
    *.deb | *\**) echo "apt-get: no such file: \$word" >&2; exit 100 ;;
    *) echo "\$word" >>"$work/apt" ;;
    esac
done
END
printf '#!/bin/sh\nexec "$@"\n' >"$work/bin/sudo"
chmod +x "$work/bin/apt-get" "$work/bin/sudo"
export HOME=$work/home PATH=$work/bin:$work/root/usr/bin:$PATH
export GITHUB_STEP_SUMMARY=$work/summary
cd "$work/project"
: >"$work/packed"

# packed N: so often sources were packed until now.
packed() {
    expect "packed $1 times" 0 -- test "$(wc -l <"$work/packed")" -eq "$1"
}

# --- GitHub --------------------------------------------------------------------

serve --time-scale 20
few=$'args=--time-scale=20\n--only=PUSH-11\n\n--jobs=2'
github=("$python" "$play" github "$work/source/docs/ci/github")
expect "the action" 0 "uses actions/cache/restore@v4 path=~/.cache/syncspec key=syncspec-" \
    "uses actions/cache/save@v4" "output level=not shown" "output exit-code=0" \
    "uses actions/upload-artifact@v4 name=out path=out" -- \
    "${github[@]}" "url=$url" profile=core reports=out \
    $'args=--time-scale=20\n--only=PUSH-2'
packed 1
expect "its reports" 0 -- test -s out/junit.xml -a -s out/report.jsonl
expect "the page of the job" 0 "passed" -- cat "$work/summary"
rm -rf "$work/root"
expect "with a cache nothing is built" 0 "output level=not shown" -- \
    "${github[@]}" --cached "url=$url" "$few" dialect=v2
packed 1
expect "a command that gives tokens" 0 "output level=not shown" -- \
    "${github[@]}" --cached "url=$url" "$few" 'token-command=echo "user-$1"'
expect "a server that it starts" 0 "output level=not shown" -- \
    "${github[@]}" --cached "$few" \
    'server-command=exec syncspec serve --dev-auth --time-scale 20 --port $PORT'
expect "nobody is there" 3 "output level=" "output exit-code=3" \
    "uses actions/upload-artifact@v4" -- "${github[@]}" --cached \
    url=http://127.0.0.1:9 $'args=--wait-for-server=100ms'
expect "a bad input" 64 "output exit-code=64" -- \
    "${github[@]}" --cached "url=$url" 'profile=$(touch "$HOME/owned")'
expect "inputs are not read as shell" 1 -- test -e "$work/home/owned"
sound=$url
serve --time-scale 20 --bug body-client-id-trusted
: >"$work/summary"
expect "a server with a mistake" 1 "output level=failing" \
    "output exit-code=1" -- "${github[@]}" --cached "url=$url" "$few"
expect "both failures are annotated" 0 -- \
    test "$(grep -c '^::error file=' "$work/out")" -eq 2
expect "it is on the page of the job" 0 "client_id_of_the_body" -- \
    cat "$work/summary"
expect "a list of known failures is made" 1 -- syncspec check --time-scale 20 \
    --only PUSH-11 --write-known-failing known.txt "$url"
expect "and given" 0 "output exit-code=0" -- "${github[@]}" --cached \
    "url=$url" "$few" known-failing=known.txt

# --- GitLab --------------------------------------------------------------------

gitlab=("$python" "$play" gitlab "$root/docs/ci/gitlab.yml" .syncspec
    "SYNCSPEC_REPOSITORY=$work/source"
    "SYNCSPEC_ARGS=--time-scale 20 --only PUSH-11")
rm -rf "$work/root"
expect "the job" 0 "report junit=syncspec-reports/junit.xml there" -- \
    "${gitlab[@]}" "SYNCSPEC_URL=$sound"
packed 2
expect "with a cache nothing is built" 0 "passed" -- \
    "${gitlab[@]}" "SYNCSPEC_URL=$sound"
packed 2
expect "another state is built" 0 -- git -C "$work/source" -c user.name=x \
    -c user.email=x@example.org commit -q --allow-empty -m second
expect "it is" 0 "passed" -- "${gitlab[@]}" "SYNCSPEC_URL=$sound"
packed 3
expect "one state is kept" 0 -- test "$(find .syncspec -mindepth 1 -maxdepth 1 |
    wc -l)" -eq 1
expect "a server with a mistake" 1 "not allowed" -- \
    "${gitlab[@]}" "SYNCSPEC_URL=$url"
expect "a branch that is not there" 1 "there is no other in" -- \
    "${gitlab[@]}" "SYNCSPEC_URL=$sound" SYNCSPEC_REF=other

# --- Jenkins -------------------------------------------------------------------

rm -r syncspec-reports
sed -n "/'''/,/'''/p" "$root/docs/ci/jenkins.md" | grep -v "'''" >"$work/stage"
expect "the stage's shell" 1 "2 failed" -- env "SERVER_URL=$url" \
    "FEWER=--time-scale 20 --only PUSH-11" sh -e "$work/stage"
expect "its reports" 0 -- test -s syncspec-reports/junit.xml

# What apt is asked for exists.
if compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; then
    while read -r name; do
        expect "Debian has $name" 0 -- apt-cache show "$name"
    done < <(sort -u "$work/apt")
fi
finish
