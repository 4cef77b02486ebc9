#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_check_other_servers - servers that are right in another way are accused
# of nothing: one that merges, one that repeats itself, small and odd pages, a
# small limit of bodies, an address with a path.  SYNCSPEC_FULL=1, or an
# optimised build (SYNCSPEC_RELEASE), plays all cases; otherwise those of the
# clauses in which such servers differ.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

sanitized=$syncspec
syncspec=${SYNCSPEC_RELEASE:-$syncspec}
parts=(merge/ delete/ push/own push/retr PUSH-4 PUSH-5 PUSH-8 CURSOR-5 CURSOR-11)
[[ -n ${SYNCSPEC_FULL:-}${SYNCSPEC_RELEASE:-} ]] && parts=(conformance/)

# judge NAME CODE PROFILE ARGUMENTS...: the server of $url, part by part.
judge() {
    local name=$1 code=$2 profile=$3 part
    shift 3
    for part in "${parts[@]}"; do
        expect "$name, $profile: $part" "$code" " passed" -- timeout 240 \
            "$syncspec" check "$url" --time-scale 20 -j 4 \
            --profile "$profile" --only "$part" "$@"
    done
}
end() {
    kill -9 "$server"
    wait "$server" 2>/dev/null || true
}

for dialect in v2 v1; do
    serve --time-scale 20 --mode merging --dialect "$dialect"
    judge "merging $dialect" 0 full --dialect "$dialect"
    end
done
serve --time-scale 20 --mode repeating
judge "repeating" 0 core
expect "repeating fails PUSH-5, which should be" 1 "PUSH-5 S" " passed, 2 failed" \
    -- "$syncspec" check "$url" --time-scale 20 --only PUSH- \
    --reports "$work/repeating"
end
finish
