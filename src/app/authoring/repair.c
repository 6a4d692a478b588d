/* Confirmed repairs: the open cases of an institution that follow the mistaken version go over to the repaired one,
 * each in a move of its own that its applicant sees. The cursor is kept, so that a stopped program goes on; a case is
 * looked at again until a whole pass finds none to move, for some are sent while it runs. */
#include "app/authoring/authoring.h"

#include <time.h>

#include "app/authoring/change.h"
#include "app/cases/moves.h"
#include "app/cases/recalculation.h"
#include "app/catalogue/catalogue.h"
#include "base/fault.h"
#include "base/log.h"
#include "os/thread.h"
#include "store/process.h"

enum { REPAIRS_MOST = 10, CASES_A_STEP = 20, TRIES_MOST = 5, EVERY_S = 3, STACK_BYTES = 512 * 1024 };

struct repairs {
	struct app *app;
	struct thread thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool stops, is_nudged;
};

struct running_job {
	struct repair_running_out items[REPAIRS_MOST];
	size_t n;
};

static bool read_running(struct tx *tx, void *ctx, struct err *e)
{
	struct running_job *j = ctx;
	struct repair_running_rows rows;
	j->n = 0;
	if (!repair_running_open(tx, &rows, e)) {
		return false;
	}
	while (j->n < REPAIRS_MOST && repair_running_next(&rows, &j->items[j->n])) {
		j->n++;
	}
	return repair_running_close(&rows, e);
}

struct cases_job {
	int64_t institution, after;
	struct open_case items[CASES_A_STEP];
	size_t n;
};

static bool read_cases(struct tx *tx, void *ctx, struct err *e)
{
	struct cases_job *j = ctx;
	return cases_open_of(tx, j->institution, j->after, CASES_A_STEP, j->items, &j->n, e);
}

struct one_job {
	int64_t party, casefile;
	struct casefile_get_out row;
};

static bool read_one(struct tx *tx, void *ctx, struct err *e)
{
	struct one_job *j = ctx;
	return casefile_get(tx, &(struct casefile_get_in){.party = j->party, .id = j->casefile}, &j->row, e);
}

/* One case, read and moved; somebody who moves it meanwhile goes first, and it is read again. */
static bool move_case(struct app *app, struct arena *a, const struct repair_running_out *repair,
                      const struct service *to, const struct open_case *c, bool *is_moved, struct err *e)
{
	for (int i = 0; i < TRIES_MOST; i++) {
		struct one_job one = {.party = c->party, .casefile = c->casefile};
		struct case_repair in = {
			.change = {.party = c->party, .casefile = c->casefile}, .to = to, .reason = repair->reason};
		struct err why;
		if (!store_read(app->store, c->party, a, read_one, &one, e)) {
			return false;
		}
		if (!one.row.found || !case_move_is_possible(MOVE_REPAIRED, one.row.state) ||
		    !str_eq(one.row.definition, repair->from_digest)) {
			return true;
		}
		in.change.version = one.row.version;
		if (!catalogue_calendar(app, one.row.calendar, (int32_t)one.row.calendar_version, &in.change.calendar, e)) {
			return false;
		}
		if (store_write(app->store, &(struct store_op){.route = c->party, .is_background = true}, case_repair_job, &in,
		                &why)) {
			*is_moved = true;
			return true;
		}
		if (why.code != ERR_CONFLICT) {
			*e = why;
			return false;
		}
	}
	return true; /* the next pass */
}

static bool step_job(struct tx *tx, void *ctx, struct err *e)
{
	return repair_step(tx, ctx, e);
}

static bool step(struct app *app, struct arena *a, const struct repair_running_out *repair, struct err *e)
{
	struct cases_job cases = {.institution = repair->institution, .after = repair->cursor};
	const struct service *to = NULL;
	int64_t moved = 0;
	if (repair->to_digest.n != SHA256_BYTES) {
		return err_set(e, ERR_CORRUPT, "a repair names no definition");
	}
	if (!catalogue_definition(app, (const uint8_t *)repair->to_digest.p, &to, e) ||
	    !store_read(app->store, repair->institution, a, read_cases, &cases, e)) {
		return false;
	}
	for (size_t i = 0; i < cases.n; i++) {
		bool is_moved = false;
		if (str_eq(cases.items[i].service, repair->service) &&
		    !move_case(app, a, repair, to, &cases.items[i], &is_moved, e)) {
			return false;
		}
		moved += is_moved;
	}
	bool is_end = cases.n < CASES_A_STEP;
	int64_t pass_moved = repair->pass_moved + moved;
	struct repair_step_in in = {.id = repair->id,
	                            .version = repair->version,
	                            .cursor = is_end ? 0 : cases.items[cases.n - 1].casefile,
	                            .moved_more = moved,
	                            .pass_moved = is_end ? 0 : pass_moved,
	                            .is_running = !is_end || pass_moved > 0};
	struct err why;
	if (!store_write(app->store, &(struct store_op){.route = CATALOGUE_ROUTE, .is_background = true}, step_job, &in,
	                 &why) &&
	    why.code != ERR_CONFLICT) { /* another process was quicker */
		*e = why;
		return false;
	}
	return true;
}

bool repairs_step(struct app *app, bool *is_more, struct err *e)
{
	struct arena a;
	struct running_job running = {0};
	arena_init(&a, 16 * 1024 * 1024);
	bool ok = store_read(app->store, CATALOGUE_ROUTE, &a, read_running, &running, e);
	for (size_t i = 0; ok && i < running.n; i++) {
		ok = step(app, &a, &running.items[i], e);
	}
	if (app->relay != NULL && running.n > 0) {
		relay_nudge(app->relay);
	}
	arena_release(&a);
	*is_more = running.n > 0;
	return ok;
}

/* --- The thread -------------------------------------------------------------------------------------------------- */

static void *work(void *arg)
{
	struct repairs *r = arg;
	pthread_mutex_lock(&r->mutex);
	while (!r->stops) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += EVERY_S;
		while (!r->stops && !r->is_nudged && pthread_cond_timedwait(&r->wake, &r->mutex, &until) == 0) {
		}
		bool is_more = !r->stops && (r->is_nudged || process_holds(r->app->process, LEASE_SWEEP));
		r->is_nudged = false;
		while (is_more && !r->stops) {
			struct err e;
			pthread_mutex_unlock(&r->mutex);
			bool is_more_anew = false;
			if (!repairs_step(r->app, &is_more, &e) || !recalculations_step(r->app, &is_more_anew, &e)) {
				log_err(LOG_WARN, "repair", &e);
				is_more = is_more_anew = false; /* again after a pause */
			}
			is_more = is_more || is_more_anew;
			pthread_mutex_lock(&r->mutex);
		}
	}
	pthread_mutex_unlock(&r->mutex);
	return NULL;
}

bool repairs_start(struct app *app, struct repairs **out, struct err *e)
{
	struct repairs *r = mem_alloc(1, sizeof *r);
	pthread_condattr_t attributes;
	if (r == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for repairs");
	}
	r->app = app;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&r->mutex, NULL);
	pthread_cond_init(&r->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	if (!thread_start(&r->thread, "repairs", STACK_BYTES, work, r, e)) {
		mem_free(r);
		return false;
	}
	*out = r;
	return true;
}

void repairs_nudge(struct repairs *r)
{
	if (r != NULL) {
		pthread_mutex_lock(&r->mutex);
		r->is_nudged = true;
		pthread_cond_signal(&r->wake);
		pthread_mutex_unlock(&r->mutex);
	}
}

void repairs_stop(struct repairs *r)
{
	if (r == NULL) {
		return;
	}
	pthread_mutex_lock(&r->mutex);
	r->stops = true;
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->mutex);
	thread_join(&r->thread);
	pthread_cond_destroy(&r->wake);
	pthread_mutex_destroy(&r->mutex);
	mem_free(r);
}
