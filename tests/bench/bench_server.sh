#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench_server - the bundled server beside nginx, under one load (wrk, one
# thread, 64 connections).  nginx, one worker, no access log, serves a file of
# exactly the bytes of the pull's answer.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$(dirname "${BASH_SOURCE[0]}")
seconds=${SYNCSPEC_BENCH_SECONDS:-5}
epoch=1970-01-01T00:00:00.000Z
query="collection=tasks&since=$epoch"

# wait_for WHAT COMMAND...
wait_for() {
    local what=$1 i
    shift
    for ((i = 0; i < 100; i++)); do
        "$@" && return
        sleep 0.1
    done
    fail "$what did not start: $(tail -n 3 "$folder"/*.err 2>/dev/null)"
}

is_announced() {
    grep -q '^listening on ' "$1"
}

# serve NAME STORE: sets url.
serve() {
    "$syncspec" serve --port 0 --dev-auth --store "$2" \
        >"$folder/$1.out" 2>"$folder/$1.err" &
    started+=($!)
    wait_for "the bundled server" is_announced "$folder/$1.out"
    url=$(sed -n 's/^listening on //p' "$folder/$1.out")
}

is_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

free_port() {
    local port
    for _ in {1..50}; do
        port=$((20000 + RANDOM % 12000))
        is_free "$port" && echo "$port" && return
    done
    fail "no free port"
}

nginx_config() {
    cat <<END
worker_processes 1;
daemon off;
pid $folder/nginx.pid;
error_log $folder/nginx.err crit;
events { worker_connections 1024; }
http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    open_file_cache max=16;
    default_type application/json;
    client_body_temp_path $folder/t1;
    proxy_temp_path $folder/t2;
    fastcgi_temp_path $folder/t3;
    uwsgi_temp_path $folder/t4;
    scgi_temp_path $folder/t5;
    server {
        listen 127.0.0.1:$1;
        root $folder/files;
    }
}
END
}

is_served() {
    curl -sf -o /dev/null "$1"
}

# serve_file: sets url.
serve_file() {
    local port
    port=$(free_port)
    nginx_config "$port" >"$folder/nginx.conf"
    # The worker is another user when this is root.
    chmod 755 "$folder" "$folder/files"
    nginx -c "$folder/nginx.conf" -e "$folder/nginx.err" &
    started+=($!)
    url=http://127.0.0.1:$port
    wait_for nginx is_served "$url/answer"
}

as_client() {
    curl -sf -H "Authorization: Bearer $1" -H "X-Client-Id: $1-$2" "${@:3}"
}

# Four records, whose pull is about one KiB.
put_records() {
    local changes="" i data
    for i in 1 2 3 4; do
        data="\"title\":\"Buy milk number $i\",\"done\":false,\"order\":$i"
        data+=",\"updatedAt\":\"2026-03-27T10:00:00.000Z\""
        changes+="${changes:+,}{\"table\":\"tasks\",\"id\":\"row-number-$i\","
        changes+="\"op\":\"insert\",\"data\":{$data}}"
    done
    as_client reader writer -o /dev/null --data-binary \
        "{\"since\":\"$epoch\",\"changes\":[$changes]}" "$1/sync/bench"
}

# load URL ARGS: requests a second; everything but a 2xx is a failure.
load() {
    timeout $((seconds + 30)) wrk -t1 -c64 -d"${seconds}s" "${@:2}" "$1" \
        >"$folder/wrk" || fail "wrk: $(cat "$folder/wrk")"
    if grep -qE 'Non-2xx|Socket errors' "$folder/wrk"; then
        fail "wrk: $(grep -E 'Non-2xx|Socket errors' "$folder/wrk")"
    fi
    awk '$1 == "Requests/sec:" { printf "%d\n", $2 }' "$folder/wrk"
}

serve memory memory
memory=$url
serve sqlite "sqlite:$folder/bench.db"
sqlite=$url
# Into both: a store without commits knows no cursor but the first.
put_records "$memory"
put_records "$sqlite"
mkdir "$folder/files"
as_client reader load "$memory/sync/bench/pull?$query" >"$folder/files/answer"
size=$(stat -c %s "$folder/files/answer")
serve_file

nginx=$(load "$url/answer")
pulls=$(load "$memory/sync/bench/pull?$query" \
    -H "Authorization: Bearer reader" -H "X-Client-Id: reader-load")
pushes=$(load "$memory" -s "$here/push.lua")
durable=$(load "$sqlite" -s "$here/push.lua")
row "nginx, static file of $size bytes" "$nginx" requests/s
row "bundled server, pulls of $size bytes" "$pulls" requests/s
row "bundled server, pulls to nginx" "$(ratio "$pulls" "$nginx")" "" \
    "at least 0.33"
row "bundled server, pushes of 1 KiB" "$pushes" requests/s
row "bundled server, pushes to nginx" "$(ratio "$pushes" "$nginx")" "" \
    "at least 0.33"
row "bundled server, durable pushes (SQLite)" "$durable" requests/s
