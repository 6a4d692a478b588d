#include "base/legal_clock.h"

#include "base/time_source.h"

const struct clock_lead clock_lead_orange = {.percent = 20, .most = {CLOCK_WORKING_DAYS, 2}};
const struct clock_lead clock_lead_red = {.percent = 10, .most = {CLOCK_WORKING_DAYS, 1}};

/* Where a limit runs out: with a working minute, or with a whole day. Both are always said. */
struct point {
	bool is_exact;
	bool is_covered;
	day_number day;
	int64_t minute;
};

/* A clock as of an instant. */
struct reading {
	const struct calendar *c;
	const struct legal_clock *clock;
	struct clock_moment start, at;
};

/* A stretch in which it stood; stops that overlap are one. */
struct stand {
	int64_t from_us, until_us;
	day_number from_day, until_day; /* the day on which it stopped, which ran; the last one that stood */
	int64_t runs_us;                /* open: when it runs again by itself, or CLOCK_NEVER */
	bool is_open, has_lapsed;
	int32_t reason;
};

struct clock_moment clock_moment_at(const struct calendar *c, int64_t us)
{
	return (struct clock_moment){.day = zone_local(calendar_zone(c), us).day, .us = us};
}

static int64_t day_begins(const struct calendar *c, day_number day)
{
	return zone_instant_us(calendar_zone(c), day, 0);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* --- Limits ------------------------------------------------------------------------------------------------------- */

static int64_t point_us(const struct calendar *c, const struct point *p)
{
	return p->is_exact ? calendar_instant_of(c, p->minute) : day_begins(c, p->day + 1);
}

static struct point start_point(const struct calendar *c, const struct clock_moment *m)
{
	return (struct point){
		.day = m->day, .minute = calendar_minutes_at(c, m->us), .is_covered = calendar_covers(c, m->day)};
}

/* The limit and what it stood, in the limit's own measure (minutes, working days, calendar days), later. */
static struct point advance(const struct calendar *c, const struct point *from, struct clock_limit limit, int64_t stood)
{
	struct point p = {.is_covered = from->is_covered};
	int64_t n = limit.n + stood;
	switch (limit.unit) {
	case CLOCK_WORKING_HOURS:
		p.is_exact = true;
		p.minute = from->minute + limit.n * INT64_C(60) + stood;
		p.is_covered = p.is_covered && p.minute <= calendar_minutes_before(c, calendar_last(c) + 1);
		p.day = clock_moment_at(c, calendar_instant_of(c, p.minute)).day;
		return p;
	case CLOCK_WORKING_DAYS:
		p.day = calendar_add(c, from->day, (int32_t)n);
		p.is_covered = p.is_covered && calendar_between(c, from->day, p.day) == n;
		break;
	case CLOCK_CALENDAR_DAYS:
		p.day = (day_number)least(from->day + n, DAY_MAX);
		break;
	case CLOCK_MONTHS:
		p.day = (day_number)least(date_add_months(from->day, limit.n) + stood, DAY_MAX);
		break;
	}
	p.minute = calendar_minutes_before(c, p.day + 1);
	return p;
}

/* A last day on which nobody works moves to the next working day. */
static void roll(const struct calendar *c, struct point *p)
{
	if (!p->is_exact && !calendar_is_working(c, p->day)) {
		day_number day = calendar_add(c, p->day, 0);
		p->is_covered = p->is_covered && day >= p->day;
		p->day = day;
		p->minute = calendar_minutes_before(c, day + 1);
	}
}

static struct point run_out(const struct reading *r, struct clock_limit limit, struct clock_limit more, int64_t stood)
{
	struct point start = start_point(r->c, &r->start), p = advance(r->c, &start, limit, stood);
	if (more.n > 0) {
		struct point base = p;
		p = advance(r->c, &base, more, 0);
	}
	roll(r->c, &p);
	return p;
}

/* --- Outages ------------------------------------------------------------------------------------------------------ */

/* The first working minute at which so many were passed since `minute` while the program was on. */
static int64_t give_back(const struct calendar *c, int64_t minute, int64_t since_us, int64_t missed,
                         const struct clock_outage *outages, size_t n)
{
	int64_t target = minute + missed;
	for (size_t i = 0; i < n && missed > 0; i++) {
		if (outages[i].until_us <= since_us) {
			continue;
		}
		if (outages[i].from_us >= calendar_instant_of(c, target)) {
			break;
		}
		int64_t from = calendar_minutes_at(c, most(outages[i].from_us, since_us));
		target += calendar_minutes_at(c, outages[i].until_us) - from;
	}
	return target;
}

/* The same in time of every day and night. */
static int64_t give_back_us(int64_t due_us, int64_t missed_us, const struct clock_outage *outages, size_t n)
{
	int64_t target = due_us + missed_us;
	for (size_t i = 0; i < n && missed_us > 0; i++) {
		if (outages[i].until_us > due_us && outages[i].from_us < target) {
			target += outages[i].until_us - most(outages[i].from_us, due_us);
		}
	}
	return target;
}

void legal_clock_deadline(const struct calendar *c, const struct clock_moment *since, struct clock_limit limit,
                          const struct clock_outage *outages, size_t outage_n, struct clock_due *out)
{
	struct point start = start_point(c, since), p = advance(c, &start, limit, 0);
	roll(c, &p);
	int64_t due_us = point_us(c, &p), missed_us = 0, missed = 0;
	for (size_t i = 0; i < outage_n; i++) {
		int64_t from = most(outages[i].from_us, since->us), until = least(outages[i].until_us, due_us);
		if (from < until) {
			missed_us += until - from;
			missed += calendar_minutes_at(c, until) - calendar_minutes_at(c, from);
		}
	}
	if (p.is_exact) {
		p.minute = give_back(c, p.minute, due_us, missed, outages, outage_n);
		p.day = clock_moment_at(c, calendar_instant_of(c, p.minute)).day;
	} else if (missed_us > 0) {
		p.day = clock_moment_at(c, give_back_us(due_us, missed_us, outages, outage_n) - 1).day;
		p.minute = calendar_minutes_before(c, p.day + 1);
		roll(c, &p);
	}
	*out = (struct clock_due){
		.is_there = true,
		.is_covered = p.is_covered,
		.is_exact = p.is_exact,
		.day = p.day,
		.minute = p.minute,
		.us = point_us(c, &p),
	};
}

/* --- Stops -------------------------------------------------------------------------------------------------------- */

/* When a stop ends; open: as of the reading. */
static struct clock_moment stop_end(const struct reading *r, const struct clock_stop *s, struct stand *to)
{
	struct clock_moment end = r->at;
	bool is_open = !s->has_ended || s->until.us > r->at.us;
	int64_t runs_us = s->has_ended ? s->until.us : CLOCK_NEVER;
	if (!is_open) {
		end = s->until;
	}
	if (s->most.n > 0) {
		struct clock_due due;
		size_t outage_n = s->is_applicants ? r->clock->outage_n : 0;
		legal_clock_deadline(r->c, &s->since, s->most, r->clock->outages, outage_n, &due);
		runs_us = least(runs_us, due.us);
		if (due.us <= r->at.us && (is_open || due.us < end.us)) {
			end = (struct clock_moment){due.day, due.us};
			is_open = false;
			to->has_lapsed = true;
		}
	}
	if (is_open) {
		to->is_open = true;
		to->runs_us = most(to->runs_us, runs_us);
	}
	return end;
}

/* The next stretch from stop *i on. */
static bool next_stand(const struct reading *r, size_t *i, struct stand *out)
{
	const struct legal_clock *k = r->clock;
	*out = (struct stand){.runs_us = INT64_MIN};
	bool has = false;
	day_number ended_day = 0;
	for (; *i < k->stop_n && k->stops[*i].since.us <= r->at.us; (*i)++) {
		const struct clock_stop *s = &k->stops[*i];
		struct stand one = {.runs_us = out->runs_us};
		struct clock_moment end = stop_end(r, s, &one);
		if (end.us < r->start.us || end.us < s->since.us) {
			continue; /* it was over before the clock began */
		}
		if (has && !out->is_open && s->since.us >= out->until_us) {
			break;
		}
		if (!has) {
			out->from_us = most(s->since.us, r->start.us);
			out->from_day = (day_number)most(s->since.day, r->start.day);
			out->reason = s->reason;
			ended_day = out->from_day;
		}
		if (!has || end.us > out->until_us) {
			out->until_us = end.us;
			out->has_lapsed = one.has_lapsed;
		}
		ended_day = (day_number)most(ended_day, end.day);
		out->is_open = out->is_open || one.is_open;
		out->runs_us = one.runs_us;
		has = true;
	}
	out->until_day = ended_day;
	if (!out->is_open && ended_day > out->from_day) {
		/* It runs again with the next working day. */
		out->until_day = (day_number)most(ended_day, calendar_add(r->c, ended_day, 1) - 1);
	}
	return has;
}

/* --- One limit ---------------------------------------------------------------------------------------------------- */

struct stood {
	int64_t minutes;
	int32_t working_days, calendar_days;
	day_number until_day; /* counted up to here */
};

static void add_stand(const struct calendar *c, struct stood *to, const struct stand *s)
{
	day_number after = to->until_day > s->from_day ? to->until_day : s->from_day;
	to->minutes += calendar_minutes_at(c, s->until_us) - calendar_minutes_at(c, s->from_us);
	if (s->until_day > after) {
		to->working_days += calendar_between(c, after, s->until_day);
		to->calendar_days += s->until_day - after;
		to->until_day = s->until_day;
	}
}

/* `hundredths` of working days before the end of `day`, which is day 1. */
static int64_t days_before(const struct calendar *c, day_number day, int64_t hundredths)
{
	int64_t whole = hundredths / 100, part = hundredths % 100;
	if (part == 0) {
		return day_begins(c, whole == 0 ? day + 1 : calendar_add(c, day, -(int32_t)(whole - 1)));
	}
	day_number begun = calendar_add(c, day, -(int32_t)whole);
	int64_t end = calendar_minutes_before(c, begun + 1), length = end - calendar_minutes_before(c, begun);
	return calendar_instant_of(c, end - length * part / 100);
}

/* `running`: the limit's working minutes or working days. */
static int64_t turns_at(const struct calendar *c, const struct point *p, int64_t due_us, int64_t running,
                        const struct clock_lead *lead)
{
	int64_t at = lead->percent == 0 && lead->most.n == 0 ? due_us : INT64_MIN;
	if (lead->percent > 0) {
		int64_t share = most(running, 0) * lead->percent;
		at = p->is_exact ? calendar_instant_of(c, p->minute - share / 100) : days_before(c, p->day, share);
	}
	if (lead->most.n > 0) {
		at = most(at, lead->most.unit == CLOCK_WORKING_HOURS
		                  ? calendar_instant_of(c, p->minute - lead->most.n * INT64_C(60))
		                  : days_before(c, p->day, lead->most.n * INT64_C(100)));
	}
	return least(at, due_us);
}

static void read_limit(const struct reading *r, struct clock_limit limit, struct clock_due *out);

/* By how much it is extended: not at all when it had run out by then. */
static struct clock_limit more_of(const struct reading *r, struct clock_limit limit)
{
	struct clock_limit more = r->clock->extension;
	if (more.n > 0 && r->clock->extended_us > r->start.us) {
		struct legal_clock before = *r->clock;
		before.extension.n = 0;
		struct reading then = {
			.c = r->c, .clock = &before, .start = r->start, .at = clock_moment_at(r->c, before.extended_us)};
		struct clock_due due;
		read_limit(&then, limit, &due);
		more.n = then.at.us < due.us ? more.n : 0;
	}
	return more;
}

static void read_limit(const struct reading *r, struct clock_limit limit, struct clock_due *out)
{
	*out = (struct clock_due){.is_there = limit.n > 0};
	if (!out->is_there) {
		return;
	}
	struct stood stood = {.until_day = DAY_MIN};
	struct clock_limit more = more_of(r, limit);
	struct point p = run_out(r, limit, more, 0);
	struct stand s;
	for (size_t i = 0; next_stand(r, &i, &s);) {
		if (p.is_exact ? calendar_minutes_at(r->c, s.from_us) >= p.minute : s.from_day > p.day) {
			break;
		}
		add_stand(r->c, &stood, &s);
		p = run_out(r, limit, more,
		            limit.unit == CLOCK_WORKING_HOURS  ? stood.minutes
		            : limit.unit == CLOCK_WORKING_DAYS ? stood.working_days
		                                               : stood.calendar_days);
		if (!p.is_exact && p.day < stood.until_day) {
			/* It stopped on its last day: it cannot run out before it runs again. */
			p.day = stood.until_day;
			p.minute = calendar_minutes_before(r->c, p.day + 1);
			roll(r->c, &p);
		}
	}
	out->is_covered = p.is_covered;
	out->is_exact = p.is_exact;
	out->day = p.day;
	out->minute = p.minute;
	out->us = point_us(r->c, &p);
	int64_t running = p.is_exact ? p.minute - calendar_minutes_at(r->c, r->start.us) - stood.minutes
	                             : calendar_between(r->c, r->start.day, p.day) - stood.working_days;
	out->orange_us = turns_at(r->c, &p, out->us, running, &r->clock->rule.orange);
	out->red_us = turns_at(r->c, &p, out->us, running, &r->clock->rule.red);
	out->level = r->at.us >= out->us          ? CLOCK_PAST
	             : r->at.us >= out->red_us    ? CLOCK_RED
	             : r->at.us >= out->orange_us ? CLOCK_ORANGE
	                                          : CLOCK_GREEN;
}

/* Working minutes of outages in which the clock ran towards this limit. */
static int64_t missed_minutes(const struct reading *r, const struct clock_due *due)
{
	int64_t missed = 0;
	for (size_t k = 0; k < r->clock->outage_n; k++) {
		int64_t from = most(r->clock->outages[k].from_us, r->start.us);
		int64_t until = least(r->clock->outages[k].until_us, due->us);
		if (from >= until) {
			continue;
		}
		missed += calendar_minutes_at(r->c, until) - calendar_minutes_at(r->c, from);
		struct stand s;
		for (size_t i = 0; next_stand(r, &i, &s);) {
			int64_t stood_from = due->is_exact ? s.from_us : day_begins(r->c, s.from_day + 1);
			int64_t stood_until = due->is_exact ? s.until_us : day_begins(r->c, s.until_day + 1);
			int64_t a = most(from, stood_from), b = least(until, stood_until);
			missed -= a < b ? calendar_minutes_at(r->c, b) - calendar_minutes_at(r->c, a) : 0;
		}
	}
	return missed;
}

/* --- All of it ---------------------------------------------------------------------------------------------------- */

static bool begin(const struct calendar *c, const struct legal_clock *clock, int64_t now_us, struct reading *r)
{
	bool is_accepting = clock->rule.from == CLOCK_FROM_ACCEPTANCE;
	*r = (struct reading){.c = c, .clock = clock, .start = is_accepting ? clock->accepted : clock->submitted};
	bool has_ended = clock->has_ended && clock->ended.us <= now_us;
	r->at = has_ended ? clock->ended : clock_moment_at(c, now_us);
	if (r->at.us < r->start.us) {
		r->at = r->start;
	}
	return !is_accepting || clock->is_accepted;
}

static void read_silence(const struct reading *r, struct clock_face *f)
{
	const struct clock_due *due = &f->due[CLOCK_STATUTORY];
	if (r->clock->rule.silence == SILENCE_NOTHING || !due->is_there || !due->is_covered || f->stands) {
		return;
	}
	f->silence_us = due->us;
	f->given_back_minutes = missed_minutes(r, due);
	if (f->given_back_minutes > 0) {
		int64_t minute =
			give_back(r->c, due->minute, due->us, f->given_back_minutes, r->clock->outages, r->clock->outage_n);
		f->silence_us = calendar_instant_of(r->c, minute);
	}
	if (f->has_ended && f->silence_us > r->at.us) {
		f->silence_us = CLOCK_NEVER;
	}
}

static int64_t next_turn(const struct reading *r, const struct clock_face *f)
{
	int64_t next = f->silence_us > r->at.us ? f->silence_us : CLOCK_NEVER;
	for (int i = 0; i < CLOCK_LIMITS; i++) {
		const int64_t at[] = {f->due[i].orange_us, f->due[i].red_us, f->due[i].us};
		for (size_t k = 0; f->due[i].is_there && k < 3; k++) {
			next = at[k] > r->at.us ? least(next, at[k]) : next;
		}
	}
	return next;
}

void legal_clock_read(const struct calendar *c, const struct legal_clock *clock, int64_t now_us, struct clock_face *out)
{
	struct reading r;
	struct stand s, last = {0};
	struct stood stood = {.until_day = DAY_MIN};
	const struct clock_limit limits[CLOCK_LIMITS] = {clock->rule.committed, clock->rule.statutory};
	*out = (struct clock_face){.next = CLOCK_LIMITS, .silence_us = CLOCK_NEVER, .turns_us = CLOCK_NEVER};
	out->has_begun = begin(c, clock, now_us, &r);
	if (!out->has_begun) {
		return;
	}
	out->has_ended = clock->has_ended && clock->ended.us <= now_us;
	bool has_stood_today = false;
	for (size_t i = 0; next_stand(&r, &i, &s);) {
		add_stand(c, &stood, &s);
		has_stood_today = has_stood_today || (r.at.day > s.from_day && r.at.day <= s.until_day);
		last = s;
	}
	out->stands = last.is_open && !out->has_ended;
	out->stood_days = stood.working_days;
	out->stood_minutes = stood.minutes;
	/* Today is left, not used, unless it stood or the clock ended on it. */
	day_number today = r.at.day;
	int32_t gone = calendar_between(c, r.start.day, out->has_ended || has_stood_today ? today : today - 1);
	out->ran_days = gone > out->stood_days ? gone - out->stood_days : 0;
	out->ran_minutes = calendar_minutes_at(c, r.at.us) - calendar_minutes_at(c, r.start.us) - stood.minutes;
	bool is_counted = calendar_is_working(c, today) && today > r.start.day && !has_stood_today;
	for (int i = CLOCK_LIMITS - 1; i >= 0; i--) {
		struct clock_due *due = &out->due[i];
		read_limit(&r, limits[i], due);
		if (due->is_there) {
			due->left_days = calendar_between(c, today, due->day) + (is_counted && due->day >= today);
			due->left_minutes = due->minute - calendar_minutes_at(c, r.at.us);
			out->next = r.at.us < due->us ? (enum clock_which)i : out->next;
		}
	}
	if (out->stands) {
		struct reading stopped = r;
		stopped.at = (struct clock_moment){last.from_day, last.from_us};
		for (int i = 0; i < CLOCK_LIMITS; i++) {
			struct clock_due then;
			read_limit(&stopped, limits[i], &then);
			out->due[i].level = then.level;
		}
	}
	for (int i = 0; i < CLOCK_LIMITS; i++) {
		out->level = out->due[i].level > out->level ? out->due[i].level : out->level;
	}
	read_silence(&r, out);
	if (!out->has_ended) {
		out->turns_us = out->stands ? last.runs_us : next_turn(&r, out);
	}
}

/* --- The story ---------------------------------------------------------------------------------------------------- */

static void measure(const struct calendar *c, struct clock_segment *s)
{
	s->working_days = s->to_day >= s->from_day ? calendar_between(c, s->from_day - 1, s->to_day) : 0;
	s->calendar_days = s->to_day >= s->from_day ? s->to_day - s->from_day + 1 : 0;
	s->working_minutes = calendar_minutes_at(c, s->to_us) - calendar_minutes_at(c, s->from_us);
}

size_t legal_clock_story(const struct calendar *c, const struct legal_clock *clock, int64_t now_us,
                         struct clock_segment *out, size_t room)
{
	struct reading r;
	if (!begin(c, clock, now_us, &r)) {
		return 0;
	}
	bool has_ended = clock->has_ended && clock->ended.us <= now_us;
	size_t n = 0;
	int64_t from_us = r.start.us;
	day_number counted = r.start.day; /* up to here */
	struct stand s = {0};
	for (size_t i = 0; next_stand(&r, &i, &s);) {
		bool is_today = s.from_day == r.at.day && !has_ended; /* which is not over yet */
		struct clock_segment ran = {
			.from_us = from_us, .to_us = s.from_us, .from_day = counted + 1, .to_day = s.from_day - is_today};
		if (ran.to_us > ran.from_us) {
			measure(c, &ran);
			if (n < room) {
				out[n] = ran;
			}
			n++;
		}
		counted = counted > s.from_day ? counted : s.from_day;
		struct clock_segment stood = {
			.stood = true,
			.has_lapsed = s.has_lapsed && !s.is_open,
			.is_open = s.is_open && !has_ended,
			.reason = s.reason,
			.from_day = counted + 1,
			.to_day = s.until_day,
			.from_us = s.from_us,
			.to_us = s.until_us,
		};
		measure(c, &stood);
		if (n < room) {
			out[n] = stood;
		}
		n++;
		counted = counted > s.until_day ? counted : s.until_day;
		from_us = s.until_us;
	}
	if (!s.is_open && (r.at.us > from_us || n == 0)) {
		struct clock_segment ran = {
			.is_open = !has_ended,
			.from_us = from_us,
			.to_us = r.at.us,
			.from_day = counted + 1,
			.to_day = has_ended ? r.at.day : r.at.day - 1,
		};
		measure(c, &ran);
		if (n < room) {
			out[n] = ran;
		}
		n++;
	}
	return n;
}

bool legal_clock_compare(const struct calendar *was, const struct calendar *is, const struct legal_clock *clock,
                         int64_t now_us, struct clock_change *out)
{
	legal_clock_read(was, clock, now_us, &out->was);
	legal_clock_read(is, clock, now_us, &out->is);
	bool moves = out->was.silence_us != out->is.silence_us;
	for (int i = 0; i < CLOCK_LIMITS; i++) {
		const struct clock_due *a = &out->was.due[i], *b = &out->is.due[i];
		moves = moves || a->day != b->day || a->us != b->us || a->orange_us != b->orange_us || a->red_us != b->red_us;
	}
	return moves && !out->is.has_ended;
}
