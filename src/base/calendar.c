#include "base/calendar.h"

#include "base/fault.h"
#include "base/time_source.h"

enum { DAYS_MAX = 60 * 366, MINUTES_PER_DAY = 1440 };

struct hours {
	int16_t from_min, to_min;
};

/* A place is the number of a working day counted from `first`; its number on the axis is place - zero. */
struct calendar {
	char *id;
	size_t id_n;
	int32_t version;
	const struct zone *zone;
	day_number first, last;
	int32_t n;               /* working days, at least 1 */
	int32_t zero;            /* place of the axis' zero */
	int32_t *places;         /* [day - first]: working days before that day; one entry more for the day after last */
	day_number *days;        /* [place] */
	struct hours *hours;     /* [place] */
	int32_t *minutes_before; /* [place]: office minutes of the days before; one entry more with the sum */
};

static bool are_hours(int from_min, int to_min)
{
	return from_min >= 0 && from_min < to_min && to_min <= MINUTES_PER_DAY;
}

static bool check(const struct calendar_spec *s, struct err *e)
{
	must(s->zone != NULL);
	if (s->first < DAY_MIN || s->last > DAY_MAX || s->first > s->last || (int64_t)s->last - s->first >= DAYS_MAX) {
		return err_set(e, ERR_INVALID, "a calendar covers 1 day to 60 years");
	}
	if (!are_hours(s->from_min, s->to_min)) {
		return err_set(e, ERR_INVALID, "office hours begin before they end, between minute 0 and 1440");
	}
	for (size_t i = 0; i < s->day_n; i++) {
		const struct calendar_day *d = &s->days[i];
		char text[11];
		date_format(d->day, text);
		if (d->day < s->first || d->day > s->last) {
			return err_set(e, ERR_INVALID, "%s is listed but lies outside of the years covered", text);
		}
		if (d->is_working && (d->from_min != 0 || d->to_min != 0) && !are_hours(d->from_min, d->to_min)) {
			return err_set(e, ERR_INVALID, "office hours of %s begin before they end, between minute 0 and 1440", text);
		}
	}
	return true;
}

/* listed[day - first] is 1 + the index of the exception of that day, 0 without one. */
static bool list_exceptions(const struct calendar_spec *s, uint32_t *listed, struct err *e)
{
	for (size_t i = 0; i < s->day_n; i++) {
		uint32_t *at = &listed[s->days[i].day - s->first];
		if (*at) {
			char text[11];
			date_format(s->days[i].day, text);
			return err_set(e, ERR_INVALID, "%s is listed twice", text);
		}
		*at = (uint32_t)i + 1;
	}
	return true;
}

static void lay_axis(struct calendar *c, const struct calendar_spec *s, const uint32_t *listed)
{
	int32_t minutes = 0;
	for (day_number day = c->first; day <= c->last; day++) {
		int32_t at = day - c->first;
		const struct calendar_day *special = listed[at] ? &s->days[listed[at] - 1] : NULL;
		bool is_working = special ? special->is_working : (s->weekend >> date_weekday(day) & 1) == 0;
		c->places[at] = c->n;
		if (!is_working) {
			continue;
		}
		bool has_hours = special && special->to_min > 0;
		struct hours h = {has_hours ? special->from_min : s->from_min, has_hours ? special->to_min : s->to_min};
		c->days[c->n] = day;
		c->hours[c->n] = h;
		c->minutes_before[c->n] = minutes;
		minutes += h.to_min - h.from_min;
		c->n++;
		if (day < 0) {
			c->zero = c->n;
		}
	}
	c->places[c->last - c->first + 1] = c->n;
	c->minutes_before[c->n] = minutes;
}

bool calendar_new(const struct calendar_spec *spec, struct calendar **out, struct err *e)
{
	if (!check(spec, e)) {
		return false;
	}
	bool ok = false;
	size_t day_n = (size_t)(spec->last - spec->first) + 1;
	uint32_t *listed = mem_alloc(day_n, sizeof *listed);
	struct calendar *c = mem_alloc(1, sizeof *c);
	if (c) {
		c->id = mem_alloc(spec->id.n + 1, 1);
		c->places = mem_alloc(day_n + 1, sizeof *c->places);
		c->days = mem_alloc(day_n, sizeof *c->days);
		c->hours = mem_alloc(day_n, sizeof *c->hours);
		c->minutes_before = mem_alloc(day_n + 1, sizeof *c->minutes_before);
	}
	if (!listed || !c || !c->id || !c->places || !c->days || !c->hours || !c->minutes_before) {
		err_set(e, ERR_MEMORY, "no memory for a calendar");
		goto out;
	}
	memcpy(c->id, spec->id.p, spec->id.n);
	c->id_n = spec->id.n;
	c->version = spec->version;
	c->zone = spec->zone;
	c->first = spec->first;
	c->last = spec->last;
	if (!list_exceptions(spec, listed, e)) {
		goto out;
	}
	lay_axis(c, spec, listed);
	if (c->n == 0) {
		err_set(e, ERR_INVALID, "a calendar has at least one working day");
		goto out;
	}
	ok = true;
	*out = c;
out:
	mem_free(listed);
	if (!ok) {
		calendar_free(c);
	}
	return ok;
}

void calendar_free(struct calendar *c)
{
	if (c) {
		mem_free(c->id);
		mem_free(c->places);
		mem_free(c->days);
		mem_free(c->hours);
		mem_free(c->minutes_before);
		mem_free(c);
	}
}

struct str calendar_id(const struct calendar *c)
{
	return (struct str){c->id, c->id_n};
}

int32_t calendar_version(const struct calendar *c)
{
	return c->version;
}

const struct zone *calendar_zone(const struct calendar *c)
{
	return c->zone;
}

bool calendar_covers(const struct calendar *c, day_number day)
{
	return day >= c->first && day <= c->last;
}

/* Working days before `day`: 0 to n. */
static int32_t place_of(const struct calendar *c, int64_t day)
{
	if (day < c->first) {
		return 0;
	}
	return c->places[day > c->last ? c->last - c->first + 1 : (day_number)day - c->first];
}

static int32_t clamp_place(const struct calendar *c, int64_t place)
{
	return place < 0 ? 0 : place >= c->n ? c->n - 1 : (int32_t)place;
}

bool calendar_is_working(const struct calendar *c, day_number day)
{
	return place_of(c, (int64_t)day + 1) > place_of(c, day);
}

int32_t calendar_index(const struct calendar *c, day_number day)
{
	return clamp_place(c, place_of(c, day)) - c->zero;
}

day_number calendar_day_at(const struct calendar *c, int32_t index)
{
	return c->days[clamp_place(c, (int64_t)index + c->zero)];
}

day_number calendar_add(const struct calendar *c, day_number day, int32_t n)
{
	int64_t place = n > 0 ? (int64_t)place_of(c, (int64_t)day + 1) + n - 1 : (int64_t)place_of(c, day) + n;
	return c->days[clamp_place(c, place)];
}

int32_t calendar_between(const struct calendar *c, day_number from, day_number to)
{
	return place_of(c, (int64_t)to + 1) - place_of(c, (int64_t)from + 1);
}

void calendar_hours(const struct calendar *c, day_number day, int *from_min, int *to_min)
{
	struct hours h = {0, 0};
	if (calendar_is_working(c, day)) {
		h = c->hours[place_of(c, day)];
	}
	*from_min = h.from_min;
	*to_min = h.to_min;
}

int64_t calendar_minutes_at(const struct calendar *c, int64_t utc_us)
{
	struct local_time local = zone_local(c->zone, utc_us);
	int32_t place = place_of(c, local.day);
	int64_t minutes = c->minutes_before[place];
	if (calendar_is_working(c, local.day)) {
		/* By time passed, not by the clock on the wall: that one goes back in autumn, and a legal clock never does. */
		struct hours h = c->hours[place];
		int64_t passed = (utc_us - zone_instant_us(c->zone, local.day, h.from_min * 60)) / US_PER_MIN;
		int64_t most = h.to_min - h.from_min;
		minutes += passed < 0 ? 0 : passed > most ? most : passed;
	}
	return minutes - c->minutes_before[c->zero];
}

int64_t calendar_instant_of(const struct calendar *c, int64_t working_minute)
{
	int64_t sum = c->minutes_before[c->n];
	int64_t lowest = -(int64_t)c->minutes_before[c->zero];
	int64_t minute = working_minute < lowest ? 0 : working_minute > sum + lowest ? sum : working_minute - lowest;
	/* The last day that begins below the minute; the first day for 0. */
	int32_t low = 0, high = c->n - 1;
	while (low < high) {
		int32_t middle = low + (high - low + 1) / 2;
		if (c->minutes_before[middle] < minute) {
			low = middle;
		} else {
			high = middle - 1;
		}
	}
	struct hours h = c->hours[low];
	int64_t start = zone_instant_us(c->zone, c->days[low], h.from_min * 60);
	int64_t end = zone_instant_us(c->zone, c->days[low], h.to_min * 60);
	int64_t at = start + (minute - c->minutes_before[low]) * US_PER_MIN;
	/* A day that loses an hour in spring ends before all its minutes have passed. */
	return at < end ? at : end;
}
