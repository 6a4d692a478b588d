/* The closing of a month: once, when it is over and each objection to figures has its answer. What its services ask of
 * people is kept with it. */
#include "app/catalogue/effort.h"
#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "app/statistics/pages.h"
#include "base/json.h"
#include "store/tx.h"

struct closing_of {
	struct app *app;
	struct closing_add_in row;
	struct service_list services;
};

static bool keep_effort(struct tx *tx, const struct closing_of *c, const struct service *s, struct err *e)
{
	struct effort effort;
	effort_of(services_all(c->app), s, NULL, 0, &effort);
	return effort_add(tx,
	                  &(struct effort_add_in){.institution = c->row.institution,
	                                          .month = c->row.month,
	                                          .service = s->id,
	                                          .visits = effort.whole.visits,
	                                          .documents = effort.whole.documents,
	                                          .questions = (int64_t)service_question_least(s),
	                                          .days = effort.days},
	                  e);
}

static bool close_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct closing_of *c = ctx;
	struct buf b;
	int64_t open = 0;
	if (!closing_add(tx, &c->row, e) ||
	    !objections_open(tx, &(struct objections_open_in){.institution = c->row.institution, .month = c->row.month},
	                     &open, e)) {
		return false;
	}
	if (open > 0) {
		return err_tell(e, ERR_CONFLICT, N_("Objections to figures wait for an answer first."), "objections are open");
	}
	for (size_t i = 0; i < c->services.n; i++) {
		if (!keep_effort(tx, c, c->services.items[i], e)) {
			return false;
		}
	}
	buf_init(&b, 256);
	struct json_out j = {.to = &b};
	json_begin_object(&j);
	json_key(&j, STR("month"));
	json_put_int(&j, c->row.month / 12 * 100 + c->row.month % 12 + 1);
	json_end_object(&j);
	struct event ev = {.route = c->row.institution,
	                   .room = STR("statistics"),
	                   .kind = STR("month-closed"),
	                   .version = 1,
	                   .institution = c->row.institution,
	                   .service = STR_EMPTY,
	                   .actor = c->row.closed_by,
	                   .effective_us = tx_now_us(tx),
	                   .public_payload = buf_str(&b),
	                   .personal_payload = STR_EMPTY};
	bool ok = buf_ok(&b, e) && event_append(tx, &ev, e);
	buf_release(&b);
	return ok;
}

bool figures_close_post(struct req *r, struct err *e)
{
	struct sight sight;
	struct store_op op;
	struct closing_get_out closing;
	struct closing_of c = {.app = r->app};
	if (!figures_sight(r, &sight, e)) {
		return false;
	}
	const struct institution *in = sight.at;
	if (!figures_month(r, true, figures_this_month(r, in), &c.row.month, e)) {
		return false;
	}
	int64_t now_us = time_legal_us(&r->app->time);
	c.row.institution = in->id;
	c.row.closed_at = now_us;
	c.row.until = zone_local(calendar_zone(in->calendar), now_us).day;
	c.row.closed_by = r->viewer->account;
	c.row.name = r->viewer->name;
	c.services = services_of_office(r->app, &r->arena, in->pack_id);
	if (c.row.month >= figures_this_month(r, in)) {
		return err_tell(e, ERR_CONFLICT, N_("A month is closed when it is over."), "the month is not over");
	}
	struct str back = figures_href(r, in, month_first_day(c.row.month), month_last_day(c.row.month));
	if (!people_still_allowed(r->app->store, r->viewer, e) || !app_op(r, in->id, &op, e)) {
		return false;
	}
	if (!app_write(r, &op, close_job, &c, e)) {
		/* Closed by somebody else meanwhile: that is what was wanted. */
		struct err ignored;
		return e->code == ERR_CONFLICT && figures_closing(r, in->id, c.row.month, &closing, &ignored) &&
		       closing.found && req_redirect(r, back);
	}
	return req_redirect(r, back);
}
