/* SPDX-License-Identifier: MIT */
/* line_up - the raw server and a wire to it. */
#include "tests/transport/line_up.h"

struct transport *wire_to(const char *url)
{
    struct err err = {0};
    struct wire_config config = {
        .base_url = url, .connect_timeout_ms = 2000, .user_agent = "test/1"};
    struct transport *wire = wire_create(&config, &err);
    ck_assert_msg(wire != NULL, "%s", err.text);
    return wire;
}

void open_up(struct line_up *up)
{
    up->server = raw_start();
    up->wire = wire_to(raw_url(up->server));
}

void close_up(struct line_up *up)
{
    transport_close(up->wire);
    raw_stop(up->server);
}

void wait_for(struct transport *wire, struct shot *shot)
{
    int64_t end_ms = wire_clock_ms() + 5000;
    while (!shot->done && wire_clock_ms() < end_ms) {
        wire->ops->poll(wire, 1000);
    }
    ck_assert_int_eq(shot->done, 1);
}

void shoot(struct transport *wire, struct shot *shot, const char *method,
           const char *target)
{
    shot_init(shot, NULL, method, target);
    shot_send(shot, wire);
    ck_assert_uint_eq(wire->ops->in_flight(wire), 1);
    wait_for(wire, shot);
    ck_assert_uint_eq(wire->ops->in_flight(wire), 0);
}
