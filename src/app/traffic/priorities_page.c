/* Priorities: what each kind weighs, what it has cost the others, and who goes before others now. An engineer sets the
 * weights. */
#include <stdlib.h>

#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "app/traffic/orders.h"
#include "app/traffic/pages.h"
#include "app/traffic/rules.h"
#include "app/traffic/traffic.html.h"
#include "app/traffic/waves.h"
#include "html/translate.h"

static const char *const fields[PRIORITIES] = {"emergency", "bus", "walker", "school"};

const char *traffic_priority_word(uint8_t kind)
{
	static const char *const words[PRIORITIES] = {[PRIORITY_EMERGENCY] = N_("Emergency vehicle"),
	                                              [PRIORITY_BUS] = N_("Late bus"),
	                                              [PRIORITY_WALKER] = N_("People on foot who have waited long"),
	                                              [PRIORITY_SCHOOL] = N_("School hours")};
	return words[kind < PRIORITIES ? kind : PRIORITY_BUS];
}

struct str traffic_cost(struct req *r, int64_t person_ds)
{
	int64_t s = person_ds > 0 ? person_ds / 10 : 0;
	return s < 600 ? traffic_say(r, N_("{n} person-seconds"), (const struct tr_arg[]){TR_N("n", s)}, 1)
	               : traffic_say(r, N_("{n} person-minutes"), (const struct tr_arg[]){TR_N("n", s / 60)}, 1);
}

size_t traffic_waves(struct req *r, const struct live_seen *seen, struct traffic_wave out[PRIORITIES_MOST])
{
	const struct street_frame *f = seen->frame;
	size_t n = 0;
	for (uint32_t i = 0; i < f->priority_n && n < PRIORITIES_MOST; i++) {
		const struct frame_priority *p = &f->priorities[i];
		struct traffic_wave *w = &out[n++];
		*w = (struct traffic_wave){.what = tr(r->lang, traffic_priority_word(p->kind))};
		if (p->way_n > 0) {
			const struct tr_arg args[] = {
				TR_O("signal", traffic_signal_name(r, &seen->outline->signals[p->way[0].signal])),
				TR_O("time", traffic_seconds(r, p->way[0].eta_s))};
			w->where = traffic_say(r, N_("{signal}, in {time}"), args, 2);
		} else if (p->link != FRAME_NONE) {
			w->where = traffic_own_name(r, seen->outline->links[p->link].name);
		} else {
			w->where = tr(r->lang, N_("Not yet seen on its way"));
		}
		w->cost = p->kind == PRIORITY_EMERGENCY ? traffic_cost(r, p->cost_person_ds) : STR_EMPTY;
	}
	return n;
}

static bool show(struct req *r, const struct live_seen *seen, struct priorities_view *v, struct err *e)
{
	static const char *const hints[PRIORITIES] = {
		[PRIORITY_EMERGENCY] =
			N_("For how many people one counts. Green is kept for it from its arrival until it has passed."),
		[PRIORITY_BUS] = N_("For how many people one counts."),
		[PRIORITY_WALKER] = N_("How fast one who waits counts for more; 1: one person more every 30 s."),
		[PRIORITY_SCHOOL] = N_("For how many people one at a crossing counts in school hours."),
	};
	v->action = STR(PATH_TRAFFIC "/priorities");
	v->csrf = r->csrf;
	v->op = req_new_op(r);
	v->is_engineer = traffic_is_engineer(r, seen->institution);
	v->is_stale = !seen->is_fresh;
	v->is_kept = traffic_is_kept(r, seen);
	for (uint8_t i = 0; i < PRIORITIES; i++) {
		struct weight_row *row = &v->rows[i];
		uint32_t w = seen->frame != NULL ? seen->frame->weight_10[i] : 0;
		row->name = tr(r->lang, traffic_priority_word(i));
		row->hint = tr(r->lang, hints[i]);
		row->field = str_of(fields[i]);
		row->value = row->value.n > 0 ? row->value
		             : w % 10 == 0    ? arena_printf(&r->arena, "%u", w / 10)
		                              : arena_printf(&r->arena, "%u.%u", w / 10, w % 10);
		row->cost = seen->frame != NULL ? traffic_cost(r, seen->frame->cost_person_ds[i]) : STR_EMPTY;
	}
	v->version = seen->version;
	if (!rules_show(r, seen, v, e)) {
		return false;
	}
	v->wave_n = seen->frame != NULL ? traffic_waves(r, seen, v->waves) : 0;
	bool has_errors = v->error.n > 0;
	r->status = has_errors ? 422 : 200;
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Priorities"),
	                          .current = NAV_TRAFFIC,
	                          .is_desk = true,
	                          .has_errors = has_errors,
	                          .back_href = STR(PATH_TRAFFIC)});
	priorities_page(&o, v);
	page_end(r, &o);
	return true;
}

bool traffic_priorities_get(struct req *r, struct err *e)
{
	struct live_seen seen;
	struct priorities_view *v = arena_new(&r->arena, struct priorities_view, 1);
	live_take(r->app, &seen);
	bool ok = v == NULL ? err_set(e, ERR_MEMORY, "no memory for priorities")
	                    : traffic_is_staff(r, seen.institution) ||
	                          err_set(e, ERR_FORBIDDEN, "not somebody of the traffic office");
	ok = ok && show(r, &seen, v, e);
	live_release(&seen);
	return ok;
}

/* "12", "0.5": tenths; -1: no such. */
static int64_t weight_of(struct req *r, struct str typed)
{
	char text[16], *end;
	if (typed.n == 0 || typed.n >= sizeof text) {
		return -1;
	}
	memcpy(text, typed.p, typed.n);
	text[typed.n] = '\0';
	double v = strtod(text, &end);
	(void)r;
	return *end == '\0' && v >= 0 && v <= (double)PRIORITY_WEIGHT_MOST ? (int64_t)(v * 10 + 0.5) : -1;
}

static bool set_weights(struct req *r, const struct live_seen *seen, struct priorities_view *v, struct err *e)
{
	struct traffic_order items[PRIORITIES];
	struct traffic_orders in = {.institution = seen->institution,
	                            .taken = seen->frame != NULL ? seen->frame->taken_order : 0,
	                            .items = items,
	                            .account = r->viewer->account,
	                            .name = r->viewer->name,
	                            .reason = str_trim(req_form(r, "because"))};
	v->reason = in.reason;
	if (in.reason.n == 0 || str_runes(in.reason) > REASON_CHARS) {
		v->error = tr(r->lang, N_("Write why, in a sentence."));
	}
	for (uint8_t i = 0; i < PRIORITIES; i++) {
		v->rows[i].value = str_trim(req_form(r, fields[i]));
		int64_t w = weight_of(r, v->rows[i].value);
		if (w < 0) {
			v->error = v->rows[i].error = tr(r->lang, N_("Write a number from 0 to 1000, such as 4 or 0.5."));
		} else if (seen->frame == NULL || w != seen->frame->weight_10[i]) {
			items[in.n++] =
				(struct traffic_order){.order = {.kind = ORDER_WEIGHT, .priority = i, .weight = (float)w / 10}};
		}
	}
	if (v->error.n > 0) {
		return show(r, seen, v, e);
	}
	struct store_op op;
	return (in.n == 0 || (people_still_allowed(r->app->store, r->viewer, e) &&
	                      traffic_orders_version(r->app, in.institution, &r->arena, &in.version, e) &&
	                      app_op(r, in.institution, &op, e) && app_write(r, &op, traffic_orders_job, &in, e))) &&
	       req_redirect(r, STR(PATH_TRAFFIC "/priorities"));
}

bool traffic_priorities_post(struct req *r, struct err *e)
{
	struct live_seen seen;
	struct priorities_view *v = arena_new(&r->arena, struct priorities_view, 1);
	live_take(r->app, &seen);
	bool ok = v == NULL ? err_set(e, ERR_MEMORY, "no memory for priorities")
	                    : traffic_is_engineer(r, seen.institution) ||
	                          err_tell(e, ERR_FORBIDDEN, N_("Only a traffic engineer sets these."), "no engineer");
	ok = ok && set_weights(r, &seen, v, e);
	live_release(&seen);
	return ok;
}
