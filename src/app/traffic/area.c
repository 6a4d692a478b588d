/* A part of the city: one signal, or all of those along a street, with the links that lead to them. */
#include "app/traffic/area.h"

#include "app/traffic/traffic.sql.h"
#include "base/calendar.h"
#include "brain/frame.h"
#include "store/tx.h"

enum { SIGNALS_LISTED = 300, STREETS_LISTED = 100, QUARTER_MIN = 15, SIGNALS_MOST = 500 };
#define OF_SIGNAL "s" /* and its number */
#define OF_STREET "w" /* and its name */

/* --- Which --- */

static void choose(struct area *a, struct str value, struct str label)
{
	a->choices[a->choice_n] = (struct form_choice){.value = value, .label = label};
	a->choices[a->choice_n++].is_chosen = str_eq(value, a->typed);
}

static void add_streets(struct req *r, const struct outline *o, struct area *a)
{
	struct str *names = arena_new(&r->arena, struct str, STREETS_LISTED);
	size_t n = 0;
	for (uint32_t i = 0; names != NULL && i < o->signal_n; i++) {
		for (int k = 0; k < 2 && n < STREETS_LISTED; k++) {
			struct str name = o->signals[i].streets[k];
			bool is_known = name.n == 0;
			for (size_t j = 0; j < n; j++) {
				is_known = is_known || str_eq(names[j], name);
			}
			if (!is_known) {
				names[n++] = name;
				choose(a, arena_printf(&r->arena, OF_STREET "%.*s", STR_ARG(name)),
				       history_say(r, N_("All along {street}"),
				                   (const struct tr_arg[]){TR_O("street", traffic_own_name(r, name))}, 1));
			}
		}
	}
}

bool area_find(struct req *r, const struct city_history *h, struct area *a, struct err *e)
{
	struct outline o = {0};
	uint64_t number = UINT64_MAX;
	a->choices = arena_new(&r->arena, struct form_choice, 1 + STREETS_LISTED + SIGNALS_LISTED);
	a->signals = arena_new(&r->arena, uint32_t, SIGNALS_MOST);
	if (a->choices == NULL || a->signals == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the city's parts");
	}
	if (h->street.found && !outline_take(&o, &r->arena, h->street.outline, e)) {
		return false;
	}
	choose(a, STR_EMPTY, tr(r->lang, N_("The whole city")));
	add_streets(r, &o, a);
	for (uint32_t i = 0; i < o.signal_n && i < SIGNALS_LISTED; i++) {
		choose(a, arena_printf(&r->arena, OF_SIGNAL "%u", i), traffic_signal_name(r, &o.signals[i]));
	}
	struct str rest = str_sub(a->typed, 1, SIZE_MAX);
	bool is_street = str_starts(a->typed, STR(OF_STREET)) && rest.n > 0;
	if (str_starts(a->typed, STR(OF_SIGNAL)) && !str_to_u64(rest, &number)) {
		number = UINT64_MAX;
	}
	for (uint32_t i = 0; i < o.signal_n && a->signal_n < SIGNALS_MOST; i++) {
		const struct outline_signal *s = &o.signals[i];
		if (i == number || (is_street && (str_eq(s->streets[0], rest) || str_eq(s->streets[1], rest)))) {
			a->signals[a->signal_n++] = i;
		}
	}
	return true;
}

/* --- What it was like --- */

struct look {
	const struct city_history *h;
	uint32_t signal;
	int64_t since, until; /* quarters */
	struct city_sums *sums;
};

static bool look_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct look *l = ctx;
	struct signal_quarters_rows rows;
	struct signal_quarters_out row;
	const struct signal_quarters_in in = {.institution = l->h->in->id,
	                                      .net = l->h->net,
	                                      .signal = l->signal,
	                                      .since = l->since * QUARTER_MIN,
	                                      .until = l->until * QUARTER_MIN};
	if (!signal_quarters_open(tx, &in, &rows, e)) {
		return false;
	}
	while (signal_quarters_next(&rows, &row)) {
		if (row.quarter >= l->since && row.quarter < l->until) {
			struct city_sums *to = &l->sums[row.quarter - l->since];
			/* All of them are told in the same seconds. */
			int64_t seconds = row.seconds > to->seconds ? row.seconds : to->seconds;
			history_sum(to, &(struct city_sums){.signal_s = row.seconds,
			                                    .brain_s = row.brain_s,
			                                    .vehicle_s = row.vehicle_s,
			                                    .halting_s = row.halting_s,
			                                    .delay_s = row.delay_s,
			                                    .metres = row.metres,
			                                    .walker_s = row.walker_s});
			to->seconds = seconds;
		}
	}
	return signal_quarters_close(&rows, e);
}

bool area_read(struct req *r, struct city_history *h, const struct area *a, struct err *e)
{
	int64_t since = h->n > 0 ? h->rows[0].utc : 0, until = h->n > 0 ? h->rows[h->n - 1].utc + 1 : 0;
	struct city_sums *sums = arena_new(&r->arena, struct city_sums, (size_t)(until - since) + 1);
	if (sums == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a part of the city");
	}
	for (size_t i = 0; i < a->signal_n; i++) {
		struct look l = {.h = h, .signal = a->signals[i], .since = since, .until = until, .sums = sums};
		if (!store_read(r->app->store, h->in->id, &r->arena, look_job, &l, e)) {
			return false;
		}
	}
	/* The quarters are those of the whole city. */
	for (size_t i = 0; i < h->n; i++) {
		h->rows[i].s = sums[h->rows[i].utc - since];
	}
	return true;
}
