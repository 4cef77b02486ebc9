#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_clauses - the pages about clauses and checkers are whole: every clause
# and every checker has its section with all parts, none is left over, and what
# they name exists.  Then mistakes are planted in copies, and each must be seen.
# shellcheck disable=SC2016 # the dollars are awk's and sed's
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"

# ID GROUP-PAGE TEXT of every clause, from the generated table.
awk '
    /^### / { page = tolower($2) }
    /^\| [A-Z]+-[0-9]+ \|/ {
        split($0, cell, / \| /)
        id = cell[1]
        sub(/^\| /, "", id)
        text = cell[3]
        sub(/ \|$/, "", text)
        print id "\t" page "\t" text
    }' docs/PROTOCOL.md >"$work/clauses"
"$syncspec" clauses | awk '{ print $1 }' | sort >"$work/ids"
expect "the table has every clause" 0 -- \
    diff "$work/ids" <(cut -f 1 "$work/clauses" | sort)

# Every public report that the tree knows, and the clauses a checker names.
grep -rhE '^source ' scenarios --include='*.sync' |
    sed 's/^source *//' | tr -s ' ' '\n' >"$work/sources"
grep -oE '[A-Za-z0-9_./-]+#[0-9]+' docs/FAILURES.md >>"$work/sources"
"$syncspec" list --checkers >"$work/checkers"
while IFS= read -r checker; do
    grep -ohE '"[A-Z][A-Z0-9 -]*-[0-9][A-Z0-9 -]*"' \
        "harness/check/$checker.c" | grep -oE '[A-Z]+-[0-9]+' | sort -u |
        sed "s/^/$checker /"
done <"$work/checkers" >"$work/blames"
grep -rhoE '\.checker = STR\("[a-z-]+"\)' harness | sed 's/.*"\(.*\)".*/\1/' |
    sort -u >"$work/others"

# The sections of pages as lines: PAGE, SECTION, LABEL, text of one line.
sections() {
    awk '
        FNR == 1 { page = FILENAME; sub(/.*\//, "", page)
                   sub(/\.md$/, "", page); name = ""; code = 0 }
        /^ *```/ { code = !code }
        !code && /^## / {
            name = substr($0, 4)
            label = "-"
            print page "\t" name "\t-\t"
            next
        }
        !code && /^\*\*[^*]+\*\*$/ {
            label = substr($0, 3, length($0) - 4)
            print page "\t" name "\t" label "\t"
            next
        }
        name != "" && NF { print page "\t" name "\t" label "\t" $0 }' "$@"
}

# complaints DIR: what is wrong with DIR/clauses/*.md and DIR/checkers.md.
complaints() {
    sections "$1"/clauses/*.md | awk -F '\t' \
        -v clauses="$work/clauses" -v sources="$work/sources" '
        BEGIN {
            while ((getline line <clauses) > 0) {
                split(line, part, "\t")
                page_of[part[1]] = part[2]
                text_of[part[1]] = part[3]
                prefix = part[1]
                sub(/-.*/, "", prefix)
                known[prefix] = 1
            }
            while ((getline line <sources) > 0) { source[line] = 1 }
            want = "Why Seen-in Causes Fix"
        }
        {
            page = $1; name = $2; label = $3; text = $4
            if (label == "-" && text == "" && seen[name]++) {
                print name ": a second section"
            } else if (label == "-" && text == "") {
                order[++count] = name
                if (!(name in page_of)) { print name ": no such clause" }
                else if (page_of[name] != page) {
                    print name ": stands in " page " and not in " page_of[name]
                }
            } else if (text == "") {
                gsub(/ /, "-", label)
                labels[name] = labels[name] (labels[name] ? " " : "") label
            } else if (label == "-") {
                sub(/^> ?/, "", text)
                quote[name] = quote[name] (quote[name] ? " " : "") text
            } else {
                filled[name, label]++
                body[name, label] = body[name, label] " " text
            }
            while (match(text, /[A-Z]+-[0-9]+/)) {
                id = substr(text, RSTART, RLENGTH)
                prefix = id
                sub(/-.*/, "", prefix)
                if (known[prefix] && !(id in page_of)) {
                    print name ": names " id ", which does not exist"
                }
                text = substr(text, RSTART + RLENGTH)
            }
            if (label == "Seen in" && $4 == "- none known") {
                unknown[name]++
            } else if (label == "Seen in" && $4 ~ /^- /) {
                items[name]++
                if ($4 !~ /^- [^ ]+#[0-9]+(, [^ ]+#[0-9]+)*[:,]/) {
                    print name ": not \"- REPORT, REPORT: what happened\": " $4
                }
            }
        }
        END {
            for (id in page_of) {
                if (!(id in seen)) { print id ": no section" }
            }
            for (i = 1; i <= count; i++) {
                name = order[i]
                if (labels[name] != want) {
                    print name ": labels are \"" labels[name] "\", not \"" want "\""
                }
                if (quote[name] != text_of[name]) {
                    print name ": the text differs from the clause"
                }
                split("Why|Seen in|Causes|Fix", each, "|")
                for (l = 1; l <= 4; l++) {
                    if (!filled[name, each[l]]) {
                        print name ": nothing under " each[l]
                    }
                }
                if ((unknown[name] > 0) == (items[name] > 0)) {
                    print name ": either reports or \"- none known\""
                }
                seen_in = body[name, "Seen in"]
                while (match(seen_in, /[^ ,]+#[0-9]+/)) {
                    report = substr(seen_in, RSTART, RLENGTH)
                    if (!(report in source)) {
                        print name ": " report " is nowhere in the tree"
                    }
                    seen_in = substr(seen_in, RSTART + RLENGTH)
                }
            }
        }'
    sections "$1/checkers.md" | awk -F '\t' -v checkers="$work/checkers" \
        -v others="$work/others" -v blames="$work/blames" '
        BEGIN {
            while ((getline line <checkers) > 0) { checker[line] = 1 }
            while ((getline line <others) > 0) { other[line] = 1 }
            while ((getline line <blames) > 0) {
                split(line, part, " ")
                blamed[part[1], part[2]] = 1
            }
            want = "Reads Demands Clauses Evidence"
        }
        $3 == "-" && $4 == "" {
            if (seen[$2]++) { print $2 ": a second section" }
            if (!($2 in checker) && !($2 in other)) {
                print $2 ": no such checker"
            }
            next
        }
        $4 == "" {
            labels[$2] = labels[$2] (labels[$2] ? " " : "") $3
            next
        }
        { filled[$2, $3]++ }
        $3 == "Clauses" && ($2 in checker) {
            n = split($4, id, " ")
            for (i = 1; i <= n; i++) {
                told[$2, id[i]] = 1
                if (!(($2, id[i]) in blamed)) {
                    print $2 ": never blames " id[i]
                }
            }
        }
        END {
            for (name in checker) {
                if (!(name in seen)) { print name ": no section" }
            }
            for (name in seen) {
                if (labels[name] != want) {
                    print name ": labels are \"" labels[name] "\", not \"" want "\""
                }
                split(want, each, " ")
                for (l = 1; l <= 4; l++) {
                    if (!filled[name, each[l]]) {
                        print name ": nothing under " each[l]
                    }
                }
            }
            for (pair in blamed) {
                if (!(pair in told)) {
                    split(pair, part, SUBSEP)
                    print part[1] ": blames " part[2] " and does not say so"
                }
            }
        }'
}

complaints docs >"$work/complaints"
expect "the pages are whole" 0 -- diff /dev/null "$work/complaints"

# planted NAME WORDS FILE SED...: with that mistake in a copy of the pages the
# words are complained of.
planted() {
    local name=$1 words=$2 file=$3
    shift 3
    rm -rf "$work/copy"
    mkdir "$work/copy"
    cp -r docs/clauses docs/checkers.md "$work/copy/"
    sed -i "$@" "$work/copy/$file"
    if cmp -s "docs/$file" "$work/copy/$file"; then
        failed=$((failed + 1))
        echo "FAILED $name: nothing was planted"
        return
    fi
    complaints "$work/copy" >"$work/complaints"
    expect "$name" 0 "$words" -- cat "$work/complaints"
}

cursors=clauses/cursors.md
planted "a clause without a section" "CURSOR-2: no section" \
    $cursors '/^## CURSOR-2$/d'
planted "a section without a clause" "CURSOR-99: no such clause" \
    $cursors 's/^## CURSOR-2$/## CURSOR-99/'
planted "a section that is there twice" "CURSOR-1: a second section" \
    $cursors 's/^## CURSOR-2$/## CURSOR-1/'
planted "a section on another page" "PUSH-2: stands in cursors" \
    $cursors 's/^## CURSOR-2$/## PUSH-2/'
planted "a text that is not the clause's" "CURSOR-2: the text differs" \
    $cursors 's/^> Concurrently/> Sometimes/'
planted "a label that is missing" 'CURSOR-11: labels are "Why Seen-in Fix"' \
    $cursors '/^## CURSOR-11$/,$ { /^\*\*Causes\*\*$/d }'
planted "a label in another place" 'CURSOR-11: labels are "Fix ' \
    $cursors '/^## CURSOR-11$/,$ s/^\*\*Why\*\*$/**Fix**/'
planted "a label with nothing under it" "CURSOR-11: nothing under Fix" \
    $cursors '/^## CURSOR-11$/,$ { /^\*\*Fix\*\*$/ q }'
planted "a report that nobody knows" "made/up#1 is nowhere in the tree" \
    $cursors 's/lifeCc#44/made\/up#1/'
planted "a report with a number that is wrong" "lifeCc#4 is nowhere" \
    $cursors 's/lifeCc#44/lifeCc#4/'
planted "reports without a word" "CURSOR-2: not" \
    $cursors 's/^- lifeCc#44, airbyte#85918: .*/- lifeCc#44 airbyte#85918/'
planted "none known beside a report" "CURSOR-2: either reports or" \
    $cursors 's/^- lifeCc#44/- none known\n&/'
planted "another clause that does not exist" "names PUSH-80, which" \
    $cursors 's/as in PUSH-8/&0/'

planted "a checker without a section" "delivery: no section" \
    checkers.md '/^## delivery$/d'
planted "a section without a checker" "rumours: no such checker" \
    checkers.md 's/^## delivery$/## rumours/'
planted "a checker's label that is missing" 'order: labels are "Reads ' \
    checkers.md '/^## order$/,/^## queue$/ { /^\*\*Demands\*\*$/d }'
planted "a clause that a checker never blames" "order: never blames PUSH-7" \
    checkers.md '/^## order$/,/^## queue$/ s/^PUSH-6$/PUSH-6 PUSH-7/'
planted "a clause that a checker blames" "order: blames PUSH-6 and" \
    checkers.md '/^## order$/,/^## queue$/ s/^PUSH-6$/PUSH-5/'
finish
