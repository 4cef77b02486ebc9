/* SPDX-License-Identifier: MIT */
/* ws - RFC 6455 without I/O: frames read and written, messages put together,
 * the handshake's key.  Layer: protocol. */
#ifndef SYNCSPEC_PROTOCOL_WS_H
#define SYNCSPEC_PROTOCOL_WS_H

#include "base/buf.h"

enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10
};

enum { /* close codes */
       WS_CODE_NORMAL = 1000,
       WS_CODE_GOING_AWAY = 1001,
       WS_CODE_PROTOCOL = 1002,
       WS_CODE_UNSUPPORTED = 1003,
       WS_CODE_NONE = 1005,     /* a close frame without a code */
       WS_CODE_ABNORMAL = 1006, /* the connection ended without a close frame */
       WS_CODE_BAD_TEXT = 1007,
       WS_CODE_POLICY = 1008,
       WS_CODE_TOO_BIG = 1009,
       WS_CODE_INTERNAL = 1011
};

enum {
    WS_HEADER_MAX = 14,
    WS_ACCEPT_BYTES = 28, /* of a Sec-WebSocket-Accept value */
    WS_CONTROL_MAX = 125, /* payload of a control frame */
    WS_REASON_MAX = 123
};

/* One frame as it is on the wire. */
struct ws_frame {
    bool fin;
    uint8_t rsv;    /* 0 to 7 */
    uint8_t opcode; /* 0 to 15, also those that do not exist */
    bool masked;
    uint8_t mask[4];
    struct str payload; /* not masked */
    bool has_length;    /* `length` is claimed in place of payload.n */
    uint64_t length;
};
/* Append it; the mask is applied to what is written.  The shortest form of the
 * length is used. */
void ws_frame_write(struct buf *out, const struct ws_frame *frame);
/* A close frame with a code (none for WS_CODE_NONE) and a reason, cut at
 * WS_REASON_MAX bytes on a character's edge.  `mask` NULL: not masked. */
void ws_close_write(struct buf *out, int code, struct str reason,
                    const uint8_t mask[4]);

/* May this code be in a close frame that is received (RFC 6455, 7.4)? */
bool ws_code_is_valid(int code);

enum ws_event_kind {
    WS_EVENT_NONE, /* more bytes are needed */
    WS_EVENT_TEXT, /* a whole message, valid UTF-8 */
    WS_EVENT_BINARY,
    WS_EVENT_PING, /* control frames, also between fragments */
    WS_EVENT_PONG,
    WS_EVENT_CLOSE, /* `code` (WS_CODE_NONE: without) and reason */
    WS_EVENT_ERROR  /* the peer broke the rules: close with `code`; there are
                       no events after it */
};
struct ws_event {
    enum ws_event_kind kind;
    struct str payload; /* until the next call */
    int code;
    const char *why; /* WS_EVENT_ERROR: a sentence that lives for ever */
};

/* Bytes of a peer become messages.  Text is checked for UTF-8 as it comes, as
 * far as it came: a bad byte is an error before the message is whole. */
struct ws_reader {
    struct buf bytes; /* received, the first `used` are done with */
    size_t used;
    struct buf message;     /* fragments so far */
    uint8_t message_opcode; /* 0: none has begun */
    bool wants_mask;        /* frames must be masked: the peer is a client */
    size_t limit;           /* of a message; more is WS_CODE_TOO_BIG */
    bool ended;             /* an error or a close frame was told */
    size_t text_checked;    /* bytes of `message` known to be UTF-8 */
    bool inside;            /* of the payload of a data frame: */
    bool frame_fin;         /* … which is the last of its message */
    uint8_t frame_mask[4];  /* … of its next byte on; zeros: not masked */
    uint64_t frame_left;    /* … and has so many bytes to come */
};
/* `masked`: frames of the peer must be masked (it is a client), or must not. */
void ws_reader_init(struct ws_reader *reader, bool masked, size_t limit);
void ws_reader_free(struct ws_reader *reader);
/* Bytes arrived.  False when they cannot be kept (out of memory, or far more
 * at once than anybody should read before asking for events). */
bool ws_reader_feed(struct ws_reader *reader, const void *p, size_t n);
enum ws_event_kind ws_reader_next(struct ws_reader *reader,
                                  struct ws_event *out);

/* Read one frame without judging it beyond its lengths, for those who look at
 * frames and not at messages.  Returns the bytes that it takes; 0: more bytes
 * are needed.  The payload borrows from `bytes`, still masked if it was:
 * ws_frame_unmask() writes it in place. */
size_t ws_frame_read(struct str bytes, struct ws_frame *out);
void ws_frame_unmask(char *payload, size_t n, const uint8_t mask[4]);

/* The value of Sec-WebSocket-Accept for a Sec-WebSocket-Key (any text). */
void ws_accept_key(struct str key, char out[WS_ACCEPT_BYTES]);
/* Is it base64 of 16 bytes, as a Sec-WebSocket-Key has to be? */
bool ws_key_is_valid(struct str key);
/* A key of 16 given bytes: 24 characters. */
void ws_key_write(const uint8_t nonce[16], char out[24]);

#endif
