/* SPDX-License-Identifier: MIT */
/* wire_socket - WebSocket by libwebsockets on the wire's own libuv loop.
 * Layer: harness/transport.
 *
 * That version of the library looks at a hang-up before it looks at what came
 * before it: the last message before a close can be lost.  What has to be
 * heard to the last byte is the witness's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <libwebsockets.h>

#include "base/asserts.h"
#include "harness/transport/wire_live.h"
#include "protocol/ws.h"

enum {
    RX_BYTES = 2048,       /* of each connection, while it is open */
    HEAD_BYTES = 32768,    /* of each connection, while it is being opened */
    HEADS = 8192,          /* of these at one time: others would wait */
    SERVICE_BYTES = 65536, /* of the context */
    REQUEST_BYTES = 24576, /* of a request that this speaker takes */
    FDS_MAX = 16384,
    FOREVER_S = 30 * 86400, /* the library's clocks: ours are shorter */
    CODE_BYTES = 2
};

/* The library has it, and keeps it for itself. */
#define WRITE_CLOSE ((enum lws_write_protocol)4)

struct outgoing { /* a message */
    struct outgoing *next;
    size_t n;
    int code;              /* of a close frame; 0: it is text */
    unsigned char bytes[]; /* LWS_PRE to write to, then the payload */
};

struct voice {
    struct wire_lws *lws;
    struct voice *previous, *next; /* of the context's */
    struct wire_channel *wc;       /* holds it; NULL: nobody listens any more */
    struct lws *wsi;               /* NULL: the library has let go of it */
    struct outgoing *first, *last;
    struct buf message; /* what has come of it */
    bool close_sent, close_heard;
};

struct wire_lws {
    struct wire_live *live;
    struct lws_context *context;
    struct voice *voices;
};

/* --- voices ----------------------------------------------------------- */

static void voice_free(struct voice *voice)
{
    if (voice->previous) {
        voice->previous->next = voice->next;
    } else {
        voice->lws->voices = voice->next;
    }
    if (voice->next) {
        voice->next->previous = voice->previous;
    }
    while (voice->first) {
        struct outgoing *out = voice->first;
        voice->first = out->next;
        free(out);
    }
    buf_free(&voice->message);
    free(voice);
}

static struct voice *voice_create(struct wire_channel *wc)
{
    struct wire_lws *lws = wc->live->lws;
    struct voice *voice = calloc(1, sizeof *voice);
    ASSERT(voice);
    buf_init(&voice->message, LIMIT_REPLY_BYTES);
    voice->lws = lws;
    voice->wc = wc;
    voice->next = lws->voices;
    if (lws->voices) {
        lws->voices->previous = voice;
    }
    lws->voices = voice;
    wc->voice = voice;
    wire_channel_hold(wc);
    return voice;
}

/* Nobody listens to what the library still has to say about it. */
static void voice_detach(struct voice *voice)
{
    struct wire_channel *wc = voice->wc;
    if (wc) {
        wc->voice = NULL;
        voice->wc = NULL;
        wire_channel_release(wc);
    }
}

static void socket_cut(struct wire_channel *wc)
{
    struct voice *voice = wc->voice;
    if (!voice) {
        return;
    }
    voice_detach(voice);
    if (voice->wsi) {
        /* The library needs turns of the loop for it; the peer sees it now. */
        shutdown(lws_get_socket_fd(voice->wsi), SHUT_RDWR);
        lws_set_timeout(voice->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    }
}

static void voice_over(struct voice *voice, enum reply_kind kind,
                       const char *why, const char *detail)
{
    wire_channel_over(voice->wc, kind, why, detail);
    voice_detach(voice);
}

/* --- opening ---------------------------------------------------------- */

static void head_take(struct voice *voice, struct lws *wsi)
{
    struct wire_opening *opening = voice->wc->opening;
    char line[4096];
    wire_head_clear(&opening->head);
    for (int i = 0; i < _WSI_TOKEN_CLIENT_SENT_PROTOCOLS; i++) {
        enum lws_token_indexes token = (enum lws_token_indexes)i;
        const char *name = (const char *)lws_token_to_string(token);
        size_t n = name ? strlen(name) : 0;
        int length = lws_hdr_total_length(wsi, token);
        if (n < 2 || name[0] == ':' || name[n - 1] != ':' || length <= 0 ||
            n + (size_t)length + 2 > sizeof line) {
            continue;
        }
        memcpy(line, name, n);
        line[n] = ' ';
        if (lws_hdr_copy(wsi, line + n + 1, length + 1, token) == length) {
            wire_head_line(&opening->head, line, n + 1 + (size_t)length);
        }
    }
}

static int request_append(struct voice *voice, char **at, size_t room)
{
    struct wire_channel *wc = voice->wc;
    const struct http_request *request = &wc->channel->request;
    const char *agent = wc->live->config->user_agent;
    struct buf out;
    wire_channel_connected(wc);
    buf_init(&out, REQUEST_BYTES * 2);
    if (agent &&
        !http_header_find(request->headers, request->header_count, "User-Agent")
             .p) {
        buf_printf(&out, "User-Agent: %s\r\n", agent);
    }
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        buf_printf(&out, "%.*s: %.*s\r\n", STR_ARG(header->name),
                   STR_ARG(header->value));
    }
    size_t index = 0;
    for (const char *line;
         (line = wire_target_header(wc->live->target, request, &index));) {
        buf_printf(&out, "%s\r\n", line);
    }
    bool fits = !out.failed && out.n < room;
    if (fits && out.n > 0) {
        memcpy(*at, out.p, out.n);
        *at += out.n;
    }
    buf_free(&out);
    return fits ? 0 : -1;
}

static void opened(struct voice *voice)
{
    struct wire_channel *wc = voice->wc;
    int bytes = WIRE_RECEIVE_BYTES;
    setsockopt(lws_get_socket_fd(voice->wsi), SOL_SOCKET, SO_RCVBUF, &bytes,
               sizeof bytes);
    wire_address_worked(&wc->live->address, wc->tries);
    wc->tries = 0;
    wc->opening->status = 101;
    wire_channel_opened(wc);
    if (wc->paused) {
        lws_rx_flow_control(voice->wsi, 0);
    }
}

/* What the library says of a connection that was not made is no sentence. */
static const char *why_no_connection(const struct wire_live *live,
                                     const char *why)
{
    if (live->address.secure && strstr(why, "SSL")) {
        return "TLS was not agreed on; is the certificate trusted?";
    }
    return strcmp(why, "closed before established") == 0
               ? "the connection was not accepted"
               : why;
}

static void refused(struct voice *voice, struct lws *wsi, const char *why)
{
    struct wire_channel *wc = voice->wc;
    int status = (int)lws_http_client_http_response(wsi);
    if (!wc->asked) {
        voice_detach(voice);
        wire_channel_next_address(wc, why_no_connection(wc->live, why));
    } else if (status == 101) {
        voice_detach(voice);
        wire_channel_ask_witness(wc, why);
    } else if (status >= 200) {
        head_take(voice, wsi);
        wc->opening->status = status;
        voice_over(voice, REPLY_ANSWER, NULL, NULL);
    } else {
        voice_over(voice, REPLY_RESET, "connection ended early by", why);
    }
}

/* --- talking ---------------------------------------------------------- */

static void say_later(struct voice *voice, struct str bytes, int code)
{
    struct outgoing *out = malloc(sizeof *out + LWS_PRE + bytes.n);
    ASSERT(out);
    *out = (struct outgoing){.n = bytes.n, .code = code};
    if (bytes.n > 0) {
        memcpy(out->bytes + LWS_PRE, bytes.p, bytes.n);
    }
    if (voice->last) {
        voice->last->next = out;
    } else {
        voice->first = out;
    }
    voice->last = out;
    if (voice->wsi) {
        lws_callback_on_writable(voice->wsi);
    }
}

static int write_next(struct voice *voice)
{
    struct outgoing *out = voice->first;
    if (!out) {
        return 0;
    }
    voice->first = out->next;
    voice->last = out->next ? voice->last : NULL;
    int n = lws_write(voice->wsi, out->bytes + LWS_PRE, out->n,
                      out->code ? WRITE_CLOSE : LWS_WRITE_TEXT);
    free(out);
    if (n >= 0 && voice->first) {
        lws_callback_on_writable(voice->wsi);
    }
    return n < 0 ? -1 : 0;
}

static void socket_say(struct wire_channel *wc, struct str bytes)
{
    struct voice *voice = wc->voice;
    if (voice && !voice->close_sent) {
        say_later(voice, bytes, 0);
    }
}

/* The close frame is written as a message of its own: left to the library, the
 * peer's answer to it, and so its code, is never told. */
static void socket_shut(struct wire_channel *wc, int code)
{
    struct voice *voice = wc->voice;
    char payload[CODE_BYTES] = {(char)(code >> 8 & 0xFF), (char)(code & 0xFF)};
    if (voice && !voice->close_sent) {
        voice->close_sent = true;
        say_later(voice, (struct str){payload, sizeof payload}, code);
    }
    wire_channel_closing(wc);
}

static void socket_pause(struct wire_channel *wc, bool paused)
{
    struct voice *voice = wc->voice;
    if (voice && voice->wsi) {
        lws_rx_flow_control(voice->wsi, paused ? 0 : 1);
    }
}

static int received(struct voice *voice, struct lws *wsi, const void *p,
                    size_t n)
{
    buf_put(&voice->message, p, n);
    if (voice->message.failed) {
        voice_over(voice, REPLY_TOO_BIG, "a message over the limit from", NULL);
        return -1;
    }
    if (lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0) {
        bool binary = lws_frame_is_binary(wsi);
        struct heard what = {.bytes = buf_view(&voice->message),
                             .opcode = binary ? WS_BINARY : WS_TEXT,
                             .fin = true};
        wire_channel_heard(voice->wc, &what);
        buf_free(&voice->message); /* idle channels are many */
    }
    return 0;
}

static int peer_closes(struct voice *voice, const unsigned char *p, size_t n)
{
    struct str reason = {(const char *)p, n};
    int code = n >= CODE_BYTES ? p[0] << 8 | p[1] : WS_CODE_NONE;
    voice->close_heard = true;
    wire_channel_closed_by(voice->wc, code, str_skip(reason, CODE_BYTES));
    /* An answer to our own close frame is not answered. */
    return voice->close_sent ? -1 : 0;
}

static void closed(struct voice *voice)
{
    if (voice->close_heard) {
        voice_over(voice, REPLY_ANSWER, NULL, NULL);
    } else {
        voice_over(voice, REPLY_RESET,
                   "connection ended without a close frame by", NULL);
    }
}

/* What the library says about a connection that somebody listens to. */
static int heard_of(struct voice *voice, struct lws *wsi,
                    enum lws_callback_reasons reason, struct str in)
{
    switch ((int)reason) {
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
        head_take(voice, wsi);
        return 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        opened(voice);
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        refused(voice, wsi, in.n > 0 ? in.p : "no reason was told");
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return received(voice, wsi, in.p, in.n);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return write_next(voice);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        return peer_closes(voice, (const unsigned char *)in.p, in.n);
    case LWS_CALLBACK_CLIENT_CLOSED:
        closed(voice);
        return 0;
    default:
        return 0;
    }
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason,
                    void *user, void *in, size_t n)
{
    struct voice *voice = lws_get_opaque_user_data(wsi);
    (void)user;
    if (!voice) {
        return 0; /* the library's own */
    }
    voice->wsi = wsi;
    if (reason == LWS_CALLBACK_WSI_DESTROY) {
        voice->wsi = NULL;
        if (voice->wc) {
            voice_over(voice, REPLY_RESET, "connection ended early by", NULL);
        }
        voice_free(voice);
        return 0;
    }
    if (!voice->wc) {
        return reason == LWS_CALLBACK_CLIENT_RECEIVE ? -1 : 0;
    }
    if (reason == LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER) {
        return request_append(voice, in, n);
    }
    return heard_of(voice, wsi, reason, (struct str){in, in ? n : 0});
}

/* --- the context ------------------------------------------------------ */

static void on_log(int level, const char *line)
{
    (void)level; /* what matters is told by callbacks */
    (void)line;
}

static unsigned fd_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > FDS_MAX) {
        return FDS_MAX;
    }
    return (unsigned)limit.rlim_cur;
}

static struct lws_context *context_create(struct wire_lws *lws)
{
    static const struct lws_protocols PROTOCOLS[] = {
        {"syncspec-live", on_event, 0, RX_BYTES, 0, NULL, 0},
        {NULL, NULL, 0, 0, 0, NULL, 0}};
    const struct wire_config *config = lws->live->config;
    void *loops[1] = {lws->live->loop};
    struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN,
                                             .protocols = PROTOCOLS,
                                             .options = LWS_SERVER_OPTION_LIBUV,
                                             .foreign_loops = loops,
                                             .user = lws,
                                             .gid = (gid_t)-1,
                                             .uid = (uid_t)-1,
                                             .fd_limit_per_thread = fd_limit(),
                                             .pt_serv_buf_size = SERVICE_BYTES,
                                             .max_http_header_data2 =
                                                 HEAD_BYTES,
                                             .max_http_header_pool2 = HEADS,
                                             .timeout_secs = FOREVER_S,
                                             .connect_timeout_secs = FOREVER_S};
    if (lws->live->address.secure) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    }
    if (config->ca_file) {
        info.options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
        info.client_ssl_ca_filepath = config->ca_file;
    }
    lws_set_log_level(LLL_ERR, on_log);
    return lws_create_context(&info);
}

bool wire_lws_ready(struct wire_live *live)
{
    if (live->lws || live->lws_failed) {
        return live->lws != NULL;
    }
    struct wire_lws *lws = calloc(1, sizeof *lws);
    ASSERT(lws);
    lws->live = live;
    lws->context = context_create(lws);
    if (!lws->context) {
        free(lws);
        live->lws_failed = true;
        return false;
    }
    live->lws = lws;
    return true;
}

void wire_lws_close(struct wire_live *live)
{
    if (live->lws) {
        lws_context_destroy(live->lws->context);
    }
}

void wire_lws_free(struct wire_live *live)
{
    struct wire_lws *lws = live->lws;
    if (!lws) {
        return;
    }
    /* With a loop that is not its own the library lets go of the rest only
     * when it is told a second time. */
    lws_context_destroy(lws->context);
    struct voice *next;
    for (struct voice *voice = lws->voices; voice; voice = next) {
        next = voice->next;
        voice_free(voice);
    }
    free(lws);
    live->lws = NULL;
}

/* --- which requests --------------------------------------------------- */

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char byte = (unsigned char)s.p[i];
        if (byte < 0x20 || byte >= 0x7F) {
            return false;
        }
    }
    return true;
}

/* Does the library write it by itself, without asking? */
static bool is_its_own(struct str name)
{
    static const char *const NAMES[] = {"Host",   "Upgrade", "Connection",
                                        "Origin", "Pragma",  "Cache-Control"};
    struct http_header header = {.name = name, .value = STR("")};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (http_header_find(&header, 1, NAMES[i]).p) {
            return true;
        }
    }
    return name.n > 14 && (name.p[0] == 'S' || name.p[0] == 's') &&
           lws_nstrstr(name.p, name.n, "ec-", 3) == name.p + 1;
}

bool wire_lws_can(const struct http_request *request)
{
    size_t bytes = request->target.n;
    bool good = str_is(request->method, "GET") && is_plain(request->target) &&
                str_starts(request->target, STR("/")) &&
                str_find(request->target, ' ') == request->target.n &&
                str_find(request->target, '#') == request->target.n;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        bytes += header->name.n + header->value.n + 4;
        good = good && header->name.n > 0 && is_plain(header->name) &&
               is_plain(header->value) && !is_its_own(header->name);
    }
    return good && bytes <= REQUEST_BYTES;
}

/* --- starting --------------------------------------------------------- */

static int tls_flags(const struct wire_live *live)
{
    int flags = LCCSCF_HTTP_NO_FOLLOW_REDIRECT;
    if (live->address.secure) {
        flags |= LCCSCF_USE_SSL;
    }
    if (live->address.secure && live->config->insecure) {
        flags |= LCCSCF_ALLOW_SELFSIGNED | LCCSCF_ALLOW_EXPIRED |
                 LCCSCF_ALLOW_INSECURE | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
    }
    return flags;
}

static void path_write(struct buf *out, const struct wire_channel *wc)
{
    const struct wire_target *base = wc->live->target;
    buf_puts(out, base->base_url + base->prefix);
    buf_str(out, wc->channel->request.target);
}

static void socket_start(struct wire_channel *wc)
{
    /* No retries, and nothing is asked or hung up for being idle. */
    static const lws_retry_bo_t PATIENT = {0};
    struct wire_live *live = wc->live;
    struct voice *voice = voice_create(wc);
    char numeric[64];
    struct buf path;
    buf_init(&path, REQUEST_BYTES * 2);
    path_write(&path, wc);
    wire_address_text(wire_channel_address(wc), numeric, sizeof numeric);
    struct lws_client_connect_info info = {.context = live->lws->context,
                                           .address = numeric,
                                           .port = live->address.port,
                                           .ssl_connection = tls_flags(live),
                                           .path = path.p,
                                           .host = live->address.host_header,
                                           .opaque_user_data = voice,
                                           .retry_and_idle_policy = &PATIENT,
                                           .local_protocol_name =
                                               "syncspec-live",
                                           .alpn = "http/1.1"};
    struct lws *wsi = lws_client_connect_via_info(&info);
    buf_free(&path);
    /* The voice may be gone by now, and the channel have its end. */
    if (!wsi && wc->voice == voice) {
        voice_detach(voice);
        wire_channel_next_address(wc, "no connection could be begun");
    }
}

const struct wire_speaker WIRE_SOCKET = {
    .start = socket_start,
    .say = socket_say,
    .shut = socket_shut,
    .pause = socket_pause,
    .cut = socket_cut,
};
