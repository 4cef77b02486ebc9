/* SPDX-License-Identifier: MIT */
/* ws_hear - what a reader makes of bytes, as text, however they are cut. */
#ifndef SYNCSPEC_TESTS_PROTOCOL_WS_HEAR_H
#define SYNCSPEC_TESTS_PROTOCOL_WS_HEAR_H

#include "protocol/ws.h"

enum ws_peer { PEER_SERVER, PEER_CLIENT }; /* a client's frames are masked */

/* Feed `bytes` whole, cut in two at every place, and one by one; fails the test
 * unless the events are `expected` each time: "text Hello;", "ping x;",
 * "close 1000 bye;", "error 1002 a sentence;", nothing when more is needed. */
void hears_within(enum ws_peer peer, size_t limit, struct str bytes,
                  const char *expected);
/* The same with a limit that does not matter. */
void hears(enum ws_peer peer, struct str bytes, const char *expected);

#endif
