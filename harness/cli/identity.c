/* SPDX-License-Identifier: MIT */
/* identity - see identity.h.  Layer: harness/cli. */
#include "harness/cli/identity.h"

#include <string.h>
#include <strings.h>

enum { REPLAY_MAX = 65536, HEADER_MAX = 4096 };

/* ---- do they fit? ---- */

/* Headers that a request has anyway, or that are the transport's. */
static bool is_reserved(struct str name)
{
    static const char *const names[] = {
        "Authorization",  "X-Client-Id", "Content-Type",
        "Content-Length", "Host",        "Transfer-Encoding",
        "Connection",     "Upgrade",     "Expect"};
    struct str socket = STR("Sec-WebSocket-");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i]) == name.n &&
            strncasecmp(names[i], name.p, name.n) == 0) {
            return true;
        }
    }
    return name.n >= socket.n && strncasecmp(name.p, socket.p, socket.n) == 0;
}

static bool is_token_text(struct str name)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                    (c >= 'a' && c <= 'z');
        if (!word && (c == '\0' || !strchr(marks, c))) {
            return false;
        }
    }
    return name.n > 0;
}

static bool is_header(struct str line)
{
    size_t colon = str_find(line, ':');
    struct str value = str_skip(line, colon + 1);
    bool blank = true;
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if (c != '\t' && (c < ' ' || c == 127)) {
            return false;
        }
        blank = blank && (c == ' ' || c == '\t');
    }
    return line.n <= HEADER_MAX && is_token_text(str_take(line, colon)) &&
           !blank;
}

static bool headers_check(struct identity *identity, const char *command)
{
    for (size_t i = 0; i < identity->headers.count; i++) {
        struct str line = str_of(identity->headers.items[i]);
        struct str name = str_take(line, str_find(line, ':'));
        if (i == IDENTITY_HEADERS_MAX) {
            cli_fail(EXIT_USAGE, "%s: --header more than %d times", command,
                     IDENTITY_HEADERS_MAX);
            return false;
        }
        if (!is_header(line)) {
            cli_fail(EXIT_USAGE,
                     "%s: --header wants \"NAME: VALUE\", not \"%.*s\"",
                     command, STR_ARG(line));
            return false;
        }
        if (is_reserved(name)) {
            cli_fail(EXIT_USAGE,
                     "%s: --header %.*s: the suite says that itself%s", command,
                     STR_ARG(name),
                     strncasecmp(name.p, "Authorization", name.n) == 0
                         ? "; see --token"
                         : "");
            return false;
        }
        identity->header_lines[i] = line.p;
    }
    return true;
}

/* The options that were given, for a message. */
static const char *source_option(const struct identity *identity)
{
    return identity->token           ? "--token"
           : identity->token_command ? "--token-command"
           : identity->issuer        ? "--issuer"
           : identity->issuer_key    ? "--issuer-key"
                                     : NULL;
}

static bool place_check(const struct identity *identity, const char *command,
                        bool url, bool wire)
{
    const char *source = source_option(identity);
    bool given = identity->token || identity->token_command;
    bool signs = identity->issuer || identity->issuer_key;
    const char *foreign = given                         ? source
                          : identity->headers.count > 0 ? "--header"
                                                        : NULL;
    if (foreign && !url) {
        cli_fail(EXIT_USAGE, "%s: %s goes with --server URL", command, foreign);
        return false;
    }
    if (identity->issuer && !wire) {
        cli_fail(EXIT_USAGE,
                 "%s: --issuer is of the wire: say --server URL or --worlds "
                 "wire:memory",
                 command);
        return false;
    }
    if (identity->issuer_key && !identity->issuer && !url) {
        cli_fail(EXIT_USAGE,
                 "%s: --issuer-key goes with --issuer or --server URL",
                 command);
        return false;
    }
    if (identity->rotate_every && !signs) {
        cli_fail(EXIT_USAGE, "%s: --rotate-every goes with --issuer", command);
        return false;
    }
    return true;
}

bool identity_check(struct identity *identity, const char *command, bool url,
                    bool wire)
{
    int sources = (identity->token != NULL) +
                  (identity->token_command != NULL) +
                  (identity->issuer || identity->issuer_key);
    char host[256];
    int port;
    if (sources > 1) {
        cli_fail(EXIT_USAGE, "%s: one of --token, --token-command and --issuer",
                 command);
        return false;
    }
    if (identity->issuer &&
        !issuer_place_read(identity->issuer, host, sizeof(host), &port)) {
        cli_fail(EXIT_USAGE, "%s: --issuer wants HOST:PORT, not \"%s\"",
                 command, identity->issuer);
        return false;
    }
    if (!identity_period(identity->rotate_every,
                         &identity->config.issuer.rotate_s)) {
        cli_fail(EXIT_USAGE,
                 "%s: --rotate-every wants a time of 1s or more, not \"%s\"",
                 command, identity->rotate_every);
        return false;
    }
    return place_check(identity, command, url, wire) &&
           headers_check(identity, command);
}

/* ---- making them ---- */

/* A token must not outlive its key, which is in the set for one period more. */
static int64_t life_of(const struct identity *identity)
{
    int64_t rotate_s = identity->config.issuer.rotate_s;
    return rotate_s > 0 && rotate_s < ISSUER_LIFE_S ? rotate_s : ISSUER_LIFE_S;
}

static enum status open_issuer(struct identity *identity, struct err *err)
{
    struct tokens_config *config = &identity->config;
    enum status status =
        identity_key(identity->issuer_key, config->issuer.seed, err);
    config->source = TOKENS_ISSUER;
    config->life_s = life_of(identity);
    if (status == ST_OK && identity->issuer) {
        status = issuer_child_start(&identity->child, identity->issuer,
                                    &config->issuer, identity_now_s, err);
    }
    return status;
}

int identity_open(struct identity *identity, const char *command)
{
    struct tokens_config *config = &identity->config;
    struct err err = {.status = ST_OK};
    config->now_s = identity_now_s;
    config->own_users = identity->own_users;
    config->fixed = identity->token;
    config->command = identity->token_command;
    config->source = identity->token           ? TOKENS_FIXED
                     : identity->token_command ? TOKENS_COMMAND
                                               : TOKENS_NAME;
    if (identity->issuer || identity->issuer_key) {
        open_issuer(identity, &err);
    }
    if (err.status == ST_OK &&
        (source_option(identity) || identity->own_users)) {
        identity->tokens = tokens_create(config, &err);
    }
    if (err.status == ST_OK && identity->issuer) {
        fprintf(stderr, "key set: %s\n", identity->child.url);
    }
    return err.status == ST_OK
               ? EXIT_PASS
               : cli_fail(cli_code_of(err.status), "%s: %s", command, err.text);
}

int identity_prepare(struct identity *identity, const char *command,
                     const struct scenario_list *scenarios)
{
    struct err err = {.status = ST_OK};
    if (tokens_prepare(identity->tokens, scenarios, &err) != ST_OK) {
        return cli_fail(cli_code_of(err.status), "%s: %s", command, err.text);
    }
    return EXIT_PASS;
}

void identity_close(struct identity *identity)
{
    issuer_child_end(&identity->child);
    tokens_free(identity->tokens);
    identity->tokens = NULL;
}

void identity_apply(const struct identity *identity,
                    struct target_config *config)
{
    config->headers = identity->header_lines;
    if (!config->url && identity->issuer) {
        config->jwks_url = identity->child.url;
    }
}

/* ---- telling of them ---- */

static void put_quoted(struct buf *out, const char *option, const char *text)
{
    buf_printf(out, "%s '", option);
    for (; *text; text++) {
        if (*text == '\'') {
            buf_puts(out, "'\\''");
        } else {
            buf_putc(out, *text);
        }
    }
    buf_puts(out, "' ");
}

struct str identity_replay(const struct identity *identity, struct str before,
                           struct arena *arena)
{
    struct buf out;
    buf_init(&out, REPLAY_MAX);
    buf_str(&out, before);
    buf_puts(&out, identity->token ? "--token \"$TOKEN\" " : "");
    if (identity->token_command) {
        put_quoted(&out, "--token-command", identity->token_command);
    }
    if (identity->issuer) {
        put_quoted(&out, "--issuer", identity->issuer);
    }
    if (identity->issuer_key) {
        put_quoted(&out, "--issuer-key", identity->issuer_key);
    }
    if (identity->rotate_every) {
        put_quoted(&out, "--rotate-every", identity->rotate_every);
    }
    for (size_t i = 0; i < identity->headers.count; i++) {
        struct str line = str_of(identity->headers.items[i]);
        buf_printf(&out, "--header '%.*s: …' ",
                   STR_ARG(str_take(line, str_find(line, ':'))));
    }
    struct str text = arena_str(arena, buf_view(&out));
    buf_free(&out);
    return text;
}

const char *identity_shown(const char *previous, const char *argument)
{
    struct str text = str_of(argument);
    bool secret =
        strcmp(previous, "--token") == 0 || strcmp(previous, "--header") == 0;
    return secret                               ? "…"
           : str_starts(text, STR("--token="))  ? "--token=…"
           : str_starts(text, STR("--header=")) ? "--header=…"
                                                : argument;
}
