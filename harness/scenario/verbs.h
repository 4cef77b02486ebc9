/* SPDX-License-Identifier: MIT */
/* verbs - the language as a table: it drives the parser, its help, and
 * scenarios/README.md.  Layer: harness/scenario. */
#ifndef SYNCSPEC_HARNESS_SCENARIO_VERBS_H
#define SYNCSPEC_HARNESS_SCENARIO_VERBS_H

#include "base/buf.h"

enum verb_id {
    VERB_INSERTS,
    VERB_UPDATES,
    VERB_DELETES,
    VERB_UNDELETES,
    VERB_PURGES,
    VERB_ONBOARDS,
    VERB_PUSHES,
    VERB_PULLS,
    VERB_SYNCS,
    VERB_FINISHES,
    VERB_GOES,
    VERB_SIGNS,
    VERB_CRASHES,
    VERB_RESTARTS,
    VERB_REINSTALLS,
    VERB_WIPES,
    VERB_RESETS,
    VERB_RESEEDS,
    VERB_SAVES,
    VERB_RESTORES,
    VERB_CLONES,
    VERB_SEES,
    VERB_LACKS,
    VERB_HAS,
    VERB_COUNTS,
    VERB_QUERIES,
    VERB_SENDS,
    VERB_LISTENS,
    VERB_CONNECTS,
    VERB_SAYS,
    VERB_FRAMES,
    VERB_HEARS,
    VERB_PAUSES,
    VERB_RESUMES,
    VERB_DISCONNECTS,
    VERB_SETTLES,
    VERB_AGREES,
    VERB_WAITS,
    VERB_NET_DROPS,
    VERB_NET_DELAYS,
    VERB_NET_DUPLICATES,
    VERB_NET_REORDERS,
    VERB_NET_TRUNCATES,
    VERB_NET_RESETS,
    VERB_NET_TRICKLES,
    VERB_NET_ANSWERS,
    VERB_NET_REPEATS,
    VERB_NET_ANNOUNCES,
    VERB_NET_CUTS,
    VERB_NET_SILENCES,
    VERB_NET_STALLS,
    VERB_NET_SPLITS,
    VERB_NET_HEALS,
    VERB_CLOCK_SKEWS,
    VERB_CLOCK_STEPS,
    VERB_SERVER_KILLS,
    VERB_SERVER_STOPS,
    VERB_SERVER_RESTARTS,
    VERB_SERVER_WIPES,
    VERB_SERVER_STALLS,
    VERB_SERVER_WEIGHS,
    VERB_SERVER_LIVES,
    VERB_SERVER_HAS,
    VERB_STORM_WRITES,
    VERB_COUNT
};

enum option_kind {
    OPTION_WORD, /* one of `choices` when given, else any word */
    OPTION_NUMBER,
    OPTION_DURATION,
    OPTION_STRING,
    OPTION_CLIENT, /* the name of a declared client */
    OPTION_COLLECTION,
    OPTION_PERCENT, /* "30%" or "2.5%": kept as per mille in arg.ms */
    OPTION_CLAUSE
};

struct option {
    const char *name;
    enum option_kind kind;
    const char *choices; /* "on|off"; NULL: free.  STATUS among them stands
                            for any HTTP status; beside OPTION_CLIENT they are
                            words allowed in place of a client */
    const char *help;
    bool required;
    bool compares;     /* takes != <= >= ~= too, as fits its kind */
    int64_t low, high; /* numbers and durations (ms); both 0: the default,
                          0 to a thousand million */
};

enum words_kind {
    WORDS_NONE,
    WORDS_REF,            /* collection/id */
    WORDS_REFS,           /* one or more */
    WORDS_COLLECTION,     /* one, may be absent */
    WORDS_CHOICE,         /* one of `choices` */
    WORDS_METHOD_TARGET,  /* `POST /sync/{app}` */
    WORDS_NAMES,          /* one or more clients */
    WORDS_ONE_COLLECTION, /* exactly one */
    WORDS_TARGET,         /* a path: `/ws/{app}` */
    WORDS_HEARD           /* one of `choices`, or any number of collections
                             and collection/id; a collection that is called
                             as a choice is in quotes */
};

struct verb {
    enum verb_id id;
    const char *who;  /* "client", "everyone", "net", "clock", "server",
                         "storm"; "client" verbs marked `all` in `flags` may
                         be said of everyone */
    const char *name; /* "inserts" */
    enum words_kind words;
    const char *choices;
    bool fields;                  /* takes name=value of a record */
    bool time;                    /* takes @TIME */
    bool everyone;                /* may be said of everyone */
    bool body;                    /* may be followed by `|` lines */
    bool answer;                  /* may be followed by `expects` lines */
    bool expects;                 /* can fail the scenario: takes clause=ID */
    const struct option *options; /* ends with a NULL name */
    const char *clauses; /* which of a scenario's clauses a failure of this
                            verb is about, most fitting first; may be "" */
    const char *help;    /* one sentence */
    const char *example; /* one line */
};

/* The row of an id; from 0 to VERB_COUNT they are in the order of the manual.
 */
const struct verb *verb_at(enum verb_id id);
/* By actor kind and name, or NULL. */
const struct verb *verb_find(struct str who, struct str name);
/* What an `expects` line may say, ends with a NULL name.  "header." and
 * "json." and "count." are beginnings: the rest of the key is a name or path.
 */
const struct option *expect_options(void);
/* The option of that name in a list, "header." by its beginning, or NULL. */
const struct option *option_find(const struct option *options, struct str name);
/* Is `word` one of "a|b|c"? */
bool choices_have(const char *choices, struct str word);
/* Write scenarios/README.md. */
void verbs_write_manual(struct buf *out);

#endif
