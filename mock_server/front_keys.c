/* SPDX-License-Identifier: MIT */
/* front_keys - key sets from files and URLs.  Layer: mock_server. */
#include "mock_server/front_keys.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

enum { KEYS_MAX = 1 << 20, KEYS_WAIT_MS = 2000 };

static enum status keys_read_file(const char *file, struct buf *out,
                                  struct err *err)
{
    char block[4096];
    size_t n;
    FILE *stream = fopen(file, "rb");

    if (!stream) {
        return err_set(err, ST_IO, "key set %s: %s", file, strerror(errno));
    }
    while ((n = fread(block, 1, sizeof(block), stream)) > 0) {
        buf_put(out, block, n);
    }
    bool bad = ferror(stream);

    fclose(stream);
    if (bad || out->failed) {
        return err_set(err, ST_IO, "key set %s: %s", file,
                       bad ? "cannot be read" : "is over 1 MiB");
    }
    return ST_OK;
}

static size_t keys_take(char *p, size_t size, size_t count, void *context)
{
    struct buf *out = context;

    buf_put(out, p, size * count);
    return out->failed ? 0 : size * count;
}

static enum status keys_fetch(const char *url, struct buf *out, struct err *err)
{
    CURL *curl = curl_easy_init();
    long status = 0;

    if (!curl) {
        return err_set(err, ST_INTERNAL, "libcurl cannot be set up");
    }
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)KEYS_WAIT_MS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keys_take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
    CURLcode code = curl_easy_perform(curl);

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    if (code != CURLE_OK) {
        return err_set(err, ST_NETWORK, "key set %s: %s", url,
                       curl_easy_strerror(code));
    }
    if (status != 200) {
        return err_set(err, ST_NETWORK, "key set %s: status %ld", url, status);
    }
    return ST_OK;
}

static enum status keys_get(const char *file, const char *url, struct buf *out,
                            struct err *err)
{
    return file ? keys_read_file(file, out, err) : keys_fetch(url, out, err);
}

struct auth *front_keys_open(const char *file, const char *url, struct err *err)
{
    struct buf text;
    struct auth *auth = NULL;

    buf_init(&text, KEYS_MAX);
    if (keys_get(file, url, &text, err) == ST_OK) {
        auth = auth_jwt(buf_view(&text), err);
    }
    buf_free(&text);
    return auth;
}

enum status front_keys_refresh(struct auth *auth, const char *file,
                               const char *url, struct err *err)
{
    struct buf text;
    enum status status;

    buf_init(&text, KEYS_MAX);
    status = keys_get(file, url, &text, err);
    if (status == ST_OK) {
        status = auth_replace_keys(auth, buf_view(&text), err);
    }
    buf_free(&text);
    return status;
}
