/* SPDX-License-Identifier: MIT */
/* front - the bundled server on sockets.  Layer: mock_server. */
#include "mock_server/front.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mock_server/front_core.h"
#include "mock_server/front_keys.h"

#define KEYS_AGAIN_US (5 * FRONT_US_PER_S)

enum { RX_BYTES = 65536, FDS_MAX = 16384, FIRST_TICK_US = 1 };

static volatile sig_atomic_t front_signals;
static struct lws_context *volatile front_signalled;

struct instant front_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (struct instant){now.tv_sec, (int32_t)now.tv_nsec};
}

int64_t front_clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * FRONT_US_PER_S + now.tv_nsec / 1000;
}

static bool front_refresh_keys(void *context)
{
    struct front *front = context;
    int64_t now_us;

    if (!auth_wants_keys(front->auth)) {
        return false;
    }
    now_us = front_clock_us();
    if (now_us < front->keys_at_us + KEYS_AGAIN_US) {
        return false;
    }
    front->keys_at_us = now_us;
    return front_keys_refresh(front->auth, front->config->jwks_file,
                              front->config->jwks_url, NULL) == ST_OK;
}

static void front_answered(void *context, const struct http_request *request,
                           int status, size_t bytes_out, int64_t took_us)
{
    struct front *front = context;
    struct front_log_entry entry = {.time = front_now(),
                                    .status = status,
                                    .bytes_in = request->body.n,
                                    .bytes_out = bytes_out,
                                    .took_us = took_us};

    front_log_write(&front->log, request, &entry);
}

/* A handler may only set flags and write to the pipe of the library. */
static void front_on_signal(int number)
{
    (void)number;
    front_signals++;
    if (front_signalled) {
        lws_cancel_service(front_signalled);
    }
}

void front_heed_signals(struct front *front)
{
    while (front_signals > 0) {
        front_signals--;
        front_stop(front);
    }
}

/* ---- setting up ---- */

static char front_last_log[256]; /* of the library, for error messages */

static void front_keep_log(int level, const char *line)
{
    (void)level;
    lws_strncpy(front_last_log, line, sizeof(front_last_log));
    front_last_log[strcspn(front_last_log, "\n")] = '\0';
}

/* As many descriptors as may be had, up to FDS_MAX.  The limit of the process
 * and that of the library must be the same: with a lower one of its own the
 * library looks for a socket by going through all of them. */
static void front_raise_fd_limit(struct front *front)
{
    struct rlimit limit;

    front->fd_limit = FDS_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return;
    }
    front->old_fds = limit;
    limit.rlim_cur = limit.rlim_max < FDS_MAX ? limit.rlim_max : FDS_MAX;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        limit = front->old_fds;
    }
    if (limit.rlim_cur < FDS_MAX) {
        front->fd_limit = (unsigned)limit.rlim_cur;
    }
}

static void front_restore_fd_limit(const struct front *front)
{
    if (front->old_fds.rlim_max) {
        setrlimit(RLIMIT_NOFILE, &front->old_fds);
    }
}

/* Numeric: the library's look-up of names would block. */
static const char *front_host(const struct front *front)
{
    const char *host = front->config->host;

    return !host || strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
}

static struct lws_context *front_create_context(struct front *front)
{
    static const struct lws_protocols protocols[] = {
        {"syncspec", front_callback, sizeof(struct front_conn), RX_BYTES, 0,
         NULL, 0},
        {NULL, NULL, 0, 0, 0, NULL, 0}};
    const char *host = front_host(front);
    struct lws_context_creation_info info;
    void *loops[1] = {&front->loop};

    memset(&info, 0, sizeof(info));
    info.port = front->config->port;
    info.iface = strcmp(host, "0.0.0.0") == 0 ? NULL : host;
    info.protocols = protocols;
    info.user = front;
    info.gid = info.uid = (gid_t)-1;
    info.listen_accept_role = "raw-skt";
    info.listen_accept_protocol = "syncspec";
    info.options = LWS_SERVER_OPTION_ADOPT_APPLY_LISTEN_ACCEPT_CONFIG |
                   LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
    if (!strchr(host, ':')) {
        info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
    }
    info.fd_limit_per_thread = front->fd_limit;
    info.pt_serv_buf_size = RX_BYTES;
    if (front->has_loop) {
        info.options |= LWS_SERVER_OPTION_LIBUV;
        info.foreign_loops = loops;
    }
    return lws_create_context(&info);
}

static void front_close_loop(struct front *front)
{
    if (front->has_loop) {
        uv_run(&front->loop, UV_RUN_DEFAULT);
        uv_loop_close(&front->loop);
        front->has_loop = false;
    }
}

static void front_destroy_context(struct front *front)
{
    if (!front->context) {
        return;
    }
    lws_context_destroy(front->context);
    if (front->has_loop) {
        /* With a loop of ours the library needs its turns to close, and a
         * second call to let go of the rest. */
        uv_run(&front->loop, UV_RUN_DEFAULT);
        lws_context_destroy(front->context);
    }
    front->context = NULL;
}

/* The port that is listened on, or 0: the library makes a context also when
 * it cannot listen. */
static int front_port(struct front *front)
{
    struct lws_vhost *vhost =
        front->context ? lws_get_vhost_by_name(front->context, "default")
                       : NULL;

    return vhost ? lws_get_vhost_listen_port(vhost) : 0;
}

/* Can the address be had?  The library only says that it could not. */
static enum status front_probe(const struct front *front, struct err *err)
{
    const char *host = front_host(front);
    char port[16];
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *address = NULL;
    enum status status = ST_OK;
    int on = 1;

    snprintf(port, sizeof(port), "%d", front->config->port);
    if (getaddrinfo(host, port, &hints, &address) != 0) {
        return err_set(err, ST_USAGE, "cannot listen on %s: not an address",
                       host);
    }
    int fd = socket(address->ai_family, SOCK_STREAM, 0);

    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, address->ai_addr, address->ai_addrlen) != 0 ||
        listen(fd, 1) != 0) {
        status = err_set(err, ST_NETWORK, "cannot listen on %s port %d: %s",
                         host, front->config->port, strerror(errno));
    }
    freeaddrinfo(address);
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

/* libuv where its plug-in is installed (the library's own loop is slow with
 * many idle connections), else that loop. */
static enum status front_listen(struct front *front, struct err *err)
{
    enum status status = front_probe(front, err);

    if (status != ST_OK) {
        return status;
    }
    lws_set_log_level(LLL_ERR, front_keep_log);
    front_raise_fd_limit(front);
    front->has_loop = uv_loop_init(&front->loop) == 0;
    front->context = front_create_context(front);
    if (!front->context && front->has_loop) {
        front_close_loop(front);
        front->context = front_create_context(front);
    }
    if (front_port(front) > 0) {
        return ST_OK;
    }
    /* A context that does not listen cannot be taken apart in the turns of
     * our loop; what it holds ends with the process. */
    front->context = NULL;
    front->has_loop = false;
    return err_set(err, ST_NETWORK, "cannot listen on %s port %d: %s",
                   front_host(front), front->config->port, front_last_log);
}

static enum status front_open_store(struct front *front, struct err *err)
{
    const char *name = front->config->store ? front->config->store : "memory";

    if (strcmp(name, "memory") == 0) {
        front->store = store_memory_open();
        return front->store ? ST_OK : err_set(err, ST_LIMIT, "out of memory");
    }
    if (strncmp(name, "sqlite:", 7) != 0 || !name[7]) {
        return err_set(err, ST_USAGE,
                       "store %s: neither \"memory\" nor \"sqlite:FILE\"",
                       name);
    }
    front->store = store_sqlite_open(name + 7, err);
    return front->store ? ST_OK : ST_IO;
}

static enum status front_open_auth(struct front *front, struct err *err)
{
    const struct front_config *config = front->config;
    int sources = config->dev_auth + (config->jwks_file != NULL) +
                  (config->jwks_url != NULL);

    if (sources != 1) {
        return err_set(err, ST_USAGE,
                       "one of development auth, a key set file and a key "
                       "set URL is needed, there are %d",
                       sources);
    }
    front->auth = config->dev_auth ? auth_dev()
                                   : front_keys_open(config->jwks_file,
                                                     config->jwks_url, err);
    /* The first unknown key is looked for at once. */
    front->keys_at_us = front_clock_us() - KEYS_AGAIN_US;
    return front->auth ? ST_OK : ST_USAGE;
}

static enum status front_open_server(struct front *front, struct err *err)
{
    struct server_config config = front->config->server;
    enum status status;

    config.time_scale = front->time_scale;
    if (front->config->dialect) {
        config.dialect = dialect_find(str_of(front->config->dialect));
    }
    if (!config.dialect) {
        return err_set(err, ST_USAGE, "there is no dialect %s",
                       front->config->dialect ? front->config->dialect : "");
    }
    status = front_open_store(front, err);
    if (status == ST_OK) {
        status = front_open_auth(front, err);
    }
    if (status == ST_OK) {
        status = front_log_open(&front->log, front->config->access_log, err);
    }
    if (status != ST_OK) {
        return status;
    }
    front->log.dialect = config.dialect;
    front->world.server = server_create(&config, front->store, front->auth);
    front->world.body_limit = config.body_limit ? config.body_limit
                              : config.dialect->body_limit
                                  ? config.dialect->body_limit
                                  : LIMIT_BODY_BYTES;
    front->world.now = front_now;
    front->world.clock_us = front_clock_us;
    front->world.live_ms = front_live_ms;
    front->world.refresh_keys =
        front->config->dev_auth ? NULL : front_refresh_keys;
    front->world.answered = front->log.file ? front_answered : NULL;
    front->world.context = front;
    front->world.out = &front->out;
    buf_init(&front->out, LIMIT_RUN_ARENA);
    front_clear_out(front);
    return front->world.server ? ST_OK
                               : err_set(err, ST_LIMIT, "out of memory");
}

/* ---- running ---- */

static void front_announce(struct front *front)
{
    FILE *announce = front->config->announce;
    const char *host = front_host(front);
    int port = front_port(front);

    if (announce) {
        fprintf(announce,
                strchr(host, ':') ? "listening on http://[%s]:%d\n"
                                  : "listening on http://%s:%d\n",
                host, port);
        fflush(announce);
    }
}

/* Right behind the events: a timer that is set later, before the wait, would
 * be overlooked by the library. */
static void front_after_events(uv_check_t *handle)
{
    front_live_flush(handle->data);
}

static void front_run_loop(struct front *front)
{
    if (front->has_loop) {
        uv_check_init(&front->loop, &front->after_events);
        front->after_events.data = front;
        uv_check_start(&front->after_events, front_after_events);
    }
    while (!front->done) {
        if (front->has_loop) {
            uv_run(&front->loop, UV_RUN_DEFAULT);
        } else if (lws_service(front->context, 0) < 0) {
            break;
        } else {
            front_live_flush(front);
        }
    }
    if (front->has_loop) {
        uv_close((uv_handle_t *)&front->after_events, NULL);
    }
}

static void front_serve(struct front *front)
{
    struct sigaction action = {.sa_handler = front_on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction old_term, old_int, old_pipe;

    sigemptyset(&action.sa_mask);
    sigemptyset(&ignore.sa_mask);
    front_signals = 0;
    front_signalled = front->context;
    sigaction(SIGTERM, &action, &old_term);
    sigaction(SIGINT, &action, &old_int);
    sigaction(SIGPIPE, &ignore, &old_pipe);
    lws_sul_schedule(front->context, 0, &front->tick, front_tick,
                     FIRST_TICK_US);
    front_announce(front);
    front_run_loop(front);
    front_signalled = NULL;
    sigaction(SIGTERM, &old_term, NULL);
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGPIPE, &old_pipe, NULL);
}

static void front_close(struct front *front)
{
    if (front->context) {
        lws_sul_cancel(&front->tick);
        lws_sul_cancel(&front->live_due);
    }
    front_destroy_context(front);
    front_close_loop(front);
    server_free(front->world.server);
    auth_free(front->auth);
    if (front->store) {
        front->store->ops->close(front->store);
    }
    front_log_close(&front->log);
    buf_free(&front->out);
    front_restore_fd_limit(front);
}

enum status front_run(const struct front_config *config, struct err *err)
{
    struct front *front = calloc(1, sizeof(*front));
    enum status status;

    if (!front) {
        return err_set(err, ST_LIMIT, "out of memory");
    }
    front->config = config;
    front->live_due_us = INT64_MAX;
    front->start_us = front_clock_us();
    front->time_scale = config->time_scale > 0 ? config->time_scale : 1;
    status = front_open_server(front, err);
    if (status == ST_OK) {
        status = front_listen(front, err);
    }
    if (status == ST_OK) {
        front_serve(front);
    }
    front_close(front);
    free(front);
    return status;
}
