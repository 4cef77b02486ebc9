/* SPDX-License-Identifier: MIT */
/* ws_reader - bytes of a peer become messages and control frames (RFC 6455,
 * 5.4 to 5.6, 7 and 8.1).  Layer: protocol. */
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "protocol/ws_frame.h"

void ws_reader_init(struct ws_reader *reader, bool masked, size_t limit)
{
    *reader = (struct ws_reader){.wants_mask = masked, .limit = limit};
    /* Payloads are moved to the message as they come, so this holds a head or
     * a control frame, and what was fed since events were asked for. */
    buf_init(&reader->bytes, LIMIT_REPLY_BYTES);
    buf_init(&reader->message, limit);
}

void ws_reader_free(struct ws_reader *reader)
{
    buf_free(&reader->bytes);
    buf_free(&reader->message);
}

/* Drop what is done with, moving the rest only when it is the smaller part:
 * a byte is then moved once at most, on average. */
static void forget_used(struct ws_reader *reader)
{
    struct buf *bytes = &reader->bytes;
    if (reader->used == 0 || reader->used < bytes->n - reader->used) {
        return;
    }
    bytes->n -= reader->used;
    memmove(bytes->p, bytes->p + reader->used, bytes->n);
    bytes->p[bytes->n] = '\0';
    reader->used = 0;
}

bool ws_reader_feed(struct ws_reader *reader, const void *p, size_t n)
{
    if (reader->ended) {
        return true;
    }
    forget_used(reader);
    buf_put(&reader->bytes, p, n);
    return !reader->bytes.failed;
}

static struct str rest_of(const struct ws_reader *reader)
{
    return str_skip(buf_view(&reader->bytes), reader->used);
}

/* Each step that judges returns whether reading goes on: false with an event
 * in `out`, or without one when bytes are missing. */
static bool tell_error(struct ws_reader *reader, struct ws_event *out, int code,
                       const char *why)
{
    *out = (struct ws_event){
        .kind = WS_EVENT_ERROR, .code = code, .why = why, .payload = {"", 0}};
    reader->ended = true;
    return false;
}

static const char *judge_order(const struct ws_reader *reader, uint8_t opcode)
{
    if (opcode == WS_CONTINUATION) {
        return reader->message_opcode == 0
                   ? "a continuation frame without a message to continue"
                   : NULL;
    }
    return reader->message_opcode != 0
               ? "a new message inside a message that has not ended"
               : NULL;
}

/* What the first two bytes of a frame say against it, or NULL. */
static const char *judge_flags(const struct ws_reader *reader,
                               const struct ws_head *head)
{
    if (head->rsv != 0) {
        return "a reserved bit is set without an extension";
    }
    if ((head->opcode > WS_BINARY && head->opcode < WS_CLOSE) ||
        head->opcode > WS_PONG) {
        return "a frame with an opcode that does not exist";
    }
    if (head->masked != reader->wants_mask) {
        return head->masked ? "a server's frame is masked"
                            : "a client's frame is not masked";
    }
    if (head->opcode < WS_CLOSE) {
        return judge_order(reader, head->opcode);
    }
    if (!head->fin) {
        return "a control frame is fragmented";
    }
    return head->short_length > WS_CONTROL_MAX
               ? "a control frame of more than 125 bytes"
               : NULL;
}

static bool judge_length(struct ws_reader *reader, const struct ws_head *head,
                         struct ws_event *out)
{
    if (head->length >> 63 != 0) {
        return tell_error(reader, out, WS_CODE_PROTOCOL,
                          "a length with its top bit set");
    }
    if (!head->minimal) {
        return tell_error(reader, out, WS_CODE_PROTOCOL,
                          "a length that is not in its shortest form");
    }
    if (head->opcode < WS_CLOSE &&
        head->length > reader->limit - reader->message.n) {
        return tell_error(reader, out, WS_CODE_TOO_BIG,
                          "a message over the limit");
    }
    return true;
}

static bool take_close(struct ws_reader *reader, struct str payload,
                       struct ws_event *out)
{
    if (payload.n == 1) {
        return tell_error(reader, out, WS_CODE_PROTOCOL,
                          "a close frame with half a code");
    }
    int code = WS_CODE_NONE;
    if (payload.n >= 2) {
        code = (unsigned char)payload.p[0] << 8 | (unsigned char)payload.p[1];
        if (!ws_code_is_valid(code)) {
            return tell_error(reader, out, WS_CODE_PROTOCOL,
                              "a close frame with a code that may not be sent");
        }
        payload = str_skip(payload, 2);
    }
    if (utf8_bad_at(payload) != payload.n) {
        return tell_error(reader, out, WS_CODE_BAD_TEXT,
                          "a close frame with a reason that is not UTF-8");
    }
    *out = (struct ws_event){
        .kind = WS_EVENT_CLOSE, .payload = payload, .code = code};
    reader->ended = true;
    return false;
}

static bool take_control(struct ws_reader *reader, const struct ws_head *head,
                         struct ws_event *out)
{
    size_t n = (size_t)head->length;
    if (rest_of(reader).n - head->size < n) {
        return false;
    }
    char *p = reader->bytes.p + reader->used + head->size;
    struct str payload = {p, n};
    ws_frame_unmask(p, n, head->mask);
    reader->used += head->size + n;
    if (head->opcode == WS_CLOSE) {
        return take_close(reader, payload, out);
    }
    out->kind = head->opcode == WS_PING ? WS_EVENT_PING : WS_EVENT_PONG;
    out->payload = payload;
    return false;
}

static void begin_payload(struct ws_reader *reader, const struct ws_head *head)
{
    reader->used += head->size;
    reader->inside = true;
    reader->frame_fin = head->fin;
    reader->frame_left = head->length;
    memcpy(reader->frame_mask, head->mask, sizeof reader->frame_mask);
    if (head->opcode != WS_CONTINUATION) {
        reader->message_opcode = head->opcode;
    }
}

static bool take_head(struct ws_reader *reader, struct ws_event *out)
{
    struct ws_head head;
    enum ws_head_state state = ws_head_read(rest_of(reader), &head);
    if (state >= WS_HEAD_FLAGS) {
        const char *why = judge_flags(reader, &head);
        if (why) {
            return tell_error(reader, out, WS_CODE_PROTOCOL, why);
        }
    }
    if (state >= WS_HEAD_LENGTH && !judge_length(reader, &head, out)) {
        return false;
    }
    if (state < WS_HEAD_WHOLE) {
        return false;
    }
    if (head.opcode >= WS_CLOSE) {
        return take_control(reader, &head, out);
    }
    begin_payload(reader, &head);
    return true;
}

/* Is the text UTF-8 as far as it came; a character may be cut by the end of
 * what is there, but not by that of the message. */
static bool check_text(struct ws_reader *reader, bool at_end)
{
    struct str text =
        str_skip(buf_view(&reader->message), reader->text_checked);
    size_t good = utf8_bad_at(text), left = text.n - good;
    reader->text_checked += good;
    return left == 0 || (!at_end && utf8_begun(text.p + good, left) == left);
}

static bool end_message(struct ws_reader *reader, struct ws_event *out)
{
    out->kind =
        reader->message_opcode == WS_TEXT ? WS_EVENT_TEXT : WS_EVENT_BINARY;
    out->payload = buf_view(&reader->message);
    reader->message_opcode = 0;
    return false;
}

static bool take_payload(struct ws_reader *reader, struct ws_event *out)
{
    struct buf *message = &reader->message;
    struct str rest = rest_of(reader);
    size_t at = message->n;
    size_t n =
        rest.n < reader->frame_left ? rest.n : (size_t)reader->frame_left;
    buf_put(message, rest.p, n);
    if (message->failed) {
        return tell_error(reader, out, WS_CODE_INTERNAL, "out of memory");
    }
    if (n > 0) {
        ws_frame_unmask(message->p + at, n, reader->frame_mask);
        ws_mask_turn(reader->frame_mask, n);
    }
    reader->used += n;
    reader->frame_left -= n;
    bool frame_ends = reader->frame_left == 0;
    bool message_ends = frame_ends && reader->frame_fin;
    if (reader->message_opcode == WS_TEXT &&
        !check_text(reader, message_ends)) {
        return tell_error(reader, out, WS_CODE_BAD_TEXT,
                          "a text that is not UTF-8");
    }
    reader->inside = !frame_ends;
    return message_ends ? end_message(reader, out) : frame_ends;
}

enum ws_event_kind ws_reader_next(struct ws_reader *reader,
                                  struct ws_event *out)
{
    *out = (struct ws_event){.kind = WS_EVENT_NONE, .payload = {"", 0}};
    if (reader->ended) {
        return WS_EVENT_NONE;
    }
    if (reader->message_opcode == 0) {
        buf_clear(&reader->message); /* the one that was told before */
        reader->text_checked = 0;
    }
    while (reader->inside ? take_payload(reader, out)
                          : take_head(reader, out)) {
    }
    return out->kind;
}
