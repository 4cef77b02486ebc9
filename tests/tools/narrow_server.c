/* SPDX-License-Identifier: MIT */
/* narrow_server - a good server behind few workers, for the command line
 * tests: `narrow_server PORT WORKERS` passes on what comes, and serves so many
 * connections at a time and no more, however little these say.
 * `narrow_server PORT WORKERS TEXT N [OWN_PORT]` is moody, too: the first N
 * requests that have TEXT in them get 429.  With N 0 it dies of the first. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WORKERS_MAX = 64 };

static struct sockaddr_in local(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static const char *hated = ""; /* what makes it moody */
static bool deadly;
static int *moods;  /* how often yet, of all workers */
static pid_t owner; /* of the workers; whoever adopts them is none */

static bool is_moody(const char *piece, size_t n)
{
    size_t length = strlen(hated);
    if (length == 0 || !memmem(piece, n, hated, length)) {
        return false;
    }
    if (deadly) {
        kill(owner, SIGKILL); /* and with it all workers */
        pause();
    }
    return __sync_fetch_and_sub(moods, 1) > 0;
}

/* One piece from one side to the other; false when that side has ended. */
static bool pass(int from, int to, bool asks)
{
    static const char refusal[] = "HTTP/1.1 429 Too Many Requests\r\n"
                                  "Content-Length: 2\r\n"
                                  "Connection: close\r\n\r\nno";
    char piece[65536];
    ssize_t n = recv(from, piece, sizeof(piece), 0);
    if (asks && n > 0 && is_moody(piece, (size_t)n)) {
        send(from, refusal, sizeof(refusal) - 1, MSG_NOSIGNAL);
        return false;
    }
    for (ssize_t sent = 0; sent < n;) {
        ssize_t more = send(to, piece + sent, (size_t)(n - sent), MSG_NOSIGNAL);
        if (more <= 0) {
            return false;
        }
        sent += more;
    }
    return n > 0;
}

static void serve(int client, int port)
{
    struct sockaddr_in address = local(port);
    int server = socket(AF_INET, SOCK_STREAM, 0);
    bool good =
        connect(server, (struct sockaddr *)&address, sizeof(address)) == 0;
    while (good) {
        struct pollfd ends[2] = {{.fd = client, .events = POLLIN},
                                 {.fd = server, .events = POLLIN}};
        good = poll(ends, 2, -1) > 0 &&
               (!ends[0].revents || pass(client, server, true)) &&
               (!ends[1].revents || pass(server, client, false));
    }
    close(server);
}

static void work(int listener, int port)
{
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client >= 0) {
            serve(client, port);
            close(client);
        }
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = local(argc > 5 ? atoi(argv[5]) : 0);
    socklen_t size = sizeof(address);
    int workers = argc > 2 ? atoi(argv[2]) : 0;
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (workers < 1 || workers > WORKERS_MAX ||
        bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, 1024) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        return 1;
    }
    moods = mmap(NULL, sizeof(*moods), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (moods == MAP_FAILED) {
        return 1;
    }
    if (argc > 4) {
        hated = argv[3];
        *moods = atoi(argv[4]);
        deadly = *moods == 0;
    }
    owner = getpid();
    for (int i = 0; i < workers; i++) {
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (getppid() != owner) {
                return 1; /* it died before that */
            }
            work(listener, atoi(argv[1]));
        }
    }
    printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        pause();
    }
}
