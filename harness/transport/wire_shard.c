/* SPDX-License-Identifier: MIT */
/* wire_shard - libcurl's multi_socket interface on libuv.
 * Layer: harness/transport. */
#include "harness/transport/wire_shard.h"

#include <stdlib.h>

#include "base/asserts.h"

/* One socket that libcurl waits for, or did. */
struct wire_watcher {
    uv_poll_t poll;
    struct wire_shard *shard;
    curl_socket_t fd;
    int events; /* that libcurl waits for; 0: it does not */
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
    struct wire_watcher *watcher = poll->data;
    if (status >= 0) {
        shard_act(watcher->shard, watcher->fd, flags_of(events));
        return;
    }
    /* libuv stops watching a socket with an error on it.  Told of an error,
     * libcurl would give up without reading what came before it, and without
     * its second attempt on a new connection; so it is told to read and write
     * and finds the error itself, and what it leaves is watched again. */
    shard_act(watcher->shard, watcher->fd, CURL_CSELECT_IN | CURL_CSELECT_OUT);
    if (watcher->events != 0) {
        uv_poll_start(poll, watcher->events, on_socket_ready);
    }
}

void wire_sockets_init(struct wire_sockets *sockets, uv_loop_t *loop)
{
    *sockets = (struct wire_sockets){.loop = loop};
}

static void on_watcher_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void wire_sockets_close(struct wire_sockets *sockets)
{
    for (size_t i = 0; i < sockets->count; i++) {
        struct wire_watcher *watcher = sockets->watchers[i];
        if (watcher) {
            uv_close((uv_handle_t *)&watcher->poll, on_watcher_closed);
        }
    }
    free(sockets->watchers);
    *sockets = (struct wire_sockets){0};
}

static bool sockets_grow(struct wire_sockets *sockets, size_t count)
{
    struct wire_watcher **watchers =
        realloc(sockets->watchers, count * sizeof *watchers);
    if (!watchers) {
        return false;
    }
    for (size_t i = sockets->count; i < count; i++) {
        watchers[i] = NULL;
    }
    sockets->watchers = watchers;
    sockets->count = count;
    return true;
}

/* The watcher of that number, made if need be; NULL when that fails. */
static struct wire_watcher *watcher_of(struct wire_sockets *sockets,
                                       curl_socket_t fd)
{
    size_t at = (size_t)fd;
    if (at >= sockets->count && !sockets_grow(sockets, 2 * at + 16)) {
        return NULL;
    }
    struct wire_watcher *watcher = sockets->watchers[at];
    if (!watcher) {
        watcher = calloc(1, sizeof *watcher);
        if (!watcher || uv_poll_init(sockets->loop, &watcher->poll, fd) != 0) {
            free(watcher);
            return NULL;
        }
        watcher->poll.data = watcher;
        watcher->fd = fd;
        sockets->watchers[at] = watcher;
    }
    return watcher;
}

static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what,
                            void *context, void *socket_context)
{
    struct wire_shard *shard = context;
    struct wire_watcher *watcher = watcher_of(shard->sockets, fd);
    (void)easy;
    (void)socket_context;
    if (!watcher) {
        return -1;
    }
    watcher->shard = shard;
    watcher->events = 0;
    if (what == CURL_POLL_REMOVE) {
        return uv_poll_stop(&watcher->poll);
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
        uv_update_time(shard->sockets->loop);
        uv_timer_start(&shard->timer, on_timer, (uint64_t)timeout_ms, 0);
    }
    return 0;
}

struct wire_shard *wire_shard_create(struct wire_sockets *sockets,
                                     size_t connections)
{
    struct wire_shard *shard = calloc(1, sizeof *shard);
    CURLM *multi = curl_multi_init();
    if (!shard || !multi) {
        free(shard);
        curl_multi_cleanup(multi);
        return NULL;
    }
    shard->multi = multi;
    shard->sockets = sockets;
    uv_timer_init(sockets->loop, &shard->timer);
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

void wire_shard_nudge(struct wire_shard *shard)
{
    int running = 0;
    CURLMcode code = curl_multi_perform(shard->multi, &running);
    ASSERT(code == CURLM_OK);
    collect_ended(shard);
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
