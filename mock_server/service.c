/* SPDX-License-Identifier: MIT */
/* service - health and metrics.  Layer: mock_server. */
#include <inttypes.h>

#include "mock_server/merging.h"

void service_health(struct server *server, struct server_job *job,
                    struct instant now, struct http_reply *reply)
{
    char text[INSTANT_TEXT_MAX];

    if (server_merges(server)) {
        buf_puts(&server->body, "up\n");
        reply_json(server, job, 200, reply);
        reply->headers[0].value = STR("text/plain");
        return;
    }
    buf_printf(&server->body,
               "{\"service\":\"syncspec\",\"status\":\"ok\",\"dialect\":\"%s\","
               "\"timestamp\":\"%.*s\"}",
               server->config.dialect->name,
               STR_ARG(instant_write_ms(now, text)));
    reply_json(server, job, 200, reply);
}

static void service_counter(struct buf *out, const char *name, const char *help,
                            uint64_t value)
{
    buf_printf(out,
               "# HELP syncspec_%s_total %s\n"
               "# TYPE syncspec_%s_total counter\n"
               "syncspec_%s_total %" PRIu64 "\n",
               name, help, name, name, value);
}

static void service_gauge(struct buf *out, const char *name, const char *help,
                          size_t value)
{
    buf_printf(out,
               "# HELP syncspec_%s %s\n"
               "# TYPE syncspec_%s gauge\n"
               "syncspec_%s %zu\n",
               name, help, name, name, value);
}

static void service_live(struct server *server)
{
    struct live_counts live = server_live_counts(server);
    struct buf *out = &server->body;

    service_counter(out, "notices", "Notices sent on sockets.", live.notices);
    service_counter(out, "events", "Events of changes sent on streams.",
                    live.events);
    service_counter(out, "heartbeats", "Heartbeats sent on streams.",
                    live.heartbeats);
    service_gauge(out, "live_sockets", "Sockets open now.", live.sockets);
    service_gauge(out, "live_streams", "Streams open now.", live.streams);
    service_gauge(out, "live_bytes", "Memory of open channels.", live.bytes);
}

void service_metrics(struct server *server, struct server_job *job,
                     struct http_reply *reply)
{
    struct buf *out = &server->body;
    const struct server_counts *counts = &server->counts;

    service_counter(out, "requests", "Requests begun.", counts->requests);
    service_counter(out, "pushes", "Pushes accepted.", counts->pushes);
    service_counter(out, "pulls", "Pulls answered.", counts->pulls);
    service_counter(out, "changes", "Changes stored.", counts->changes);
    service_counter(out, "refused", "Requests answered with an error.",
                    counts->refused);
    service_live(server);
    buf_puts(out, "# HELP syncspec_responses_total Answers by status.\n"
                  "# TYPE syncspec_responses_total counter\n");
    for (int status = 0; status < SERVER_STATUSES; status++) {
        if (server->by_status[status]) {
            buf_printf(out,
                       "syncspec_responses_total{code=\"%d\"} %" PRIu64 "\n",
                       status, server->by_status[status]);
        }
    }
    reply_json(server, job, 200, reply);
    reply->headers[0].value = STR("text/plain; version=0.0.4; charset=utf-8");
}
