/* SPDX-License-Identifier: MIT */
/* bad_server - answers as wrongly as its argument says, for the command line
 * tests: html missing hang close huge garbage broken sync-hang sync-html ….
 * With "sync-" the health check is well and only the rest is bad;
 * "sync-readonly" pulls, always nothing, and cannot push. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HUGE_BYTES = 100 << 20 };

static bool send_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

static void send_text(int fd, const char *text)
{
    send_all(fd, text, strlen(text));
}

static void send_huge(int fd)
{
    static char chunk[65536];
    char head[128];
    memset(chunk, '[', sizeof(chunk));
    snprintf(head, sizeof(head),
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
             "Content-Length: %d\r\n\r\n",
             HUGE_BYTES);
    send_text(fd, head);
    for (size_t sent = 0; sent < HUGE_BYTES; sent += sizeof(chunk)) {
        if (!send_all(fd, chunk, sizeof(chunk))) {
            return;
        }
    }
}

static void send_json(int fd, const char *status, const char *body)
{
    char text[512];
    snprintf(text, sizeof(text),
             "HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
             status, strlen(body), body);
    send_text(fd, text);
}

static void misbehave(int fd, const char *mode)
{
    if (strcmp(mode, "html") == 0) {
        send_text(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                      "Content-Length: 28\r\nConnection: close\r\n\r\n"
                      "<html>log in first</html>\r\n\r");
    } else if (strcmp(mode, "missing") == 0) {
        send_json(fd, "404 Not Found", "{\"error\":\"not_found\"}");
    } else if (strcmp(mode, "broken") == 0 || strcmp(mode, "readonly") == 0) {
        send_json(fd, "500 Internal Server Error",
                  "{\"error\":\"no table\"}\r\n\033[2J");
    } else if (strcmp(mode, "hang") == 0) {
        pause();
    } else if (strcmp(mode, "huge") == 0) {
        send_huge(fd);
    } else if (strcmp(mode, "garbage") == 0) {
        send_text(fd, "SSH-2.0-OpenSSH_9.2p1\r\n");
    }
}

static void serve_one(int fd, const char *mode)
{
    char request[16384];
    ssize_t n = recv(fd, request, sizeof(request) - 1, 0);
    request[n > 0 ? n : 0] = '\0';
    bool partly = strncmp(mode, "sync-", 5) == 0;
    bool pull =
        strcmp(mode, "sync-readonly") == 0 && strstr(request, "/pull?") != NULL;
    if (pull) {
        send_json(fd, "200 OK",
                  "{\"serverChanges\":[],\"conflicts\":[],"
                  "\"syncedUntil\":\"2026-01-01T00:00:00.000Z\"}");
    } else if (partly && strncmp(request, "GET /health", 11) == 0) {
        send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                      "Connection: close\r\n\r\n{}");
    } else {
        misbehave(fd, partly ? mode + 5 : mode);
    }
    close(fd);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (argc != 2 || listener < 0 ||
        bind(listener, (struct sockaddr *)&address, length) != 0 ||
        listen(listener, 64) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        return 1;
    }
    printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0 && fork() == 0) {
            alarm(30);
            serve_one(fd, argv[1]);
            return 0;
        }
        close(fd);
    }
}
