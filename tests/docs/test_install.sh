#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_install - `cmake --install` puts everything where it is looked for, and
# the completion script completes.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"

build=${SYNCSPEC_BUILD_DIR:?the folder of the build}
prefix=$work/usr
expect "install" 0 -- cmake --install "$build" --prefix "$prefix"
for file in bin/syncspec share/man/man1/syncspec.1 \
    share/man/man5/syncspec-scenario.5 \
    share/syncspec/scenarios/retry/lost_response_takes_effect_once.sync \
    share/doc/syncspec/LICENSE share/bash-completion/completions/syncspec; do
    expect "$file" 0 -- test -s "$prefix/$file"
done
expect "an installed program plays installed scenarios" 0 "passed" -- \
    "$prefix/bin/syncspec" run "$prefix/share/syncspec/scenarios/retry"

# complete.sh SCRIPT WORD...: what bash offers for the last of these words.
cat >"$work/complete.sh" <<'END'
source "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_syncspec
printf '%s\n' "${COMPREPLY[@]}"
END
PATH=$prefix/bin:$PATH
complete=(bash "$work/complete.sh"
    "$prefix/share/bash-completion/completions/syncspec" syncspec)
expect "commands" 0 selftest serve -- "${complete[@]}" se
expect "options" 0 --client-bug --worlds -- "${complete[@]}" run --
expect "one option" 0 --dialect -- "${complete[@]}" lint --di
expect "clauses" 0 CURSOR-1 CURSOR-11 -- "${complete[@]}" explain CURSOR-1
expect "checkers" 0 delivery -- "${complete[@]}" explain deli
finish
