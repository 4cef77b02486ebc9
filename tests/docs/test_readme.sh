#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_readme - what the pages show is what a shell shows: commands of README.md
# (see lib.sh), scenarios in ```sync blocks are valid, links lead to files.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

check_console README.md
end_servers
for page in README.md docs/scenario-guide.md; do
    check_scenarios "$page"
done
while IFS= read -r page; do
    check_links "$page"
done < <(find ./*.md docs -name '*.md' | sort)
finish
