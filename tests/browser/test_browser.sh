#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_browser - a real browser talks to the bundled server: a page in headless
# Chromium opens the socket and the stream, hears a notice, pulls, and shows the
# change.  Where there is no Chromium, nothing is tested, and that is said.
# shellcheck source=tests/cli/lib.sh
source tests/cli/lib.sh

browser=$(command -v chromium || command -v chromium-browser ||
    command -v google-chrome || true)
if [[ -z $browser ]]; then
    echo "skipped: there is no Chromium here (Debian: apt-get install chromium)"
    echo "test_browser: 0 passed, 0 failed"
    exit 0
fi

# wait_for ID: the record that the page pushed, in $work/ID.json.
wait_for() {
    local i
    for ((i = 0; i < 300; i++)); do
        curl -sf "$url/sync/todo/pull?collection=reports&since=1970-01-01T00:00:00.000Z" \
            -H "Authorization: Bearer ann" -H "X-Client-Id: test" >"$work/pulled.json" || true
        if grep -q "\"id\":\"$1\"" "$work/pulled.json"; then
            return 0
        fi
        sleep 0.1
    done
    echo "FAILED: the page never pushed \"$1\""
    tail -n 5 "$work/browser.log"
    failed=$((failed + 1))
    return 1
}

# shows WORDS...: what the page reported last.
shows() {
    local word
    for word in "$@"; do
        if grep -qF -- "$word" "$work/pulled.json"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "FAILED: the report lacks $word: $(cat "$work/pulled.json")"
        fi
    done
}

serve --origin '*'
# A home of its own: nothing of the user's browser is touched or needed.
HOME=$work "$browser" --headless=new --no-sandbox --disable-gpu \
    --disable-dev-shm-usage --no-first-run --user-data-dir="$work/profile" \
    --remote-debugging-port=0 --allow-file-access-from-files \
    "file://$PWD/tests/browser/page.html#$url,ann,todo" \
    >"$work/browser.log" 2>&1 &
chrome=$!
children+=("$chrome")

if wait_for ready; then
    curl -sf "$url/sync/todo" -H "Authorization: Bearer ann" \
        -H "X-Client-Id: test" -H "Content-Type: application/json" \
        -d '{"clientId":"test","appId":"todo","since":"1970-01-01T00:00:00.000Z","changes":[
            {"table":"tasks","id":"1","op":"insert","data":{"title":"Buy milk","done":false}}]}' \
        >/dev/null
    wait_for end && shows '"opened":true' '"authOk":true' '"pong":true' \
        '"type":"sync-available"' '"tables":["tasks"]' \
        '"streamType":"text/event-stream' '"shown":"Buy milk"' '"closeCode":null' \
        '"error":null'
fi
# Asked, not killed: its own children write into its profile to the end.
kill "$chrome" && wait "$chrome" || true
echo "test_browser: $passed passed, $failed failed"
((failed == 0 && passed > 0))
