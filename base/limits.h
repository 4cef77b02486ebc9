/* SPDX-License-Identifier: MIT */
/* limits - every ceiling of the program in one place.  Layer: base. */
#ifndef SYNCSPEC_BASE_LIMITS_H
#define SYNCSPEC_BASE_LIMITS_H

enum {
    LIMIT_JSON_DEPTH = 128,      /* containers inside each other */
    LIMIT_JSON_MEMBERS = 100000, /* of one object */
    LIMIT_NUMBER_BYTES = 1024,   /* of one number token */
    LIMIT_CHANGES = 10000,       /* in one push */
    LIMIT_FIELDS = 4096,         /* of one change */
    LIMIT_NAME_BYTES = 4096,     /* table, id, field name, client id, app */
    LIMIT_CURSOR_BYTES = 256,
    LIMIT_TOKEN_BYTES = 16384,
    LIMIT_TARGET_BYTES = 16384, /* request line */
    LIMIT_HEADERS = 64,

    LIMIT_SCENARIO_BYTES = 4 << 20, /* one file */
    LIMIT_SCENARIO_LINE = 65536,
    LIMIT_SCENARIOS = 20000, /* in one selection, after `each` */
    LIMIT_EACH_VALUES = 1000,
    LIMIT_CLIENTS = 1024, /* in one scenario */
    LIMIT_STEPS = 20000,  /* in one scenario */
    LIMIT_COLLECTIONS = 64,

    LIMIT_EVENTS = 4 << 20, /* pending in the event heap */
    LIMIT_RULES = 256       /* faults at one time */
};

#define LIMIT_BODY_BYTES    ((size_t)10 << 20) /* request: 10 MiB */
#define LIMIT_REPLY_BYTES   ((size_t)32 << 20) /* what we read of an answer */
#define LIMIT_REQUEST_ARENA ((size_t)512 << 20)
#define LIMIT_RUN_ARENA     ((size_t)8 << 30)

#endif
