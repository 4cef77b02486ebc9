/* SPDX-License-Identifier: MIT */
/* raw_server - a server of bare sockets in threads, which answers as rightly
 * or wrongly as the path of the request says. */
#ifndef SYNCSPEC_TESTS_TRANSPORT_RAW_SERVER_H
#define SYNCSPEC_TESTS_TRANSPORT_RAW_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>

struct raw_server;

/* On any free port of 127.0.0.1. */
struct raw_server *raw_start(void);
void raw_stop(struct raw_server *server);
/* "http://127.0.0.1:PORT" */
const char *raw_url(const struct raw_server *server);
/* Connections accepted, requests read so far. */
int raw_connections(struct raw_server *server);
int raw_requests(struct raw_server *server);
/* The next `count` requests of /health get 503. */
void raw_sicken(struct raw_server *server, int count);
/* A port of 127.0.0.1 where nobody listens. */
int raw_dead_port(void);

#endif
