/* SPDX-License-Identifier: MIT */
/* route - which request is this: paths, methods, preflights.
 * Layer: mock_server. */
#include "base/utf8.h"
#include "mock_server/server_core.h"

static const struct route_info {
    const char *method, *allow;
} route_infos[] = {
    [ROUTE_NONE] = {"", ""},
    [ROUTE_PUSH] = {"POST", "POST, OPTIONS"},
    [ROUTE_PULL] = {"GET", "GET, OPTIONS"},
    [ROUTE_STREAM] = {"GET", "GET, OPTIONS"},
    [ROUTE_SOCKET] = {"GET", "GET, OPTIONS"},
    [ROUTE_HEALTH] = {"GET", "GET, OPTIONS"},
    [ROUTE_METRICS] = {"GET", "GET, OPTIONS"},
};

/* "/ws/{app}", and "/ws" for all apps. */
static enum route route_of_socket(const struct dialect *dialect,
                                  struct str path, struct str *app)
{
    struct str rest = str_skip(path, 3);

    if (!rest.n) {
        return dialect->ws_unified ? ROUTE_SOCKET : ROUTE_NONE;
    }
    *app = str_skip(rest, 1);
    return rest.p[0] == '/' && app->n && str_find(*app, '/') == app->n
               ? ROUTE_SOCKET
               : ROUTE_NONE;
}

/* The route of a path; `app` is still encoded. */
static enum route route_of_path(const struct dialect *dialect, struct str path,
                                struct str *app)
{
    if (str_is(path, "/health")) {
        return ROUTE_HEALTH;
    }
    if (str_is(path, "/metrics")) {
        return ROUTE_METRICS;
    }
    if (str_starts(path, STR("/ws"))) {
        return route_of_socket(dialect, path, app);
    }
    if (!str_starts(path, STR("/sync/"))) {
        return ROUTE_NONE;
    }
    path = str_skip(path, 6);
    size_t end = str_find(path, '/');

    *app = str_take(path, end);
    if (!app->n) {
        return ROUTE_NONE;
    }
    if (end == path.n) {
        return ROUTE_PUSH;
    }
    if (dialect->sse && str_is(str_skip(path, end), "/stream")) {
        return ROUTE_STREAM;
    }
    return str_is(str_skip(path, end), "/pull") ? ROUTE_PULL : ROUTE_NONE;
}

static void route_options(struct server *server,
                          const struct http_request *request, enum route route,
                          struct server_job *job)
{
    bool asks =
        http_header_find(request->headers, request->header_count,
                         "access-control-request-method")
            .p &&
        http_header_find(request->headers, request->header_count, "origin").p;

    (void)server;
    if (asks && !job->origin.n) {
        reply_refuse(job, 403, "origin", "this origin is not allowed");
        return;
    }
    job->preflight = asks;
    job->status = 204;
    job->allow = route_infos[route].allow;
}

static void route_app(struct str encoded, struct server_job *job)
{
    struct str app;

    if (!http_decode(encoded, false, &job->arena, &app) ||
        utf8_bad_at(app) < app.n) {
        reply_refuse(job, 400, "bad_app", "the path's app is not decodable");
    } else if (app.n > LIMIT_NAME_BYTES) {
        reply_refuse(job, 400, "bad_app", "the path's app has over %d bytes",
                     LIMIT_NAME_BYTES);
    } else {
        job->app = app;
    }
}

void route_find(struct server *server, const struct http_request *request,
                struct server_job *job)
{
    struct str app = {0};
    enum route route = route_of_path(server->config.dialect,
                                     http_target_path(request->target), &app);

    job->origin = reply_origin(server, request, job);
    if (route == ROUTE_NONE) {
        reply_refuse(job, 404, "not_found", "there is nothing at this path");
    } else if (str_is(request->method, "OPTIONS")) {
        route_options(server, request, route, job);
    } else if (!str_is(request->method, route_infos[route].method)) {
        job->allow = route_infos[route].allow;
        reply_refuse(job, 405, "method", "this path takes %s",
                     route_infos[route].allow);
    } else {
        job->route = route;
        if (app.n) {
            route_app(app, job);
        }
    }
}
