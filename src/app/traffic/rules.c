#include "app/traffic/rules.h"

#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "app/traffic/pages.h"
#include "html/translate.h"

enum { HOUR_MIN = 60, WEEK_DAYS = 7 };

static bool read_job(struct tx *tx, void *ctx, struct err *e)
{
	struct rules *in = ctx;
	struct street_rules_rows rows;
	in->n = 0;
	if (!street_rules_open(tx, &(struct street_rules_in){.institution = in->institution, .most = RULES_MOST}, &rows,
	                       e)) {
		return false;
	}
	while (in->n < RULES_MOST && street_rules_next(&rows, &in->rows[in->n])) {
		in->n++;
	}
	return street_rules_close(&rows, e);
}

bool rules_read(struct req *r, int64_t institution, struct rules *out, struct err *e)
{
	*out = (struct rules){.institution = institution};
	return store_read(r->app->store, institution, &r->arena, read_job, out, e);
}

const struct street_rules_out *rules_find(const struct rules *all, int64_t number, uint8_t kind)
{
	for (size_t i = 0; i < all->n; i++) {
		if (all->rows[i].number == number && all->rows[i].kind == kind) {
			return &all->rows[i];
		}
	}
	return NULL;
}

/* --- Showing them ------------------------------------------------------------------------------------------------- */

static struct str place_of(struct req *r, const struct outline *o, struct str link)
{
	for (uint32_t i = 0; o != NULL && i < o->link_n; i++) {
		if (str_eq(o->links[i].id, link)) {
			return traffic_place_name(r, o, &o->links[i]);
		}
	}
	return link;
}

static void show_way(struct req *r, const struct live_seen *seen, const struct street_rules_out *q,
                     struct rule_row *row)
{
	const struct street_frame *f = seen->frame;
	const struct tr_arg ends[] = {TR_O("from", place_of(r, seen->outline, q->first)),
	                              TR_O("to", place_of(r, seen->outline, q->last))};
	row->where = traffic_say(r, N_("From {from} to {to}"), ends, 2);
	row->progress = tr(r->lang, N_("The brain has not taken it yet"));
	for (uint32_t i = 0; f != NULL && i < f->priority_n; i++) {
		const struct frame_priority *p = &f->priorities[i];
		if (p->id != q->number || p->kind != PRIORITY_EMERGENCY) {
			continue;
		}
		row->cost = traffic_cost(r, p->cost_person_ds);
		row->progress = tr(r->lang, p->link == FRAME_NONE ? N_("Not yet seen on its way") : N_("No signal before it"));
		if (p->way_n > 0) {
			uint32_t next = 0, last = 0;
			for (uint32_t k = 1; k < p->way_n; k++) {
				next = p->way[k].eta_s < p->way[next].eta_s ? k : next;
				last = p->way[k].eta_s > p->way[last].eta_s ? k : last;
			}
			const struct tr_arg args[] = {
				TR_O("signal", traffic_signal_name(r, &seen->outline->signals[p->way[next].signal])),
				TR_O("time", traffic_seconds(r, p->way[next].eta_s)), TR_N("n", p->way_n),
				TR_O("last", traffic_seconds(r, p->way[last].eta_s))};
			row->progress =
				traffic_say(r, N_("Next {signal}, in {time}; {n} signals before it, the last in {last}"), args, 4);
		}
	}
}

static struct str clock_of(struct req *r, int64_t min)
{
	return arena_printf(&r->arena, "%d:%02d", (int)(min / HOUR_MIN), (int)(min % HOUR_MIN));
}

static void show_school(struct req *r, const struct street_rules_out *q, struct rule_row *row)
{
	static const char *const names[WEEK_DAYS] = {N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"),
	                                             N_("Fri"), N_("Sat"), N_("Sun")};
	struct buf days;
	struct str rest = q->first, id;
	int64_t n = 0;
	buf_init(&days, 400);
	for (int d = 0; d < WEEK_DAYS; d++) {
		if ((q->days >> d & 1) != 0) {
			buf_printf(&days, "%s%.*s", days.n > 0 ? " " : "", STR_ARG(tr(r->lang, names[d])));
		}
	}
	while (str_next(&rest, '\n', &id)) {
		n++;
	}
	const struct tr_arg args[] = {TR_O("days", arena_copy(&r->arena, buf_str(&days))),
	                              TR_O("from", clock_of(r, q->from_min)), TR_O("until", clock_of(r, q->until_min)),
	                              TR_N("n", n)};
	row->where = traffic_say(r, N_("{days}, {from} to {until}; signals: {n}"), args, 4);
	row->href = arena_printf(&r->arena, PATH_TRAFFIC_SCHOOL "?rule=%lld", (long long)q->number);
	buf_release(&days);
}

bool rules_show(struct req *r, const struct live_seen *seen, struct priorities_view *v, struct err *e)
{
	struct rules *all = arena_new(&r->arena, struct rules, 1);
	v->ways = arena_new(&r->arena, struct rule_rows, 1);
	v->schools = arena_new(&r->arena, struct rule_rows, 1);
	v->end_action = STR(PATH_TRAFFIC_RULE_END);
	if (all == NULL || v->ways == NULL || v->schools == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for ways and school hours");
	}
	if (!rules_read(r, seen->institution, all, e)) {
		return false;
	}
	for (size_t i = 0; i < all->n; i++) {
		const struct street_rules_out *q = &all->rows[i];
		bool is_way = q->kind == ORDER_ROUTE;
		struct rule_rows *to = is_way ? v->ways : v->schools;
		struct rule_row *row = &to->rows[to->n++];
		const struct tr_arg who[] = {TR_O("name", traffic_own_name(r, q->ordered_name)),
		                             TR_O("when", page_moment(r, q->ordered_at))};
		const char *vehicle = RULE_VEHICLES[q->vehicle >= 0 && q->vehicle < RULE_VEHICLES_N ? q->vehicle : 0];
		const struct tr_arg what[] = {TR_O("kind", tr(r->lang, vehicle)), TR_O("name", traffic_own_name(r, q->name))};
		struct str own = traffic_own_name(r, q->name);
		*row = (struct rule_row){.name = is_way ? traffic_say(r, N_("{kind}: {name}"), what, 2) : own,
		                         .who = traffic_say(r, N_("set by {name}, {when}"), who, 2),
		                         .number = arena_printf(&r->arena, "%lld", (long long)q->number),
		                         .op = req_new_op(r)};
		if (is_way) {
			show_way(r, seen, q, row);
		} else {
			show_school(r, q, row);
		}
	}
	return true;
}

bool rules_map(struct req *r, const struct live_seen *seen, struct traffic_view *map, struct err *e)
{
	uint32_t n = 0;
	*map = (struct traffic_view){.seen = seen, .is_stale = !seen->is_fresh};
	if (seen->outline == NULL) {
		return err_tell(e, ERR_NOT_FOUND, N_("No brain has told of a street yet."), "no street");
	}
	map->links = live_links(r->app, &r->arena, &n);
	map->links = n == seen->outline->link_n ? map->links : NULL;
	map->map_says = tr(r->lang, N_("Map of the streets. The lists name every place on it."));
	return true;
}

size_t rules_errors(struct form_error out[RULE_ERRORS], const struct form_error *in, size_t n)
{
	size_t out_n = 0;
	for (size_t i = 0; i < n; i++) {
		if (in[i].text.n > 0) {
			out[out_n++] = in[i];
		}
	}
	return out_n;
}

static uint8_t lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : (uint8_t)c;
}

bool rules_matches(struct str name, struct str filter)
{
	for (size_t at = 0; at + filter.n <= name.n; at++) {
		size_t k = 0;
		while (k < filter.n && lower(name.p[at + k]) == lower(filter.p[k])) {
			k++;
		}
		if (k == filter.n) {
			return true;
		}
	}
	return false;
}

/* --- Orders ------------------------------------------------------------------------------------------------------- */

bool rules_order(struct req *r, const struct live_seen *seen, const struct traffic_order *items, size_t n,
                 struct str reason, struct err *e)
{
	struct store_op op;
	struct traffic_orders in = {.institution = seen->institution,
	                            .taken = seen->frame != NULL ? seen->frame->taken_order : 0,
	                            .items = items,
	                            .n = n,
	                            .account = r->viewer->account,
	                            .name = r->viewer->name,
	                            .reason = reason};
	return people_still_allowed(r->app->store, r->viewer, e) &&
	       traffic_orders_version(r->app, in.institution, &r->arena, &in.version, e) &&
	       app_op(r, in.institution, &op, e) && app_write(r, &op, traffic_orders_job, &in, e) &&
	       req_redirect(r, STR(PATH_TRAFFIC_PRIORITIES));
}

static bool end_rule(struct req *r, const struct live_seen *seen, struct err *e)
{
	struct rules *all = arena_new(&r->arena, struct rules, 1);
	int64_t number = 0;
	if (all == NULL || !rules_read(r, seen->institution, all, e)) {
		return all != NULL ? false : err_set(e, ERR_MEMORY, "no memory for rules");
	}
	bool is_number = str_to_i64(req_form(r, "rule"), &number);
	bool is_way = is_number && rules_find(all, number, ORDER_ROUTE) != NULL;
	if (!is_way && !traffic_is_engineer(r, seen->institution)) {
		return err_tell(e, ERR_FORBIDDEN, N_("Only a traffic engineer sets these."), "no engineer");
	}
	/* Somebody else ended it meanwhile. */
	if (!is_way && (!is_number || rules_find(all, number, ORDER_SCHOOL) == NULL)) {
		return req_redirect(r, STR(PATH_TRAFFIC_PRIORITIES));
	}
	const struct traffic_order item = {.order = {.kind = ORDER_FORGET, .id = (uint32_t)number}};
	return rules_order(r, seen, &item, 1, STR_EMPTY, e);
}

bool traffic_rule_end_post(struct req *r, struct err *e)
{
	struct live_seen seen;
	live_take(r->app, &seen);
	bool ok =
		(traffic_is_staff(r, seen.institution) || err_set(e, ERR_FORBIDDEN, "not somebody of the traffic office")) &&
		end_rule(r, &seen, e);
	live_release(&seen);
	return ok;
}
