/* SPDX-License-Identifier: MIT */
/* wire - a front in a process of its own, and raw sockets to it.
 * Layer: tests/mock_server. */
#ifndef SYNCSPEC_TESTS_MOCK_SERVER_WIRE_H
#define SYNCSPEC_TESTS_MOCK_SERVER_WIRE_H

#include <check.h>
#include <sys/types.h>

#include "mock_server/front.h"

enum { WIRE_ANSWER_MAX = 1 << 20 };

extern pid_t wire_child; /* the front, 0: none */
extern int wire_port;
extern char wire_answer[WIRE_ANSWER_MAX]; /* of the last wire_read() */

/* Memory, development auth, v2, the origin "http://app". */
struct front_config wire_config(void);
/* Run the front in a child; the port comes by its announcement. */
void wire_start(struct front_config config);
/* Its exit status. */
int wire_end(int signal_number);

int wire_dial(void);
void wire_put_bytes(int fd, const char *p, size_t n);
void wire_put(int fd, const char *text);
/* As recv, within ten seconds. */
ssize_t wire_get(int fd, char *p, size_t n);
/* The status of one answer, nothing of the next is taken; 0 when the
 * connection ends before it is whole. */
int wire_read(int fd);
bool wire_is_closed(int fd);
/* Put, then read. */
int wire_ask(int fd, const char *text);

#endif
