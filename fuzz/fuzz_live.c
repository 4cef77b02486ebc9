/* SPDX-License-Identifier: MIT */
/* fuzz_live - what a peer says on a live channel: the same is heard however
 * the bytes are cut, what is written reads back equal, no message is over the
 * limit, and what is refused is refused with a sentence.  Layer: fuzz.
 *
 * The first byte chooses, by its low bits as the digits 0 to 7 have them:
 * 0 frames of a server, 1 frames of a client, 2 an event stream, 3 a notice,
 * 4 the data of a `changes` event, 5 to 7 messages that are written in frames.
 * For 0 to 2 the second byte is the limit (in eights of bytes; 255 is none),
 * for all but 3 and 4 the next one says how the bytes are cut. */
#include "base/limits.h"
#include "base/utf8.h"
#include "fuzz/claim.h"
#include "fuzz/cuts.h"
#include "fuzz/input.h"
#include "fuzz/plain_stream.h"
#include "protocol/notice.h"
#include "protocol/sse.h"
#include "protocol/ws.h"

enum {
    KEEP_BYTES_MAX = 1 << 20, /* of memory kept for the next input */
    NO_LIMIT = 16 << 20,      /* longer than any input */
    SINGLY_BYTES = 8192,      /* at most, are heard byte for byte */
    SPEECH_BYTES = 1 << 18    /* after which no further message is said */
};

struct bench {
    struct arena arena;
    struct codec_rules rules;
    struct buf one, two; /* what was heard, or written */
    struct buf wire;
    size_t heard; /* events of a stream */
};

static size_t limit_of(uint8_t byte)
{
    return byte == 255 ? NO_LIMIT : (size_t)byte * 8;
}

static void put_number(struct buf *out, size_t number)
{
    buf_put(out, &number, sizeof number);
}

/* --- frames --- */

static void put_ws_event(struct buf *out, const struct ws_event *event)
{
    put_number(out, event->kind);
    put_number(out, (size_t)event->code);
    put_number(out, event->payload.n);
    buf_str(out, event->payload);
    buf_puts(out, event->why ? event->why : "");
}

static void claim_ws_event(const struct ws_event *event, size_t limit)
{
    struct str payload = event->payload;
    switch (event->kind) {
    case WS_EVENT_TEXT:
        CLAIM(utf8_bad_at(payload) == payload.n, "a text is UTF-8");
        CLAIM(payload.n <= limit, "a text is not over the limit");
        break;
    case WS_EVENT_BINARY:
        CLAIM(payload.n <= limit, "a message is not over the limit");
        break;
    case WS_EVENT_PING:
    case WS_EVENT_PONG:
        CLAIM(payload.n <= WS_CONTROL_MAX, "control frames are short");
        break;
    case WS_EVENT_CLOSE:
        CLAIM(event->code == WS_CODE_NONE || ws_code_is_valid(event->code),
              "a close code may be received: %d", event->code);
        CLAIM(payload.n <= WS_REASON_MAX && utf8_bad_at(payload) == payload.n,
              "a reason is short, and UTF-8");
        break;
    case WS_EVENT_ERROR:
        CLAIM(event->code == WS_CODE_PROTOCOL ||
                  event->code == WS_CODE_BAD_TEXT ||
                  event->code == WS_CODE_TOO_BIG,
              "an error is the peer's: %d", event->code);
        claim_sentence(str_of(event->why), "an error");
        break;
    case WS_EVENT_NONE:
        claim_failed(__FILE__, __LINE__, "an event is one");
    }
}

static void hear_frames(struct cuts cuts, bool client, size_t limit,
                        struct buf *out)
{
    struct ws_reader reader;
    struct ws_event event;
    struct str piece;
    bool over = false;
    ws_reader_init(&reader, client, limit);
    while (cuts_next(&cuts, &piece)) {
        CLAIM(ws_reader_feed(&reader, piece.p, piece.n), "bytes are taken");
        while (ws_reader_next(&reader, &event) != WS_EVENT_NONE) {
            CLAIM(!over, "nothing follows a close frame or an error");
            over = event.kind == WS_EVENT_CLOSE || event.kind == WS_EVENT_ERROR;
            claim_ws_event(&event, limit);
            put_ws_event(out, &event);
        }
    }
    ws_reader_free(&reader);
}

/* Hear it whole, byte for byte, and cut as `state` says: the first is left in
 * bench->one. */
static void claim_heard_the_same(struct bench *bench, struct str bytes,
                                 bool client, size_t limit, uint8_t state)
{
    const uint32_t states[] = {bytes.n <= SINGLY_BYTES ? 1 : 999,
                               (uint32_t)state + 2};
    hear_frames(cuts_of(bytes, 0), client, limit, &bench->one);
    for (size_t i = 0; i < 2; i++) {
        buf_clear(&bench->two);
        hear_frames(cuts_of(bytes, states[i]), client, limit, &bench->two);
        claim_same(buf_view(&bench->one), buf_view(&bench->two),
                   "what is heard of frames");
    }
}

static void try_frames(struct bench *bench, struct input input, bool client)
{
    size_t limit = limit_of(input_byte(&input));
    uint8_t state = input_byte(&input);
    struct str bytes = str_skip(input.bytes, input.at), rest = bytes;
    claim_heard_the_same(bench, bytes, client, limit, state);
    struct ws_frame frame, again;
    for (size_t n; (n = ws_frame_read(rest, &frame)) > 0;) {
        buf_clear(&bench->wire);
        frame.payload = arena_str(&bench->arena, frame.payload);
        ws_frame_unmask((char *)(uintptr_t)frame.payload.p, frame.payload.n,
                        frame.mask);
        ws_frame_write(&bench->wire, &frame);
        CLAIM(bench->wire.n <= n, "the shortest length is written");
        CLAIM(ws_frame_read(buf_view(&bench->wire), &again) == bench->wire.n,
              "a frame that was written is whole");
        CLAIM(str_ends(str_take(rest, n), again.payload),
              "the payload is masked as it was");
        rest = str_skip(rest, n);
    }
}

/* --- messages that are written --- */

struct speech {
    struct bench *bench;
    struct input input;
    bool client;
};

static void write_frame(struct speech *speech, bool fin, uint8_t opcode,
                        struct str payload)
{
    struct ws_frame frame = {.fin = fin,
                             .opcode = opcode,
                             .masked = speech->client,
                             .payload = payload};
    if (speech->client) {
        for (size_t i = 0; i < sizeof frame.mask; i++) {
            frame.mask[i] = input_byte(&speech->input);
        }
    }
    ws_frame_write(&speech->bench->wire, &frame);
}

static void expect(struct speech *speech, enum ws_event_kind kind, int code,
                   struct str payload)
{
    struct ws_event event = {.kind = kind, .payload = payload, .code = code};
    put_ws_event(&speech->bench->two, &event);
}

static void say_control(struct speech *speech)
{
    bool ping = input_below(&speech->input, 2) == 0;
    struct str payload =
        input_take(&speech->input, input_below(&speech->input, 126));
    write_frame(speech, true, ping ? WS_PING : WS_PONG, payload);
    expect(speech, ping ? WS_EVENT_PING : WS_EVENT_PONG, 0, payload);
}

/* A few bytes many times over, so that every form of a length is seen. */
static struct str choose_payload(struct speech *speech)
{
    struct input *input = &speech->input;
    size_t times = (size_t)1 << input_below(input, 12);
    struct str part = input_take(input, input_below(input, 64));
    char *p = arena_must(&speech->bench->arena, part.n * times + 1, 1);
    for (size_t i = 0; i < times && part.n > 0; i++) {
        memcpy(p + i * part.n, part.p, part.n);
    }
    return (struct str){p, part.n * times};
}

static void say_message(struct speech *speech)
{
    struct str payload = choose_payload(speech), rest = payload;
    bool text = utf8_bad_at(payload) == payload.n;
    uint8_t opcode = text ? WS_TEXT : WS_BINARY;
    for (unsigned more = input_below(&speech->input, 4); more > 0; more--) {
        size_t n = input_byte(&speech->input);
        write_frame(speech, false, opcode, str_take(rest, n));
        rest = str_skip(rest, n);
        opcode = WS_CONTINUATION;
        if (input_below(&speech->input, 2) == 1) {
            say_control(speech);
        }
    }
    write_frame(speech, true, opcode, rest);
    expect(speech, text ? WS_EVENT_TEXT : WS_EVENT_BINARY, 0, payload);
}

/* As many whole characters as a close frame holds. */
static struct str reason_kept(struct str reason)
{
    struct str kept = str_take(reason, WS_REASON_MAX);
    return str_take(kept, utf8_bad_at(kept));
}

static void say_goodbye(struct speech *speech)
{
    struct input *input = &speech->input;
    int high = input_byte(input), code = high << 8 | input_byte(input);
    struct str reason = input_take(input, WS_REASON_MAX + 9);
    const uint8_t mask[4] = {input_byte(input), 7, 0, 255};
    if (!ws_code_is_valid(code)) {
        code = WS_CODE_NONE;
    }
    if (code == WS_CODE_NONE || utf8_bad_at(reason) != reason.n) {
        reason = STR("");
    }
    ws_close_write(&speech->bench->wire, code, reason,
                   speech->client ? mask : NULL);
    expect(speech, WS_EVENT_CLOSE, code, reason_kept(reason));
}

static void try_messages(struct bench *bench, struct input input)
{
    uint8_t state = input_byte(&input);
    struct speech speech = {bench, input, state & 1};
    bool more = true;
    while (more && bench->wire.n < SPEECH_BYTES &&
           !input_ended(&speech.input)) {
        unsigned choice = input_below(&speech.input, 5);
        more = choice != 4;
        if (choice == 3) {
            say_control(&speech);
        } else if (more) {
            say_message(&speech);
        }
    }
    say_goodbye(&speech);
    struct str expected = arena_str(&bench->arena, buf_view(&bench->two));
    claim_heard_the_same(bench, buf_view(&bench->wire), speech.client, NO_LIMIT,
                         state);
    claim_same(buf_view(&bench->one), expected, "what is said and heard");
}

/* --- event streams --- */

static void claim_line(struct str text, const char *what)
{
    CLAIM(utf8_bad_at(text) == text.n, "%s is UTF-8", what);
    CLAIM(str_find(text, '\r') == text.n, "%s has no carriage return", what);
}

static void claim_event(const struct sse_event *event, size_t limit)
{
    claim_line(event->type, "a type");
    claim_line(event->data, "data");
    claim_line(event->id, "an id");
    CLAIM(event->type.n > 0, "an event has a type");
    CLAIM(event->data.n <= limit, "data is not over the limit");
    CLAIM(str_find(event->id, '\0') == event->id.n, "an id has no NUL");
}

/* Write it, and read it in a stream of its own. */
static void claim_written(struct bench *bench, const struct sse_event *event)
{
    struct sse_parser parser;
    struct sse_event again;
    buf_clear(&bench->wire);
    sse_event_write(&bench->wire, event);
    sse_parser_init(&parser, NO_LIMIT);
    CLAIM(sse_parser_feed(&parser, bench->wire.p, bench->wire.n) &&
              sse_parser_next(&parser, &again),
          "an event that was written can be read");
    claim_same(event->type, again.type, "a type");
    claim_same(event->data, again.data, "data");
    claim_same(event->id, again.id, "an id");
    CLAIM(!sse_parser_next(&parser, &again) && !sse_parser_inside(&parser),
          "nothing else was written");
    sse_parser_free(&parser);
}

static void put_sse_event(struct buf *out, const struct sse_event *event)
{
    const struct str texts[] = {event->type, event->data, event->id};
    for (size_t i = 0; i < 3; i++) {
        buf_str(out, texts[i]);
        buf_putc(out, '\0');
    }
}

/* The number of events is left in bench->heard.  Returns whether all of the
 * stream was taken. */
static bool hear_stream(struct bench *bench, struct cuts cuts, size_t limit,
                        struct buf *out)
{
    struct sse_parser parser;
    struct sse_event event;
    struct str piece;
    bool good = true;
    bench->heard = 0;
    sse_parser_init(&parser, limit);
    while (good && cuts_next(&cuts, &piece)) {
        good = sse_parser_feed(&parser, piece.p, piece.n);
        while (sse_parser_next(&parser, &event)) {
            claim_event(&event, limit);
            put_sse_event(out, &event);
            bench->heard++;
            if (cuts.state == 0) {
                claim_written(bench, &event);
            }
        }
    }
    CLAIM(good == !parser.failed, "a stream fails when it is fed");
    CLAIM(parser.retry_ms >= -1, "a time to wait is not negative");
    if (good) {
        put_number(out, sse_parser_inside(&parser));
        put_number(out, (size_t)parser.retry_ms);
        put_number(out, parser.comments);
        buf_str(out, buf_view(&parser.last_id));
    }
    sse_parser_free(&parser);
    return good;
}

/* What was heard is in bench->one. */
static void claim_plain(struct bench *bench, struct str bytes)
{
    buf_clear(&bench->two);
    size_t count = plain_stream_read(bytes, &bench->two);
    CLAIM(count == bench->heard, "a plain reading has %zu events, not %zu",
          count, bench->heard);
    CLAIM(utf8_bad_at(bytes) != bytes.n ||
              str_starts(buf_view(&bench->one), buf_view(&bench->two)),
          "events are those of a plain reading");
}

static void try_stream(struct bench *bench, struct input input)
{
    size_t limit = limit_of(input_byte(&input));
    const uint32_t states[] = {1, (uint32_t)input_byte(&input) + 2};
    struct str bytes = str_skip(input.bytes, input.at);
    bool good = hear_stream(bench, cuts_of(bytes, 0), limit, &bench->one);
    for (size_t i = 0; i < 2; i++) {
        buf_clear(&bench->two);
        CLAIM(hear_stream(bench, cuts_of(bytes, states[i]), limit,
                          &bench->two) == good,
              "a stream is over the limit however it is cut");
        claim_same(buf_view(&bench->one), buf_view(&bench->two),
                   "what is heard of a stream");
    }
    if (good) {
        claim_plain(bench, bytes);
    }
}

/* --- what is said --- */

static void claim_same_notice(const struct notice *a, const struct notice *b)
{
    CLAIM(a->kind == b->kind, "a notice is a %s and not a %s",
          notice_kind_name(a->kind), notice_kind_name(b->kind));
    claim_same(a->type, b->type, "a type");
    claim_same(a->token, b->token, "a token");
    claim_same(a->client_id, b->client_id, "a client's id");
    claim_same(a->message, b->message, "a message");
    claim_same(a->app, b->app, "an app");
    CLAIM(a->has_app == b->has_app && a->table_count == b->table_count,
          "a notice has as many members");
    for (size_t i = 0; i < a->table_count; i++) {
        claim_same(a->tables[i], b->tables[i], "a table");
    }
}

static void try_notice(struct bench *bench, struct str text)
{
    struct notice one, two;
    struct err err = {0};
    enum status status =
        notice_read(text, &bench->rules, &bench->arena, &one, &err);
    if (status != ST_OK) {
        claim_error(status, &err);
        return;
    }
    CLAIM(one.kind == NOTICE_UNKNOWN ||
              str_is(one.type, notice_kind_name(one.kind)),
          "a kind is what the type says");
    CLAIM(one.table_count <= NOTICE_TABLES_MAX, "tables are limited");
    notice_write(&one, bench->rules.dialect, &bench->one);
    status = notice_read(buf_view(&bench->one), &bench->rules, &bench->arena,
                         &two, &err);
    CLAIM(status == ST_OK, "what was written can be read: %s", err.text);
    if (one.kind == NOTICE_UNKNOWN) {
        /* Of those only the type is kept, which may be that of a notice that
         * needs no more. */
        claim_same(one.type, two.type, "a type");
    } else {
        claim_same_notice(&one, &two);
    }
}

static void write_event(struct bench *bench, const struct stream_event *event)
{
    const struct response *response = &event->response;
    struct response_head head = {response->synced_until, response->has_more,
                                 event->table};
    struct str *texts =
        arena_must(&bench->arena, response->count + 1, sizeof *texts);
    for (size_t i = 0; i < response->count; i++) {
        buf_clear(&bench->one);
        change_write(&response->changes[i], bench->rules.dialect, &bench->one);
        texts[i] = arena_str(&bench->arena, buf_view(&bench->one));
    }
    buf_clear(&bench->one);
    stream_event_write(texts, response->count, &head, bench->rules.dialect,
                       &bench->one);
}

static void try_event(struct bench *bench, struct str text)
{
    struct stream_event one, two;
    struct err err = {0};
    enum status status =
        stream_event_read(text, &bench->rules, &bench->arena, &one, &err);
    if (status != ST_OK) {
        claim_error(status, &err);
        return;
    }
    for (size_t i = 0; i < one.response.malformed_count; i++) {
        claim_sentence(str_of(one.response.malformed[i].why),
                       "a malformed entry");
    }
    CLAIM(one.table.n > 0, "a table has a name");
    write_event(bench, &one);
    struct str written = arena_str(&bench->arena, buf_view(&bench->one));
    status =
        stream_event_read(written, &bench->rules, &bench->arena, &two, &err);
    CLAIM(status == ST_OK, "what was written can be read: %s", err.text);
    CLAIM(two.response.malformed_count == 0 &&
              two.response.count == one.response.count,
          "no change is lost or malformed");
    claim_same(one.table, two.table, "a table");
    write_event(bench, &two);
    claim_same(written, buf_view(&bench->one), "the second text");
}

static void try_input(struct bench *bench, uint8_t choice, struct str text)
{
    struct input input = {text, 0};
    switch (choice & 7) {
    case 0:
    case 1:
        try_frames(bench, input, choice & 1);
        break;
    case 2:
        try_stream(bench, input);
        break;
    case 3:
        try_notice(bench, text);
        break;
    case 4:
        try_event(bench, text);
        break;
    default:
        try_messages(bench, input);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bench bench;
    if (size == 0) {
        return 0;
    }
    if (bench.arena.ceiling == 0) {
        arena_init(&bench.arena, LIMIT_REQUEST_ARENA);
        buf_init(&bench.one, LIMIT_REQUEST_ARENA);
        buf_init(&bench.two, LIMIT_REQUEST_ARENA);
        buf_init(&bench.wire, LIMIT_REPLY_BYTES);
    }
    bench.rules = codec_rules_default(dialect_find(STR("v2")));
    try_input(&bench, data[0], (struct str){(const char *)data + 1, size - 1});
    struct buf *const used[] = {&bench.one, &bench.two, &bench.wire};
    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++) {
        if (used[i]->cap > KEEP_BYTES_MAX) {
            buf_free(used[i]);
        }
        buf_clear(used[i]);
    }
    if (bench.arena.held > KEEP_BYTES_MAX) {
        arena_free(&bench.arena);
    }
    arena_reset(&bench.arena);
    return 0;
}
