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

static const enum route routes[] = {
    [PATH_PUSH] = ROUTE_PUSH,     [PATH_PULL] = ROUTE_PULL,
    [PATH_STREAM] = ROUTE_STREAM, [PATH_SOCKET] = ROUTE_SOCKET,
    [PATH_HEALTH] = ROUTE_HEALTH, [PATH_SOCKET_ALL] = ROUTE_SOCKET,
    [PATH_COUNT] = ROUTE_NONE};

static bool path_exists(const struct dialect *dialect, enum dialect_path path)
{
    return path == PATH_STREAM       ? dialect->sse
           : path == PATH_SOCKET     ? dialect->ws
           : path == PATH_SOCKET_ALL ? dialect->ws_unified
                                     : true;
}

/* Push and pull may have one path: then the method decides. */
static enum route route_of_app(const struct dialect *dialect,
                               const struct http_request *request,
                               struct str path, struct str *app)
{
    enum route route = ROUTE_NONE;

    for (enum dialect_path p = PATH_PUSH; p <= PATH_SOCKET; p++) {
        if (!path_exists(dialect, p) ||
            !dialect_path_is(dialect, p, path, app)) {
            continue;
        }
        if (str_is(request->method, route_infos[routes[p]].method)) {
            return routes[p];
        }
        route = route == ROUTE_NONE ? routes[p] : route;
    }
    return route;
}

/* The route of a path; `app` is still encoded. */
static enum route route_of_path(const struct dialect *dialect,
                                const struct http_request *request,
                                struct str *app)
{
    struct str path = http_target_path(request->target);

    if (str_is(path, "/metrics")) {
        return ROUTE_METRICS;
    }
    for (enum dialect_path p = PATH_SOCKET_ALL; p <= PATH_HEALTH; p++) {
        if (path_exists(dialect, p) &&
            dialect_path_is(dialect, p, path, NULL)) {
            return routes[p];
        }
    }
    return route_of_app(dialect, request, path, app);
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
    enum route route = route_of_path(server->config.dialect, request, &app);

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
