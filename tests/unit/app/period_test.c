/* Figures of any time against a plain count: random cases, each event counted by the room and written down by hand, and
 * random times of which both say the same, closed months and what came later in them included. */
#include <stdio.h>

#include "../unit.h"

#include "case_world.h"

#include "app/statistics/brought.h"
#include "app/statistics/figures.h"
#include "app/statistics/statistics.h"
#include "store/event.sql.h"

enum { CASES = 120, DAYS = 100, TIMES = 60, NOTES_MOST = 8000, FIRST_DAY = 20454 /* 1 January 2026 */ };

static int set_up(void **state)
{
	struct world *w = malloc(sizeof *w);
	world_open(w);
	*state = w;
	return 0;
}

/* --- The plain count --- */

struct note {
	day_number day, entered;
	const char *service, *reason; /* reason: of a stop */
	int64_t official, minutes;    /* of a decision, or of a stop; -1: neither */
	enum figure_at at;
	int64_t n;
};
struct plain {
	struct note notes[NOTES_MOST];
	size_t n;
};
static struct plain plain;

struct life { /* of one case */
	struct world *w;
	int64_t casefile, official;
	const char *service;
};

static day_number entered(day_number day, day_number recorded)
{
	return month_of_day(recorded) > month_of_day(day) ? recorded : 0;
}

static void note(const struct life *l, day_number day, day_number recorded, enum figure_at at, int64_t n)
{
	assert_true(plain.n < NOTES_MOST);
	plain.notes[plain.n++] = (struct note){.day = day,
	                                       .entered = entered(day, recorded),
	                                       .service = l->service,
	                                       .official = l->official,
	                                       .at = at,
	                                       .n = n,
	                                       .minutes = -1};
}

/* --- Events, counted as the relay has them counted --- */

struct happened {
	struct world *w;
	struct event ev;
};

static bool count_job(struct tx *tx, void *ctx, struct err *e)
{
	struct happened *h = ctx;
	struct applied_insert_in seen = {h->ev.institution, STR("figures"), id_random()};
	return applied_insert(tx, &seen, NULL, e) && statistics_subscribers[0].apply(tx, &h->ev, &h->w->app, e);
}

static void happen(const struct life *l, const char *kind, day_number day, day_number recorded, const char *payload)
{
	struct happened h = {.w = l->w,
	                     .ev = {.route = l->casefile + 1000000,
	                            .room = STR("cases"),
	                            .kind = str_of(kind),
	                            .casefile = l->casefile,
	                            .institution = l->w->institution->id,
	                            .service = str_of(l->service),
	                            .public_payload = str_of(payload),
	                            .personal_payload = STR_EMPTY,
	                            .effective_us = (int64_t)day * US_PER_DAY + 8 * 60 * US_PER_MIN,
	                            .recorded_us = (int64_t)recorded * US_PER_DAY + 8 * 60 * US_PER_MIN}};
	struct store_op op = {.route = h.ev.institution, .is_background = true};
	arena_reset(&l->w->arena);
	world_ok(l->w, store_write(l->w->app.store, &op, count_job, &h, &l->w->e));
}

static int64_t below(uint64_t *seed, int64_t n)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (int64_t)((*seed >> 33) % (uint64_t)n);
}

static void note_stop(struct life *l, day_number day, day_number recorded, const char *reason, int64_t minutes)
{
	note(l, day, recorded, FIG_STOPS, 1);
	plain.notes[plain.n - 1].reason = reason;
	plain.notes[plain.n - 1].minutes = minutes;
}

static void note_decision(struct life *l, day_number day, day_number recorded, bool is_granted, bool is_late,
                          bool is_past, bool is_corrected, int64_t ran, int64_t stood)
{
	note(l, day, recorded, FIG_DECIDED, 1);
	note(l, day, recorded, is_granted ? FIG_GRANTED : FIG_REFUSED, 1);
	note(l, day, recorded, FIG_PROMISED, 1);
	note(l, day, recorded, FIG_PROMISE_KEPT, !is_late);
	note(l, day, recorded, FIG_LIMITED, 1);
	note(l, day, recorded, FIG_LAW_KEPT, !is_past);
	note(l, day, recorded, FIG_CORRECTED, is_corrected);
	note(l, day, recorded, FIG_RAN, ran);
	note(l, day, recorded, FIG_STOOD, stood);
	note(l, day, recorded, FIG_TIMED, 1);
	plain.notes[plain.n - 1].minutes = ran;
}

/* A case from its first day to its end; now and then on paper that was entered in the month after. */
static void live(struct world *w, int64_t casefile, uint64_t *seed)
{
	static const char *const services[] = {"labour-dispatch-permit", "food-stall", "food-stall-2"};
	struct life l = {.w = w, .casefile = casefile, .service = services[below(seed, 3)]};
	day_number day = FIRST_DAY + (day_number)below(seed, DAYS - 30), later = below(seed, 6) == 0 ? 33 : 0;
	bool is_joint = below(seed, 5) == 0, is_at_counter = below(seed, 4) == 0, is_corrected = below(seed, 3) == 0;
	int64_t who = OFFICIAL + below(seed, 3), stood = 0;
	char text[400];
	snprintf(text, sizeof text, "{\"state\":1,\"start\":%d,\"due\":%d,\"legal\":%d,\"joint\":%d,\"intake_by\":%d}", day,
	         day + 5, day + 10, is_joint, is_at_counter ? 7001 : 0);
	happen(&l, "submitted", day, day + later, text);
	note(&l, day, day + later, FIG_CASES, 1);
	note(&l, day, day + later, FIG_APPLICATIONS, !is_joint);
	note(&l, day, day + later, FIG_AT_COUNTER, is_at_counter);
	day_number due = day + 5, legal = day + 10;
	day += (day_number)below(seed, 3);
	if (below(seed, 8) == 0) {
		happen(&l, "withdrawn", day, day + later, "{\"state\":8,\"handler\":0}");
		note(&l, day, day + later, FIG_WITHDRAWN, 1);
		return;
	}
	l.official = who;
	if (is_corrected) {
		stood = below(seed, 2000);
		snprintf(text, sizeof text,
		         "{\"state\":3,\"handler\":%lld,\"stands\":1,\"stop\":\"applicant\",\"stood_minutes\":0}",
		         (long long)who);
		happen(&l, "correction-asked", day, day + later, text);
		note(&l, day, day + later, FIG_CORRECTIONS, 1);
		day += (day_number)below(seed, 9);
		snprintf(text, sizeof text, "{\"state\":4,\"handler\":%lld,\"stands\":0,\"stood_minutes\":%lld}",
		         (long long)who, (long long)stood);
		happen(&l, "correction-answered", day, day + later, text);
		note_stop(&l, day, day + later, "applicant", stood);
	}
	day += (day_number)below(seed, 9);
	bool is_granted = below(seed, 3) > 0;
	int64_t ran = below(seed, 20000);
	snprintf(text, sizeof text,
	         "{\"state\":6,\"handler\":%lld,\"due\":%d,\"legal\":%d,\"ran_minutes\":%lld,\"stood_minutes\":%lld,"
	         "\"outcome\":%d}",
	         (long long)who, due, legal, (long long)ran, (long long)stood,
	         is_granted ? OUTCOME_GRANTED : OUTCOME_REFUSED);
	happen(&l, "decided", day, day + later, text);
	bool is_late = day > due, is_past = day > legal;
	day += (day_number)below(seed, 2);
	snprintf(text, sizeof text, "{\"state\":7,\"handler\":%lld}", (long long)who);
	happen(&l, "letter-left", day, day + later, text);
	note_decision(&l, day, day + later, is_granted, is_late, is_past, is_corrected, ran, stood);
	if (below(seed, 6) == 0) {
		day += (day_number)below(seed, 9);
		happen(&l, "objected-to", day, day + later, text);
		note(&l, day, day + later, FIG_OBJECTIONS, 1);
		happen(&l, "reopened", day, day + later, "{\"state\":1,\"handler\":0,\"reason\":\"objection\"}");
		note(&l, day, day + later, FIG_REOPENED, 1);
		note(&l, day, day + later, FIG_OBJECTIONS_WON, 1);
	}
}

/* --- Both compared --- */

struct closing_known {
	int64_t month;
	day_number until;
};

static bool counts(const struct note *x, const struct picture *p, const struct closing_known *c, bool is_later)
{
	bool is_in = x->day >= p->from && x->day <= p->to;
	bool was_late = month_of_day(x->day) == c->month && x->entered >= c->until;
	return is_in && was_late == is_later;
}

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* By nearest rank, of all or of a service or an official. */
static int64_t quantile(const struct picture *p, const struct closing_known *c, const char *service, int64_t official,
                        int percent)
{
	static int64_t v[NOTES_MOST];
	size_t n = 0;
	for (size_t i = 0; i < plain.n; i++) {
		const struct note *x = &plain.notes[i];
		if (x->at == FIG_TIMED && counts(x, p, c, false) && (!service || strcmp(service, x->service) == 0) &&
		    (official == 0 || official == x->official)) {
			v[n++] = x->minutes;
		}
	}
	qsort(v, n, sizeof *v, ascending);
	return n > 0 ? v[(n * (size_t)percent + 99) / 100 - 1] : 0;
}

static void within_one_percent(int64_t is, int64_t should)
{
	assert_in_range(is, should - should / 100, should + should / 100 + 1);
}

static void same(const struct picture *p, const struct closing_known *c)
{
	struct figures all = {0}, later = {0}, columns = {0};
	int64_t stopped = 0, times = 0;
	for (size_t i = 0; i < plain.n; i++) {
		const struct note *x = &plain.notes[i];
		all.n[x->at] += counts(x, p, c, false) ? x->n : 0;
		later.n[x->at] += counts(x, p, c, true) ? x->n : 0;
		stopped += x->at == FIG_STOPS && counts(x, p, c, false) ? x->minutes : 0;
	}
	for (size_t i = 0; i < p->column_n; i++) {
		for (int k = 0; k < FIGURE_COUNT && p->columns[i].from >= p->from; k++) {
			columns.n[k] += p->columns[i].f.n[k];
		}
	}
	for (int k = 0; k < FIGURE_COUNT; k++) {
		assert_int_equal(p->all.n[k], all.n[k]);
		assert_int_equal(p->later.n[k], later.n[k]);
		assert_int_equal(columns.n[k], all.n[k]);
	}
	within_one_percent(p->all.median, quantile(p, c, NULL, 0, 50));
	within_one_percent(p->all.p90, quantile(p, c, NULL, 0, 90));
	for (size_t i = 0; i < p->stop_n; i++) {
		times += p->stops[i].minutes;
	}
	assert_int_equal(times, stopped);
	for (size_t k = 0; k < p->service_n; k++) {
		const struct service_line *s = &p->services[k];
		char name[60];
		struct figures f = {0};
		snprintf(name, sizeof name, "%.*s", STR_ARG(s->service));
		for (size_t i = 0; i < plain.n; i++) {
			const struct note *x = &plain.notes[i];
			f.n[x->at] += strcmp(x->service, name) == 0 && counts(x, p, c, false) ? x->n : 0;
		}
		assert_memory_equal(f.n, s->f.n, sizeof f.n);
		within_one_percent(s->f.p90, quantile(p, c, name, 0, 90));
	}
	for (size_t k = 0; k < p->official_n; k++) {
		const struct official_line *o = &p->officials[k];
		struct figures f = {0};
		for (size_t i = 0; i < plain.n; i++) {
			const struct note *x = &plain.notes[i];
			f.n[x->at] += x->official == o->official && counts(x, p, c, false) ? x->n : 0;
		}
		assert_memory_equal(f.n, o->f.n, sizeof f.n);
		within_one_percent(o->f.median, quantile(p, c, NULL, o->official, 50));
	}
}

static struct picture read_time(struct world *w, day_number from, day_number to)
{
	struct picture p = {
		.institution = w->institution->id, .from = from, .to = to, .has_officials = true, .has_columns = true};
	arena_reset(&w->arena);
	world_ok(w, picture_read(w->app.store, &w->arena, &p, &w->e));
	return p;
}

static bool close_job(struct tx *tx, void *ctx, struct err *e)
{
	return closing_add(tx, ctx, e);
}

static void close_month(struct world *w, const struct closing_known *c)
{
	struct closing_add_in row = {
		.institution = w->institution->id, .month = c->month, .until = c->until, .name = STR("Mei Castellan")};
	struct store_op op = {.route = row.institution};
	world_ok(w, store_write(w->app.store, &op, close_job, &row, &w->e));
}

static void any_time_is_what_a_plain_count_says(void **state)
{
	struct world *w = *state;
	uint64_t seed = 20261122;
	struct closing_known closing = {.until = DAY_MAX};
	plain.n = 0;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (int64_t i = 1; i <= CASES; i++) {
		live(w, i, &seed);
	}
	for (int i = 0; i < TIMES; i++) {
		day_number from = FIRST_DAY + (day_number)below(&seed, DAYS);
		day_number to = from + (day_number)below(&seed, i % 3 == 0 ? 8 : DAYS);
		if (i == TIMES / 3) { /* February, on a day on which some of it was still to be entered */
			closing = (struct closing_known){month_of_day(FIRST_DAY) + 1, FIRST_DAY + 78};
			close_month(w, &closing);
		}
		struct picture p = read_time(w, from, to);
		same(&p, &closing);
		assert_int_equal(p.closed_n,
		                 i >= TIMES / 3 && month_of_day(from) <= closing.month && closing.month <= month_of_day(to));
	}
	/* Whole months, by counts of their own. */
	struct picture quarter = read_time(w, FIRST_DAY, FIRST_DAY + 89);
	assert_true(picture_is_months(&quarter));
	same(&quarter, &closing);
	assert_true(quarter.has_later);
}

static void the_days_of_a_month_are_the_month(void **state)
{
	struct world *w = *state;
	uint64_t seed = 7;
	plain.n = 0;
	for (int64_t i = 1; i <= CASES / 4; i++) {
		live(w, i, &seed);
	}
	for (int64_t month = month_of_day(FIRST_DAY), k = 0; k < 3; k++, month++) {
		struct figures days = {0};
		int64_t minutes = 0, n = 0;
		if (k == 1) {
			close_month(w, &(struct closing_known){month, FIRST_DAY + 78});
		}
		for (day_number day = month_first_day(month); day <= month_last_day(month); day++) {
			struct picture p = read_time(w, day, day);
			for (int f = 0; f < FIGURE_COUNT; f++) {
				days.n[f] += p.all.n[f];
			}
			for (size_t s = 0; s < p.stop_n; s++) {
				minutes += p.stops[s].minutes;
			}
			n += p.spread->all;
			assert_int_equal(p.column_n, 1);
		}
		struct picture p = read_time(w, month_first_day(month), month_last_day(month));
		assert_memory_equal(days.n, p.all.n, sizeof days.n);
		assert_int_equal(n, p.spread->all);
		for (size_t s = 0; s < p.stop_n; s++) {
			minutes -= p.stops[s].minutes;
		}
		assert_int_equal(minutes, 0);
	}
}

/* Beside the few decisions of a day they would tell who rated. */
static void ratings_have_months_alone(void **state)
{
	struct world *w = *state;
	struct life l = {.w = w, .casefile = 1, .service = "labour-dispatch-permit"};
	struct happened h = {.w = w,
	                     .ev = {.route = 5,
	                            .room = STR("ratings"),
	                            .kind = STR("rated"),
	                            .casefile = 9,
	                            .institution = w->institution->id,
	                            .service = STR("labour-dispatch-permit"),
	                            .public_payload = STR("{\"level\":1,\"handler\":7001,\"month\":202602}"),
	                            .effective_us = (int64_t)(FIRST_DAY + 40) * US_PER_DAY,
	                            .recorded_us = (int64_t)(FIRST_DAY + 40) * US_PER_DAY}};
	struct store_op op = {.route = h.ev.institution, .is_background = true};
	happen(&l, "submitted", FIRST_DAY + 40, FIRST_DAY + 40, "{\"state\":1,\"start\":20494}");
	world_ok(w, store_write(w->app.store, &op, count_job, &h, &w->e));
	assert_int_equal(read_time(w, FIRST_DAY + 31, FIRST_DAY + 58).all.n[FIG_RATINGS], 1);
	assert_int_equal(read_time(w, FIRST_DAY + 31, FIRST_DAY + 57).all.n[FIG_RATINGS], 0);
	assert_int_equal(read_time(w, FIRST_DAY + 20, FIRST_DAY + 80).all.n[FIG_RATINGS], 1);
	assert_int_equal(read_time(w, FIRST_DAY + 40, FIRST_DAY + 40).all.n[FIG_CASES], 1);
}

static bool brought_job(struct tx *tx, void *ctx, struct err *e)
{
	return brought_add(tx, ctx, e);
}

static void a_month_of_which_the_whole_alone_is_known_is_not_cut(void **state)
{
	struct world *w = *state;
	struct brought_add_in row = {.institution = w->institution->id, .month = month_of_day(FIRST_DAY) + 1};
	struct store_op op = {.route = row.institution};
	world_ok(w, store_write(w->app.store, &op, brought_job, &row, &w->e));
	assert_int_equal(read_time(w, FIRST_DAY + 31, FIRST_DAY + 58).whole_alone, 0);
	assert_int_equal(read_time(w, FIRST_DAY + 30, FIRST_DAY + 59).whole_alone, 0);
	assert_int_equal(read_time(w, FIRST_DAY + 32, FIRST_DAY + 59).whole_alone, row.month);
	assert_int_equal(read_time(w, FIRST_DAY, FIRST_DAY + 40).whole_alone, row.month);
	/* Its days were brought too. */
	row.month++;
	row.has_days = true;
	world_ok(w, store_write(w->app.store, &op, brought_job, &row, &w->e));
	assert_int_equal(read_time(w, FIRST_DAY + 60, FIRST_DAY + 70).whole_alone, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(any_time_is_what_a_plain_count_says),
		TEST(the_days_of_a_month_are_the_month),
		TEST(ratings_have_months_alone),
		TEST(a_month_of_which_the_whole_alone_is_known_is_not_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
