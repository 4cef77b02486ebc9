/* SPDX-License-Identifier: MIT */
/* verbs - the table of the language.  Layer: harness/scenario. */
#include "harness/scenario/verbs.h"

#include "harness/scenario/options.h"

#define REQUEST_OR_RESPONSE "request|response"

/* In the order of enum verb_id, which is the order of the manual. */
static const struct verb verbs[VERB_COUNT] = {
    [VERB_INSERTS] =
        {.id = VERB_INSERTS,
         .who = "client",
         .name = "inserts",
         .words = WORDS_REF,
         .fields = true,
         .time = true,
         .everyone = true,
         .options = options_none,
         .clauses = "",
         .help = "Writes a new record into its own database and queues it.",
         .example =
             "alice inserts tasks/1 title=\"Buy milk\" done=false @10:05:00"},
    [VERB_UPDATES] = {.id = VERB_UPDATES,
                      .who = "client",
                      .name = "updates",
                      .words = WORDS_REF,
                      .fields = true,
                      .time = true,
                      .everyone = true,
                      .options = options_none,
                      .clauses = "",
                      .help =
                          "Writes the named fields of a record; others stay.",
                      .example = "alice updates tasks/1 done=true"},
    [VERB_DELETES] = {.id = VERB_DELETES,
                      .who = "client",
                      .name = "deletes",
                      .words = WORDS_REFS,
                      .time = true,
                      .everyone = true,
                      .options = options_none,
                      .clauses = "",
                      .help = "Deletes records softly: their deletedAt is set.",
                      .example = "alice deletes tasks/1 tasks/2"},
    [VERB_UNDELETES] =
        {.id = VERB_UNDELETES,
         .who = "client",
         .name = "undeletes",
         .words = WORDS_REFS,
         .time = true,
         .everyone = true,
         .options = options_none,
         .clauses = "",
         .help = "Brings deleted records back: their deletedAt is set to null.",
         .example = "alice undeletes tasks/1"},
    [VERB_PURGES] = {.id = VERB_PURGES,
                     .who = "client",
                     .name = "purges",
                     .words = WORDS_COLLECTION,
                     .everyone = true,
                     .options = options_none,
                     .clauses = "",
                     .help = "Removes tombstones that are synced from its "
                             "database, of one collection or of all.",
                     .example = "alice purges tasks"},
    [VERB_ONBOARDS] = {.id = VERB_ONBOARDS,
                       .who = "client",
                       .name = "onboards",
                       .words = WORDS_NONE,
                       .everyone = true,
                       .options = options_none,
                       .clauses = "",
                       .help = "Puts the onboarding records into those of its "
                               "collections that are empty, once.",
                       .example = "alice onboards"},
    [VERB_PUSHES] =
        {.id = VERB_PUSHES,
         .who = "client",
         .name = "pushes",
         .words = WORDS_NONE,
         .everyone = true,
         .expects = true,
         .options = options_send,
         .clauses =
             "PUSH-1 PUSH-12 QUEUE-4 QUEUE-6 CONN-2 AUTH-2 AUTH-1 VALID-17",
         .help = "Sends what is pending; without gets= it may end anyhow.",
         .example = "alice pushes gets=timeout"},
    [VERB_PULLS] =
        {.id = VERB_PULLS,
         .who = "client",
         .name = "pulls",
         .words = WORDS_COLLECTION,
         .everyone = true,
         .expects = true,
         .options = options_send,
         .clauses =
             "PULL-2 CURSOR-5 CURSOR-1 CURSOR-11 CONN-2 AUTH-2 AUTH-1 VALID-17",
         .help = "Asks for what others wrote, in one collection or in all, to "
                 "the last page.",
         .example = "alice pulls tasks"},
    [VERB_SYNCS] = {.id = VERB_SYNCS,
                    .who = "client",
                    .name = "syncs",
                    .words = WORDS_NONE,
                    .everyone = true,
                    .expects = true,
                    .options = options_send,
                    .clauses = "QUEUE-4 PUSH-1 CONN-1 CONN-2 CURSOR-6 VALID-17",
                    .help = "Pushes, then pulls all collections.",
                    .example = "alice bob syncs"},
    [VERB_FINISHES] = {.id = VERB_FINISHES,
                       .who = "client",
                       .name = "finishes",
                       .words = WORDS_NONE,
                       .everyone = true,
                       .expects = true,
                       .options = options_finish,
                       .clauses = "QUEUE-4 PUSH-1 CONN-1 CONN-2 VALID-17",
                       .help = "Waits for what was started with wait=no.",
                       .example = "alice finishes gets=ok"},
    [VERB_GOES] =
        {.id = VERB_GOES,
         .who = "client",
         .name = "goes",
         .words = WORDS_CHOICE,
         .choices = "offline|online",
         .everyone = true,
         .options = options_goes,
         .clauses = "",
         .help = "Loses or finds the network; when it comes online it syncs.",
         .example = "alice goes offline"},
    [VERB_SIGNS] = {.id = VERB_SIGNS,
                    .who = "client",
                    .name = "signs",
                    .words = WORDS_CHOICE,
                    .choices = "in|out",
                    .everyone = true,
                    .options = options_signs,
                    .clauses = "",
                    .help =
                        "Signs in or out; signed out it only writes locally.",
                    .example = "alice signs in"},
    [VERB_CRASHES] = {.id = VERB_CRASHES,
                      .who = "client",
                      .name = "crashes",
                      .words = WORDS_NONE,
                      .everyone = true,
                      .options = options_crashes,
                      .clauses = "",
                      .help = "Loses all but its database, at once or at a "
                              "point to come, and stays down.",
                      .example = "alice crashes during=ack"},
    [VERB_RESTARTS] = {.id = VERB_RESTARTS,
                       .who = "client",
                       .name = "restarts",
                       .words = WORDS_NONE,
                       .everyone = true,
                       .options = options_none,
                       .clauses = "",
                       .help = "Starts again from its database.",
                       .example = "alice restarts"},
    [VERB_REINSTALLS] =
        {.id = VERB_REINSTALLS,
         .who = "client",
         .name = "reinstalls",
         .words = WORDS_NONE,
         .everyone = true,
         .options = options_none,
         .clauses = "",
         .help = "Starts with an empty database and a new client id.",
         .example = "alice reinstalls"},
    [VERB_WIPES] = {.id = VERB_WIPES,
                    .who = "client",
                    .name = "wipes",
                    .words = WORDS_NONE,
                    .everyone = true,
                    .options = options_none,
                    .clauses = "",
                    .help =
                        "Starts with an empty database and the same client id.",
                    .example = "alice wipes"},
    [VERB_RESETS] =
        {.id = VERB_RESETS,
         .who = "client",
         .name = "resets",
         .words = WORDS_NONE,
         .everyone = true,
         .options = options_none,
         .clauses = "",
         .help =
             "Forgets its cursors; the next pull starts from the beginning.",
         .example = "alice resets"},
    [VERB_RESEEDS] =
        {.id = VERB_RESEEDS,
         .who = "client",
         .name = "reseeds",
         .words = WORDS_NONE,
         .everyone = true,
         .options = options_none,
         .clauses = "",
         .help = "Forgets records and cursors, and keeps what is pending.",
         .example = "alice reseeds"},
    [VERB_SAVES] = {.id = VERB_SAVES,
                    .who = "client",
                    .name = "saves",
                    .words = WORDS_NONE,
                    .everyone = true,
                    .options = options_none,
                    .clauses = "",
                    .help = "Keeps a backup of its database.",
                    .example = "alice saves"},
    [VERB_RESTORES] = {.id = VERB_RESTORES,
                       .who = "client",
                       .name = "restores",
                       .words = WORDS_NONE,
                       .everyone = true,
                       .options = options_restores,
                       .clauses = "",
                       .help = "Puts its last backup back.",
                       .example = "alice restores id=new"},
    [VERB_CLONES] = {.id = VERB_CLONES,
                     .who = "client",
                     .name = "clones",
                     .words = WORDS_NONE,
                     .options = options_clones,
                     .clauses = "",
                     .help =
                         "Becomes a copy of another client's database, as when "
                         "a device is set up from a backup of another.",
                     .example = "bob clones from=alice id=new"},
    [VERB_SEES] =
        {.id = VERB_SEES,
         .who = "client",
         .name = "sees",
         .words = WORDS_REF,
         .fields = true,
         .everyone = true,
         .expects = true,
         .options = options_sees,
         .clauses =
             "MERGE-1 MERGE-2 MERGE-3 MERGE-4 DELETE-4 DELETE-1 DELETE-3 FID-1 "
             "FID-2 FID-3 FID-4 FID-5 FID-6 FID-7 FID-8 PUSH-2 APPLY-1 APPLY-2 "
             "APPLY-3 APPLY-4 APPLY-5 CURSOR-1 CURSOR-7 QUEUE-2 QUEUE-1",
         .help = "Its database has the record, live, with these values; others "
                 "do not matter.",
         .example = "bob sees tasks/1 title=\"Buy milk\" note=absent"},
    [VERB_LACKS] =
        {.id = VERB_LACKS,
         .who = "client",
         .name = "lacks",
         .words = WORDS_REFS,
         .everyone = true,
         .expects = true,
         .options = options_none,
         .clauses = "PUSH-3 ISO-1 ISO-2 DELETE-1 DELETE-3 AUTH-3 APPLY-4",
         .help = "Its database has no such records, or only as tombstones.",
         .example = "bob lacks tasks/1 tasks/2"},
    [VERB_HAS] = {.id = VERB_HAS,
                  .who = "client",
                  .name = "has",
                  .words = WORDS_NONE,
                  .everyone = true,
                  .expects = true,
                  .options = options_has,
                  .clauses = "QUEUE-3 STATUS-1 QUEUE-4 QUEUE-1 QUEUE-6 QUEUE-5 "
                             "CONN-1 CONN-2 PULL-2",
                  .help = "Says what must be true of the client itself.",
                  .example = "alice has pending=0 status=synced"},
    [VERB_COUNTS] =
        {.id = VERB_COUNTS,
         .who = "client",
         .name = "counts",
         .words = WORDS_ONE_COLLECTION,
         .fields = true,
         .everyone = true,
         .expects = true,
         .options = options_counts,
         .clauses =
             "CURSOR-4 CURSOR-7 CURSOR-2 PUSH-12 PUSH-8 PUSH-5 DELETE-1 SSE-2",
         .help = "So many live records of the collection match the fields.",
         .example = "bob counts tasks is=3 done=true"},
    [VERB_QUERIES] =
        {.id = VERB_QUERIES,
         .who = "client",
         .name = "queries",
         .words = WORDS_ONE_COLLECTION,
         .fields = true,
         .everyone = true,
         .expects = true,
         .options = options_queries,
         .clauses = "FID-4 MERGE-2 CURSOR-7",
         .help = "The ids of the live records that match the fields, in order.",
         .example =
             "bob queries tasks gives=\"3,1\" order=-rank limit=2 done=true"},
    [VERB_SENDS] = {.id = VERB_SENDS,
                    .who = "client",
                    .name = "sends",
                    .words = WORDS_METHOD_TARGET,
                    .body = true,
                    .expects = true,
                    .options = options_sends,
                    .clauses = "",
                    .help = "Sends a raw request; lines with | are its body "
                            "and `expects` lines judge the answer.",
                    .example = "alice sends POST /sync/{app}"},
    [VERB_SETTLES] = {.id = VERB_SETTLES,
                      .who = "everyone",
                      .name = "settles",
                      .words = WORDS_NONE,
                      .expects = true,
                      .options = options_settles,
                      .clauses = "MERGE-5 QUEUE-1 QUEUE-4 PULL-2 PUSH-2",
                      .help = "Faults end, everyone is online and syncs until "
                              "nothing is left to do.",
                      .example = "everyone settles within=60s"},
    [VERB_AGREES] = {.id = VERB_AGREES,
                     .who = "everyone",
                     .name = "agrees",
                     .words = WORDS_NONE,
                     .expects = true,
                     .options = options_none,
                     .clauses = "MERGE-5 MERGE-3 MERGE-2 MERGE-1 CURSOR-7 "
                                "PUSH-2 PUSH-4 QUEUE-1 APPLY-2",
                     .help = "All clients of one user and app hold the same "
                             "records, fields and deletions.",
                     .example = "everyone agrees"},
    [VERB_WAITS] = {.id = VERB_WAITS,
                    .who = "client",
                    .name = "waits",
                    .words = WORDS_NONE,
                    .everyone = true,
                    .options = options_waits,
                    .clauses = "",
                    .help = "Time passes.",
                    .example = "everyone waits for=30s"},
    [VERB_NET_DROPS] =
        {.id = VERB_NET_DROPS,
         .who = "net",
         .name = "drops",
         .words = WORDS_CHOICE,
         .choices = REQUEST_OR_RESPONSE,
         .options = options_net,
         .clauses = "",
         .help = "Messages are lost; the client runs into its time-out.",
         .example = "net drops response to=alice count=1"},
    [VERB_NET_DELAYS] = {.id = VERB_NET_DELAYS,
                         .who = "net",
                         .name = "delays",
                         .words = WORDS_CHOICE,
                         .choices = REQUEST_OR_RESPONSE,
                         .options = options_delays,
                         .clauses = "",
                         .help = "Messages arrive later.",
                         .example = "net delays request by=2s from=alice"},
    [VERB_NET_DUPLICATES] =
        {.id = VERB_NET_DUPLICATES,
         .who = "net",
         .name = "duplicates",
         .words = WORDS_CHOICE,
         .choices = "request",
         .options = options_net,
         .clauses = "",
         .help = "Requests arrive twice; the first answer counts.",
         .example = "net duplicates request from=alice count=1"},
    [VERB_NET_REORDERS] = {.id = VERB_NET_REORDERS,
                           .who = "net",
                           .name = "reorders",
                           .words = WORDS_CHOICE,
                           .choices = REQUEST_OR_RESPONSE,
                           .options = options_net,
                           .clauses = "",
                           .help = "A message is held until the next one of "
                                   "its client and direction has passed.",
                           .example =
                               "net reorders request from=alice count=1"},
    [VERB_NET_TRUNCATES] = {.id = VERB_NET_TRUNCATES,
                            .who = "net",
                            .name = "truncates",
                            .words = WORDS_CHOICE,
                            .choices = "response",
                            .options = options_truncates,
                            .clauses = "",
                            .help = "Answers end early, as if they were whole.",
                            .example =
                                "net truncates response to=alice after=20"},
    [VERB_NET_RESETS] = {.id = VERB_NET_RESETS,
                         .who = "net",
                         .name = "resets",
                         .words = WORDS_CHOICE,
                         .choices = "response",
                         .options = options_truncates,
                         .clauses = "",
                         .help =
                             "The connection breaks while the answer arrives.",
                         .example = "net resets response to=alice after=20"},
    [VERB_NET_TRICKLES] = {.id = VERB_NET_TRICKLES,
                           .who = "net",
                           .name = "trickles",
                           .words = WORDS_CHOICE,
                           .choices = "response",
                           .options = options_trickles,
                           .clauses = "",
                           .help = "Answers arrive slowly.",
                           .example = "net trickles response rate=10 to=alice"},
    [VERB_NET_ANSWERS] =
        {.id = VERB_NET_ANSWERS,
         .who = "net",
         .name = "answers",
         .words = WORDS_CHOICE,
         .choices = REQUEST_OR_RESPONSE,
         .options = options_answers,
         .clauses = "",
         .help = "Something in between answers: the server saw nothing "
                 "(request), or did it all (response).",
         .example = "net answers request status=503 retry-after=5 count=1"},
    [VERB_NET_HEALS] = {.id = VERB_NET_HEALS,
                        .who = "net",
                        .name = "heals",
                        .words = WORDS_NONE,
                        .options = options_none,
                        .clauses = "",
                        .help = "All faults of the network end.",
                        .example = "net heals"},
    [VERB_CLOCK_SKEWS] = {.id = VERB_CLOCK_SKEWS,
                          .who = "clock",
                          .name = "skews",
                          .words = WORDS_NAMES,
                          .options = options_clock,
                          .clauses = "",
                          .help =
                              "The wall clock of these clients is off by so "
                              "much from now on, whatever it was off before.",
                          .example = "clock skews alice by=-5m"},
    [VERB_CLOCK_STEPS] = {.id = VERB_CLOCK_STEPS,
                          .who = "clock",
                          .name = "steps",
                          .words = WORDS_NAMES,
                          .options = options_clock,
                          .clauses = "",
                          .help = "The wall clock of these clients jumps, on "
                                  "top of what it was off.",
                          .example = "clock steps alice by=-1h"},
    [VERB_SERVER_KILLS] =
        {.id = VERB_SERVER_KILLS,
         .who = "server",
         .name = "kills",
         .words = WORDS_NONE,
         .options = options_none,
         .clauses = "",
         .help =
             "The server dies at once; what it did not keep durably is gone.",
         .example = "server kills"},
    [VERB_SERVER_RESTARTS] = {.id = VERB_SERVER_RESTARTS,
                              .who = "server",
                              .name = "restarts",
                              .words = WORDS_NONE,
                              .options = options_none,
                              .clauses = "",
                              .help =
                                  "The server starts again with what it kept.",
                              .example = "server restarts"},
    [VERB_SERVER_WIPES] = {.id = VERB_SERVER_WIPES,
                           .who = "server",
                           .name = "wipes",
                           .words = WORDS_NONE,
                           .options = options_none,
                           .clauses = "",
                           .help = "The server starts again and its log is "
                                   "gone, as after a restore from nothing.",
                           .example = "server wipes"},
    [VERB_SERVER_STALLS] = {.id = VERB_SERVER_STALLS,
                            .who = "server",
                            .name = "stalls",
                            .words = WORDS_NONE,
                            .options = options_stalls,
                            .clauses = "",
                            .help =
                                "The next commits are held: begun, and not "
                                "visible for that time (virtual time only).",
                            .example =
                                "server stalls by=2s count=1 from=alice"},
    [VERB_SERVER_LIVES] = {.id = VERB_SERVER_LIVES,
                           .who = "server",
                           .name = "lives",
                           .words = WORDS_NONE,
                           .expects = true,
                           .options = options_none,
                           .clauses = "SVC-1 VALID-17 VALID-11 VALID-12 SSE-8",
                           .help = "Its /health answers 200.",
                           .example = "server lives"},
    [VERB_SERVER_HAS] = {.id = VERB_SERVER_HAS,
                         .who = "server",
                         .name = "has",
                         .words = WORDS_NONE,
                         .expects = true,
                         .options = options_counters,
                         .clauses =
                             "QUEUE-4 PUSH-4 PUSH-5 CONN-1 PULL-2 QUEUE-1",
                         .help =
                             "Says what the bundled server must have counted.",
                         .example = "server has pushes<=2 changes=1"},
    [VERB_STORM_WRITES] =
        {.id = VERB_STORM_WRITES,
         .who = "storm",
         .name = "writes",
         .words = WORDS_NONE,
         .options = options_storm,
         .clauses = "",
         .help = "Many writers push at once while one observer follows the "
                 "cursors and another starts fresh at the end.",
         .example = "storm writes writers=8 changes=100 batch=5"},
};

const struct verb *verb_all(void)
{
    return verbs;
}

const struct verb *verb_find(struct str who, struct str name)
{
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (str_is(name, verbs[i].name) && str_is(who, verbs[i].who)) {
            return &verbs[i];
        }
    }
    return NULL;
}

const struct option *expect_options(void)
{
    return options_expects;
}

const struct option *option_find(const struct option *options, struct str name)
{
    for (; options && options->name; options++) {
        struct str own = str_of(options->name);
        bool beginning = str_ends(own, STR("."));
        if (beginning ? str_starts(name, own) && name.n > own.n
                      : str_eq(name, own)) {
            return options;
        }
    }
    return NULL;
}

bool choices_have(const char *choices, struct str word)
{
    struct str rest = str_of(choices);
    while (rest.n > 0) {
        size_t bar = str_find(rest, '|');
        if (str_eq(str_take(rest, bar), word)) {
            return true;
        }
        rest = str_skip(rest, bar + 1);
    }
    return false;
}
