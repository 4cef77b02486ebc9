/* SPDX-License-Identifier: MIT */
/* ws_frame - single frames from and to bytes (RFC 6455, 5.2 and 5.3).
 * Layer: protocol. */
#include "protocol/ws_frame.h"

#include <string.h>

enum {
    FIN = 0x80,
    MASKED = 0x80,
    LENGTH_16 = 126, /* the length is in the next 2 bytes */
    LENGTH_64 = 127  /* … 8 bytes */
};

static uint64_t number_read(const char *p, size_t n)
{
    uint64_t number = 0;
    for (size_t i = 0; i < n; i++) {
        number = number << 8 | (unsigned char)p[i];
    }
    return number;
}

static void number_write(struct buf *out, uint64_t number, size_t n)
{
    while (n-- > 0) {
        buf_putc(out, (char)(number >> (8 * n)));
    }
}

static size_t length_size(uint8_t short_length)
{
    return short_length == LENGTH_64 ? 8 : short_length == LENGTH_16 ? 2 : 0;
}

static bool length_is_minimal(uint8_t short_length, uint64_t length)
{
    return short_length == LENGTH_64   ? length > UINT16_MAX
           : short_length == LENGTH_16 ? length >= LENGTH_16
                                       : true;
}

enum ws_head_state ws_head_read(struct str bytes, struct ws_head *out)
{
    *out = (struct ws_head){0};
    if (bytes.n < 2) {
        return WS_HEAD_NOTHING;
    }
    unsigned char first = (unsigned char)bytes.p[0],
                  second = (unsigned char)bytes.p[1];
    out->fin = (first & FIN) != 0;
    out->rsv = first >> 4 & 7;
    out->opcode = first & 15;
    out->masked = (second & MASKED) != 0;
    out->short_length = second & 127;
    size_t more = length_size(out->short_length);
    out->size = 2 + more + (out->masked ? sizeof out->mask : 0);
    if (bytes.n < 2 + more) {
        return WS_HEAD_FLAGS;
    }
    out->length = more > 0 ? number_read(bytes.p + 2, more) : out->short_length;
    out->minimal = length_is_minimal(out->short_length, out->length);
    if (bytes.n < out->size) {
        return WS_HEAD_LENGTH;
    }
    if (out->masked) {
        memcpy(out->mask, bytes.p + 2 + more, sizeof out->mask);
    }
    return WS_HEAD_WHOLE;
}

size_t ws_frame_read(struct str bytes, struct ws_frame *out)
{
    struct ws_head head;
    if (ws_head_read(bytes, &head) != WS_HEAD_WHOLE ||
        head.length > bytes.n - head.size) {
        return 0;
    }
    *out =
        (struct ws_frame){.fin = head.fin,
                          .rsv = head.rsv,
                          .opcode = head.opcode,
                          .masked = head.masked,
                          .payload = {bytes.p + head.size, (size_t)head.length},
                          .length = head.length};
    memcpy(out->mask, head.mask, sizeof out->mask);
    return head.size + (size_t)head.length;
}

static void write_head(struct buf *out, const struct ws_frame *frame,
                       uint64_t length)
{
    uint8_t short_length = length > UINT16_MAX   ? LENGTH_64
                           : length >= LENGTH_16 ? LENGTH_16
                                                 : (uint8_t)length;
    buf_putc(out, (char)((frame->fin ? FIN : 0) | (frame->rsv & 7) << 4 |
                         (frame->opcode & 15)));
    buf_putc(out, (char)((frame->masked ? MASKED : 0) | short_length));
    number_write(out, length, length_size(short_length));
    if (frame->masked) {
        buf_put(out, frame->mask, sizeof frame->mask);
    }
}

void ws_frame_write(struct buf *out, const struct ws_frame *frame)
{
    if (!buf_reserve(out, WS_HEADER_MAX + frame->payload.n)) {
        return;
    }
    write_head(out, frame,
               frame->has_length ? frame->length : frame->payload.n);
    size_t at = out->n;
    buf_str(out, frame->payload);
    if (frame->masked) {
        ws_frame_unmask(out->p + at, frame->payload.n, frame->mask);
    }
}

static uint64_t word_at(const void *bytes)
{
    uint64_t word = 0;
    memcpy(&word, bytes, sizeof word);
    return word;
}

void ws_frame_unmask(char *payload, size_t n, const uint8_t mask[4])
{
    const uint8_t doubled[] = {mask[0], mask[1], mask[2], mask[3],
                               mask[0], mask[1], mask[2], mask[3]};
    uint64_t twice = word_at(doubled);
    size_t i = 0;
    for (; n - i >= sizeof twice; i += sizeof twice) {
        uint64_t word = word_at(payload + i) ^ twice;
        memcpy(payload + i, &word, sizeof word);
    }
    for (; i < n; i++) {
        payload[i] = (char)((unsigned char)payload[i] ^ mask[i % 4]);
    }
}

void ws_mask_turn(uint8_t mask[4], size_t n)
{
    uint8_t old[4];
    memcpy(old, mask, sizeof old);
    for (size_t i = 0; i < sizeof old; i++) {
        mask[i] = old[(i + n) % sizeof old];
    }
}
