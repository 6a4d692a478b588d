/* A year and more of figures for a demonstration, so that a month has months before it. Invented, and the same each
 * time: they get better from month to month, as a town would like them to. */
#include "app/catalogue/catalogue.h"
#include "app/people/accounts.h"
#include "app/statistics/brought.h"
#include "base/fault.h"
#include "cmd/demo.h"

enum { MONTHS = 14, SERVICES_MOST = 32, OFFICIALS = 3, TIMES = 24, DAY_MINUTES = 480 };

static uint64_t next_of(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

static int64_t below(uint64_t *seed, int64_t n)
{
	return n > 0 ? (int64_t)(next_of(seed) % (uint64_t)n) : 0;
}

struct month_of {
	struct brought_part parts[SERVICES_MOST + OFFICIALS];
	struct brought_time times[SERVICES_MOST + OFFICIALS][TIMES];
	struct brought_stop stops[SERVICES_MOST * 3];
	size_t part_n, stop_n;
};

/* Minutes of a decision: most within half of what was promised, some near it, few beyond. */
static int64_t minutes_of(uint64_t *seed, int days, int age)
{
	int64_t all = (int64_t)(days > 0 ? days : 5) * DAY_MINUTES;
	int64_t v = all * (8 + below(seed, 30) + below(seed, 30) + age) / 100;
	return below(seed, 24 - age) == 0 ? all + below(seed, all / 4 + 1) : v;
}

static void decide(struct month_of *m, size_t at, int64_t minutes, const struct service *s, uint64_t *seed)
{
	struct brought_part *p = &m->parts[at];
	int64_t promise = (int64_t)s->clock.committed.n * DAY_MINUTES, law = (int64_t)s->clock.statutory.n * DAY_MINUTES;
	bool is_refused = below(seed, 14) == 0;
	p->n[FIG_DECIDED]++;
	p->n[is_refused ? FIG_REFUSED : FIG_GRANTED]++;
	p->n[FIG_PROMISED]++;
	p->n[FIG_PROMISE_KEPT] += promise == 0 || minutes <= promise;
	p->n[FIG_LIMITED]++;
	p->n[FIG_LAW_KEPT] += law == 0 || minutes <= law;
	p->n[FIG_TIMED]++;
	p->n[FIG_RAN] += minutes;
	size_t slot = (size_t)(minutes * TIMES / (promise + promise / 2 + DAY_MINUTES));
	slot = slot < TIMES ? slot : TIMES - 1;
	struct brought_time *t = &m->times[at][slot];
	t->minutes = t->n == 0 ? minutes : t->minutes;
	t->n++;
	if (below(seed, 9) == 0) {
		p->n[FIG_CORRECTIONS]++;
		p->n[FIG_CORRECTED]++;
	}
	if (below(seed, 3) == 0) {
		int64_t level = 5 - below(seed, 2) - (below(seed, 9) == 0 ? 2 : 0);
		p->n[FIG_RATINGS]++;
		p->n[FIG_RATING_SUM] += level;
		p->n[FIG_RATED_BAD] += level <= 2;
	}
	if (is_refused && below(seed, 5) == 0) {
		bool is_won = below(seed, 3) == 0;
		p->n[FIG_OBJECTIONS]++;
		p->n[FIG_OBJECTIONS_WON] += is_won;
		p->n[FIG_REOPENED] += is_won;
	}
}

static void add_stop(struct month_of *m, const struct service *s, const char *reason, int64_t n, int64_t minutes)
{
	if (n > 0) {
		m->stops[m->stop_n++] =
			(struct brought_stop){.service = s->id, .reason = str_of(reason), .n = n, .minutes = minutes};
	}
}

static void invent(struct month_of *m, const struct service_list *services, const int64_t *officials, int age,
                   uint64_t *seed)
{
	size_t people = services->n < SERVICES_MOST ? services->n : SERVICES_MOST;
	*m = (struct month_of){.part_n = people + OFFICIALS};
	for (size_t i = 0; i < OFFICIALS; i++) {
		m->parts[people + i].official = officials[i];
		m->parts[people + i].service = STR_EMPTY;
	}
	for (size_t i = 0; i < people; i++) {
		const struct service *s = services->items[i];
		struct brought_part *p = &m->parts[i];
		p->service = s->id;
		int64_t n = 34 + below(seed, 20) - age;
		for (int64_t k = 0; k < n; k++) {
			int64_t minutes = minutes_of(seed, s->clock.committed.n, age);
			uint64_t same = *seed;
			decide(m, i, minutes, s, seed);
			/* The official of the same case: the same luck. */
			decide(m, people + (size_t)(k % OFFICIALS), minutes, s, &same);
		}
		p->n[FIG_CASES] = n + below(seed, 6);
		p->n[FIG_APPLICATIONS] = p->n[FIG_CASES] - below(seed, 4);
		p->n[FIG_WITHDRAWN] = below(seed, 4);
		p->n[FIG_LAPSED] = below(seed, 3);
		p->n[FIG_NOT_ACCEPTED] = below(seed, 3);
		p->n[FIG_NEVER_SENT] = 3 + below(seed, 5);
		add_stop(m, s, "applicant", 3 + below(seed, 4), (6 + below(seed, 8)) * DAY_MINUTES);
		add_stop(m, s, "expert", 1 + below(seed, 2), (3 + below(seed, 4)) * DAY_MINUTES);
		add_stop(m, s, "hearing", below(seed, 2), DAY_MINUTES);
	}
	for (size_t i = 0; i < m->part_n; i++) {
		/* Those that hold something, in front. */
		size_t n = 0;
		for (size_t k = 0; k < TIMES; k++) {
			if (m->times[i][k].n > 0) {
				m->times[i][n++] = m->times[i][k];
			}
		}
		m->parts[i].times = m->times[i];
		m->parts[i].time_n = n;
	}
}

bool demo_make_history(struct app *app, struct err *e)
{
	static const char *const emails[OFFICIALS] = {"official@demo.example", "second@demo.example", "head@demo.example"};
	int64_t officials[OFFICIALS];
	const struct institution *offices;
	size_t n = catalogue_institutions(app, &offices);
	int64_t now = month_of_day(catalogue_today(app));
	struct arena a;
	for (size_t i = 0; i < OFFICIALS; i++) {
		if (!people_find(app->store, app->column_keys, str_of(emails[i]), &officials[i], e)) {
			return false;
		}
	}
	struct month_of *m = mem_alloc(1, sizeof *m);
	if (m == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the demo's figures");
	}
	arena_init(&a, 1 << 20);
	bool ok = true;
	for (size_t i = 0; ok && i < n; i++) {
		uint64_t seed = UINT64_C(7) + (uint64_t)offices[i].id;
		struct service_list services = services_of_office(app, &a, offices[i].pack_id);
		for (int age = MONTHS; ok && services.n > 0 && age >= 1; age--) {
			invent(m, &services, officials, age, &seed);
			struct brought b = {.institution = offices[i].id,
			                    .month = now - age,
			                    .parts = m->parts,
			                    .part_n = m->part_n,
			                    .stops = m->stops,
			                    .stop_n = m->stop_n};
			ok = statistics_bring(app, &b, e);
		}
	}
	arena_release(&a);
	mem_free(m);
	return ok;
}
