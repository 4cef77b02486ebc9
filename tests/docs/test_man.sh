#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_man - the manual pages and the program know the same commands, options,
# headers and verbs, and the pages are good roff.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"

page=docs/syncspec.1
language=docs/syncspec-scenario.5

# same WHAT FILE FILE: sorted lists, of the program and of the page.
same() {
    if [[ -s $2 ]] && diff "$2" "$3" >"$work/diff"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $1: < the program, > the page"
        cat "$work/diff"
    fi
}

# The text of a page, with its minus signs as they are printed.
plain() {
    sed 's/\\-/-/g' "$1"
}

plain "$page" | sed -n 's/^\.SS "\{0,1\}\([a-z]*\).*/\1/p' | sort \
    >"$work/commands"
"$syncspec" help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p' | sort \
    >"$work/help"
same "commands" "$work/help" "$work/commands"

# The options of one command: what stands behind .TP in its section.
while IFS= read -r command; do
    plain "$page" | awk -v command="$command" '
        /^\.S[SH] / {
            gsub(/"/, "")
            here = $1 == ".SS" && $2 == command
        }
        here && tagged && match($2, /^--[a-z-]+$/) { print $2 }
        { tagged = /^\.T[PQ]/ }' | sort >"$work/paged"
    "$syncspec" "$command" --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p' |
        sort >"$work/options"
    if [[ -s $work/options || -s $work/paged ]]; then
        same "options of $command" "$work/options" "$work/paged"
    fi
done < <(grep -v -e '^help$' -e '^version$' "$work/help")

# Headers and verbs, against the generated manual of the language.
for kind in Headers Verbs; do
    awk -v kind="$kind" '/^## / { here = $2 == kind }
        here && /^### / { print $NF }' scenarios/README.md | sort -u \
        >"$work/listed"
    plain "$language" | awk -v kind="${kind^^}" '
        /^\.SH / { here = $2 == kind }
        here' | grep -o '[a-z-]\{2,\}' | sort -u >"$work/words"
    comm -12 "$work/listed" "$work/words" >"$work/told"
    same "$kind of the language" "$work/listed" "$work/told"
done

for file in "$page" "$language"; do
    expect "version of $file" 0 "$("$syncspec" version | head -n 1)" -- \
        sed -n '/^\.TH/p' "$file"
    if command -v groff >/dev/null; then
        groff -ww -man -Tutf8 "$file" 2>"$work/warnings" >/dev/null || true
        expect "$file is good roff" 0 -- diff /dev/null "$work/warnings"
    fi
done
finish
