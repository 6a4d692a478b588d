/* Ten years in the life of five institutions: cases come, are accepted, stop, are asked and answered, prolonged and
 * decided; the program is off now and then; each year the calendar changes under the running clocks. All along, the
 * legal clock (base/legal_clock) is read beside a slow and obvious model of it, at random minutes and at each instant
 * of which the clock said that it would turn, and both must say the same.
 *
 *   clock_sim [SEED]        the same seed is the same city */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/fault.h"
#include "base/rand.h"
#include "base/time_source.h"
#include "sim/slow_clock.h"

enum {
	YEARS = 10,
	YEARS_BEFORE = 1,
	YEARS_AFTER = 3,
	DAYS_MAX = 1000,
	STOPS_MAX = 6,
	RUNNING_MAX = 2000,
	OUTAGES_MAX = 400
};

/* A zone, and the year in which the ten begin. Apia left out 30 December 2011; Lord Howe moves by half an hour. */
static const struct place {
	const char *zone;
	int32_t year;
	uint8_t weekend;
} places[] = {
	{"Europe/Berlin", 2024, 1 << 5 | 1 << 6},       {"Asia/Shanghai", 2024, 1 << 5 | 1 << 6},
	{"America/New_York", 2015, 1 << 5 | 1 << 6},    {"Pacific/Apia", 2005, 1 << 6},
	{"Australia/Lord_Howe", 2022, 1 << 4 | 1 << 5},
};

struct running {
	struct legal_clock clock;
	struct clock_stop stops[STOPS_MAX];
	int64_t last_us; /* of what happened to it */
	int64_t number;
};

struct city {
	struct prng r;
	struct zone *zone;
	struct calendar_spec spec;
	struct calendar_day days[DAYS_MAX];
	struct calendar *calendar;
	struct slow_calendar slow;
	struct clock_outage outages[OUTAGES_MAX];
	size_t outage_n;
	struct running *running;
	size_t n;
	int64_t cases, readings, turns, versions, moved;
};

static uint64_t below(struct city *c, uint64_t n)
{
	return prng_below(&c->r, n);
}

static bool chance(struct city *c, uint64_t percent)
{
	return below(c, 100) < percent;
}

/* --- Calendars ---------------------------------------------------------------------------------------------------- */

static struct office_hours some_hours(struct city *c, bool is_half_day)
{
	int16_t from = (int16_t)(300 + 15 * (int)below(c, 20)), to = (int16_t)(from + 120 + 15 * (int)below(c, 12));
	struct office_hours h = OFFICE_HOURS(from, to);
	if (!is_half_day && chance(c, 70)) {
		int16_t again = (int16_t)(to + 5 * (1 + (int)below(c, 18)));
		h.spans[h.n++] = (struct office_span){again, (int16_t)(again + 60 + 15 * (int)below(c, 16))};
	}
	return h;
}

static struct calendar_day *day_at(struct city *c, day_number day)
{
	for (size_t i = 0; i < c->spec.day_n; i++) {
		if (c->days[i].day == day) {
			return &c->days[i];
		}
	}
	must(c->spec.day_n < DAYS_MAX);
	c->days[c->spec.day_n] = (struct calendar_day){.day = day};
	return &c->days[c->spec.day_n++];
}

/* A holiday, a day off that is worked, or a half day. */
static void change_day(struct city *c, day_number day)
{
	struct calendar_day *d = day_at(c, day);
	d->is_working = chance(c, 40);
	d->hours = d->is_working && chance(c, 60) ? some_hours(c, true) : (struct office_hours){.n = 0};
}

static void new_version(struct city *c)
{
	struct err e;
	calendar_free(c->calendar);
	c->spec.version++;
	if (!calendar_new(&c->spec, &c->calendar, &e)) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	c->versions++;
}

static void lay_calendar(struct city *c, const struct place *place)
{
	c->spec = (struct calendar_spec){
		.id = STR("sim"),
		.zone = c->zone,
		.weekend = place->weekend,
		.hours = some_hours(c, false),
		.days = c->days,
		.first = date_to_day((struct date){place->year - YEARS_BEFORE, 1, 1}),
		.last = date_to_day((struct date){place->year + YEARS + YEARS_AFTER, 12, 31}),
	};
	c->spec.weekday[below(c, 5)] = some_hours(c, false);
	for (day_number day = c->spec.first; day <= c->spec.last; day++) {
		if (below(c, 25) == 0) {
			change_day(c, day);
		}
	}
	/* Weeks off, and New Year always. */
	for (int32_t year = place->year - YEARS_BEFORE; year <= place->year + YEARS + YEARS_AFTER; year++) {
		day_number week = date_to_day((struct date){year, 10, 1}), new_year = date_to_day((struct date){year, 1, 1});
		*day_at(c, new_year) = (struct calendar_day){.day = new_year};
		for (day_number day = week; day < week + 7; day++) {
			*day_at(c, day) = (struct calendar_day){.day = day};
		}
	}
	new_version(c);
	slow_new(&c->slow, &c->spec);
}

/* --- Cases -------------------------------------------------------------------------------------------------------- */

static struct clock_moment moment(struct city *c, int64_t us)
{
	return clock_moment_at(c->calendar, us);
}

static struct clock_lead some_lead(struct city *c, struct clock_lead usual)
{
	if (chance(c, 70)) {
		return usual;
	}
	struct clock_lead lead = {.percent = (int32_t)below(c, 60)};
	if (chance(c, 70)) {
		lead.most.unit = chance(c, 50) ? CLOCK_WORKING_HOURS : CLOCK_WORKING_DAYS;
		lead.most.n = (int32_t)below(c, 9);
	}
	return lead;
}

static struct clock_limit some_limit(struct city *c, enum clock_unit unit)
{
	static const uint64_t most[] = {80, 25, 45, 3};
	return (struct clock_limit){unit, (int32_t)(1 + below(c, most[unit]))};
}

static void begin_case(struct city *c, int64_t us)
{
	must(c->n < RUNNING_MAX);
	struct running *k = &c->running[c->n++];
	enum clock_unit unit = (enum clock_unit)below(c, 4), promised_in = chance(c, 70) ? unit : CLOCK_WORKING_DAYS;
	*k = (struct running){.last_us = us, .number = c->cases++};
	k->clock = (struct legal_clock){
		.rule =
			{
				.from = chance(c, 30) ? CLOCK_FROM_ACCEPTANCE : CLOCK_FROM_SUBMISSION,
				.statutory = some_limit(c, unit),
				.orange = some_lead(c, clock_lead_orange),
				.red = some_lead(c, clock_lead_red),
				.silence = (enum clock_silence)below(c, 4),
			},
		.submitted = moment(c, us),
	};
	if (chance(c, 80)) {
		k->clock.rule.committed = some_limit(c, promised_in);
	}
}

static bool stands(const struct running *k)
{
	for (size_t i = 0; i < k->clock.stop_n; i++) {
		if (!k->stops[i].has_ended) {
			return true;
		}
	}
	return false;
}

static void stop(struct city *c, struct running *k, int64_t us)
{
	struct clock_stop *s = &k->stops[k->clock.stop_n++];
	*s =
		(struct clock_stop){.since = moment(c, us), .is_applicants = chance(c, 50), .reason = (int32_t)k->clock.stop_n};
	if (chance(c, 60)) {
		s->most = some_limit(c, (enum clock_unit)below(c, 3));
	}
}

/* Perhaps something happens to a case at that minute. */
static void live(struct city *c, struct running *k, int64_t us)
{
	struct legal_clock *clock = &k->clock;
	enum clock_unit unit = clock->rule.statutory.unit;
	k->last_us = us;
	if (clock->rule.from == CLOCK_FROM_ACCEPTANCE && !clock->is_accepted && chance(c, 40)) {
		clock->is_accepted = true;
		clock->accepted = moment(c, us);
	} else if (chance(c, 6) && clock->stop_n < STOPS_MAX && (!stands(k) || chance(c, 30))) {
		stop(c, k, us);
	} else if (stands(k) && chance(c, 15)) {
		size_t i = below(c, clock->stop_n);
		if (!k->stops[i].has_ended) {
			k->stops[i].has_ended = true;
			k->stops[i].until = moment(c, us);
		}
	} else if (chance(c, 1) && clock->extension.n == 0 && unit != CLOCK_MONTHS &&
	           (clock->rule.committed.n == 0 || clock->rule.committed.unit == unit)) {
		clock->extension = some_limit(c, unit);
		clock->extended_us = us;
	} else if (chance(c, 3)) {
		clock->has_ended = true;
		clock->ended = moment(c, us);
	}
	clock->stops = k->stops;
}

/* --- Reading both ------------------------------------------------------------------------------------------------- */

static const char *as_text(const struct city *c, int64_t us, char text[40])
{
	if (us == CLOCK_NEVER) {
		return "never";
	}
	struct local_time t = zone_local(c->zone, us);
	char iso[11];
	date_format(t.day, iso);
	snprintf(text, 40, "%s %02d:%02d:%02d", iso, t.second / 3600, t.second / 60 % 60, t.second % 60);
	return text;
}

static void describe(const struct city *c, const struct running *k, int64_t now_us)
{
	static const char *const units[] = {"working hours", "working days", "calendar days", "months"};
	const struct clock_rule *rule = &k->clock.rule;
	char a[40], b[40];
	fprintf(stderr, "case %" PRId64 " in %.*s, read at %s\n", k->number, STR_ARG(zone_name(c->zone)),
	        as_text(c, now_us, a));
	fprintf(stderr, "  submitted %s, accepted %s\n", as_text(c, k->clock.submitted.us, a),
	        k->clock.is_accepted ? as_text(c, k->clock.accepted.us, b) : "-");
	fprintf(stderr, "  committed %d %s, statutory %d %s, prolonged by %d\n", rule->committed.n,
	        units[rule->committed.unit], rule->statutory.n, units[rule->statutory.unit], k->clock.extension.n);
	fprintf(stderr, "  orange %d%% or %d %s, red %d%% or %d %s\n", rule->orange.percent, rule->orange.most.n,
	        units[rule->orange.most.unit], rule->red.percent, rule->red.most.n, units[rule->red.most.unit]);
	for (size_t i = 0; i < k->clock.stop_n; i++) {
		const struct clock_stop *s = &k->stops[i];
		fprintf(stderr, "  stood from %s to %s, at most %d %s%s\n", as_text(c, s->since.us, a),
		        s->has_ended ? as_text(c, s->until.us, b) : "-", s->most.n, units[s->most.unit],
		        s->is_applicants ? ", the applicant's" : "");
	}
	for (size_t i = 0; i < c->outage_n; i++) {
		if (c->outages[i].until_us > k->clock.submitted.us) {
			fprintf(stderr, "  off from %s to %s\n", as_text(c, c->outages[i].from_us, a),
			        as_text(c, c->outages[i].until_us, b));
		}
	}
	if (k->clock.has_ended) {
		fprintf(stderr, "  ended %s\n", as_text(c, k->clock.ended.us, a));
	}
}

struct line {
	const char *what;
	int64_t fast, slow;
	bool is_instant;
};

static void compare(const struct city *c, const struct running *k, int64_t now_us, const struct line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (lines[i].fast != lines[i].slow) {
			char a[40], b[40];
			describe(c, k, now_us);
			if (lines[i].is_instant) {
				fprintf(stderr, "%s: the clock says %s, the model %s\n", lines[i].what, as_text(c, lines[i].fast, a),
				        as_text(c, lines[i].slow, b));
			} else {
				fprintf(stderr, "%s: the clock says %" PRId64 ", the model %" PRId64 "\n", lines[i].what, lines[i].fast,
				        lines[i].slow);
			}
			exit(1);
		}
	}
}

/* What ran and what stood follow each other without a gap, and add up. */
static void check_story(struct city *c, const struct running *k, int64_t now_us, const struct slow_face *slow)
{
	struct clock_segment s[STOPS_MAX * 2 + 1];
	size_t n = legal_clock_story(c->calendar, &k->clock, now_us, s, STOPS_MAX * 2 + 1);
	int64_t ran = 0, stood = 0, gap = 0;
	for (size_t i = 0; i < n; i++) {
		ran += s[i].stood ? 0 : s[i].working_days;
		stood += s[i].stood ? s[i].working_days : 0;
		gap += i > 0 ? s[i].from_us - s[i - 1].to_us : 0;
	}
	const struct line lines[] = {
		{"segments of the story", n > 0, slow->has_begun, false},
		{"the story's days that ran", ran, slow->ran_days, false},
		{"the story's days that stood", stood, slow->stood_days, false},
		{"gaps in the story", gap, 0, false},
		{"the story's last segment stands", n > 0 && s[n - 1].stood && s[n - 1].is_open, slow->stands, false},
	};
	compare(c, k, now_us, lines, sizeof lines / sizeof *lines);
}

static void tell_outages(const struct city *c, struct running *k)
{
	size_t before = 0;
	while (before < c->outage_n && c->outages[before].until_us <= k->clock.submitted.us) {
		before++;
	}
	k->clock.outages = c->outages + before;
	k->clock.outage_n = c->outage_n - before;
}

static void check(struct city *c, struct running *k, int64_t now_us)
{
	struct clock_face f;
	struct slow_face s;
	tell_outages(c, k);
	legal_clock_read(c->calendar, &k->clock, now_us, &f);
	slow_read(&c->slow, &k->clock, now_us, &s);
	const struct line lines[] = {
		{"has begun", f.has_begun, s.has_begun, false},
		{"stands", f.stands, s.stands, false},
		{"days that ran", f.ran_days, s.ran_days, false},
		{"days that stood", f.stood_days, s.stood_days, false},
		{"silence", f.silence_us, s.silence_us, true},
		{"minutes given back", f.given_back_minutes, s.given_back_minutes, false},
		{"turns next", f.turns_us, s.turns_us, true},
	};
	for (int i = 0; i < CLOCK_LIMITS; i++) {
		const struct clock_due *a = &f.due[i];
		const struct slow_due *b = &s.due[i];
		if (a->is_there) {
			const struct line due[] = {
				{"is covered", a->is_covered, true, false},
				{"last day", a->day * US_PER_DAY, b->day * US_PER_DAY, true},
				{"runs out", a->us, b->us, true},
				{"orange", a->orange_us, b->orange_us, true},
				{"red", a->red_us, b->red_us, true},
				{"level", a->level, b->level, false},
				{"days left", a->left_days, b->left_days, false},
				{"minutes left", a->left_minutes, b->left_minutes, false},
			};
			compare(c, k, now_us, due, sizeof due / sizeof *due);
		}
	}
	compare(c, k, now_us, lines, sizeof lines / sizeof *lines);
	check_story(c, k, now_us, &s);
	c->readings++;
}

/* Every instant of today of which the clock says that it turns, and the minute before it. */
static void follow_turns(struct city *c, struct running *k, int64_t until_us)
{
	struct clock_face f;
	tell_outages(c, k);
	legal_clock_read(c->calendar, &k->clock, k->last_us, &f);
	while (f.turns_us < until_us) {
		int64_t at = f.turns_us;
		if (at - US_PER_MIN >= k->last_us) {
			check(c, k, at - US_PER_MIN);
		}
		check(c, k, at);
		k->last_us = at;
		c->turns++;
		legal_clock_read(c->calendar, &k->clock, at, &f);
	}
}

/* --- Ten years ---------------------------------------------------------------------------------------------------- */

/* A day of the coming weeks is changed; running clocks are counted on the new version from now on. */
static void change_calendar(struct city *c, day_number today, int64_t now_us)
{
	struct clock_face *was = mem_must(c->n + 1, sizeof *was);
	day_number changed[3];
	size_t n = 1 + below(c, 3);
	for (size_t i = 0; i < c->n; i++) {
		legal_clock_read(c->calendar, &c->running[i].clock, now_us, &was[i]);
	}
	for (size_t i = 0; i < n; i++) {
		changed[i] = today + 1 + (day_number)below(c, 60);
		change_day(c, changed[i]);
	}
	new_version(c);
	for (size_t i = 0; i < n; i++) {
		slow_day(&c->slow, &c->spec, changed[i]);
	}
	for (size_t i = 0; i < c->n; i++) {
		struct clock_face f;
		legal_clock_read(c->calendar, &c->running[i].clock, now_us, &f);
		c->moved += f.due[CLOCK_STATUTORY].us != was[i].due[CLOCK_STATUTORY].us;
		check(c, &c->running[i], now_us);
	}
	mem_free(was);
}

static void fail_for_a_while(struct city *c, int64_t us)
{
	if (c->outage_n > 0 && c->outages[c->outage_n - 1].until_us >= us) {
		return;
	}
	must(c->outage_n < OUTAGES_MAX);
	int64_t minutes = chance(c, 70) ? 5 + (int64_t)below(c, 240) : 1440 + (int64_t)below(c, 3 * 1440);
	c->outages[c->outage_n++] = (struct clock_outage){us, us + minutes * US_PER_MIN};
}

static void live_a_day(struct city *c, day_number day)
{
	int64_t begin_us = zone_instant_us(c->zone, day, 0), end_us = zone_instant_us(c->zone, day + 1, 0);
	int64_t minutes = (end_us - begin_us) / US_PER_MIN;
	if (minutes <= 0) {
		return; /* the clocks left it out */
	}
	int64_t noon_us = begin_us + minutes / 2 * US_PER_MIN;
	for (size_t i = 0; i < c->n; i++) {
		struct running *k = &c->running[i];
		if (k->last_us >= noon_us) {
			continue;
		}
		follow_turns(c, k, noon_us);
		int64_t at = noon_us + (int64_t)below(c, (uint64_t)(minutes / 2)) * US_PER_MIN;
		follow_turns(c, k, at);
		live(c, k, at);
		if (chance(c, 25)) {
			check(c, k, at);
		}
		follow_turns(c, k, end_us);
	}
	for (size_t i = 0; i < c->n;) {
		struct running *k = &c->running[i];
		if (k->clock.has_ended) {
			check(c, k, end_us + 30 * US_PER_DAY);
			*k = c->running[--c->n];
			k->clock.stops = k->stops;
		} else {
			i++;
		}
	}
	if (chance(c, 65)) {
		begin_case(c, begin_us + (int64_t)below(c, (uint64_t)minutes) * US_PER_MIN);
		c->running[c->n - 1].clock.stops = c->running[c->n - 1].stops;
	}
	if (chance(c, 2)) {
		fail_for_a_while(c, begin_us + (int64_t)below(c, (uint64_t)minutes) * US_PER_MIN);
	}
	if (below(c, 365) == 0) {
		change_calendar(c, day, end_us);
	}
}

int main(int argc, char **argv)
{
	uint64_t seed = rand_u64();
	const char *given = argc > 1 ? argv[1] : getenv("SEED");
	if (given != NULL && !str_to_u64(str_of(given), &seed)) {
		fprintf(stderr, "usage: clock_sim [SEED]\n");
		return 2;
	}
	printf("SEED=%" PRIu64 "\n", seed);
	fflush(stdout);
	struct city *c = mem_must(1, sizeof *c);
	c->running = mem_must(RUNNING_MAX, sizeof *c->running);
	prng_seed(&c->r, seed);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct err e;
		if (!zone_load(str_of(places[i].zone), &c->zone, &e)) {
			fprintf(stderr, "%s\n", e.text);
			return 1;
		}
		lay_calendar(c, &places[i]);
		day_number first = date_to_day((struct date){places[i].year, 1, 1});
		day_number last = date_to_day((struct date){places[i].year + YEARS - 1, 12, 31});
		for (day_number day = first; day <= last; day++) {
			live_a_day(c, day);
		}
		c->n = 0;
		c->outage_n = 0;
		slow_free(&c->slow);
		calendar_free(c->calendar);
		zone_free(c->zone);
		c->calendar = NULL;
	}
	printf("%" PRId64 " cases in %d years of %zu institutions: %" PRId64 " readings and %" PRId64
	       " turns agree; %" PRId64 " versions of calendars moved %" PRId64 " clocks\n",
	       c->cases, YEARS, sizeof places / sizeof *places, c->readings, c->turns, c->versions, c->moved);
	bool is_enough = c->cases >= 10000;
	printf("%d passed, %d failed\n", is_enough, !is_enough);
	mem_free(c->running);
	mem_free(c);
	return is_enough ? 0 : 1;
}
