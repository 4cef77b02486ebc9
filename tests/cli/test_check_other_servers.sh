#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_check_other_servers - servers that are right in another way are accused
# of nothing: one that merges, one that repeats itself, small and odd pages, a
# small limit of bodies, an address with a path.  SYNCSPEC_FULL=1, or an
# optimised build (SYNCSPEC_RELEASE), plays all cases; otherwise those of the
# clauses in which such servers differ.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

whole=${SYNCSPEC_FULL:-}${SYNCSPEC_RELEASE:-}
syncspec=${SYNCSPEC_RELEASE:-$syncspec}

# judge NAME CODE PROFILE PARTS -- WORDS...: the server of $url, part by part,
# or all of it.
judge() {
    local name=$1 code=$2 profile=$3 parts part
    [[ -n $whole ]] && parts=conformance/ || parts=$4
    shift 5
    for part in $parts; do
        expect "$name, $profile: $part" "$code" "$@" -- timeout -s KILL 600 \
            "$syncspec" check "$url" --time-scale 20 -j 4 \
            --profile "$profile" --only "$part"
    done
}
end() {
    kill -9 "$server"
    wait "$server" 2>/dev/null || true
}

for dialect in v2 v1; do
    serve --time-scale 20 --mode merging --dialect "$dialect"
    judge "merging $dialect" 0 full "merge/ delete/ push/l PUSH-9" -- " passed"
    end
done
for dialect in v2 v1; do
    serve --time-scale 20 --mode repeating --dialect "$dialect"
    judge "repeating $dialect" 0 full "merge/ push/l push/r" -- " passed"
    # It is told so; what stores a repetition fails (museum_detection).
    expect "the repetition is told, $dialect" 0 " 3 nonstrict" -- "$syncspec" \
        check "$url" --time-scale 20 --only push/repeated_push
    end
done
for page in 7 400; do
    serve --time-scale 20 --page "$page"
    judge "pages of $page" 0 full "cursor/p PUSH-8" -- " passed" \
        "pull.page            $page "
    end
done

# Two megabytes are less than the ten of the dialect: a body just below them is
# what is asked for then.
serve --time-scale 20 --body-limit 2097152
judge "two megabytes" 0 core "VALID-12" -- " passed" \
    "push.body            2 MiB "
[[ -n $whole ]] || judge "enough for long strings" 0 core FID-1 -- " passed"
end

# An address with a path, as behind a gateway.
sed 's/^ *//' >"$work/based.dialect" <<'DIALECT'
    base = v2
    path.push = /base/sync/{app}
    path.pull = /base/sync/{app}/pull
    path.stream = /base/sync/{app}/stream
    path.socket = /base/ws/{app}
    path.socket_all = /base/ws
    path.health = /base/health
DIALECT
serve --time-scale 20 --dialect "$work/based.dialect"
for base in base base/; do
    expect "an address with a path: $base" 0 "channels.socket-all  yes" \
        "channels.stream      yes" " passed" -- "$syncspec" check "$url/$base" \
        --time-scale 20 --only PUSH-7
done
for part in WS-2 WS-5 SSE-1 SVC-3 VALID-15; do
    expect "an address with a path: $part" 0 " passed" -- "$syncspec" check \
        "$url/base" --time-scale 20 --only "$part"
done
expect "and not without it" 3 "/health did not answer 200" "404" -- \
    "$syncspec" check "$url" --time-scale 20 --only PUSH-7 --wait-for-server 300ms
end
finish
