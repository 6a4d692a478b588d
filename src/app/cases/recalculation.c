#include "app/cases/recalculation.h"

#include "app/cases/count_anew.h"
#include "app/catalogue/calendar_change.h"
#include "app/catalogue/catalogue.h"
#include "app/installation/outage.h"
#include "base/fault.h"
#include "base/log.h"
#include "os/thread.h"
#include "store/relay.h"

#include <stdio.h>
#include <time.h>

enum {
	RUNNING_MOST = 10,
	CLOCKS_A_CHUNK = 1024,
	CHUNKS_A_STEP = 8,  /* before it is written down how far it has come */
	CLOCKS_A_JOB = 128, /* a millisecond or two of the writer */
	TRIES_MOST = 3,
	STEPS_AT_ONCE = 8, /* before it is looked what else there is to do */
	TOLD_AT_ONCE = 64,
	WAITING_MOST = 512, /* events before the relay: others' are not to wait behind ours */
	PAUSE_MS = 10,
	STEP_BYTES = 64 * 1024 * 1024,
	WRITER_STACK_BYTES = 512 * 1024,
};

/* Ids of parties are random: a later pass, in which hardly any is found, looks at a 32nd of all at a time. */
#define STRETCH ((INT64_C(1) << 58) - 1)

/* --- What has to be done, noticed --------------------------------------------------------------------------------- */

/* Two processes that notice the same make the same row: the second finds it there. */
static int64_t id_of(enum recalculation_cause cause, struct str calendar, int64_t to)
{
	uint8_t digest[SHA256_BYTES];
	char text[200];
	int n = snprintf(text, sizeof text, "%d/%.*s/%lld", (int)cause, STR_ARG(str_sub(calendar, 0, 120)), (long long)to);
	sha256_of(str_from(text, (size_t)n), digest);
	int64_t id = 0;
	memcpy(&id, digest, sizeof id);
	id &= INT64_MAX;
	return id != 0 ? id : 1;
}

struct newest_job {
	struct str calendar;
	struct recalculation_newest_out row;
};

static bool read_newest(struct tx *tx, void *ctx, struct err *e)
{
	struct newest_job *j = ctx;
	return recalculation_newest(tx, &(struct recalculation_newest_in){.calendar = j->calendar}, &j->row, e);
}

static bool insert(struct tx *tx, void *ctx, struct err *e)
{
	const struct recalculation_insert_in *row = ctx;
	struct recalculation_insert_in in = *row;
	in.begun_at = tx_now_us(tx);
	return recalculation_insert(tx, &in, e);
}

/* `first`: from what it begins when nothing was noticed yet. */
static bool notice(struct app *app, struct arena *a, struct str calendar, int64_t to, int64_t first, struct err *e)
{
	bool is_zone = false;
	struct newest_job j = {.calendar = calendar};
	if (!store_read(app->store, CATALOGUE_ROUTE, a, read_newest, &j, e)) {
		return false;
	}
	int64_t from = j.row.found ? j.row.to_version : first;
	if (from >= to) {
		return true;
	}
	if (calendar.n > 0 && !calendar_is_zones_change(app, a, calendar, (int32_t)to, &is_zone, e)) {
		return false;
	}
	enum recalculation_cause cause = calendar.n == 0 ? CAUSE_OUTAGE : is_zone ? CAUSE_ZONE : CAUSE_PACK;
	struct recalculation_insert_in in = {.id = id_of(cause, calendar, to),
	                                     .cause = cause,
	                                     .state = RECALC_RUNNING,
	                                     .calendar = calendar,
	                                     .from_version = from,
	                                     .to_version = to};
	struct err why;
	if (!store_write(app->store, &(struct store_op){.route = CATALOGUE_ROUTE, .is_background = true}, insert, &in,
	                 &why) &&
	    why.code != ERR_CONFLICT) {
		*e = why;
		return false;
	}
	return true;
}

struct outages_job {
	struct clock_outage *items;
	size_t n;
};

static bool read_outages(struct tx *tx, void *ctx, struct err *e)
{
	struct outages_job *j = ctx;
	return outages_since(tx, 0, &j->items, &j->n, e);
}

/* Calendars whose newest version came otherwise than by a page of an office: with a pack, with other data of a zone.
 * And times in which nobody served. */
static bool notice_all(struct app *app, struct arena *a, struct err *e)
{
	const struct institution *at;
	size_t n = catalogue_institutions(app, &at);
	struct outages_job outages = {0};
	bool ok = true;
	for (size_t i = 0; ok && i < n; i++) {
		bool is_first = at[i].calendar != NULL;
		for (size_t k = 0; is_first && k < i; k++) {
			is_first = !str_eq(at[k].calendar_id, at[i].calendar_id);
		}
		ok = !is_first || notice(app, a, at[i].calendar_id, calendar_version(at[i].calendar), 1, e);
	}
	return ok && store_read(app->store, CATALOGUE_ROUTE, a, read_outages, &outages, e) &&
	       notice(app, a, STR_EMPTY, (int64_t)outages.n, 0, e);
}

/* --- One step ----------------------------------------------------------------------------------------------------- */

struct step {
	struct app *app;
	struct arena *a;
	struct recalculation_get_out row;
	const struct calendar *is;      /* NULL: outages alone */
	struct calendar_draft proposed; /* of one that is only counted */
	bool only_counts;
};

/* Is no institution before this one counted by the same calendar? It stands for all that are. */
static bool is_first_of(const struct institution *all, size_t n, const struct institution *at)
{
	for (size_t i = 0; i < n; i++) {
		if (all[i].id < at->id && str_eq(all[i].calendar_id, at->calendar_id)) {
			return false;
		}
	}
	return true;
}

/* The calendars that it is of, by the institutions that stand for them: the next one on or after an id; NULL: none. */
static const struct institution *institution_from(const struct step *s, int64_t id)
{
	const struct institution *at, *found = NULL;
	size_t n = catalogue_institutions(s->app, &at);
	for (size_t i = 0; i < n; i++) {
		if (at[i].id >= id && (found == NULL || at[i].id < found->id) &&
		    (s->row.calendar.n == 0 || str_eq(at[i].calendar_id, s->row.calendar)) && is_first_of(at, n, &at[i])) {
			found = &at[i];
		}
	}
	return found;
}

/* Most times once: versions of the calendar that nobody has asked for since the start are loaded, and it is read again.
 */
static bool count(struct step *s, struct count_clocks *c, struct err *e)
{
	do {
		const struct calendar *ignored;
		if (!store_read(s->app->store, 0, s->a, count_clocks_job, c, e) ||
		    (c->lacks != 0 && !catalogue_calendar(s->app, c->calendar, c->lacks, &ignored, e))) {
			return false;
		}
	} while (c->lacks != 0);
	return true;
}

/* A thousand clocks: counted, and written while the next are counted. */
struct chunk {
	struct step *s;
	struct count_clocks c;
	const struct counted_clock **due; /* room for all */
	struct thread writer;
	bool is_begun, is_done_well;
	bool is_whole; /* nobody moved any of them meanwhile */
	struct err err;
};

/* What is due, in jobs of one place each. */
static void *write_chunk(void *arg)
{
	struct chunk *k = arg;
	struct store *store = k->s->app->store;
	struct write_clocks jobs[STORE_CALLS_MOST];
	struct store_call calls[STORE_CALLS_MOST];
	size_t n = 0, job_n = 0;
	for (int place = 0; place < store_places(store); place++) {
		size_t of_job = CLOCKS_A_JOB;
		for (size_t i = 0; i < k->c.n; i++) {
			const struct counted_clock *clock = &k->c.clocks[i];
			if (!clock->is_due || store_place(store, clock->party) != place) {
				continue;
			}
			if (of_job == CLOCKS_A_JOB) {
				must(job_n < STORE_CALLS_MOST);
				jobs[job_n] = (struct write_clocks){.clocks = &k->due[n]};
				calls[job_n] = (struct store_call){
					.op = {.route = clock->party, .is_background = true}, .job = write_clocks_job, .ctx = &jobs[job_n]};
				job_n++;
				of_job = 0;
			}
			k->due[n++] = clock;
			jobs[job_n - 1].n = ++of_job;
		}
	}
	store_write_all(store, calls, job_n);
	k->is_done_well = k->is_whole = true;
	for (size_t i = 0; i < job_n; i++) {
		if (!calls[i].is_done_well && calls[i].err.code != ERR_CONFLICT) {
			k->err = calls[i].err;
			k->is_done_well = false;
		}
		k->is_whole = k->is_whole && calls[i].is_done_well;
	}
	return NULL;
}

/* *is_left: some were moved by somebody else again and again; the next pass finds them. What was moved before and is
 * not said yet was moved by this one, which died before it wrote down how far it had come; in a later pass it is known.
 */
static void add_up(struct recalculation_step_in *to, const struct count_clocks *c, bool is_left)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct counted_clock *clock = &c->clocks[i];
		bool moves = clock->moves || (clock->was_moved && to->pass == 0);
		int64_t days = moves ? clock->days : 0;
		to->looked += to->pass == 0;
		to->pass_moved += moves;
		to->moved += days != 0;
		to->least_days = days != 0 && (to->least_days == 0 || days < to->least_days) ? days : to->least_days;
		to->most_days = days != 0 && (to->most_days == 0 || days > to->most_days) ? days : to->most_days;
	}
	to->pass_moved += is_left;
}

static bool step_job(struct tx *tx, void *ctx, struct err *e)
{
	struct recalculation_step_in in = *(const struct recalculation_step_in *)ctx;
	in.has_ended_at = in.state == RECALC_DONE;
	in.ended_at = tx_now_us(tx);
	return recalculation_step(tx, &in, e);
}

/* A pass is over: a count is done with the first, the rest when a pass moved nothing. */
static void end_pass(const struct step *s, struct recalculation_step_in *to)
{
	to->at_institution = to->at_party = to->at_casefile = 0;
	if (s->only_counts) {
		to->state = RECALC_COUNTED;
	} else if (to->pass_moved == 0) {
		to->state = RECALC_TELLING;
	} else {
		to->pass++;
		to->pass_moved = 0;
	}
}

/* The next clocks in the order of their keys, from where it has come to on. */
static bool count_chunk(struct step *s, const struct institution *at, struct recalculation_step_in *to, struct chunk *k,
                        bool *is_through, struct err *e)
{
	*k = (struct chunk){.s = s,
	                    .c = {.app = s->app,
	                          .calendar = at->calendar_id,
	                          .is = s->is,
	                          .why = s->row.cause == CAUSE_ZONE ? MOVED_BY_ZONE : MOVED_BY_CALENDAR,
	                          .after_party = to->at_party,
	                          .after_casefile = to->at_casefile,
	                          .until_party = to->pass == 0 ? INT64_MAX : to->at_party | STRETCH,
	                          .only_behind = to->pass > 0,
	                          .most = CLOCKS_A_CHUNK,
	                          .clocks = arena_new(s->a, struct counted_clock, CLOCKS_A_CHUNK)},
	                    .due = arena_new(s->a, const struct counted_clock *, CLOCKS_A_CHUNK)};
	if (k->c.clocks == NULL || k->due == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to count clocks anew");
	}
	if (!count(s, &k->c, e)) {
		return false;
	}
	const struct count_clocks *c = &k->c;
	*is_through = c->n < c->most && c->until_party == INT64_MAX;
	if (c->n == c->most) {
		to->at_party = c->clocks[c->n - 1].party;
		to->at_casefile = c->clocks[c->n - 1].casefile;
	} else if (!*is_through) {
		to->at_party = c->until_party + 1;
		to->at_casefile = 0;
	}
	return true;
}

/* Written, and added up; who moved one of them meanwhile goes first. */
static bool end_chunk(struct chunk *k, struct recalculation_step_in *to, struct err *e)
{
	if (!k->is_begun) {
		return true;
	}
	thread_join(&k->writer);
	k->is_begun = false;
	for (int i = 1; k->is_done_well && !k->is_whole && i < TRIES_MOST; i++) {
		if (!count(k->s, &k->c, e)) {
			return false;
		}
		write_chunk(k);
	}
	if (!k->is_done_well) {
		*e = k->err;
		return false;
	}
	add_up(to, &k->c, !k->is_whole);
	return true;
}

static bool begin_chunk(struct chunk *k, struct err *e)
{
	k->is_done_well = k->is_whole = k->s->only_counts;
	k->is_begun = k->s->only_counts || thread_start(&k->writer, "recalculation", WRITER_STACK_BYTES, write_chunk, k, e);
	return k->is_begun;
}

/* Some chunks, before it is written down how far it has come. */
static bool move_some(struct step *s, const struct institution *at, struct recalculation_step_in *to, bool *is_through,
                      struct err *e)
{
	struct chunk chunks[2] = {0};
	struct err ignored;
	bool ok = true;
	*is_through = false;
	for (int i = 0; ok && !*is_through && i < CHUNKS_A_STEP; i++) {
		struct chunk *k = &chunks[i % 2], *before = &chunks[(i + 1) % 2];
		ok = count_chunk(s, at, to, k, is_through, e) && end_chunk(before, to, e) && begin_chunk(k, e);
	}
	for (int i = 0; i < 2; i++) {
		ok = end_chunk(&chunks[i], to, ok ? e : &ignored) && ok;
	}
	return ok;
}

/* --- What follows: of each clock that moved its own event, and who is concerned is told
 * ------------------------------- */

struct unsaid_job {
	struct casefile_unsaid_in in;
	struct casefile_unsaid_out items[TOLD_AT_ONCE];
	size_t n;
};

static bool read_unsaid(struct tx *tx, void *ctx, struct err *e)
{
	struct unsaid_job *j = ctx;
	struct casefile_unsaid_rows rows;
	j->n = 0;
	if (!casefile_unsaid_open(tx, &j->in, &rows, e)) {
		return false;
	}
	while (j->n < TOLD_AT_ONCE && casefile_unsaid_next(&rows, &j->items[j->n])) {
		j->n++;
	}
	return casefile_unsaid_close(&rows, e);
}

/* Each in a transaction of its own; who moves a case meanwhile says it too. */
static bool tell_some(struct step *s, const struct institution *at, struct recalculation_step_in *to, bool *is_through,
                      struct err *e)
{
	struct unsaid_job *j = arena_new(s->a, struct unsaid_job, 1);
	struct case_change changes[TOLD_AT_ONCE];
	struct store_call calls[TOLD_AT_ONCE];
	if (j == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to tell what moved");
	}
	j->in = (struct casefile_unsaid_in){
		.calendar = at->calendar_id, .party = to->at_party, .id = to->at_casefile, .most = TOLD_AT_ONCE};
	if (!store_read(s->app->store, 0, s->a, read_unsaid, j, e)) {
		return false;
	}
	for (size_t i = 0; i < j->n; i++) {
		const struct casefile_unsaid_out *c = &j->items[i];
		changes[i] = (struct case_change){.party = c->party, .casefile = c->id, .version = c->version, .app = s->app};
		if (!catalogue_calendar(s->app, c->calendar, (int32_t)c->calendar_version, &changes[i].calendar, e)) {
			return false;
		}
		calls[i] = (struct store_call){
			.op = {.route = c->party, .is_background = true}, .job = case_say_moved_job, .ctx = &changes[i]};
		to->at_party = c->party;
		to->at_casefile = c->id;
	}
	store_write_all(s->app->store, calls, j->n);
	for (size_t i = 0; i < j->n; i++) {
		if (!calls[i].is_done_well && calls[i].err.code != ERR_CONFLICT) {
			*e = calls[i].err;
			return false;
		}
		to->told += calls[i].is_done_well;
	}
	*is_through = j->n < TOLD_AT_ONCE;
	return true;
}

/* Behind as many events as this one makes others' would wait. */
static bool relay_follows(const struct step *s, struct err *e)
{
	int64_t waiting = 0, parked = 0;
	if (s->app->relay != NULL && !relay_outbox(s->app->store, &waiting, &parked, e)) {
		return false;
	}
	return waiting - parked <= WAITING_MOST;
}

/* --- One step of either ------------------------------------------------------------------------------------------- */

static bool go_on(struct step *s, struct err *e)
{
	const struct recalculation_get_out *row = &s->row;
	bool tells = row->state == RECALC_TELLING, is_through = true;
	struct recalculation_step_in to = {.id = row->id,
	                                   .version = row->version,
	                                   .state = row->state,
	                                   .at_institution = row->at_institution,
	                                   .at_party = row->at_party,
	                                   .at_casefile = row->at_casefile,
	                                   .pass = row->pass,
	                                   .looked = row->looked,
	                                   .moved = row->moved,
	                                   .pass_moved = row->pass_moved,
	                                   .least_days = row->least_days,
	                                   .most_days = row->most_days,
	                                   .told = row->told};
	const struct institution *at = institution_from(s, to.at_institution);
	if (at != NULL && at->id != to.at_institution) {
		to.at_institution = at->id;
		to.at_party = to.at_casefile = 0;
	}
	if (at != NULL && !(tells ? tell_some : move_some)(s, at, &to, &is_through, e)) {
		return false;
	}
	if (is_through) {
		to.at_institution = at != NULL ? at->id + 1 : to.at_institution;
		to.at_party = to.at_casefile = 0;
	}
	if (institution_from(s, to.at_institution) == NULL) {
		if (tells) {
			to.state = RECALC_DONE;
		} else {
			end_pass(s, &to);
		}
	}
	struct err why;
	if (!store_write(s->app->store, &(struct store_op){.route = CATALOGUE_ROUTE, .is_background = true}, step_job, &to,
	                 &why) &&
	    why.code != ERR_CONFLICT) { /* another process was quicker */
		*e = why;
		return false;
	}
	if (to.state == RECALC_TELLING && !tells) {
		log_line(LOG_INFO, "recalculated", LOG_S("calendar", row->calendar), LOG_I("moved", to.moved));
	}
	return true;
}

/* What it counts by: the newest version, whichever it was begun for; or what is only proposed. */
static bool find_calendar(struct step *s, struct err *e)
{
	const struct institution *at = institution_from(s, 0);
	if (s->row.calendar.n == 0 || at == NULL) {
		return true;
	}
	if (!s->only_counts) {
		s->is = at->calendar;
		return true;
	}
	bool ok = calendar_draft_make(s->row.calendar, s->row.body, (int32_t)s->row.from_version + 1, &s->proposed, e);
	s->is = s->proposed.calendar;
	return ok;
}

struct rows_job {
	int64_t state;
	struct recalculation_of_state_out items[RUNNING_MOST];
	size_t n;
};

static bool read_of_state(struct tx *tx, void *ctx, struct err *e)
{
	struct rows_job *j = ctx;
	struct recalculation_of_state_rows rows;
	j->n = 0;
	if (!recalculation_of_state_open(tx, &(struct recalculation_of_state_in){.state = j->state, .most = RUNNING_MOST},
	                                 &rows, e)) {
		return false;
	}
	while (j->n < RUNNING_MOST && recalculation_of_state_next(&rows, &j->items[j->n])) {
		j->n++;
	}
	return recalculation_of_state_close(&rows, e);
}

struct get_job {
	int64_t id;
	struct recalculation_get_out *out;
};

static bool read_one(struct tx *tx, void *ctx, struct err *e)
{
	struct get_job *j = ctx;
	return recalculation_get(tx, &(struct recalculation_get_in){.id = j->id}, j->out, e);
}

bool recalculation_read(struct app *app, struct arena *a, int64_t id, struct recalculation_get_out *out, struct err *e)
{
	struct get_job j = {.id = id, .out = out};
	return store_read(app->store, CATALOGUE_ROUTE, a, read_one, &j, e) &&
	       (out->found || err_set(e, ERR_NOT_FOUND, "no such recalculation"));
}

/* A step; false in *goes_on when it has come to an end, or has to wait. */
static bool step_once(struct step *s, int64_t id, int64_t state, bool *is_more, bool *goes_on, struct err *e)
{
	*goes_on = false;
	if (!s->only_counts) {
		arena_reset(s->a); /* a proposed calendar stands on its file in there */
	}
	if (!recalculation_read(s->app, s->a, id, &s->row, e)) {
		return false;
	}
	if (s->row.state != state || (s->is == NULL && !find_calendar(s, e))) {
		return s->row.state != state;
	}
	/* Another process published it, and this one has not followed yet. */
	if (!s->only_counts && s->is != NULL && calendar_version(s->is) < s->row.to_version) {
		return true;
	}
	*is_more = true;
	if (state == RECALC_TELLING && !relay_follows(s, e)) {
		const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
		nanosleep(&pause, NULL);
		return true;
	}
	*goes_on = go_on(s, e);
	return *goes_on;
}

static bool step_one(struct app *app, int64_t id, int64_t state, bool *is_more, struct err *e)
{
	struct arena a;
	bool ok = true, goes_on = true;
	struct step s = {.app = app, .a = &a, .only_counts = state == RECALC_COUNTING};
	arena_init(&a, STEP_BYTES);
	for (int i = 0; ok && goes_on && i < STEPS_AT_ONCE; i++) {
		ok = step_once(&s, id, state, is_more, &goes_on, e);
	}
	calendar_draft_release(&s.proposed);
	arena_release(&a);
	return ok;
}

bool recalculations_step(struct app *app, bool *is_more, struct err *e)
{
	struct arena a;
	arena_init(&a, STEP_BYTES);
	*is_more = false;
	bool ok = notice_all(app, &a, e);
	static const int64_t states[] = {RECALC_COUNTING, RECALC_RUNNING, RECALC_TELLING};
	bool is_moving = false;
	for (size_t k = 0; ok && k < sizeof states / sizeof *states; k++) {
		struct rows_job j = {.state = states[k]};
		if (states[k] == RECALC_TELLING && is_moving) {
			break; /* days first: what was told of before would move once more */
		}
		ok = store_read(app->store, CATALOGUE_ROUTE, &a, read_of_state, &j, e);
		for (size_t i = 0; ok && i < j.n; i++) {
			ok = step_one(app, j.items[i].id, states[k], is_more, e);
		}
		is_moving = states[k] == RECALC_RUNNING && *is_more;
	}
	if (app->relay != NULL && *is_more) {
		relay_nudge(app->relay);
	}
	arena_release(&a);
	return ok;
}

/* --- By people ---------------------------------------------------------------------------------------------------- */

bool recalculation_ask_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct recalculation_ask *in = ctx;
	tx_result(tx, 0, in->id);
	return recalculation_insert(tx,
	                            &(struct recalculation_insert_in){.id = in->id,
	                                                              .cause = CAUSE_DAY,
	                                                              .state = RECALC_COUNTING,
	                                                              .calendar = in->calendar,
	                                                              .from_version = in->version,
	                                                              .body = in->body,
	                                                              .title = in->title,
	                                                              .has_day = true,
	                                                              .day = in->day,
	                                                              .institution = in->institution,
	                                                              .asked_by = in->account,
	                                                              .asked_name = in->name,
	                                                              .begun_at = tx_now_us(tx)},
	                            e);
}

bool recalculation_publish_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct recalculation_publish *in = ctx;
	tx_result(tx, 0, in->id);
	return publication_make(tx, in->publication, e) &&
	       recalculation_publish(tx,
	                             &(struct recalculation_publish_in){.id = in->id,
	                                                                .version = in->version,
	                                                                .state = RECALC_RUNNING,
	                                                                .to_version = in->to_version,
	                                                                .asked_by = in->account,
	                                                                .asked_name = in->name},
	                             e);
}

struct of_job {
	struct str calendar;
	struct recalculation_get_out *out;
	size_t most, n;
};

static bool read_of(struct tx *tx, void *ctx, struct err *e)
{
	static const int64_t states[] = {RECALC_RUNNING, RECALC_TELLING, RECALC_DONE};
	struct of_job *j = ctx;
	j->n = 0;
	for (size_t k = 0; k < sizeof states / sizeof *states; k++) {
		struct rows_job rows = {.state = states[k]};
		if (!read_of_state(tx, &rows, e)) {
			return false;
		}
		for (size_t i = 0; i < rows.n && j->n < j->most; i++) {
			if (str_eq(rows.items[i].calendar, j->calendar) &&
			    !recalculation_get(tx, &(struct recalculation_get_in){.id = rows.items[i].id}, &j->out[j->n++], e)) {
				return false;
			}
		}
	}
	return true;
}

bool recalculations_of(struct app *app, struct arena *a, struct str calendar, struct recalculation_get_out *out,
                       size_t most, size_t *n, struct err *e)
{
	struct of_job j = {.calendar = calendar, .out = out, .most = most};
	bool ok = store_read(app->store, CATALOGUE_ROUTE, a, read_of, &j, e);
	*n = j.n;
	return ok;
}

static bool read_under_way(struct tx *tx, void *ctx, struct err *e)
{
	static const int64_t states[] = {RECALC_RUNNING, RECALC_TELLING};
	struct of_job *j = ctx;
	j->out->found = false;
	for (size_t k = 0; k < sizeof states / sizeof *states && !j->out->found; k++) {
		struct rows_job rows = {.state = states[k]};
		if (!read_of_state(tx, &rows, e)) {
			return false;
		}
		for (size_t i = 0; i < rows.n && !j->out->found; i++) {
			struct str of = rows.items[i].calendar;
			bool is_it = j->calendar.n == 0 || of.n == 0 || str_eq(of, j->calendar);
			if (is_it && !recalculation_get(tx, &(struct recalculation_get_in){.id = rows.items[i].id}, j->out, e)) {
				return false;
			}
		}
	}
	return true;
}

bool recalculation_under_way(struct app *app, struct arena *a, struct str calendar, struct recalculation_get_out *out,
                             struct err *e)
{
	struct of_job j = {.calendar = calendar, .out = out};
	return store_read(app->store, CATALOGUE_ROUTE, a, read_under_way, &j, e);
}
