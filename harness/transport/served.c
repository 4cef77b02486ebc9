/* SPDX-License-Identifier: MIT */
/* served - see served.h.  Layer: harness/transport. */
#include "harness/transport/served.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    WORDS_MAX = 300,
    PORT_FIRST = 20000,
    PORT_COUNT = 12000, /* the system gives away 32768 and above */
    PORT_STRIDE = 37,   /* so that processes one after another do not meet */
    PORT_TRIES = 100
};

/* That port, or with 0 any, if nobody has it at this moment; else 0. */
static int bind_port(int wanted)
{
    struct sockaddr_in place = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)wanted),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(place);
    int port = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&place, size) == 0 &&
        getsockname(fd, (struct sockaddr *)&place, &size) == 0) {
        port = ntohs(place.sin_port);
    }
    if (fd >= 0) {
        close(fd);
    }
    return port;
}

/* Not one of those that connections are given, which somebody may get before
 * the server listens, or while it is down. */
static int free_port(void)
{
    int port = 0;
    for (int i = 0; i < PORT_TRIES && port == 0; i++) {
        int at = ((int)getpid() * PORT_STRIDE + i) % PORT_COUNT;
        port = bind_port(PORT_FIRST + at);
    }
    return port ? port : bind_port(0);
}

/* The port of "http://host:1234/base"; 0 when it names none. */
static int port_of(const char *url)
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    const char *colon = NULL;
    for (const char *p = host; *p && *p != '/'; p++) {
        /* Colons in brackets are those of an address: "[::1]". */
        colon = *p == ':' ? p : *p == ']' ? NULL : colon;
    }
    return colon ? (int)strtol(colon + 1, NULL, 10) : 0;
}

enum status served_start(struct served *served, const char *command,
                         const char *url, struct err *err)
{
    char port[16];
    *served = (struct served){.command = command};
    int number = url ? port_of(url) : free_port();
    if (!url && number == 0) {
        return err_set(err, ST_IO, "no free port: %s", strerror(errno));
    }
    int n = url ? snprintf(served->url, sizeof(served->url), "%s", url)
                : snprintf(served->url, sizeof(served->url),
                           "http://127.0.0.1:%d", number);
    if (n < 0 || (size_t)n >= sizeof(served->url)) {
        return err_set(err, ST_LIMIT, "an address of over %zu bytes",
                       sizeof(served->url) - 1);
    }
    snprintf(port, sizeof(port), "%d", number);
    /* A server whose shell has ended becomes a child of ours, so that its end
     * can be waited for. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    static const char run_it[] = "PORT=$1 URL=$2; export PORT URL; "
                                 "exec /bin/sh -c \"$0\"";
    const char *argv[] = {"/bin/sh", "-c",        run_it, command,
                          port,      served->url, NULL};
    enum status status = spawn_start_at(&served->child, argv, served->url, err);
    served->owner = status == ST_OK ? getpid() : 0;
    return status;
}

bool served_is_ours(const struct served *served)
{
    return served && served->owner == getpid();
}

enum status served_kill(struct served *served, struct err *err)
{
    return spawn_end(&served->child, SIGKILL, SPAWN_TIMEOUT_MS, err);
}

enum status served_stop(struct served *served, struct err *err)
{
    return spawn_end(&served->child, SIGTERM, SPAWN_TIMEOUT_MS, err);
}

enum status served_restart(struct served *served, struct err *err)
{
    enum status status = served_kill(served, err);
    return status == ST_OK ? spawn_restart(&served->child, 0, err) : status;
}

bool served_has_ended(struct served *served, struct err *err)
{
    char words[WORDS_MAX];
    /* The shell's end is not that of what it left running. */
    if (!served_is_ours(served) || spawn_any_alive(&served->child)) {
        return false;
    }
    const struct spawned *child = &served->child;
    spawn_last_words(child, words, sizeof(words));
    err_set(err, ST_NETWORK, "the server has ended (%s %d); standard error: %s",
            child->exit_signal ? "signal" : "exit",
            child->exit_signal ? child->exit_signal : child->exit_code, words);
    return true;
}

void served_end(struct served *served)
{
    struct err err = {.status = ST_OK};
    if (served_is_ours(served)) {
        served_stop(served, &err);
        spawn_free(&served->child);
        served->owner = 0;
    }
}
