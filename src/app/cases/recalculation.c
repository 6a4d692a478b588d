#include "app/cases/recalculation.h"

#include "app/cases/count_anew.h"
#include "app/catalogue/calendar_change.h"
#include "app/catalogue/catalogue.h"
#include "app/installation/outage.h"
#include "base/fault.h"
#include "base/log.h"

#include <stdio.h>

enum { RUNNING_MOST = 10, CASES_A_STEP = 512, STEP_BYTES = 64 * 1024 * 1024 };

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

/* The institutions that it is of: the next one on or after an id; NULL: none. */
static const struct institution *institution_from(const struct step *s, int64_t id)
{
	const struct institution *at, *found = NULL;
	size_t n = catalogue_institutions(s->app, &at);
	for (size_t i = 0; i < n; i++) {
		if (at[i].id >= id && (found == NULL || at[i].id < found->id) &&
		    (s->row.calendar.n == 0 || str_eq(at[i].calendar_id, s->row.calendar))) {
			found = &at[i];
		}
	}
	return found;
}

struct cases_job {
	int64_t institution, after;
	struct open_case items[CASES_A_STEP];
	size_t most, n;
};

static bool read_cases(struct tx *tx, void *ctx, struct err *e)
{
	struct cases_job *j = ctx;
	return cases_open_of(tx, j->institution, j->after, j->most, j->items, &j->n, e);
}

struct count_job {
	struct case_count_anew *items;
	size_t n;
};

static bool see_all(struct tx *tx, void *ctx, struct err *e)
{
	struct count_job *j = ctx;
	bool ok = true;
	for (size_t i = 0; ok && i < j->n; i++) {
		ok = case_see_anew(tx, &j->items[i], e);
	}
	return ok;
}

/* Most times once: versions of calendars that nobody has asked for since the start are loaded, and it is seen again. */
static bool see(struct step *s, struct count_job *count, struct err *e)
{
	bool is_whole = false;
	while (!is_whole) {
		is_whole = true;
		if (!store_read(s->app->store, 0, s->a, see_all, count, e)) {
			return false;
		}
		for (size_t i = 0; i < count->n; i++) {
			const struct case_count_anew *item = &count->items[i];
			const struct calendar *ignored;
			if (item->lacks != 0 && !catalogue_calendar(s->app, item->calendar, item->lacks, &ignored, e)) {
				return false;
			}
			is_whole = is_whole && item->lacks == 0;
		}
	}
	return true;
}

/* In bounded groups: an engine may commit each in one. Somebody who moves a case meanwhile goes first; the next pass
 * finds it. */
static bool count_anew(struct step *s, struct case_count_anew *items, size_t n, struct err *e)
{
	struct store_call calls[STORE_CALLS_MOST];
	for (size_t at = 0; at < n;) {
		size_t some = 0;
		for (; at < n && some < STORE_CALLS_MOST; at++) {
			if (items[at].is_due) {
				calls[some++] = (struct store_call){.op = {.route = items[at].party, .is_background = true},
				                                    .job = case_count_anew_job,
				                                    .ctx = &items[at]};
			}
		}
		store_write_all(s->app->store, calls, some);
		for (size_t i = 0; i < some; i++) {
			struct case_count_anew *item = calls[i].ctx;
			if (!calls[i].is_done_well && calls[i].err.code != ERR_CONFLICT) {
				*e = calls[i].err;
				return false;
			}
			item->anew.days = calls[i].is_done_well ? item->anew.days : 0;
			item->anew.moves = true; /* something was done, or is still to be: another pass comes */
		}
	}
	return true;
}

static void add_up(struct recalculation_step_in *to, const struct case_count_anew *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t days = items[i].anew.days;
		to->looked += items[i].is_looked_at;
		to->pass_moved += items[i].anew.moves;
		to->moved += items[i].anew.moves && days != 0;
		to->least_days = days != 0 && (to->least_days == 0 || days < to->least_days) ? days : to->least_days;
		to->most_days = days != 0 && (to->most_days == 0 || days > to->most_days) ? days : to->most_days;
	}
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
	to->at_institution = to->at_casefile = 0;
	if (s->only_counts) {
		to->state = RECALC_COUNTED;
	} else if (to->pass_moved == 0) {
		to->state = RECALC_DONE;
	} else {
		to->pass_moved = 0;
		to->looked = 0;
	}
}

/* The next cases in the order of institutions and their queues, from where it has come to on; *is_last: there are no
 * more. */
static bool gather(struct step *s, struct recalculation_step_in *to, struct case_count_anew *items, size_t *n,
                   bool *is_last, struct err *e)
{
	struct cases_job *cases = arena_new(s->a, struct cases_job, 1);
	struct str why = s->row.cause == CAUSE_ZONE ? STR("zone") : STR_EMPTY;
	const struct institution *at;
	*n = 0;
	if (cases == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to count clocks anew");
	}
	while ((at = institution_from(s, to->at_institution)) != NULL && *n < CASES_A_STEP) {
		*cases = (struct cases_job){.institution = at->id,
		                            .after = at->id == to->at_institution ? to->at_casefile : 0,
		                            .most = CASES_A_STEP - *n};
		if (!store_read(s->app->store, at->id, s->a, read_cases, cases, e)) {
			return false;
		}
		for (size_t i = 0; i < cases->n; i++) {
			items[(*n)++] = (struct case_count_anew){.party = cases->items[i].party,
			                                         .casefile = cases->items[i].casefile,
			                                         .is = s->is,
			                                         .why = why,
			                                         .app = s->app};
		}
		bool is_through = cases->n < cases->most;
		to->at_institution = is_through ? at->id + 1 : at->id;
		to->at_casefile = is_through ? 0 : cases->items[cases->n - 1].casefile;
	}
	*is_last = at == NULL;
	return true;
}

static bool go_on(struct step *s, struct err *e)
{
	const struct recalculation_get_out *row = &s->row;
	struct recalculation_step_in to = {.id = row->id,
	                                   .version = row->version,
	                                   .state = row->state,
	                                   .at_institution = row->at_institution,
	                                   .at_casefile = row->at_casefile,
	                                   .looked = row->looked,
	                                   .moved = row->moved,
	                                   .pass_moved = row->pass_moved,
	                                   .least_days = row->least_days,
	                                   .most_days = row->most_days};
	struct case_count_anew *items = arena_new(s->a, struct case_count_anew, CASES_A_STEP);
	struct count_job count = {.items = items};
	bool is_last;
	if (items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to count clocks anew");
	}
	if (!gather(s, &to, items, &count.n, &is_last, e) || (count.n > 0 && !see(s, &count, e)) ||
	    (!s->only_counts && !count_anew(s, items, count.n, e))) {
		return false;
	}
	add_up(&to, items, count.n);
	if (is_last) {
		end_pass(s, &to);
	}
	struct err why;
	if (!store_write(s->app->store, &(struct store_op){.route = CATALOGUE_ROUTE, .is_background = true}, step_job, &to,
	                 &why) &&
	    why.code != ERR_CONFLICT) { /* another process was quicker */
		*e = why;
		return false;
	}
	if (to.state == RECALC_DONE) {
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

static bool step_one(struct app *app, int64_t id, int64_t state, bool *is_more, struct err *e)
{
	struct arena a;
	arena_init(&a, STEP_BYTES);
	struct step s = {.app = app, .a = &a, .only_counts = state == RECALC_COUNTING};
	bool ok = recalculation_read(app, &a, id, &s.row, e);
	if (ok && s.row.state == state) {
		ok = find_calendar(&s, e);
		/* Another process published it, and this one has not followed yet. */
		bool is_early = !s.only_counts && s.is != NULL && calendar_version(s.is) < s.row.to_version;
		*is_more = *is_more || !is_early;
		ok = ok && (is_early || go_on(&s, e));
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
	static const int64_t states[] = {RECALC_COUNTING, RECALC_RUNNING};
	for (size_t k = 0; ok && k < sizeof states / sizeof *states; k++) {
		struct rows_job j = {.state = states[k]};
		ok = store_read(app->store, CATALOGUE_ROUTE, &a, read_of_state, &j, e);
		for (size_t i = 0; ok && i < j.n; i++) {
			ok = step_one(app, j.items[i].id, states[k], is_more, e);
		}
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
	static const int64_t states[] = {RECALC_RUNNING, RECALC_DONE};
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
