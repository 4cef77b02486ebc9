#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_evidence - a failure on the wire shows the request, the answer and a line
# of shell that sends it again; no report shows a token or a header's value.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cases=scenarios/conformance/validation/unknown_op_is_refused.sync
serve --bug bad-op-acked
expect "a failure shows what went over the wire" 1 \
    "  request   POST /sync/app-" "  answer    200 OK {" "  try       printf " \
    "X-Client-Id: alice-" -- \
    "$syncspec" run --server "$url" --dialect v2 "$cases"
sed -n 's/^  try       //p' "$work/out" | head -n 1 >"$work/try.sh"
if command -v curl >/dev/null; then
    expect "the line does it again" 0 "200 OK" '"serverChanges"' -- \
        sh "$work/try.sh"
    expect "its body is the same" 0 'alice-' '"op":"upsert"' -- \
        sh -c "$(sed 's/ | curl.*//' "$work/try.sh")"
fi

# Every format, with secrets that the server knows and one that it does not.
secret=token-of-nobody-else
expect "with a token" 1 "Bearer \$TOKEN" -- \
    "$syncspec" run --server "$url" --dialect v2 --token "$secret" \
    --header "X-Tenant: tenant-of-nobody-else" --verbose \
    --reports "$work/reports" "$cases"
cp "$work/out" "$work/reports/text.txt"
expect "no secret in any of them" 1 -- grep -r "of-nobody-else" "$work/reports"
expect "but their names" 0 X_TENANT -- grep -h "X-Tenant" \
    "$work/reports/report.jsonl"
for file in junit.xml report.tap summary.md; do
    expect "$file has the line" 0 "--data-binary" -- \
        grep -h "curl -isS" "$work/reports/$file"
done

# The same from the lines.
expect "made again from JSON lines" 1 "  request   POST /sync/app-" \
    "  try       printf " -- "$syncspec" report "$work/reports/report.jsonl"
expect "clauses from JSON lines" 1 "| VALID-4 | M | **fail** |" -- \
    "$syncspec" report --as clauses "$work/reports/report.jsonl"
expect "a badge from JSON lines" 1 '"message":"failing"' -- \
    "$syncspec" report --as shields "$work/reports/report.jsonl"

expect "nothing of it in virtual time" 1 -- \
    "$syncspec" run --bug bad-op-acked --dialect v2 "$cases"
cp "$work/out" "$work/virtual.txt"
expect "no request" 1 -- grep -E "^  (request|answer|try) " "$work/virtual.txt"
finish
