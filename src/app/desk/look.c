#include "app/desk/look.h"

#include "app/desk/desk.sql.h"
#include "app/people/absence.h"

#define SAME_LOOK_US (INT64_C(3600) * 1000 * 1000)

bool look_reader(struct req *r, const struct institution *at, struct filter_reader *out, struct err *e)
{
	int64_t of[STAND_IN_MOST];
	size_t n;
	*out = (struct filter_reader){
		.institution = at->id,
		.handlers = {r->viewer->account},
		.handler_n = 1,
		.is_head = viewer_has_role(r->viewer, ROLE_HEAD, at->id),
		.calendar = at->calendar,
		.today = case_today(at->calendar, time_legal_us(&r->app->time)),
	};
	if (!people_stands_in_for(r->app->store, &r->arena, at->id, out->today, r->viewer->account, of, &n, e)) {
		return false;
	}
	for (size_t i = 0; i < n && out->handler_n < QUEUE_HANDLERS_MAX; i++) {
		out->handlers[out->handler_n++] = of[i];
	}
	return true;
}

bool look_marks(struct tx *tx, int64_t institution, int64_t account, const int64_t *cases, size_t n, int64_t *marks,
                struct err *e)
{
	memset(marks, 0, n * sizeof *marks);
	for (size_t from = 0; from < n; from += STORE_LIST_MAX) {
		struct seen_of_cases_in in = {.institution = institution, .account = account};
		struct seen_of_cases_rows rows;
		struct seen_of_cases_out row;
		while (in.casefiles_n < STORE_LIST_MAX && from + in.casefiles_n < n) {
			in.casefiles[in.casefiles_n] = cases[from + in.casefiles_n];
			in.casefiles_n++;
		}
		if (!seen_of_cases_open(tx, &in, &rows, e)) {
			return false;
		}
		while (seen_of_cases_next(&rows, &row)) {
			for (size_t i = from; i < n && i < from + STORE_LIST_MAX; i++) {
				marks[i] = cases[i] == row.casefile ? row.event : marks[i];
			}
		}
		if (!seen_of_cases_close(&rows, e)) {
			return false;
		}
	}
	return true;
}

struct mark {
	int64_t institution, casefile, account;
	struct seen_get_out row;
};

static bool read_mark(struct tx *tx, void *ctx, struct err *e)
{
	struct mark *m = ctx;
	return seen_get(
		tx, &(struct seen_get_in){.institution = m->institution, .casefile = m->casefile, .account = m->account},
		&m->row, e);
}

static bool put_mark(struct tx *tx, void *ctx, struct err *e)
{
	return seen_put(tx, ctx, e);
}

/* Is there an event of somebody else after this one? */
static bool is_news(const struct case_facts *f, int64_t after, int64_t account)
{
	for (size_t i = f->events.n; i-- > 0 && f->events.items[i].id > after;) {
		if (f->events.items[i].actor != account) {
			return true;
		}
	}
	return false;
}

bool look_at_case(struct req *r, const struct case_facts *f, struct look_since *out, struct err *e)
{
	struct mark m = {.institution = f->c.institution, .casefile = f->c.id, .account = r->viewer->account};
	int64_t newest = f->events.n > 0 ? f->events.items[f->events.n - 1].id : 0, now = time_legal_us(&r->app->time);
	if (!store_read(r->app->store, m.institution, &r->arena, read_mark, &m, e)) {
		return false;
	}
	struct seen_put_in row = {.institution = m.institution,
	                          .casefile = m.casefile,
	                          .account = m.account,
	                          .event = newest,
	                          .seen_at = now,
	                          .before = m.row.before,
	                          .before_at = m.row.before_at};
	if (m.row.found && is_news(f, m.row.event, m.account)) {
		row.before = m.row.event;
		row.before_at = m.row.seen_at;
	} else if (m.row.found) {
		row.seen_at = m.row.seen_at;
	}
	bool is_same_look = row.before != 0 && now - row.seen_at < SAME_LOOK_US;
	*out = (struct look_since){.is_known = is_same_look, .event = row.before, .since_us = row.before_at};
	if (m.row.found && m.row.event >= newest) {
		return true;
	}
	return app_write(r, &(struct store_op){.route = m.institution}, put_mark, &row, e);
}
