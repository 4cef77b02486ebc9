/* SPDX-License-Identifier: MIT */
/* wire_address - where live channels connect to.  Layer: harness/transport. */
#include "harness/transport/wire_address.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/asserts.h"

static bool url_part(CURLU *url, CURLUPart part, unsigned flags, char *out,
                     size_t size)
{
    char *text = NULL;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK) {
        return false;
    }
    int n = snprintf(out, size, "%s", text);
    curl_free(text);
    return n >= 0 && (size_t)n < size;
}

/* Brackets belong to a URL, not to the address in them. */
static void strip_brackets(char *host)
{
    size_t n = strlen(host);
    if (n >= 2 && host[0] == '[' && host[n - 1] == ']') {
        memmove(host, host + 1, n - 2);
        host[n - 2] = '\0';
    }
}

static bool take_apart(struct wire_address *address, CURLU *url)
{
    char port[16], own_port[16];
    if (!url_part(url, CURLUPART_HOST, 0, address->host,
                  sizeof address->host) ||
        !url_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof port)) {
        return false;
    }
    bool own = url_part(url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT, own_port,
                        sizeof own_port);
    snprintf(address->host_header, sizeof address->host_header,
             own ? "%s:%s" : "%s", address->host, port);
    strip_brackets(address->host);
    address->port = atoi(port);
    return true;
}

void wire_address_init(struct wire_address *address, const char *url)
{
    *address = (struct wire_address){.secure = strncmp(url, "https:", 6) == 0};
    CURLU *parts = curl_url();
    ASSERT(parts);
    if (curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK ||
        !take_apart(address, parts)) {
        address->host[0] = '\0'; /* over-long: it will not be found */
    }
    curl_url_cleanup(parts);
}

static void address_keep(struct wire_address *address,
                         const struct addrinfo *info)
{
    union wire_socket_address *at = &address->found[address->count];
    bool known = info->ai_family == AF_INET || info->ai_family == AF_INET6;
    if (known && info->ai_addrlen <= sizeof *at &&
        address->count < WIRE_ADDRESSES) {
        memcpy(at, info->ai_addr, info->ai_addrlen);
        address->count++;
    }
}

enum status wire_address_find(struct wire_address *address, struct err *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    char port[16];
    if (address->count > 0) {
        return ST_OK;
    }
    snprintf(port, sizeof port, "%d", address->port);
    int code = getaddrinfo(address->host, port, &hints, &list);
    for (struct addrinfo *at = list; code == 0 && at; at = at->ai_next) {
        address_keep(address, at);
    }
    if (code == 0) {
        freeaddrinfo(list);
    }
    if (address->count == 0) {
        return err_set(err, ST_NETWORK, "%s: %s", address->host,
                       code != 0 ? gai_strerror(code) : "no address");
    }
    return ST_OK;
}

static size_t index_of(const struct wire_address *address, size_t tries)
{
    return (address->first + tries) % address->count;
}

const struct sockaddr *wire_address_at(const struct wire_address *address,
                                       size_t tries)
{
    return tries < address->count
               ? &address->found[index_of(address, tries)].any
               : NULL;
}

void wire_address_worked(struct wire_address *address, size_t tries)
{
    address->first = index_of(address, tries);
}

void wire_address_text(const struct sockaddr *at, char *out, size_t size)
{
    socklen_t n = at->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                            : sizeof(struct sockaddr_in);
    if (getnameinfo(at, n, out, (socklen_t)size, NULL, 0, NI_NUMERICHOST) !=
        0) {
        snprintf(out, size, "?");
    }
}
