/* SPDX-License-Identifier: MIT */
/* issuer_child - the key set in a process of its own.
 * Layer: harness/transport. */
#include "harness/transport/issuer_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mock_server/issuer_front.h"

enum { HOST_MAX = 256, PORT_MAX = 65535 };

bool issuer_place_read(const char *text, char *host, size_t host_size,
                       int *port)
{
    struct str place = str_of(text), name = STR("127.0.0.1"), digits = place;
    int64_t number = -1;
    const char *colon = strrchr(text, ':');
    if (colon) {
        name = str_take(place, (size_t)(colon - text));
        digits = str_of(colon + 1);
    }
    if (name.n > 2 && name.p[0] == '[' && name.p[name.n - 1] == ']') {
        name = str_take(str_skip(name, 1), name.n - 2);
    } else if (str_find(name, ':') < name.n) {
        return false;
    }
    if (name.n == 0 || name.n >= host_size || !str_to_i64(digits, &number) ||
        number < 0 || number > PORT_MAX || str_find(name, '/') < name.n) {
        return false;
    }
    memcpy(host, name.p, name.n);
    host[name.n] = '\0';
    *port = (int)number;
    return true;
}

_Noreturn static void child_serve(struct issuer_front *front)
{
    struct err err = {.status = ST_OK};
    _exit(issuer_front_serve(front, &err) == ST_OK ? 0 : 1);
}

/* Both ends; ours is not passed on to servers that are started. */
static bool lifeline_open(int ends[2])
{
    if (pipe(ends) != 0) {
        return false;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return true;
}

/* A server in this place is not to be asked under "any address". */
static void url_write(struct issuer_child *child, const char *host)
{
    bool any = strcmp(host, "0.0.0.0") == 0;
    bool six = strchr(host, ':') != NULL;
    snprintf(child->url, sizeof(child->url),
             "http://%s%s%s:%d/.well-known/jwks.json", six ? "[" : "",
             any ? "127.0.0.1" : host, six ? "]" : "", child->port);
}

enum status issuer_child_start(struct issuer_child *child, const char *place,
                               const struct issuer *issuer,
                               int64_t (*now_s)(void), struct err *err)
{
    char host[HOST_MAX];
    int ends[2];
    struct issuer_front front = {.issuer = *issuer, .now_s = now_s};
    *child = (struct issuer_child){.lifeline = -1};
    if (!issuer_place_read(place, host, sizeof(host), &child->port)) {
        return err_set(err, ST_USAGE,
                       "\"%s\" is no place to listen: expected HOST:PORT",
                       place);
    }
    enum status status =
        issuer_front_listen(host, &child->port, &front.listener, err);
    if (status != ST_OK) {
        return status;
    }
    child->pid = lifeline_open(ends) ? fork() : -1;
    if (child->pid == 0) {
        close(ends[1]);
        front.lifeline = ends[0];
        child_serve(&front);
    }
    int code = errno;
    close(front.listener);
    if (child->pid < 0) {
        child->pid = 0;
        return err_set(err, ST_INTERNAL, "no process for the key set: %s",
                       strerror(code));
    }
    close(ends[0]);
    child->lifeline = ends[1];
    url_write(child, host);
    return ST_OK;
}

void issuer_child_end(struct issuer_child *child)
{
    int wait_status = 0;
    if (child->pid == 0) {
        return;
    }
    close(child->lifeline);
    /* Copies of that end may be left in other processes. */
    kill(child->pid, SIGTERM);
    while (waitpid(child->pid, &wait_status, 0) < 0 && errno == EINTR) {
    }
    child->pid = 0;
    child->lifeline = -1;
}
