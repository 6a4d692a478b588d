/* What if: asked by an engineer, its progress and its answer read by everybody of the office. */
#include <stdlib.h>

#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "app/traffic/history.h"
#include "app/traffic/history.html.h"
#include "app/traffic/whatif.h"
#include "store/tx.h"

enum { SHOWN = 20, MINUTES_LEAST = 5, MINUTES_MOST = 60, SEEDS_LEAST = 2, SEEDS_MOST = 20, FIELDS = 5 };

#define DATED_MIN 16000000 /* before the year 2001: the clock of a simulation */
#define OWN "own"
/* What is typed for OWN, as a setting has it (brain/whatif.h). */
static const struct own {
	const char *key, *label, *says;
	int64_t least, most;
} owns[WHAT_IF_OWN] = {
	{"least", N_("Least green of every stage, in seconds"), N_("green for at least {n} s"), 1, 300},
	{"most", N_("Most green of every stage, in seconds"), N_("green for at most {n} s"), 1, 300},
	{"bus", N_("Weight of a late bus"), N_("a late bus weighs {n}"), 0, 1000},
	{"walker", N_("Weight of long waits on foot"), N_("long waits on foot weigh {n}"), 0, 1000},
	{"school", N_("Weight of school hours"), N_("school hours weigh {n}"), 0, 1000},
};
static const struct {
	const char *key, *name;
} settings[] = {
	{"fixed", N_("the fixed plan")},
	{"actuated", N_("actuated control")},
	{"max-pressure", N_("pressure of queues")},
	{"running", N_("pressure with running vehicles")},
	{"horizon", N_("the brain's schedule")},
	{"horizon,ordered", N_("the brain's schedule, with the bounds and weights that are ordered now")},
	{OWN, N_("the brain's schedule, with the bounds and weights below")},
};
enum { SETTINGS = sizeof settings / sizeof settings[0] };

/* Keys of the answer. */
static const struct {
	const char *key, *name;
	int decimals, better;
} measures[] = {
	{"delay", N_("Seconds lost by a vehicle"), 1, -1},
	{"person", N_("Seconds lost by a person"), 1, -1},
	{"stops", N_("Stops of a vehicle"), 2, -1},
	{"walk", N_("Seconds lost by somebody on foot"), 1, -1},
	{"longest", N_("Longest wait at a crossing, seconds"), 0, -1},
	{"arrived", N_("Vehicles that arrived"), 0, 1},
};

static const char *setting_name(struct str key)
{
	for (int i = 0; i < SETTINGS; i++) {
		if (str_is(key, settings[i].key)) {
			return settings[i].name;
		}
	}
	return NULL;
}

/* "horizon,least=8,bus=30", or one of the table. */
static struct str setting_says(struct req *r, struct str setting)
{
	const char *name = setting_name(setting);
	struct str word, rest, says = STR_EMPTY;
	if (name != NULL || !str_starts(setting, STR("horizon,"))) {
		return name != NULL ? tr(r->lang, name) : setting;
	}
	rest = str_sub(setting, sizeof "horizon," - 1, SIZE_MAX);
	while (str_next(&rest, ',', &word)) {
		struct str key, n;
		str_cut(word, '=', &key, &n);
		for (int i = 0; i < WHAT_IF_OWN; i++) {
			if (str_is(key, owns[i].key)) {
				const struct tr_arg args[] = {TR_O("n", n)};
				struct str one = history_say(r, owns[i].says, args, 1);
				says = says.n == 0 ? one : arena_printf(&r->arena, "%.*s \xc2\xb7 %.*s", STR_ARG(says), STR_ARG(one));
			}
		}
	}
	const struct tr_arg args[] = {TR_O("what", says)};
	return history_say(r, N_("the brain's schedule ({what})"), args, 1);
}

static bool may_ask(struct req *r, const struct institution *in)
{
	return viewer_has_role(r->viewer, ROLE_TRAFFIC_ENGINEER, in->id);
}

/* --- The answer --------------------------------------------------------------------------------------------------- */

static bool take_number(struct arena *a, struct str text, double *out)
{
	char *end;
	struct str copy = arena_printf(a, "%.*s", STR_ARG(text));
	*out = strtod(copy.p, &end);
	return copy.n > 0 && end == copy.p + copy.n;
}

/* key|A|B|least|most */
static void put_line(struct req *r, struct str line, struct what_if_row *row)
{
	struct str field[FIELDS];
	double v[FIELDS];
	for (int i = 0; i < FIELDS; i++) {
		if (!str_next(&line, '|', &field[i]) || (i > 0 && !take_number(&r->arena, field[i], &v[i]))) {
			return;
		}
	}
	if (str_is(field[0], WHAT_IF_COUNTED) && v[1] > DATED_MIN) {
		const struct tr_arg args[] = {TR_O("when", page_moment(r, (int64_t)v[1] * US_PER_MIN))};
		row->demand = history_say(r, N_("The demand is what was counted from {when} on. Nobody on foot."), args, 1);
		return;
	}
	for (size_t k = 0; k < sizeof measures / sizeof measures[0] && row->n < sizeof row->rows / sizeof row->rows[0];
	     k++) {
		if (!str_is(field[0], measures[k].key)) {
			continue;
		}
		int d = measures[k].decimals;
		bool is_shown = v[3] > 0 || v[4] < 0;
		bool is_b = (v[2] < v[1]) == (measures[k].better < 0);
		row->rows[row->n++] = (struct difference_row){
			.name = tr(r->lang, measures[k].name),
			.before = history_number(r, v[1], d),
			.after = history_number(r, v[2], d),
			.by = arena_printf(&r->arena, "%+.*f", d, v[2] - v[1]),
			.interval = arena_printf(&r->arena, "%+.*f \xe2\x80\xa6 %+.*f", d, v[3], d, v[4]),
			.verdict = tr(r->lang, !is_shown ? N_("No difference shown")
		                           : is_b    ? N_("B is better")
		                                     : N_("A is better")),
			.is_shown = is_shown,
		};
	}
}

static void put_row(struct req *r, const struct what_if_list_out *o, bool may_stop, struct what_if_row *row)
{
	static const struct {
		enum tag_sign sign;
		const char *text;
	} states[] = {
		[WHAT_IF_WAITS] = {TAG_NEW, N_("Waits for a simulator")},
		[WHAT_IF_RUNS] = {TAG_RUN, N_("Runs")},
		[WHAT_IF_DONE] = {TAG_DONE, N_("Answered")},
		[WHAT_IF_FAILED] = {TAG_NO, N_("It could not be run")},
		[WHAT_IF_STOPPED] = {TAG_NO, N_("Stopped")},
	};
	const struct tr_arg what[] = {TR_O("a", setting_says(r, o->a)), TR_O("b", setting_says(r, o->b)),
	                              TR_I("minutes", o->minutes), TR_I("n", o->seeds)};
	const struct tr_arg who[] = {TR_O("name", o->asked_name), TR_O("when", page_moment(r, o->asked_at))};
	size_t state = o->state >= WHAT_IF_WAITS && o->state <= WHAT_IF_STOPPED ? (size_t)o->state : WHAT_IF_FAILED;
	*row = (struct what_if_row){
		.id = arena_printf(&r->arena, "%lld", (long long)o->id),
		.what = history_say(r, N_("A: {a}; B: {b}. {minutes} minutes, {n} times"), what, 4),
		.who = history_say(r, N_("asked by {name}, {when}"), who, 2),
		.state_text = tr(r->lang, states[state].text),
		.sign = states[state].sign,
		.part = o->state == WHAT_IF_RUNS ? o->part : -1,
		.may_stop = may_stop && (o->state == WHAT_IF_WAITS || o->state == WHAT_IF_RUNS),
		.note = o->note,
	};
	struct str line, rest = o->result;
	while (o->result.n > 0 && str_next(&rest, '\n', &line)) {
		put_line(r, line, row);
	}
}

/* --- The page ----------------------------------------------------------------------------------------------------- */

struct look {
	struct req *r;
	struct what_if_view *v;
	const struct institution *in;
};

static bool list_job(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	struct what_if_list_rows rows;
	struct what_if_list_out o;
	l->v->n = 0;
	if (!what_if_list_open(tx, &(struct what_if_list_in){.institution = l->in->id, .most = SHOWN}, &rows, e)) {
		return false;
	}
	while (l->v->n < SHOWN && what_if_list_next(&rows, &o)) {
		put_row(l->r, &o, l->v->may_ask, &l->v->rows[l->v->n++]);
		l->v->is_waiting = l->v->is_waiting || o.state == WHAT_IF_WAITS || o.state == WHAT_IF_RUNS;
	}
	return what_if_list_close(&rows, e);
}

static void fill_choices(struct req *r, struct what_if_view *v, struct str a, struct str b)
{
	for (int i = 0; i < WHAT_IF_OWN; i++) {
		v->own[i].name = str_of(owns[i].key);
		v->own[i].label = tr(r->lang, owns[i].label);
		v->own[i].value = str_trim(req_form(r, owns[i].key));
		v->own[i].width = FIELD_W4;
		v->own[i].inputmode = "decimal";
	}
	v->choice_n = SETTINGS;
	for (int i = 0; i < SETTINGS; i++) {
		v->a[i] = (struct form_choice){.value = str_of(settings[i].key),
		                               .label = tr(r->lang, settings[i].name),
		                               .is_chosen = str_is(a, settings[i].key)};
		v->b[i] = v->a[i];
		v->b[i].is_chosen = str_is(b, settings[i].key);
	}
}

static bool show(struct req *r, const struct institution *in, struct what_if_view *v, bool has_errors, struct err *e)
{
	struct look l = {r, v, in};
	v->r = r;
	v->op = req_new_op(r);
	v->office = text_in(&in->name, r->lang);
	v->rows = arena_new(&r->arena, struct what_if_row, SHOWN);
	if (v->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for what was asked");
	}
	if (!store_read(r->app->store, in->id, &r->arena, list_job, &l, e)) {
		return false;
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("What if"),
	                          .has_charts = true,
	                          .current = NAV_TRAFFIC,
	                          .is_desk = true,
	                          .has_errors = has_errors});
	what_if_page(&o, v);
	page_end(r, &o);
	return true;
}

bool what_if_get_page(struct req *r, struct err *e)
{
	const struct institution *in = history_sight(r, e);
	struct what_if_view v = {.minutes = STR("15"), .seeds = STR("5")};
	if (in == NULL) {
		return false;
	}
	v.may_ask = may_ask(r, in);
	fill_choices(r, &v, STR("fixed"), STR("horizon"));
	return show(r, in, &v, false, e);
}

/* --- Asking ------------------------------------------------------------------------------------------------------- */

static const struct institution *asks(struct req *r, struct err *e)
{
	const struct institution *in = history_sight(r, e);
	if (in != NULL && !may_ask(r, in)) {
		err_tell(e, ERR_FORBIDDEN, N_("The simulator is asked by a traffic engineer."), "no engineer");
		return NULL;
	}
	return in;
}

static struct str between(struct req *r, struct str typed, int64_t least, int64_t most, int64_t *out)
{
	const struct tr_arg args[] = {TR_I("least", least), TR_I("most", most)};
	bool ok = str_to_i64(typed, out) && *out >= least && *out <= most;
	return ok ? STR_EMPTY : history_say(r, N_("Write a number from {least} to {most}."), args, 2);
}

/* What is typed below, as a setting; with nothing typed or something wrong a sentence stands there. */
static struct str own_setting(struct req *r, struct what_if_view *v)
{
	struct str s = STR("horizon");
	int64_t given[WHAT_IF_OWN] = {0};
	int n = 0;
	for (int i = 0; i < WHAT_IF_OWN; i++) {
		struct str typed = str_trim(req_form(r, owns[i].key));
		if (typed.n == 0) {
			continue;
		}
		const struct tr_arg args[] = {TR_I("least", owns[i].least), TR_I("most", owns[i].most)};
		if (!str_to_i64(typed, &given[i]) || given[i] < owns[i].least || given[i] > owns[i].most) {
			v->error_own[i] = history_say(r, N_("Write a number from {least} to {most}."), args, 2);
			v->has_own_error = true;
		}
		s = arena_printf(&r->arena, "%.*s,%s=%lld", STR_ARG(s), owns[i].key, (long long)given[i]);
		n++;
	}
	if (given[1] > 0 && given[0] > given[1]) {
		v->error_own[1] = tr(r->lang, N_("The most green is below the least."));
		v->has_own_error = true;
	}
	if (n == 0) {
		v->error_own[0] = tr(r->lang, N_("Write at least one bound or weight."));
		v->has_own_error = true;
	}
	return s;
}

static bool ask_job(struct tx *tx, void *ctx, struct err *e)
{
	return what_if_add(tx, ctx, e);
}

bool what_if_post(struct req *r, struct err *e)
{
	const struct institution *in = asks(r, e);
	struct store_op op;
	struct what_if_view v = {.may_ask = true};
	if (in == NULL) {
		return false;
	}
	struct what_if_add_in row = {.institution = in->id,
	                             .id = id_in_time(time_legal_us(&r->app->time)),
	                             .a = req_form(r, "a"),
	                             .b = req_form(r, "b"),
	                             .state = WHAT_IF_WAITS,
	                             .asked_by = r->viewer->account,
	                             .asked_name = r->viewer->name,
	                             .asked_at = time_legal_us(&r->app->time)};
	v.minutes = str_trim(req_form(r, "minutes"));
	v.seeds = str_trim(req_form(r, "seeds"));
	v.error_minutes = between(r, v.minutes, MINUTES_LEAST, MINUTES_MOST, &row.minutes);
	v.error_seeds = between(r, v.seeds, SEEDS_LEAST, SEEDS_MOST, &row.seeds);
	if (setting_name(row.a) == NULL || setting_name(row.b) == NULL || str_eq(row.a, row.b)) {
		v.error_b = tr(r->lang, N_("Choose two that differ."));
	}
	if (str_is(row.a, OWN) || str_is(row.b, OWN)) {
		struct str own = own_setting(r, &v);
		row.a = str_is(row.a, OWN) ? own : row.a;
		row.b = str_is(row.b, OWN) ? own : row.b;
	}
	if (v.error_b.n + v.error_minutes.n + v.error_seeds.n > 0 || v.has_own_error) {
		fill_choices(r, &v, req_form(r, "a"), req_form(r, "b"));
		for (int i = 0; i < WHAT_IF_OWN; i++) {
			v.own[i].error = v.error_own[i];
		}
		return show(r, in, &v, true, e);
	}
	return people_still_allowed(r->app->store, r->viewer, e) && app_op(r, in->id, &op, e) &&
	       app_write(r, &op, ask_job, &row, e) && req_redirect(r, STR(PATH_TRAFFIC_WHAT_IF));
}

struct stop {
	int64_t institution, id, now_us;
	struct what_if_get_out is;
};

static bool stop_look(struct tx *tx, void *ctx, struct err *e)
{
	struct stop *s = ctx;
	return what_if_get(tx, &(struct what_if_get_in){.institution = s->institution, .id = s->id}, &s->is, e);
}

static bool stop_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct stop *s = ctx;
	return what_if_end(tx,
	                   &(struct what_if_end_in){.institution = s->institution,
	                                            .id = s->id,
	                                            .version = s->is.version,
	                                            .state = WHAT_IF_STOPPED,
	                                            .result = STR_EMPTY,
	                                            .note = STR_EMPTY,
	                                            .has_ended_at = true,
	                                            .ended_at = s->now_us},
	                   e);
}

bool what_if_stop_post(struct req *r, struct err *e)
{
	const struct institution *in = asks(r, e);
	struct store_op op;
	struct stop s = {.now_us = time_legal_us(&r->app->time)};
	if (in == NULL) {
		return false;
	}
	s.institution = in->id;
	if (!str_to_i64(req_form(r, "id"), &s.id)) {
		return err_set(e, ERR_NOT_FOUND, "no such question");
	}
	if (!store_read(r->app->store, in->id, &r->arena, stop_look, &s, e)) {
		return false;
	}
	if (!s.is.found) {
		return err_set(e, ERR_NOT_FOUND, "no such question");
	}
	bool is_open = s.is.state == WHAT_IF_WAITS || s.is.state == WHAT_IF_RUNS;
	if (!is_open) {
		return req_redirect(r, STR(PATH_TRAFFIC_WHAT_IF));
	}
	return app_op(r, in->id, &op, e) && app_write(r, &op, stop_job, &s, e) &&
	       req_redirect(r, STR(PATH_TRAFFIC_WHAT_IF));
}
