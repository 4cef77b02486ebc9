/* SPDX-License-Identifier: MIT */
/* wire_shard - libcurl's multi_socket interface on libuv.
 * Layer: harness/transport. */
#include "harness/transport/wire_shard.h"

#include <stdlib.h>

#include "base/asserts.h"

/* One socket that libcurl waits for. */
struct watcher {
    uv_poll_t poll;
    struct wire_shard *shard;
    curl_socket_t fd;
    int events; /* that libcurl waits for */
};

static void collect_ended(struct wire_shard *shard)
{
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(shard->multi, &left)) != NULL) {
        struct wire_call *call = NULL;
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        CURLcode result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        wire_shard_remove(call);
        call->result = result;
        shard->ended(shard->context, call);
    }
}

static void shard_act(struct wire_shard *shard, curl_socket_t fd, int flags)
{
    int running = 0;
    CURLMcode code =
        curl_multi_socket_action(shard->multi, fd, flags, &running);
    ASSERT(code == CURLM_OK || code == CURLM_ABORTED_BY_CALLBACK);
    collect_ended(shard);
}

static int flags_of(int events)
{
    return (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
           (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
}

static void on_socket_ready(uv_poll_t *poll, int status, int events)
{
    struct watcher *watcher = poll->data;
    if (status >= 0) {
        shard_act(watcher->shard, watcher->fd, flags_of(events));
        return;
    }
    /* libuv stops watching a socket with an error on it.  Told of an error,
     * libcurl would give up without reading what came before it, and without
     * its second attempt on a new connection; so it is told to read and write
     * and finds the error itself, and what it leaves is watched again. */
    shard_act(watcher->shard, watcher->fd, CURL_CSELECT_IN | CURL_CSELECT_OUT);
    if (!uv_is_closing((uv_handle_t *)poll)) {
        uv_poll_start(poll, watcher->events, on_socket_ready);
    }
}

static void on_watcher_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static struct watcher *watcher_create(struct wire_shard *shard,
                                      curl_socket_t fd)
{
    struct watcher *watcher = calloc(1, sizeof *watcher);
    if (!watcher || uv_poll_init(shard->loop, &watcher->poll, fd) != 0) {
        free(watcher);
        return NULL;
    }
    watcher->poll.data = watcher;
    watcher->shard = shard;
    watcher->fd = fd;
    curl_multi_assign(shard->multi, fd, watcher);
    return watcher;
}

static void watcher_close(struct watcher *watcher)
{
    if (watcher) {
        uv_poll_stop(&watcher->poll);
        uv_close((uv_handle_t *)&watcher->poll, on_watcher_closed);
    }
}

static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what,
                            void *context, void *socket_context)
{
    struct wire_shard *shard = context;
    struct watcher *watcher = socket_context;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        watcher_close(watcher);
        return 0;
    }
    if (!watcher) {
        watcher = watcher_create(shard, fd);
    }
    if (!watcher) {
        return -1;
    }
    watcher->events = (what & CURL_POLL_IN ? UV_READABLE : 0) |
                      (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    return uv_poll_start(&watcher->poll, watcher->events, on_socket_ready);
}

static void on_timer(uv_timer_t *timer)
{
    shard_act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer_wanted(CURLM *multi, long timeout_ms, void *context)
{
    struct wire_shard *shard = context;
    (void)multi;
    if (timeout_ms < 0) {
        uv_timer_stop(&shard->timer);
    } else {
        /* The loop's idea of now may be as old as its last round. */
        uv_update_time(shard->loop);
        uv_timer_start(&shard->timer, on_timer, (uint64_t)timeout_ms, 0);
    }
    return 0;
}

struct wire_shard *wire_shard_create(uv_loop_t *loop, size_t connections)
{
    struct wire_shard *shard = calloc(1, sizeof *shard);
    CURLM *multi = curl_multi_init();
    if (!shard || !multi) {
        free(shard);
        curl_multi_cleanup(multi);
        return NULL;
    }
    shard->multi = multi;
    shard->loop = loop;
    uv_timer_init(loop, &shard->timer);
    shard->timer.data = shard;
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    /* Left alone it follows the number of handles and throws out
     * connections that are still warm. */
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)connections);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, shard);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, shard);
    return shard;
}

void wire_shard_add(struct wire_shard *shard, struct wire_call *call)
{
    CURLMcode code = curl_multi_add_handle(shard->multi, call->easy);
    ASSERT(code == CURLM_OK);
    call->shard = shard;
    shard->running++;
}

void wire_shard_remove(struct wire_call *call)
{
    CURLMcode code = curl_multi_remove_handle(call->shard->multi, call->easy);
    ASSERT(code == CURLM_OK);
    call->shard->running--;
    call->shard = NULL;
}

static void on_shard_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void wire_shard_close(struct wire_shard *shard)
{
    ASSERT(shard->running == 0);
    curl_multi_cleanup(shard->multi);
    uv_close((uv_handle_t *)&shard->timer, on_shard_closed);
}
