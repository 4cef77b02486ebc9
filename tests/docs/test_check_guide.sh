#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_check_guide - docs/check.md, word for word (see lib.sh), with the
# optimised build where there is one: whole runs are in it.
# shellcheck disable=SC2016 # a page's dollars
# shellcheck source-path=SCRIPTDIR source=lib.sh
SYNCSPEC=${SYNCSPEC_RELEASE:-${SYNCSPEC:?the path of the built program}}
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

page=docs/check.md
check_console "$page"
end_servers
# Other blocks would not have been run.
expect "every block is a console's" 1 -- grep -nE '^```(sh|bash|shell)' "$page"
expect "there were some" 0 -- grep -q '^```console$' "$page"
finish
