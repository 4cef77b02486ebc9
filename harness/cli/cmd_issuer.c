/* SPDX-License-Identifier: MIT */
/* cmd_issuer - `syncspec issuer`: a key set and tokens over HTTP.
 * Layer: harness/cli. */
#include "harness/cli/identity.h"
#include "mock_server/issuer_front.h"

enum { PORT_DEFAULT = 3051, PORT_MAX = 65535 };

struct issuer_arguments {
    const char *host, *key, *rotate_every;
    int64_t port;
};

static bool read_arguments(struct issuer_arguments *a, int argc, char **argv,
                           bool *helped)
{
    const struct cli_option options[] = {
        {"host", CLI_TEXT, &a->host, "ADDRESS", "default: 127.0.0.1"},
        {"port", CLI_NUMBER, &a->port, "N",
         "default: 3051; 0 takes a free one and prints it"},
        {"key", CLI_TEXT, &a->key, "FILE",
         "keep the key in FILE (made if need be; default: a new one)"},
        {"rotate-every", CLI_TEXT, &a->rotate_every, "TIME",
         "another key signs every so often (60s, 5m)"},
        {NULL, CLI_FLAG, NULL, NULL, NULL}};
    struct cli_parse parse = {.command = "issuer", .options = options};
    if (!cli_parse(&parse, argc, argv)) {
        return false;
    }
    *helped = parse.helped;
    if (parse.left > 0) {
        cli_fail(EXIT_USAGE, "issuer: what is \"%s\"?", argv[0]);
        return false;
    }
    if (a->port > PORT_MAX) {
        cli_fail(EXIT_USAGE, "issuer: --port wants 0 to %d", PORT_MAX);
        return false;
    }
    return true;
}

static enum status issue(const struct issuer_arguments *a,
                         struct issuer_front *front, struct err *err)
{
    int port = (int)a->port;
    bool six = str_find(str_of(a->host), ':') < strlen(a->host);
    enum status status = identity_key(a->key, front->issuer.seed, err);
    if (status == ST_OK) {
        status = issuer_front_listen(a->host, &port, &front->listener, err);
    }
    if (status == ST_OK) {
        printf("listening on http://%s%s%s:%d\n", six ? "[" : "", a->host,
               six ? "]" : "", port);
        fflush(stdout);
        status = issuer_front_serve(front, err);
    }
    return status;
}

int cmd_issuer(int argc, char **argv)
{
    static struct issuer_arguments a;
    a = (struct issuer_arguments){.host = "127.0.0.1", .port = PORT_DEFAULT};
    bool helped = false;
    if (!read_arguments(&a, argc, argv, &helped)) {
        return EXIT_USAGE;
    }
    if (helped) {
        return EXIT_PASS;
    }
    struct issuer_front front = {.mints = true,
                                 .now_s = identity_now_s,
                                 .lifeline = -1,
                                 .heeds_signals = true};
    if (!identity_period(a.rotate_every, &front.issuer.rotate_s)) {
        return cli_fail(EXIT_USAGE,
                        "issuer: --rotate-every wants a time of 1s or more, "
                        "not \"%s\"",
                        a.rotate_every);
    }
    struct err err = {.status = ST_OK};
    if (issue(&a, &front, &err) != ST_OK) {
        return cli_fail(cli_code_of(err.status), "issuer: %s", err.text);
    }
    return EXIT_PASS;
}
