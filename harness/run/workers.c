/* SPDX-License-Identifier: MIT */
/* workers - see workers.h.  Layer: harness/run.
 *
 * The work is cut into chunks: a target and a range of scenarios.  A child
 * plays one chunk, on a server of its own where the target is spawned, and
 * hands its results over; the parent tells them in the order of the chunks, or,
 * where all play on one server and somebody waits, as they come. */
#include "harness/run/workers.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/asserts.h"
#include "harness/run/handover.h"
#include "harness/run/suspects.h"

enum {
    CHUNK_LEAST = 40,
    CHUNKS_A_JOB = 2,
    SUITE_CHUNK_LEAST = 4,
    SUITE_CHUNKS_A_JOB = 8,
    WAITING_MOST = 64, /* that only wait, beside the jobs */
    LOOK_MS = 10
};

/* Who listens mostly waits, and who waits for long does little else: they take
 * no place of those who work.  What is first is begun first. */
enum lane { LANE_LONG, LANE_LIVE, LANE_WORK, LANE_COUNT };

struct chunk {
    size_t target, from, to;
    pid_t process; /* 0: not begun, or ended */
    bool begun, done;
    enum lane lane;
    struct handover results; /* to the parent */
    FILE *trouble;           /* without a name, shared with the child */
};

struct workers {
    struct playing *playing;
    struct chunk *chunks;
    size_t count, told, running[LANE_COUNT];
    const struct chunk *telling;
    bool lost; /* a suite's only server: nothing more is begun */
};

/* How many of a lane play at one time. */
static size_t lane_width(const struct session *session, enum lane lane)
{
    return lane == LANE_LONG   ? WAITING_MOST
           : lane == LANE_LIVE ? 2 * session->jobs
                               : session->jobs;
}

static enum lane lane_of(const struct session *session, size_t scenario)
{
    const struct scenario *item = &session->scenarios->items[scenario];
    return !session->suite          ? LANE_WORK
           : suite_waits_long(item) ? LANE_LONG
           : scenario_listens(item) ? LANE_LIVE
                                    : LANE_WORK;
}

/* A suite's processes share one server, so that small chunks cost nothing. */
static size_t chunk_size(const struct session *session, size_t count)
{
    bool suite = session->suite != NULL;
    size_t least = suite ? SUITE_CHUNK_LEAST : CHUNK_LEAST;
    size_t size =
        count / (session->jobs * (suite ? SUITE_CHUNKS_A_JOB : CHUNKS_A_JOB)) +
        1;
    return size > least ? size : least;
}

/* The chunk from `from` on, `most` at the most, all of one lane.  A case of a
 * suite that does not merely work is one of its own. */
static struct chunk chunk_cut(const struct session *session, size_t from,
                              size_t most)
{
    struct chunk chunk = {
        .from = from, .to = from + 1, .lane = lane_of(session, from)};
    while (chunk.lane == LANE_WORK && chunk.to < most &&
           lane_of(session, chunk.to) == LANE_WORK) {
        chunk.to++;
    }
    return chunk;
}

static void cut(struct workers *workers)
{
    const struct session *session = workers->playing->session;
    size_t count =
        session->suite ? session->suite->alone_from : session->scenarios->count;
    size_t size = chunk_size(session, count);
    struct arena *arena = &workers->playing->plan_arena;
    workers->chunks = arena_must(arena, count * session->target_count + 1,
                                 sizeof(*workers->chunks));
    for (size_t t = 0; t < session->target_count; t++) {
        struct chunk chunk = {.to = 0};
        while (chunk.to < count) {
            size_t most = chunk.to + size < count ? chunk.to + size : count;
            chunk = chunk_cut(session, chunk.to, most);
            chunk.target = t;
            workers->chunks[workers->count++] = chunk;
        }
    }
}

/* ---- the child ---- */

static void hand_over(void *context, const struct run_result *result)
{
    handover_put(context, result);
}

static void play_chunk(struct playing *playing, struct chunk *chunk)
{
    struct session *session = playing->session;
    struct err err = {.status = ST_OK};
    session->reports[0] = report_collect(hand_over, &chunk->results);
    ASSERT(session->reports[0]);
    session->report_count = 1;
    /* It may have died since, and nobody has told this process. */
    session->targets[chunk->target].answered = session->suite != NULL;
    playing->hands_over = true;
    report_begin(session->reports[0], &(struct report_run){.seed = 0}, NULL, 0);
    session_play(playing, chunk->target, chunk->from, chunk->to);
    report_end(session->reports[0], -1, NULL, &err);
    fwrite(&session->target_error, sizeof(session->target_error), 1,
           chunk->trouble);
}

static void begin(struct workers *workers, struct chunk *chunk)
{
    const struct session *session = workers->playing->session;
    chunk->begun = true;
    chunk->results = (struct handover){.file = tmpfile(),
                                       .trace = session->trace,
                                       .seed = session->options.seed};
    chunk->trouble = tmpfile();
    ASSERT(chunk->results.file && chunk->trouble);
    /* What waits in streams would come out twice. */
    fflush(NULL);
    chunk->process = fork();
    if (chunk->process == 0) {
        play_chunk(workers->playing, chunk);
        fflush(NULL);
        workers->playing->session->leave(EXIT_SUCCESS);
    }
    chunk->done = chunk->process < 0;
    workers->running[chunk->lane] += !chunk->done;
}

/* ---- the parent ---- */

static size_t find_scenario(const struct workers *workers,
                            const struct run_result *result)
{
    const struct scenario_list *list = workers->playing->session->scenarios;
    for (size_t s = workers->telling->from; s < workers->telling->to; s++) {
        const struct scenario *scenario = &list->items[s];
        char number[24];
        int n = snprintf(number, sizeof(number), "#%zu", scenario->index);
        if (str_eq(scenario->file, result->file) &&
            str_ends(result->id, (struct str){number, (size_t)n})) {
            return s;
        }
    }
    return list->count;
}

static void tell(void *context, const struct run_result *result)
{
    struct workers *workers = context;
    struct playing *playing = workers->playing;
    size_t target = workers->telling->target;
    size_t scenario = find_scenario(workers, result);
    struct run_result copy = *result;
    if (playing->died) {
        return; /* --fail-fast: the child could not know */
    }
    arena_reset(&playing->run_arena);
    /* Its list of verdicts belongs to the reader. */
    copy.verdicts = NULL;
    copy.verdict_count = copy.verdict_cap = 0;
    for (size_t i = 0; i < result->verdict_count; i++) {
        result_add(&copy, &playing->run_arena, &result->verdicts[i]);
    }
    copy.outcome = result->outcome;
    if (playing->session->suite && target_was_blamed(&copy)) {
        suspects_add(playing, scenario);
        return;
    }
    if (scenario < playing->session->scenarios->count) {
        session_publish(playing, scenario,
                        playing->session->targets[target].dialect, &copy);
    }
}

static struct err trouble_of(const struct chunk *chunk)
{
    struct err trouble = {.status = ST_OK};
    rewind(chunk->trouble);
    if (fread(&trouble, sizeof(trouble), 1, chunk->trouble) != 1) {
        err_set(&trouble, ST_NETWORK,
                "a process that played scenarios has died");
    }
    return trouble;
}

/* What is new of it. */
static void tell_new(struct workers *workers, struct chunk *chunk)
{
    struct session *session = workers->playing->session;
    struct err err = {.status = ST_OK};
    workers->telling = chunk;
    if (!handover_take(&chunk->results, tell, workers, &err) &&
        session->target_error.status == ST_OK) {
        session->target_error = err; /* its runs are told as not run */
    }
}

static void tell_chunk(struct workers *workers, struct chunk *chunk)
{
    struct session *session = workers->playing->session;
    struct err trouble = trouble_of(chunk);
    if (session->target_error.status == ST_OK) {
        session->target_error = trouble;
    }
    tell_new(workers, chunk);
}

/* On one server there is no order that one process alone would have had. */
static void tell_what_came(struct workers *workers)
{
    const struct playing *playing = workers->playing;
    for (size_t i = 0; playing->session->suite && i < workers->count; i++) {
        struct chunk *chunk = &workers->chunks[i];
        if (chunk->process > 0 && !playing->died) {
            tell_new(workers, chunk);
        }
    }
}

static void forget(struct chunk *chunk)
{
    if (chunk->begun) {
        fclose(chunk->results.file);
        fclose(chunk->trouble);
    }
}

static void pause_briefly(void)
{
    struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    nanosleep(&pause, NULL);
}

static void has_ended(struct workers *workers, struct chunk *chunk)
{
    chunk->process = 0;
    chunk->done = true;
    workers->running[chunk->lane]--;
    workers->lost = workers->lost || (workers->playing->session->suite &&
                                      trouble_of(chunk).status != ST_OK);
}

/* Those that have ended, or a moment when none has.  Other children of this
 * process, a server or an issuer, are not ours to wait for. */
static void look_for_ends(struct workers *workers)
{
    bool any = false;
    for (size_t i = 0; i < workers->count; i++) {
        struct chunk *chunk = &workers->chunks[i];
        pid_t got =
            chunk->process > 0 ? waitpid(chunk->process, NULL, WNOHANG) : 0;
        if (got > 0 || (got < 0 && errno != EINTR)) {
            has_ended(workers, chunk);
            any = true;
        }
    }
    if (!any) {
        pause_briefly();
    }
}

/* What is alone is played by this process: it may restart the server. */
static void finish_suite(struct playing *playing, bool lost)
{
    const struct session *session = playing->session;
    if (!session->suite) {
        return;
    }
    suspects_judge(playing);
    if (!lost && !session_stopped(playing)) {
        session_play(playing, 0, session->suite->alone_from,
                     session->scenarios->count);
    }
}

/* The next one that there is a place for, NULL: none. */
static struct chunk *next_chunk(struct workers *workers)
{
    const struct playing *playing = workers->playing;
    if (workers->lost || session_stopped(playing)) {
        return NULL;
    }
    for (enum lane lane = 0; lane < LANE_COUNT; lane++) {
        size_t width = lane_width(playing->session, lane);
        for (size_t i = 0; workers->running[lane] < width && i < workers->count;
             i++) {
            struct chunk *chunk = &workers->chunks[i];
            if (!chunk->begun && chunk->lane == lane) {
                return chunk;
            }
        }
    }
    return NULL;
}

static bool none_runs(const struct workers *workers)
{
    size_t sum = 0;
    for (enum lane lane = 0; lane < LANE_COUNT; lane++) {
        sum += workers->running[lane];
    }
    return sum == 0;
}

/* Nothing of what they would say counts any more. */
static void give_up(struct workers *workers)
{
    bool all = workers->playing->died;
    for (size_t i = 0; i < workers->count; i++) {
        const struct chunk *chunk = &workers->chunks[i];
        if (chunk->process > 0 &&
            (all || (workers->lost && chunk->lane == LANE_LONG))) {
            kill(chunk->process, SIGKILL);
        }
    }
}

void workers_play(struct playing *playing)
{
    struct workers workers = {.playing = playing};
    struct chunk *next;
    cut(&workers);
    for (;;) {
        while ((next = next_chunk(&workers))) {
            begin(&workers, next);
        }
        while (workers.told < workers.count &&
               workers.chunks[workers.told].done && !playing->died) {
            tell_chunk(&workers, &workers.chunks[workers.told]);
            workers.told++;
        }
        tell_what_came(&workers);
        give_up(&workers);
        if (none_runs(&workers)) {
            break;
        }
        look_for_ends(&workers);
    }
    for (size_t i = 0; i < workers.count; i++) {
        forget(&workers.chunks[i]);
    }
    finish_suite(playing, workers.lost);
}
