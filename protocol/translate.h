/* SPDX-License-Identifier: MIT */
/* translate - texts that name things as the base of a dialect does, to the
 * dialect's names and back: bodies, targets, headers.  Layer: protocol.
 *
 * Bodies are rewritten by their tokens and not parsed, so that what is broken
 * on purpose stays broken in the same way: a name is a quoted text in front of
 * a colon, at a place where the protocol has names.  What is inside of a
 * value, numbers, blanks and everything else go through byte for byte. */
#ifndef SYNCSPEC_PROTOCOL_TRANSLATE_H
#define SYNCSPEC_PROTOCOL_TRANSLATE_H

#include "protocol/dialect.h"

/* `document` is what the outermost object is: GROUP_PUSH, GROUP_ANSWER,
 * GROUP_EVENT or GROUP_NOTICE.  The result is `text` itself where the dialect
 * has the base's names, otherwise in the arena. */
struct str translate_to_wire(const struct dialect *dialect,
                             enum dialect_group document, struct str text,
                             struct arena *arena);
struct str translate_from_wire(const struct dialect *dialect,
                               enum dialect_group document, struct str text,
                               struct arena *arena);
/* A request's target by the base's paths and parameters: in the arena, or the
 * same one where it is no path of the protocol. */
struct str translate_target(const struct dialect *dialect, struct str target,
                            struct arena *arena);
/* A target as it was on the wire, in the base's names. */
struct str translate_target_back(const struct dialect *dialect,
                                 struct str target, struct arena *arena);
/* The name of a header. */
struct str translate_header(const struct dialect *dialect, struct str name);

#endif
