/* One signal: what it showed, what its plan says and what the brain would do, why it switched, in which mode it is by
 * whose order, and the ways to change that. Raising is an engineer's; lowering and giving back anybody's on duty. */
#include <math.h>
#include <stdio.h>

#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "app/traffic/orders.h"
#include "app/traffic/pages.h"
#include "app/traffic/traffic.html.h"
#include "app/traffic/traffic.sql.h"
#include "html/translate.h"

struct said {
	int64_t institution;
	struct str signal;
	struct signal_orders_of_out rows[SAID_MOST];
	size_t n;
};

static bool said_job(struct tx *tx, void *ctx, struct err *e)
{
	struct said *in = ctx;
	struct signal_orders_of_rows rows;
	in->n = 0;
	if (!signal_orders_of_open(
			tx, &(struct signal_orders_of_in){.institution = in->institution, .signal = in->signal, .most = SAID_MOST},
			&rows, e)) {
		return false;
	}
	while (in->n < SAID_MOST && signal_orders_of_next(&rows, &in->rows[in->n])) {
		in->n++;
	}
	return signal_orders_of_close(&rows, e);
}

static struct str tenths(struct req *r, uint32_t v)
{
	return arena_printf(&r->arena, "%u.%u", v / 10, v % 10);
}

/* "13:41:20: from stage 1 to stage 3. ..." */
static struct str why_words(struct req *r, const struct frame_signal *s)
{
	const struct frame_why *w = &s->why;
	static const char *const reasons[FRAME_REASON_END] = {
		[FRAME_NO_REASON] = N_("Why was not told."),
		[FRAME_SAVES] = N_("In the next 45 seconds that costs {go} seconds of waiting, staying {stay}."),
		[FRAME_FIRST] =
			N_("Not for its cost ({go} seconds of waiting against {stay}): somebody has stood first for too "
	           "long."),
		[FRAME_LONGEST] = N_("The brain did not wish for it: a group had its longest red, or no wish came in time."),
		[FRAME_PLANNED] = N_("Its plan says so."),
		[FRAME_PRIORITY] = N_("Somebody with priority is near."),
		[FRAME_OTHERWISE] = N_("This way of deciding compares nothing that could be shown."),
	};
	if (w->at_us == 0) {
		return STR_EMPTY;
	}
	bool is_led = s->mode >= MODE_BOUNDS;
	const struct tr_arg change[] = {TR_O("time", traffic_time(r, w->at_us)), TR_N("from", w->from + 1),
	                                TR_N("to", w->to + 1)};
	const struct tr_arg costs[] = {TR_O("go", tenths(r, w->go_10)), TR_O("stay", tenths(r, w->stay_10))};
	struct str first = traffic_say(r,
	                               is_led ? N_("{time}: from stage {from} to stage {to}.")
	                                      : N_("{time}: it would have gone from stage {from} to stage {to}."),
	                               change, 3);
	struct str second = traffic_say(r, reasons[w->reason], costs, 2), third = STR_EMPTY;
	if (w->reason != FRAME_LONGEST && w->reason != FRAME_PLANNED) {
		const struct tr_arg seen[] = {TR_O("queue", tenths(r, w->queue_10)), TR_O("come", tenths(r, w->come_10)),
		                              TR_N("walkers", w->walkers), TR_N("wait", w->walk_wait_s)};
		third = traffic_say(r,
		                    w->walkers > 0
		                        ? N_("Seen then: {queue} vehicles stood and {come} came; {walkers} on foot waited, "
		                             "the longest for {wait} s.")
		                        : N_("Seen then: {queue} vehicles stood and {come} came; nobody on foot waited."),
		                    seen, 4);
	}
	return arena_printf(&r->arena, "%.*s %.*s %.*s", STR_ARG(first), STR_ARG(second), STR_ARG(third));
}

static struct str said_what(struct req *r, const struct signal_orders_of_out *q)
{
	return q->kind == ORDER_GIVE_BACK
	           ? tr(r->lang, N_("Given back to its plan"))
	           : traffic_say(r, N_("Mode: {mode}"),
	                         (const struct tr_arg[]){TR_O("mode", tr(r->lang, traffic_mode_word((uint8_t)q->mode)))},
	                         1);
}

static void fill_said(struct req *r, struct signal_view *v, const struct said *in)
{
	v->said = arena_new(&r->arena, struct said_row, SAID_MOST);
	for (size_t i = 0; v->said != NULL && i < in->n; i++) {
		const struct signal_orders_of_out *q = &in->rows[i];
		v->said[v->said_n++] = (struct said_row){
			.when = page_moment(r, q->ordered_at), .what = said_what(r, q), .who = q->ordered_name, .why = q->reason};
	}
}

static void fill_stages(struct req *r, struct signal_view *v)
{
	for (uint32_t p = 0; p < v->of->stage_n && p < STAGE_FIELDS; p++) {
		uint16_t least = v->now != NULL && v->now->least_s != NULL ? v->now->least_s[p] : 0,
				 most = v->now != NULL && v->now->most_s != NULL ? v->now->most_s[p] : 0;
		v->stages[p].least_name = arena_printf(&r->arena, "least%u", p);
		v->stages[p].most_name = arena_printf(&r->arena, "most%u", p);
		v->stages[p].label = traffic_say(r, N_("Stage {n}"), (const struct tr_arg[]){TR_N("n", p + 1)}, 1);
		struct str typed_least = req_form(r, v->stages[p].least_name.p),
				   typed_most = req_form(r, v->stages[p].most_name.p);
		v->stages[p].least = v->error.n > 0 ? typed_least
		                     : least > 0    ? arena_printf(&r->arena, "%u", least)
		                                    : STR_EMPTY;
		v->stages[p].most = v->error.n > 0 ? typed_most : most > 0 ? arena_printf(&r->arena, "%u", most) : STR_EMPTY;
		v->stage_n++;
	}
}

static void fill_changes(struct req *r, struct signal_view *v)
{
	uint8_t last = FRAME_NO_STAGE;
	size_t most = sizeof v->changes_rows / sizeof *v->changes_rows;
	for (size_t i = v->changes.n; i-- > 0 && v->change_n < most;) {
		const struct live_change *c = &v->changes.items[i];
		if (i > 0 && v->changes.items[i - 1].stage == c->stage) {
			continue;
		}
		last = c->stage;
		v->changes_rows[v->change_n++] = (struct said_row){
			.when = traffic_time(r, c->at_us),
			.what = traffic_say(r, N_("Stage {n}"), (const struct tr_arg[]){TR_N("n", c->stage + 1)}, 1),
			.who = c->plan == FRAME_NO_STAGE ? STR("\xe2\x80\x94") : arena_printf(&r->arena, "%u", c->plan + 1U),
			.why = c->wish == FRAME_NO_STAGE ? STR("\xe2\x80\x94") : arena_printf(&r->arena, "%u", c->wish + 1U),
		};
	}
	(void)last;
}

/* "Mill Street, lane 2, 60 m before its end" */
static void fill_doubts(struct req *r, const struct live_seen *seen, uint32_t signal, struct signal_view *v)
{
	static const char *const whys[FRAME_DOUBT_END] = {
		[FRAME_SILENT] = N_("It says nothing."),
		[FRAME_STUCK] = N_("It says that somebody stands on it all the time."),
		[FRAME_BABBLES] = N_("It counts more than can pass."),
		[FRAME_MISSES] = N_("It counts nobody of those who were counted before it."),
	};
	const struct street_frame *f = seen->frame;
	for (uint32_t i = 0; f != NULL && i < f->detector_n && v->doubt_n < DOUBTS_MOST; i++) {
		const struct frame_detector *d = &f->detectors[i];
		const struct outline_link *l = &seen->outline->links[d->link];
		if (l->to_signal != signal) {
			continue;
		}
		const struct tr_arg args[] = {TR_O("street", traffic_own_name(r, l->name.n > 0 ? l->name : l->id)),
		                              TR_N("lane", d->lane + 1), TR_N("m", (d->to_go_dm + 5) / 10)};
		v->doubts[v->doubt_n++] =
			(struct said_row){.what = traffic_say(r, N_("{street}, lane {lane}, {m} m before its end"), args, 3),
		                      .why = tr(r->lang, whys[d->why]),
		                      .when = traffic_time(r, d->since_us)};
	}
}

static struct str compared(struct req *r, const struct frame_signal *s)
{
	if (s == NULL || s->mode >= MODE_BOUNDS || s->watched_s < 60) {
		return STR_EMPTY;
	}
	const struct tr_arg args[] = {TR_O("time", traffic_seconds(r, s->watched_s)), TR_N("n", s->otherwise),
	                              TR_N("saves", s->saves_s)};
	return traffic_say(
		r,
		N_("Watched for {time}: {n} times the brain would have switched otherwise. By its own count that "
	       "would have saved {saves} seconds of waiting."),
		args, 3);
}

/* Which way those drive who come to the signal, as on the map. */
static const char *arrow_of(const struct outline *o, const struct outline_group *g)
{
	static const char *const arrows[] = {
		"\xe2\x86\x92 ", "\xe2\x86\x97 ", "\xe2\x86\x91 ", "\xe2\x86\x96 ",
		"\xe2\x86\x90 ", "\xe2\x86\x99 ", "\xe2\x86\x93 ", "\xe2\x86\x98 ",
	};
	if (g->link == FRAME_NONE || g->turn == 'c') {
		return "";
	}
	const struct outline_link *l = &o->links[g->link];
	struct frame_point a = l->points[l->point_n - 2], b = l->points[l->point_n - 1];
	double eighths = atan2((double)b.y_dm - a.y_dm, (double)b.x_dm - a.x_dm) / (M_PI / 4);
	return arrows[(lround(eighths) + 8) % 8];
}

static bool show(struct req *r, const struct live_seen *seen, uint32_t i, struct signal_view *v, struct err *e)
{
	static const char *const says[MODES] = {
		[MODE_WATCH] = N_("Its plan leads. What the brain would do is compared with what is done."),
		[MODE_ADVISE] = N_("Its plan leads, and what the brain would do is shown as advice."),
		[MODE_BOUNDS] = N_("The brain leads within the bounds that the engineer set."),
		[MODE_ACT] = N_("The brain leads. The safety layer has the last word, as always."),
	};
	const struct outline *o = seen->outline;
	struct said said = {.institution = seen->institution, .signal = o->signals[i].id};
	v->of = &o->signals[i];
	v->now = seen->frame != NULL ? &seen->frame->signals[i] : NULL;
	if (!live_changes(r->app, i, &r->arena, &v->changes, e) ||
	    !store_read(r->app->store, seen->institution, &r->arena, said_job, &said, e)) {
		return false;
	}
	v->groups = arena_new(&r->arena, struct group_row, v->of->group_n + 1);
	if (v->groups == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a signal");
	}
	for (uint32_t g = 0; g < v->of->group_n; g++) {
		v->groups[g] = (struct group_row){arena_printf(&r->arena, "%u %s%.*s", g + 1, arrow_of(o, &v->of->groups[g]),
		                                               STR_ARG(traffic_group_name(r, o, &v->of->groups[g]))),
		                                  v->of->groups[g].turn == 'c'};
	}
	v->name = traffic_signal_name(r, v->of);
	v->action = arena_printf(&r->arena, PATH_TRAFFIC_SIGNALS "/%u", i);
	v->csrf = r->csrf;
	v->op = req_new_op(r);
	v->is_engineer = traffic_is_engineer(r, seen->institution);
	v->is_stale = !seen->is_fresh;
	v->is_kept = traffic_is_kept(r, seen);
	v->until_us = seen->frame != NULL ? seen->frame->at_us : 0;
	v->is_led = v->now != NULL && v->of->stage_n > 0;
	v->mode_now = v->now != NULL ? v->now->mode : MODE_WATCH;
	v->is_raised = v->mode_now > MODE_WATCH;
	v->mode = tr(r->lang, traffic_mode_word(v->mode_now));
	v->mode_says = tr(r->lang, says[v->mode_now]);
	v->sign = v->mode_now >= MODE_BOUNDS ? TAG_RUN : TAG_WAIT;
	if (v->now != NULL) {
		const struct tr_arg args[] = {TR_N("n", v->now->stage + 1), TR_O("time", traffic_time(r, v->now->since_us))};
		v->lead = traffic_lead_words(r, v->now);
		v->since = v->is_led ? traffic_say(r, N_("Stage {n} since {time}"), args, 2) : STR_EMPTY;
		v->why = why_words(r, v->now);
		v->compared = compared(r, v->now);
	}
	const struct tr_arg diagram[] = {TR_O("name", v->name), TR_N("n", v->of->group_n)};
	v->diagram_says = traffic_say(
		r, N_("What the {n} groups of {name} showed in the last four minutes. The table below lists the changes."),
		diagram, 2);
	fill_said(r, v, &said);
	fill_stages(r, v);
	fill_changes(r, v);
	fill_doubts(r, seen, i, v);
	r->status = v->error.n > 0 ? 422 : 200;
	const struct nav_item trail[] = {{.href = STR(PATH_TRAFFIC), .text = tr(r->lang, N_("Live city"))},
	                                 {.href = STR(PATH_TRAFFIC_SIGNALS), .text = tr(r->lang, N_("Signals"))}};
	struct html_out out;
	page_begin(r, &out,
	           &(struct page){.title = v->name,
	                          .current = NAV_TRAFFIC,
	                          .is_desk = true,
	                          .has_errors = v->error.n > 0,
	                          .trail = trail,
	                          .trail_n = 2});
	signal_page(&out, v);
	page_end(r, &out);
	return true;
}

static bool find(struct req *r, const struct live_seen *seen, uint32_t *out, struct err *e)
{
	uint64_t n;
	if (!traffic_is_staff(r, seen->institution)) {
		return err_set(e, ERR_FORBIDDEN, "not somebody of the traffic office");
	}
	if (seen->outline == NULL || !str_to_u64(r->path_args[0], &n) || n >= seen->outline->signal_n) {
		return err_set(e, ERR_NOT_FOUND, "no such signal");
	}
	*out = (uint32_t)n;
	return true;
}

bool signal_get_page(struct req *r, struct err *e)
{
	struct live_seen seen;
	struct signal_view *v = arena_new(&r->arena, struct signal_view, 1);
	uint32_t i;
	live_take(r->app, &seen);
	bool ok =
		v != NULL ? find(r, &seen, &i, e) && show(r, &seen, i, v, e) : err_set(e, ERR_MEMORY, "no memory for a signal");
	live_release(&seen);
	return ok;
}

/* Seconds of green by stage; empty is no bound. */
static bool read_bounds(struct req *r, const struct outline_signal *s, struct order *to)
{
	for (uint32_t p = 0; p < s->stage_n && p < STAGE_FIELDS; p++) {
		char least[16], most[16];
		uint64_t l = 0, m = 0;
		snprintf(least, sizeof least, "least%u", p);
		snprintf(most, sizeof most, "most%u", p);
		struct str typed_least = str_trim(req_form(r, least)), typed_most = str_trim(req_form(r, most));
		if ((typed_least.n > 0 && (!str_to_u64(typed_least, &l) || l > 300)) ||
		    (typed_most.n > 0 && (!str_to_u64(typed_most, &m) || m > 300)) || (m > 0 && l > m)) {
			return false;
		}
		to->least_s[p] = (uint16_t)l;
		to->most_s[p] = (uint16_t)m;
	}
	to->has_bounds = true;
	return true;
}

static bool order(struct req *r, const struct live_seen *seen, uint32_t i, struct signal_view *v, struct err *e)
{
	struct str to = req_form(r, "to");
	bool is_back = str_is(to, "plan");
	uint64_t mode = MODE_WATCH;
	uint8_t before = seen->frame != NULL ? seen->frame->signals[i].mode : MODE_WATCH;
	if (!is_back && (!str_to_u64(to, &mode) || mode >= MODES)) {
		return err_set(e, ERR_BAD_INPUT, "no such mode");
	}
	bool is_raise = !is_back && mode >= before;
	if (is_raise && !traffic_is_engineer(r, seen->institution)) {
		return err_tell(e, ERR_FORBIDDEN,
		                N_("Only a traffic engineer raises a mode. Lowering it, and giving the signal "
		                   "back to its plan, is for everybody on duty."),
		                "no engineer");
	}
	struct traffic_order item = {
		.order = {.kind = is_back ? ORDER_GIVE_BACK : ORDER_MODE, .mode = (uint8_t)mode, .list = &i, .list_n = 1},
		.signal = seen->outline->signals[i].id};
	struct traffic_orders in = {.institution = seen->institution,
	                            .taken = seen->frame != NULL ? seen->frame->taken_order : 0,
	                            .items = &item,
	                            .n = 1,
	                            .account = r->viewer->account,
	                            .name = r->viewer->name,
	                            .reason = str_trim(req_form(r, "because"))};
	v->reason = in.reason;
	if ((is_raise && in.reason.n == 0) || str_runes(in.reason) > REASON_CHARS) {
		v->error = tr(r->lang, N_("Write why, in a sentence."));
	} else if (is_raise && seen->outline->signals[i].stage_n == 0) {
		v->error = tr(r->lang, N_("No stages could be made of this signal: it cannot be led."));
	} else if (!is_back && mode == MODE_BOUNDS && traffic_is_engineer(r, seen->institution) &&
	           !read_bounds(r, &seen->outline->signals[i], &item.order)) {
		v->error =
			tr(r->lang, N_("Write bounds in whole seconds from 1 to 300, the least not above the most. An empty field "
		                   "is no bound."));
	}
	if (v->error.n > 0) {
		return show(r, seen, i, v, e);
	}
	struct store_op op;
	return people_still_allowed(r->app->store, r->viewer, e) &&
	       traffic_orders_version(r->app, in.institution, &r->arena, &in.version, e) &&
	       app_op(r, in.institution, &op, e) && app_write(r, &op, traffic_orders_job, &in, e) &&
	       req_redirect(r, r->path);
}

bool signal_post(struct req *r, struct err *e)
{
	struct live_seen seen;
	struct signal_view *v = arena_new(&r->arena, struct signal_view, 1);
	uint32_t i;
	live_take(r->app, &seen);
	bool ok = v != NULL ? find(r, &seen, &i, e) && order(r, &seen, i, v, e)
	                    : err_set(e, ERR_MEMORY, "no memory for a signal");
	live_release(&seen);
	return ok;
}
