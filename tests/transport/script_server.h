/* SPDX-License-Identifier: MIT */
/* script_server - a server of bare sockets in threads, which does on every
 * connection what a script says, rightly or wrongly, and writes down what the
 * other side said. */
#ifndef SYNCSPEC_TESTS_TRANSPORT_SCRIPT_SERVER_H
#define SYNCSPEC_TESTS_TRANSPORT_SCRIPT_SERVER_H

#include <stddef.h>

struct script_server;

/* Steps are parted by |:
 *   request        read a request's head (every script begins so by itself)
 *   101:HEADERS    the answer that is due to it, these lines before others
 *   raw:BYTES      these very bytes
 *   text:T bin:T part:T cont:T end:T ping:T   a frame; part and cont: not fin
 *   masked:T       a text frame with a mask, which a server must not send
 *   big:N          a text message of N bytes, in frames of 64 KB
 *   flood:N        N text messages "0", "1" …
 *   close:CODE:T   a close frame (CODE 0: without one)
 *   read           wait for a frame, and write it down
 *   echo           write down and send back texts, until a close frame comes
 *   nap:MS         wait
 *   fin            end of what is sent; everything that comes is read
 *   reset          a hard end
 *   hang           read until the other side has gone
 * At the end of a script the connection is closed. */
struct script_server *script_start(const char *script);
/* From now on. */
void script_set(struct script_server *server, const char *script);
void script_stop(struct script_server *server);
const char *script_url(const struct script_server *server);
/* The head that was read last; frames as "1'hello' 8'1000'"; until the next
 * call of it. */
const char *script_request(struct script_server *server);
const char *script_frames(struct script_server *server);
int script_connections(struct script_server *server);
/* Connections that the other side has ended, or the script. */
int script_ended(struct script_server *server);

#endif
