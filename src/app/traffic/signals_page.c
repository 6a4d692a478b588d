/* All signals with their modes; several at once are given back to their plans, which anybody on duty may do, or set to
 * a mode by an engineer. */
#include <stdlib.h>

#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "app/traffic/orders.h"
#include "app/traffic/pages.h"
#include "app/traffic/traffic.html.h"
#include "html/translate.h"

enum { ROWS_MOST = 2000, ORDERS_MOST = 1000 };

static bool is_chosen(const struct req *r, uint32_t signal)
{
	for (size_t i = 0; i < r->form.n; i++) {
		uint64_t n;
		if (str_is(r->form.items[i].name, "signal") && str_to_u64(r->form.items[i].value, &n) && n == signal) {
			return true;
		}
	}
	return false;
}

static bool show(struct req *r, const struct live_seen *seen, struct signals_view *v, struct err *e)
{
	const struct outline *o = seen->outline;
	uint32_t n = o != NULL ? o->signal_n : 0;
	v->rows = arena_new(&r->arena, struct signal_row, ROWS_MOST);
	if (v->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for signals");
	}
	v->action = STR(PATH_TRAFFIC_SIGNALS);
	v->csrf = r->csrf;
	v->op = req_new_op(r);
	v->op2 = req_new_op(r);
	v->is_engineer = traffic_is_engineer(r, seen->institution);
	v->is_stale = !seen->is_fresh;
	v->is_kept = traffic_is_kept(r, seen);
	v->all = n;
	for (uint32_t i = 0; i < n && v->n < ROWS_MOST; i++) {
		const struct frame_signal *s = seen->frame != NULL ? &seen->frame->signals[i] : NULL;
		v->rows[v->n++] = (struct signal_row){
			.name = traffic_signal_name(r, &o->signals[i]),
			.href = arena_printf(&r->arena, PATH_TRAFFIC_SIGNALS "/%u", i),
			.mode = s != NULL ? tr(r->lang, traffic_mode_word(s->mode)) : STR("\xe2\x80\x94"),
			.lead = s != NULL ? traffic_lead_words(r, s) : tr(r->lang, N_("Not known: the brain does not answer")),
			.sign = s == NULL                   ? TAG_WAIT
		            : s->lead == FRAME_LEFT_OUT ? TAG_ORANGE
		            : s->lead == FRAME_BY_BRAIN ? TAG_RUN
		                                        : TAG_WAIT,
			.id = arena_printf(&r->arena, "%u", i),
			.is_chosen = r->method == METHOD_POST && is_chosen(r, i),
		};
		if (s != NULL) {
			v->count[s->mode]++;
		}
	}
	for (uint8_t m = 0; m < MODES; m++) {
		v->counts[m] = tr(r->lang, traffic_mode_word(m));
	}
	r->status = v->error.n > 0 ? 422 : 200;
	struct html_out out;
	page_begin(
		r, &out,
		&(struct page){
			.title_msgid = N_("Signals"), .current = NAV_TRAFFIC, .is_desk = true, .has_errors = v->error.n > 0});
	signals_page(&out, v);
	page_end(r, &out);
	return true;
}

bool signals_get(struct req *r, struct err *e)
{
	struct live_seen seen;
	struct signals_view v = {0};
	live_take(r->app, &seen);
	bool ok =
		(traffic_is_staff(r, seen.institution) || err_set(e, ERR_FORBIDDEN, "not somebody of the traffic office")) &&
		show(r, &seen, &v, e);
	live_release(&seen);
	return ok;
}

static bool order(struct req *r, const struct live_seen *seen, struct err *e)
{
	struct signals_view v = {.reason = str_trim(req_form(r, "because"))};
	struct str to = req_form(r, "to");
	bool is_back = str_is(to, "plan"), is_all = str_is(req_form(r, "which"), "all");
	uint64_t mode = MODE_WATCH;
	if (!is_back && (!str_to_u64(to, &mode) || mode >= MODES)) {
		return err_set(e, ERR_BAD_INPUT, "no such mode");
	}
	if (!is_back && !traffic_is_engineer(r, seen->institution)) {
		return err_tell(e, ERR_FORBIDDEN,
		                N_("Only a traffic engineer sets modes of several signals. Giving them back "
		                   "to their plans is for everybody on duty."),
		                "no engineer");
	}
	struct traffic_order *items = arena_new(&r->arena, struct traffic_order, ORDERS_MOST);
	uint32_t *numbers = arena_new(&r->arena, uint32_t, ORDERS_MOST);
	struct traffic_orders in = {.institution = seen->institution,
	                            .taken = seen->frame != NULL ? seen->frame->taken_order : 0,
	                            .items = items,
	                            .account = r->viewer->account,
	                            .name = r->viewer->name,
	                            .reason = v.reason};
	if (items == NULL || numbers == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for orders");
	}
	for (uint32_t i = 0; seen->outline != NULL && i < seen->outline->signal_n && in.n < ORDERS_MOST; i++) {
		if (is_all || is_chosen(r, i)) {
			numbers[in.n] = i;
			items[in.n] = (struct traffic_order){.order = {.kind = is_back ? ORDER_GIVE_BACK : ORDER_MODE,
			                                               .mode = (uint8_t)mode,
			                                               .list = &numbers[in.n],
			                                               .list_n = 1},
			                                     .signal = seen->outline->signals[i].id};
			in.n++;
		}
	}
	v.error = in.n == 0 ? tr(r->lang, N_("Tick the signals that are meant."))
	          : (!is_back && in.reason.n == 0) || str_runes(in.reason) > REASON_CHARS
	              ? tr(r->lang, N_("Write why, in a sentence."))
	              : STR_EMPTY;
	if (v.error.n > 0) {
		return show(r, seen, &v, e);
	}
	struct store_op op;
	return people_still_allowed(r->app->store, r->viewer, e) &&
	       traffic_orders_version(r->app, in.institution, &r->arena, &in.version, e) &&
	       app_op(r, in.institution, &op, e) && app_write(r, &op, traffic_orders_job, &in, e) &&
	       req_redirect(r, STR(PATH_TRAFFIC_SIGNALS));
}

bool signals_post(struct req *r, struct err *e)
{
	struct live_seen seen;
	live_take(r->app, &seen);
	bool ok =
		(traffic_is_staff(r, seen.institution) || err_set(e, ERR_FORBIDDEN, "not somebody of the traffic office")) &&
		order(r, &seen, e);
	live_release(&seen);
	return ok;
}
