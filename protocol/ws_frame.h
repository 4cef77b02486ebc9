/* SPDX-License-Identifier: MIT */
/* ws_frame - the head of a frame, read as far as it came.
 * Layer: protocol; only for the ws files. */
#ifndef SYNCSPEC_PROTOCOL_WS_FRAME_H
#define SYNCSPEC_PROTOCOL_WS_FRAME_H

#include "protocol/ws.h"

/* How much of a head is there; each includes those above it. */
enum ws_head_state {
    WS_HEAD_NOTHING,
    WS_HEAD_FLAGS,  /* fin, rsv, opcode, masked, short_length */
    WS_HEAD_LENGTH, /* length, minimal */
    WS_HEAD_WHOLE   /* mask */
};

struct ws_head {
    bool fin, masked;
    uint8_t rsv, opcode;
    uint8_t short_length; /* 0 to 127, as it stands in the second byte */
    uint64_t length;
    bool minimal; /* the length could not have been spelled shorter */
    uint8_t mask[4];
    size_t size; /* bytes of the whole head */
};
/* Read what there is; members that are not there yet are zeros. */
enum ws_head_state ws_head_read(struct str bytes, struct ws_head *out);

/* Turn a mask so that it begins `n` bytes later. */
void ws_mask_turn(uint8_t mask[4], size_t n);

#endif
