/* A way for an emergency vehicle: from where to where it goes, chosen on lists of places; the map is a picture of them.
 * Everybody on duty may order one, since nobody has time to look for an engineer. */
#include <stdlib.h>

#include "app/people/viewer.h"
#include "app/traffic/pages.h"
#include "app/traffic/rules.h"
#include "app/traffic/rules.html.h"
#include "html/translate.h"

const char *const RULE_VEHICLES[] = {N_("Ambulance"), N_("Fire service"), N_("Police")};
static const struct {
	const char *value, *text;
	int64_t ms;
} leaves[] = {
	{"0", N_("It is on its way"), 0},
	{"1", N_("In one minute"), 60000},
	{"2", N_("In two minutes"), 120000},
	{"5", N_("In five minutes"), 300000},
};
enum { KINDS = RULE_VEHICLES_N, LEAVES = sizeof leaves / sizeof leaves[0] };

struct place {
	struct str name;
	uint32_t link;
};

static int by_name(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int order = memcmp(x->name.p, y->name.p, n);
	return order != 0               ? order
	       : x->name.n != y->name.n ? (x->name.n < y->name.n ? -1 : 1)
	                                : (x->link > y->link) - (x->link < y->link);
}

/* Streets before and after signals; of those of one name the longest. */
static bool list_places(struct req *r, const struct outline *o, struct way_view *v, struct err *e)
{
	struct place *all = arena_new(&r->arena, struct place, (size_t)o->link_n + 1);
	v->places = arena_new(&r->arena, struct form_choice, PLACES_MOST);
	v->ends = arena_new(&r->arena, struct form_choice, PLACES_MOST);
	size_t n = 0;
	if (all == NULL || v->places == NULL || v->ends == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for places");
	}
	for (uint32_t i = 0; i < o->link_n; i++) {
		const struct outline_link *l = &o->links[i];
		bool is_at_signal = l->from_signal < o->signal_n || l->to_signal < o->signal_n;
		if (is_at_signal && (v->filter.n == 0 || rules_matches(l->name, v->filter))) {
			all[n++] = (struct place){traffic_place_name(r, o, l), i};
		}
	}
	qsort(all, n, sizeof *all, by_name);
	struct str from = req_form(r, "from-link"), to = req_form(r, "to-link");
	v->places[0] = v->ends[0] = (struct form_choice){.label = tr(r->lang, N_("Choose a place"))};
	v->place_n = 1;
	for (size_t i = 0; i < n; i++) {
		uint32_t longest = all[i].link;
		for (; i + 1 < n && str_eq(all[i + 1].name, all[i].name); i++) {
			uint32_t other = all[i + 1].link;
			longest = o->links[other].length_dm > o->links[longest].length_dm ? other : longest;
		}
		v->is_cut = v->is_cut || v->place_n == PLACES_MOST;
		if (v->place_n < PLACES_MOST) {
			struct form_choice place = {.value = o->links[longest].id, .label = all[i].name};
			v->places[v->place_n] = v->ends[v->place_n] = place;
			v->places[v->place_n].is_chosen = str_eq(from, place.value);
			v->ends[v->place_n++].is_chosen = str_eq(to, place.value);
		}
	}
	return true;
}

static bool show(struct req *r, const struct live_seen *seen, struct way_view *v, struct err *e)
{
	v->action = STR(PATH_TRAFFIC_WAY);
	v->csrf = r->csrf;
	v->op = req_new_op(r);
	v->is_stale = !seen->is_fresh;
	v->filter = str_trim(req_query(r, "street"));
	if (!rules_map(r, seen, &v->map, e) || !list_places(r, seen->outline, v, e)) {
		return false;
	}
	struct str kind = req_form(r, "kind"), leave = req_form(r, "leaves");
	for (int i = 0; i < KINDS; i++) {
		struct str value = arena_printf(&r->arena, "%d", i);
		v->kinds[i] = (struct form_choice){.value = value,
		                                   .label = tr(r->lang, RULE_VEHICLES[i]),
		                                   .is_chosen = kind.n > 0 ? str_eq(kind, value) : i == 0};
	}
	for (int i = 0; i < LEAVES; i++) {
		v->leaves[i] = (struct form_choice){.value = str_of(leaves[i].value),
		                                    .label = tr(r->lang, leaves[i].text),
		                                    .is_chosen = leave.n > 0 ? str_is(leave, leaves[i].value) : i == 0};
	}
	int64_t led = 0;
	for (uint32_t i = 0; seen->frame != NULL && i < seen->frame->signal_n; i++) {
		led += seen->frame->signals[i].mode >= MODE_BOUNDS;
	}
	const struct tr_arg args[] = {TR_N("led", led), TR_N("n", seen->outline->signal_n)};
	v->led = traffic_say(
		r, N_("The brain leads {led} of {n} signals. Where the plan leads, no green is kept for anybody."), args, 2);
	v->error_n = rules_errors(v->errors,
	                          (const struct form_error[]){{STR("called"), v->error_called},
	                                                      {STR("from-link"), v->error_from},
	                                                      {STR("to-link"), v->error_to}},
	                          3);
	bool has_errors = v->error_n > 0;
	r->status = has_errors ? 422 : 200;
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("A way for an emergency vehicle"),
	                          .current = NAV_TRAFFIC,
	                          .is_desk = true,
	                          .has_errors = has_errors,
	                          .back_href = STR(PATH_TRAFFIC_PRIORITIES)});
	way_page(&o, v);
	page_end(r, &o);
	return true;
}

static uint32_t link_of(const struct outline *o, struct str id)
{
	uint32_t i = 0;
	while (o != NULL && i < o->link_n && !str_eq(o->links[i].id, id)) {
		i++;
	}
	return o != NULL && i < o->link_n ? i : FRAME_NONE;
}

static bool order(struct req *r, const struct live_seen *seen, struct way_view *v, struct err *e)
{
	struct str from = req_form(r, "from-link"), to = req_form(r, "to-link");
	uint64_t kind = 0, leave = 0;
	uint32_t from_link = link_of(seen->outline, from), to_link = link_of(seen->outline, to);
	v->called = str_trim(req_form(r, "called"));
	v->error_called = v->called.n == 0 || str_runes(v->called) > NAMES_CHARS
	                      ? tr(r->lang, N_("Write what it is called, in at most 60 characters."))
	                      : STR_EMPTY;
	v->error_from = from_link == FRAME_NONE ? tr(r->lang, N_("Choose where it begins.")) : STR_EMPTY;
	v->error_to = to_link == FRAME_NONE  ? tr(r->lang, N_("Choose where it ends."))
	              : to_link == from_link ? tr(r->lang, N_("Choose another place than where it begins."))
	                                     : STR_EMPTY;
	if (v->error_called.n + v->error_from.n + v->error_to.n > 0) {
		return show(r, seen, v, e);
	}
	if (!str_to_u64(req_form(r, "kind"), &kind) || kind >= KINDS || !str_to_u64(req_form(r, "leaves"), &leave)) {
		return err_set(e, ERR_BAD_INPUT, "no such kind");
	}
	int64_t ms = 0;
	for (int i = 0; i < LEAVES; i++) {
		ms = str_is(req_form(r, "leaves"), leaves[i].value) ? leaves[i].ms : ms;
	}
	const struct traffic_order item = {.order = {.kind = ORDER_ROUTE,
	                                             .priority = PRIORITY_EMERGENCY,
	                                             .from_link = from_link,
	                                             .to_link = to_link,
	                                             .eta_ms = -ms},
	                                   .name = v->called,
	                                   .vehicle = (uint8_t)kind,
	                                   .first = from,
	                                   .last = to};
	return rules_order(r, seen, &item, 1, v->called, e);
}

static bool answer(struct req *r, struct err *e)
{
	struct live_seen seen;
	struct way_view *v = arena_new(&r->arena, struct way_view, 1);
	live_take(r->app, &seen);
	bool ok = v == NULL ? err_set(e, ERR_MEMORY, "no memory for a way")
	                    : traffic_is_staff(r, seen.institution) ||
	                          err_set(e, ERR_FORBIDDEN, "not somebody of the traffic office");
	ok = ok && (r->method == METHOD_POST ? order(r, &seen, v, e) : show(r, &seen, v, e));
	live_release(&seen);
	return ok;
}

bool traffic_way_get(struct req *r, struct err *e)
{
	return answer(r, e);
}

bool traffic_way_post(struct req *r, struct err *e)
{
	return answer(r, e);
}
