#include "sim/slow_clock.h"

#include "base/fault.h"
#include "base/time_source.h"

/* --- The calendar ------------------------------------------------------------------------------------------------- */

static bool hours_on(const struct calendar_spec *spec, day_number day, struct office_hours *hours)
{
	int weekday = date_weekday(day);
	*hours = spec->weekday[weekday].n > 0 ? spec->weekday[weekday] : spec->hours;
	for (size_t i = 0; i < spec->day_n; i++) {
		if (spec->days[i].day == day) {
			if (spec->days[i].hours.n > 0) {
				*hours = spec->days[i].hours;
			}
			return spec->days[i].is_working;
		}
	}
	return (spec->weekend >> weekday & 1) == 0;
}

static int64_t minute_of(const struct slow_calendar *c, int64_t us)
{
	return (us - c->begin_us) / US_PER_MIN;
}

static int64_t us_of(const struct slow_calendar *c, int64_t minute)
{
	return c->begin_us + minute * US_PER_MIN;
}

static bool works_on(const struct slow_calendar *c, day_number day)
{
	return day >= c->first && day <= c->last && c->day_works[day - c->first];
}

/* The first minute of a local day, or of the next one that there is. */
static int64_t day_begins(const struct slow_calendar *c, day_number day)
{
	/* Near it by UTC; no zone is 26 hours away from it. */
	int64_t minute = (int64_t)(day - c->first) * 1440 - 1560;
	minute = minute < 0 ? 0 : minute;
	while (minute < c->n && c->day[minute] < day) {
		minute++;
	}
	return minute;
}

void slow_day(struct slow_calendar *c, const struct calendar_spec *spec, day_number day)
{
	struct office_hours hours;
	bool works = hours_on(spec, day, &hours), is_there = false;
	for (int64_t m = day_begins(c, day); m < c->n && c->day[m] == day; m++) {
		int minute = zone_local(spec->zone, us_of(c, m)).second / 60;
		is_there = true;
		c->works[m] = false;
		for (int i = 0; works && i < hours.n; i++) {
			c->works[m] = c->works[m] || (minute >= hours.spans[i].from_min && minute < hours.spans[i].to_min);
		}
	}
	c->day_works[day - c->first] = works && is_there;
}

void slow_new(struct slow_calendar *c, const struct calendar_spec *spec)
{
	*c = (struct slow_calendar){.first = spec->first, .last = spec->last};
	c->begin_us = (int64_t)(spec->first - 1) * US_PER_DAY;
	c->n = (int64_t)(spec->last - spec->first + 3) * 1440;
	c->works = mem_must((size_t)c->n, sizeof *c->works);
	c->day = mem_must((size_t)c->n, sizeof *c->day);
	c->day_works = mem_must((size_t)(spec->last - spec->first + 1), sizeof *c->day_works);
	for (int64_t m = 0; m < c->n; m++) {
		c->day[m] = zone_local(spec->zone, us_of(c, m)).day;
	}
	for (day_number day = spec->first; day <= spec->last; day++) {
		slow_day(c, spec, day);
	}
}

void slow_free(struct slow_calendar *c)
{
	mem_free(c->works);
	mem_free(c->day);
	mem_free(c->day_works);
}

/* --- A limit without stops ---------------------------------------------------------------------------------------- */

static day_number months_later(day_number day, int months)
{
	struct date d = date_of_day(day);
	for (; months > 0; months--) {
		d.month = d.month == 12 ? 1 : d.month + 1;
		d.year += d.month == 1;
	}
	while (!date_is_valid(d)) {
		d.day--;
	}
	return date_to_day(d);
}

/* Days of a limit that is counted in days: working days are counted on working days only. */
static int32_t days_of(day_number start, struct clock_limit limit)
{
	return limit.unit == CLOCK_MONTHS ? months_later(start, limit.n) - start : limit.n;
}

static bool is_off(const struct legal_clock *k, int64_t us)
{
	for (size_t i = 0; i < k->outage_n; i++) {
		if (us >= k->outages[i].from_us && us < k->outages[i].until_us) {
			return true;
		}
	}
	return false;
}

struct end {
	day_number day;
	int64_t minute; /* the first that is after it */
};

/* When somebody's own time is over; with the outages in it. */
static struct end deadline(const struct slow_calendar *c, const struct legal_clock *k, const struct clock_moment *since,
                           struct clock_limit limit, bool has_outages)
{
	struct end e = {.day = since->day, .minute = minute_of(c, since->us)};
	int64_t from = e.minute, missed = 0;
	if (limit.unit == CLOCK_WORKING_HOURS) {
		int64_t left = limit.n * INT64_C(60);
		while (left > 0 || missed > 0) {
			bool is_lost = has_outages && is_off(k, us_of(c, e.minute));
			if (c->works[e.minute] && left > 0) {
				left--;
				missed += is_lost;
			} else if (c->works[e.minute]) {
				missed -= !is_lost;
			}
			e.minute++;
		}
		e.day = c->day[e.minute - 1];
		return e;
	}
	for (int32_t left = days_of(since->day, limit); left > 0;) {
		e.day++;
		left -= limit.unit != CLOCK_WORKING_DAYS || works_on(c, e.day);
	}
	while (!works_on(c, e.day)) {
		e.day++;
	}
	e.minute = day_begins(c, e.day + 1);
	for (int64_t m = from; has_outages && m < e.minute; m++) {
		missed += is_off(k, us_of(c, m));
	}
	if (missed > 0) {
		int64_t m = e.minute;
		while (missed > 0) {
			missed -= !is_off(k, us_of(c, m));
			m++;
		}
		e.day = c->day[m - 1];
		while (!works_on(c, e.day)) {
			e.day++;
		}
		e.minute = day_begins(c, e.day + 1);
	}
	return e;
}

/* --- Stops, as of a minute ---------------------------------------------------------------------------------------- */

struct slow {
	const struct slow_calendar *c;
	const struct legal_clock *k;
	struct clock_moment start;
	int64_t now; /* minute */
	struct stop {
		int64_t since, until;
		day_number since_day, last_day; /* the days after since_day up to last_day stand */
		bool is_open;
		int64_t runs; /* open: the minute in which it ends by itself, or -1 */
	} stops[16];
	size_t n;
};

static void look_at_stop(struct slow *s, const struct clock_stop *stop)
{
	const struct slow_calendar *c = s->c;
	struct stop *t = &s->stops[s->n];
	*t =
		(struct stop){.since = minute_of(c, stop->since.us), .since_day = stop->since.day, .is_open = true, .runs = -1};
	if (t->since > s->now) {
		return;
	}
	day_number last = c->day[s->now];
	t->until = s->now;
	if (stop->has_ended && minute_of(c, stop->until.us) <= s->now) {
		t->is_open = false;
		t->until = minute_of(c, stop->until.us);
		last = stop->until.day;
	}
	if (stop->most.n > 0) {
		struct end e = deadline(c, s->k, &stop->since, stop->most, stop->is_applicants);
		if (e.minute <= s->now && (t->is_open || e.minute < t->until)) {
			t->is_open = false;
			t->until = e.minute;
			last = e.day;
		} else if (t->is_open) {
			t->runs = e.minute;
		}
	}
	if (t->until < minute_of(c, s->start.us)) {
		return;
	}
	if (t->since < minute_of(c, s->start.us)) {
		t->since = minute_of(c, s->start.us);
		t->since_day = s->start.day;
	}
	t->last_day = last;
	if (!t->is_open && last > t->since_day) {
		while (!works_on(c, t->last_day + 1)) {
			t->last_day++;
		}
	}
	s->n++;
}

static bool day_stands(const struct slow *s, day_number day)
{
	for (size_t i = 0; i < s->n; i++) {
		if (day > s->stops[i].since_day && day <= s->stops[i].last_day) {
			return true;
		}
	}
	return false;
}

static bool minute_stands(const struct slow *s, int64_t minute)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct stop *t = &s->stops[i];
		if (minute >= t->since && minute < t->until) {
			return true;
		}
	}
	return false;
}

static bool is_standing(const struct slow *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->stops[i].is_open) {
			return true;
		}
	}
	return false;
}

/* Back to the minute from which on it stands. */
static int64_t stopped_at(const struct slow *s)
{
	int64_t minute = s->now;
	while (minute_stands(s, minute - 1)) {
		minute--;
	}
	return minute;
}

static void look(struct slow *s, const struct slow_calendar *c, const struct legal_clock *k, int64_t now)
{
	*s = (struct slow){.c = c, .k = k, .now = now};
	s->start = k->rule.from == CLOCK_FROM_ACCEPTANCE ? k->accepted : k->submitted;
	for (size_t i = 0; i < k->stop_n; i++) {
		look_at_stop(s, &k->stops[i]);
	}
	/* As long as the clock stands, nobody knows yet when it runs again. */
	int64_t since = stopped_at(s);
	for (size_t i = 0; is_standing(s) && i < s->n; i++) {
		if (s->stops[i].until > since && s->stops[i].last_day > c->day[now]) {
			s->stops[i].last_day = c->day[now];
		}
	}
}

/* --- One limit ---------------------------------------------------------------------------------------------------- */

/* So many working minutes before a minute: the first minute after which no more are left. */
static int64_t back(const struct slow_calendar *c, int64_t from, int64_t minutes)
{
	if (minutes == 0) {
		while (!c->works[from - 1]) {
			from--;
		}
		return from;
	}
	while (minutes > 0) {
		from--;
		minutes -= c->works[from];
	}
	while (!c->works[from - 1]) {
		from--;
	}
	return from;
}

static day_number back_days(const struct slow_calendar *c, day_number day, int64_t n)
{
	while (n > 0) {
		day--;
		n -= works_on(c, day);
	}
	return day;
}

static int64_t share_before(const struct slow_calendar *c, day_number day, int64_t hundredths)
{
	day_number part_of = back_days(c, day, hundredths / 100);
	if (hundredths % 100 == 0) {
		return hundredths == 0 ? day_begins(c, day + 1) : day_begins(c, back_days(c, day, hundredths / 100 - 1));
	}
	int64_t length = 0, end = day_begins(c, part_of + 1);
	for (int64_t m = day_begins(c, part_of); m < end; m++) {
		length += c->works[m];
	}
	return back(c, end, length * (hundredths % 100) / 100);
}

static int64_t turn(const struct slow_calendar *c, const struct slow_due *due, bool is_exact, int64_t running,
                    const struct clock_lead *lead)
{
	int64_t end = minute_of(c, due->us), at = -1;
	if (lead->percent > 0) {
		at =
			is_exact ? back(c, end, running * lead->percent / 100) : share_before(c, due->day, running * lead->percent);
	}
	if (lead->most.n > 0) {
		int64_t other = lead->most.unit == CLOCK_WORKING_HOURS ? back(c, end, lead->most.n * INT64_C(60))
		                                                       : share_before(c, due->day, lead->most.n * INT64_C(100));
		at = other > at ? other : at;
	}
	return us_of(c, at < 0 || at > end ? end : at);
}

static void count_hours(const struct slow *s, int64_t n, struct slow_due *due)
{
	int64_t m = minute_of(s->c, s->start.us);
	for (int64_t left = n * 60; left > 0; m++) {
		left -= s->c->works[m] && !minute_stands(s, m);
	}
	due->us = us_of(s->c, m);
	due->day = s->c->day[m - 1];
}

static void count_days(const struct slow *s, struct clock_limit limit, int32_t more, struct slow_due *due)
{
	day_number day = s->start.day;
	for (int32_t left = days_of(day, limit) + more; left > 0;) {
		day++;
		left -= !day_stands(s, day) && (limit.unit != CLOCK_WORKING_DAYS || works_on(s->c, day));
	}
	/* It does not run out while it stands, nor on a day off. */
	while (day_stands(s, day + 1) || !works_on(s->c, day)) {
		day++;
	}
	due->day = day;
	due->us = us_of(s->c, day_begins(s->c, day + 1));
}

static void read_due(const struct slow *s, struct clock_limit limit, struct slow_due *due);

/* What had run out when the extension was made had no more time to get. */
static int32_t extension_of(const struct slow *s, struct clock_limit limit)
{
	if (s->k->extension.n == 0 || s->k->extended_us <= s->start.us) {
		return s->k->extension.n;
	}
	struct legal_clock without = *s->k;
	struct slow then;
	struct slow_due due;
	without.extension.n = 0;
	look(&then, s->c, &without, minute_of(s->c, s->k->extended_us));
	read_due(&then, limit, &due);
	return due.us <= s->k->extended_us ? 0 : s->k->extension.n;
}

static void read_due(const struct slow *s, struct clock_limit limit, struct slow_due *due)
{
	const struct slow_calendar *c = s->c;
	const struct clock_rule *rule = &s->k->rule;
	*due = (struct slow_due){.is_there = limit.n > 0};
	if (!due->is_there) {
		return;
	}
	int64_t running = 0;
	int32_t more = extension_of(s, limit);
	bool is_exact = limit.unit == CLOCK_WORKING_HOURS;
	if (is_exact) {
		count_hours(s, limit.n + more, due);
		running = (limit.n + more) * INT64_C(60);
	} else {
		count_days(s, limit, more, due);
		for (day_number day = s->start.day + 1; day <= due->day; day++) {
			running += works_on(c, day) && !day_stands(s, day);
		}
	}
	due->orange_us = turn(c, due, is_exact, running, &rule->orange);
	due->red_us = turn(c, due, is_exact, running, &rule->red);
	int64_t now_us = us_of(c, s->now);
	due->level = now_us >= due->us          ? CLOCK_PAST
	             : now_us >= due->red_us    ? CLOCK_RED
	             : now_us >= due->orange_us ? CLOCK_ORANGE
	                                        : CLOCK_GREEN;
	day_number today = c->day[s->now];
	for (day_number day = today; day <= due->day; day++) {
		bool is_used = day == today && (day <= s->start.day || day_stands(s, day));
		due->left_days += works_on(c, day) && !is_used;
	}
	for (day_number day = due->day + 1; day <= today; day++) {
		due->left_days -= works_on(c, day);
	}
	for (int64_t m = s->now; m < minute_of(c, due->us); m++) {
		due->left_minutes += c->works[m];
	}
	for (int64_t m = minute_of(c, due->us); m < s->now; m++) {
		due->left_minutes -= c->works[m];
	}
}

static void read_silence(const struct slow *s, bool has_ended, struct slow_face *f)
{
	const struct slow_calendar *c = s->c;
	bool is_exact = s->k->rule.statutory.unit == CLOCK_WORKING_HOURS;
	int64_t m = minute_of(c, s->start.us), end = minute_of(c, f->due[CLOCK_STATUTORY].us);
	for (; m < end; m++) {
		bool stands = is_exact ? minute_stands(s, m) : day_stands(s, c->day[m]);
		f->given_back_minutes += c->works[m] && !stands && is_off(s->k, us_of(c, m));
	}
	for (int64_t left = f->given_back_minutes; left > 0; m++) {
		left -= c->works[m] && !is_off(s->k, us_of(c, m));
	}
	f->silence_us = us_of(c, m);
	if (has_ended && f->silence_us > us_of(c, s->now)) {
		f->silence_us = CLOCK_NEVER;
	}
}

static int64_t next_turn(const struct slow *s, const struct slow_face *f)
{
	int64_t now_us = us_of(s->c, s->now), next = f->silence_us > now_us ? f->silence_us : CLOCK_NEVER;
	if (f->stands) {
		int64_t runs = 0;
		for (size_t i = 0; i < s->n; i++) {
			if (s->stops[i].is_open && s->stops[i].runs < 0) {
				return CLOCK_NEVER;
			}
			runs = s->stops[i].is_open && s->stops[i].runs > runs ? s->stops[i].runs : runs;
		}
		return us_of(s->c, runs);
	}
	for (int i = 0; i < CLOCK_LIMITS; i++) {
		int64_t at[] = {f->due[i].orange_us, f->due[i].red_us, f->due[i].us};
		for (int k = 0; f->due[i].is_there && k < 3; k++) {
			next = at[k] > now_us && at[k] < next ? at[k] : next;
		}
	}
	return next;
}

void slow_read(const struct slow_calendar *c, const struct legal_clock *k, int64_t now_us, struct slow_face *f)
{
	*f = (struct slow_face){.silence_us = CLOCK_NEVER, .turns_us = CLOCK_NEVER};
	f->has_begun = k->rule.from == CLOCK_FROM_SUBMISSION || k->is_accepted;
	if (!f->has_begun) {
		return;
	}
	bool has_ended = k->has_ended && k->ended.us <= now_us;
	struct slow s, then;
	look(&s, c, k, minute_of(c, has_ended ? k->ended.us : now_us));
	f->stands = is_standing(&s) && !has_ended;
	read_due(&s, k->rule.committed, &f->due[CLOCK_COMMITTED]);
	read_due(&s, k->rule.statutory, &f->due[CLOCK_STATUTORY]);
	if (f->stands) {
		struct slow_due due;
		look(&then, c, k, stopped_at(&s));
		read_due(&then, k->rule.committed, &due);
		f->due[CLOCK_COMMITTED].level = due.level;
		read_due(&then, k->rule.statutory, &due);
		f->due[CLOCK_STATUTORY].level = due.level;
	}
	day_number today = c->day[s.now];
	for (day_number day = s.start.day + 1; day <= today; day++) {
		bool stands = day_stands(&s, day);
		f->stood_days += works_on(c, day) && stands;
		f->ran_days += works_on(c, day) && !stands && (day < today || has_ended);
	}
	if (k->rule.silence != SILENCE_NOTHING && k->rule.statutory.n > 0 && !f->stands) {
		read_silence(&s, has_ended, f);
	}
	if (!has_ended) {
		f->turns_us = next_turn(&s, f);
	}
}
