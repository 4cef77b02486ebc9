/* SPDX-License-Identifier: MIT */
/* live_auth - the messages of a socket's peer: who it is, pings, and what
 * nobody understands.  Layer: mock_server. */
#include <string.h>

#include "base/utf8.h"
#include "mock_server/live_core.h"

static bool auth_answers(const struct live_hub *hub)
{
    return hub->server->config.dialect->ws_auth_ok;
}

static void auth_error(struct live_hub *hub, struct live *live,
                       const char *text)
{
    struct str message = str_of(text);

    if (!auth_answers(hub)) {
        return;
    }
    /* A long text may be cut inside a character. */
    message = str_take(message, utf8_bad_at(message));
    live_socket_say(hub, live,
                    &(struct notice){.kind = NOTICE_ERROR, .message = message});
}

/* Nothing that the peer says in error ends the socket. */
static void auth_not_understood(struct live_hub *hub, struct live *live,
                                const char *text)
{
    auth_error(hub, live, text);
    if (bug_on(&hub->server->config.bugs, BUG_UNKNOWN_MESSAGE_CLOSES)) {
        live_socket_close(hub, live, WS_CODE_POLICY, "unknown message");
    }
}

static void auth_refuse(struct live_hub *hub, struct live *live,
                        const char *text)
{
    auth_error(hub, live, text);
    live_user_leave(hub, live);
    if (bug_on(&hub->server->config.bugs, BUG_BAD_TOKEN_GETS_NOTICES)) {
        /* No user is taken for every user. */
        live->socket.authenticated = true;
        live->socket.unproven = true;
        return;
    }
    live_socket_close(hub, live, WS_CODE_POLICY, "the token is not valid");
}

/* The token may hold any byte: no printf here. */
static struct str auth_header(struct live_hub *hub, struct str token)
{
    static const char scheme[] = "Bearer ";
    char *header = arena_must(&hub->arena, sizeof(scheme) + token.n, 1);

    memcpy(header, scheme, sizeof(scheme) - 1);
    if (token.n) {
        memcpy(header + sizeof(scheme) - 1, token.p, token.n);
    }
    return (struct str){header, sizeof(scheme) - 1 + token.n};
}

_Static_assert(LIMIT_NAME_BYTES == 4096, "the text of an error says so");

static bool auth_device(struct live_hub *hub, struct live *live,
                        struct str client)
{
    if (live->socket.device_fixed || !client.n) {
        return true;
    }
    if (client.n > LIMIT_NAME_BYTES) {
        auth_not_understood(hub, live, "clientId has over 4096 bytes");
        return false;
    }
    if (!live_name_set(&live->client, client)) {
        live_end(hub, live, true);
        return false;
    }
    return true;
}

static void auth_accept(struct live_hub *hub, struct live *live,
                        struct str user)
{
    if (!live_user_join(hub, live, user)) {
        live_end(hub, live, true);
        return;
    }
    live->socket.authenticated = true;
    live->socket.unproven = false;
    live->socket.forgotten =
        bug_on(&hub->server->config.bugs, BUG_NOTIFY_STOPS_AFTER_RECONNECT) &&
        live_bug_was_here(hub, live);
    if (auth_answers(hub)) {
        live_socket_say(hub, live, &(struct notice){.kind = NOTICE_AUTH_OK});
    }
}

static void auth_token(struct live_hub *hub, struct live *live,
                       const struct notice *notice, struct instant now)
{
    struct auth_question question = {.header = auth_header(hub, notice->token),
                                     .now = now,
                                     .bugs = &hub->server->config.bugs};
    struct err err = {0};
    struct str user;

    if (admit_token(hub->server, &question, &hub->arena, &user, &err) !=
        ST_OK) {
        auth_refuse(hub, live, err.text);
    } else if (auth_device(hub, live, notice->client_id)) {
        auth_accept(hub, live, user);
    }
}

static void auth_notice(struct live_hub *hub, struct live *live,
                        const struct notice *notice, struct instant now)
{
    switch (notice->kind) {
    case NOTICE_AUTH:
        auth_token(hub, live, notice, now);
        break;
    case NOTICE_PING:
        live_socket_say(hub, live, &(struct notice){.kind = NOTICE_PONG});
        break;
    case NOTICE_AUTH_OK:
    case NOTICE_ERROR:
    case NOTICE_PONG:
    case NOTICE_SYNC_AVAILABLE:
    case NOTICE_UNKNOWN:
        auth_not_understood(hub, live,
                            "auth (with a token) and ping are understood");
        break;
    }
}

void live_auth_message(struct live_hub *hub, struct live *live,
                       const struct ws_event *event, struct instant now)
{
    struct notice notice;
    struct err err = {0};

    arena_reset(&hub->arena);
    if (event->kind == WS_EVENT_BINARY) {
        auth_not_understood(hub, live, "binary messages are not understood");
    } else if (notice_read(event->payload, &hub->server->rules, &hub->arena,
                           &notice, &err) != ST_OK) {
        auth_not_understood(hub, live, err.text);
    } else {
        auth_notice(hub, live, &notice, now);
    }
}
