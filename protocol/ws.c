/* SPDX-License-Identifier: MIT */
/* ws - close codes and the handshake's key; frames are in ws_frame.c, messages
 * in ws_reader.c.  Layer: protocol. */
#include "protocol/ws.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/asserts.h"

#define KEY_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

enum { KEY_BYTES = 24, NONCE_BYTES = 16, SHA1_BYTES = 20 };

bool ws_code_is_valid(int code)
{
    /* 1004 is reserved, 1005, 1006 and 1015 are never on the wire, 1012 to
     * 1014 are registered since; 3000 and up are of libraries and programs. */
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static bool is_tail(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

static struct str reason_cut(struct str reason)
{
    size_t n = reason.n;
    if (n <= WS_REASON_MAX) {
        return reason;
    }
    for (n = WS_REASON_MAX; n > WS_REASON_MAX - 4 && is_tail(reason.p[n]);) {
        n--;
    }
    return str_take(reason, n);
}

void ws_close_write(struct buf *out, int code, struct str reason,
                    const uint8_t mask[4])
{
    char payload[WS_CONTROL_MAX];
    struct ws_frame frame = {.fin = true, .opcode = WS_CLOSE};
    if (code != WS_CODE_NONE) {
        reason = reason_cut(reason);
        payload[0] = (char)(code >> 8 & 0xFF);
        payload[1] = (char)(code & 0xFF);
        if (reason.n > 0) {
            memcpy(payload + 2, reason.p, reason.n);
        }
        frame.payload = (struct str){payload, 2 + reason.n};
    }
    if (mask) {
        frame.masked = true;
        memcpy(frame.mask, mask, sizeof frame.mask);
    }
    ws_frame_write(out, &frame);
}

/* Base64 with its padding; `out` takes exactly the characters. */
static void base64_write(const unsigned char *p, size_t n, char *out)
{
    unsigned char text[WS_ACCEPT_BYTES + 1]; /* the library writes a NUL */
    ASSERT((n + 2) / 3 * 4 < sizeof text);
    int length = EVP_EncodeBlock(text, p, (int)n);
    memcpy(out, text, (size_t)length);
}

void ws_accept_key(struct str key, char out[WS_ACCEPT_BYTES])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ASSERT(context && EVP_DigestInit_ex(context, EVP_sha1(), NULL) == 1);
    ASSERT(EVP_DigestUpdate(context, key.p, key.n) == 1);
    ASSERT(EVP_DigestUpdate(context, KEY_GUID, sizeof KEY_GUID - 1) == 1);
    ASSERT(EVP_DigestFinal_ex(context, digest, &size) == 1);
    ASSERT(size == SHA1_BYTES);
    EVP_MD_CTX_free(context);
    base64_write(digest, SHA1_BYTES, out);
}

static bool is_base64(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || c == '+' || c == '/';
}

bool ws_key_is_valid(struct str key)
{
    size_t n = 0;
    while (n < key.n && is_base64(key.p[n])) {
        n++;
    }
    /* Bits behind the 16th byte may be set: they are in the RFC's own example
     * of a key. */
    return n == KEY_BYTES - 2 && str_is(str_skip(key, n), "==");
}

void ws_key_write(const uint8_t nonce[16], char out[24])
{
    base64_write(nonce, NONCE_BYTES, out);
}
