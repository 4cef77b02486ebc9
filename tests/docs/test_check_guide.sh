#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_check_guide - docs/check.md, word for word (see lib.sh).  Whole runs are
# in it, so it is for the optimised build, SYNCSPEC_RELEASE, which `./dev test`
# makes.
# shellcheck disable=SC2016 # a page's dollars
# shellcheck source-path=SCRIPTDIR source=lib.sh
SYNCSPEC=${SYNCSPEC_RELEASE:-}
if [[ -z $SYNCSPEC ]]; then
    echo "skipped: SYNCSPEC_RELEASE names no optimised build"
    echo "test_check_guide: 0 passed, 0 failed"
    exit 0
fi
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

page=docs/check.md
check_console "$page"
end_servers
# Other blocks would not have been run.
expect "every block is a console's" 1 -- grep -nE '^```(sh|bash|shell)' "$page"
expect "there were some" 0 -- grep -q '^```console$' "$page"
finish
