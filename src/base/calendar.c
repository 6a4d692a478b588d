#include "base/calendar.h"

#include "base/fault.h"
#include "base/time_source.h"

enum { DAYS_MAX = 60 * 366, MINUTES_PER_DAY = 1440, TEXT_BYTES_MAX = 8 << 20 };

/* One stretch of office hours. */
struct span {
	day_number day;
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
	int32_t *span_of;        /* [place]: its first span; one entry more with their number */
	struct span *spans;      /* of all days, in order of time */
	int32_t *minutes_before; /* [span]: office minutes of the spans before; one entry more with the sum */
	uint8_t digest[SHA256_BYTES];
};

static bool are_hours(const struct office_hours *h)
{
	if (h->n > OFFICE_SPANS_MAX) {
		return false;
	}
	for (int i = 0, after = 0; i < h->n; i++) {
		const struct office_span *s = &h->spans[i];
		if (s->from_min < after || s->from_min >= s->to_min || s->to_min > MINUTES_PER_DAY) {
			return false;
		}
		after = s->to_min + 1;
	}
	return true;
}

static bool check(const struct calendar_spec *s, struct err *e)
{
	must(s->zone != NULL);
	if (s->first < DAY_MIN || s->last > DAY_MAX || s->first > s->last || (int64_t)s->last - s->first >= DAYS_MAX) {
		return err_set(e, ERR_INVALID, "a calendar covers 1 day to 60 years");
	}
	bool is_good = s->hours.n > 0 && are_hours(&s->hours);
	for (int i = 0; i < 7; i++) {
		is_good = is_good && are_hours(&s->weekday[i]);
	}
	if (!is_good) {
		return err_set(e, ERR_INVALID,
		               "office hours are 1 to %d spans, one after the other with time between them, between minute 0 "
		               "and 1440",
		               OFFICE_SPANS_MAX);
	}
	for (size_t i = 0; i < s->day_n; i++) {
		const struct calendar_day *d = &s->days[i];
		char text[11];
		date_format(d->day, text);
		if (d->day < s->first || d->day > s->last) {
			return err_set(e, ERR_INVALID, "%s is listed but lies outside of the years covered", text);
		}
		if (d->is_working && !are_hours(&d->hours)) {
			return err_set(e, ERR_INVALID,
			               "office hours of %s are at most %d spans, one after the other with time between them, "
			               "between minute 0 and 1440",
			               text, OFFICE_SPANS_MAX);
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

static bool is_left_out(const struct zone *z, day_number day)
{
	return zone_instant_us(z, day, 0) >= zone_instant_us(z, day + 1, 0);
}

static const struct office_hours *hours_of(const struct calendar_spec *s, const struct calendar_day *special,
                                           day_number day)
{
	const struct office_hours *weekday = &s->weekday[date_weekday(day)];
	return special && special->hours.n > 0 ? &special->hours : weekday->n > 0 ? weekday : &s->hours;
}

static void lay_axis(struct calendar *c, const struct calendar_spec *s, const uint32_t *listed)
{
	int32_t minutes = 0, span_n = 0;
	for (day_number day = c->first; day <= c->last; day++) {
		int32_t at = day - c->first;
		const struct calendar_day *special = listed[at] ? &s->days[listed[at] - 1] : NULL;
		bool is_working = special ? special->is_working : (s->weekend >> date_weekday(day) & 1) == 0;
		c->places[at] = c->n;
		if (!is_working || is_left_out(c->zone, day)) {
			continue;
		}
		const struct office_hours *hours = hours_of(s, special, day);
		c->days[c->n] = day;
		c->span_of[c->n] = span_n;
		for (int i = 0; i < hours->n; i++) {
			c->spans[span_n] = (struct span){day, hours->spans[i].from_min, hours->spans[i].to_min};
			c->minutes_before[span_n++] = minutes;
			minutes += hours->spans[i].to_min - hours->spans[i].from_min;
		}
		c->n++;
		if (day < 0) {
			c->zero = c->n;
		}
	}
	c->places[c->last - c->first + 1] = c->n;
	c->span_of[c->n] = span_n;
	c->minutes_before[span_n] = minutes;
}

void calendar_zone_write(const struct calendar *c, struct buf *out)
{
	zone_write(c->zone, zone_instant_us(c->zone, c->first, 0), zone_instant_us(c->zone, c->last, 86400), out);
}

/* One line a working day, then the zone's offsets. */
static bool make_digest(struct calendar *c, struct err *e)
{
	struct buf text;
	buf_init(&text, TEXT_BYTES_MAX);
	buf_printf(&text, "%d %d\n", c->first, c->last);
	for (int32_t place = 0; place < c->n; place++) {
		buf_put_i64(&text, c->days[place]);
		for (int32_t i = c->span_of[place]; i < c->span_of[place + 1]; i++) {
			buf_put_byte(&text, ' ');
			buf_put_i64(&text, c->spans[i].from_min);
			buf_put_byte(&text, '-');
			buf_put_i64(&text, c->spans[i].to_min);
		}
		buf_put_byte(&text, '\n');
	}
	calendar_zone_write(c, &text);
	bool ok = buf_ok(&text, e);
	if (ok) {
		sha256_of(buf_str(&text), c->digest);
	}
	buf_release(&text);
	return ok;
}

static size_t spans_at_most(const struct calendar_spec *s)
{
	size_t most = s->hours.n;
	for (int i = 0; i < 7; i++) {
		most = s->weekday[i].n > most ? s->weekday[i].n : most;
	}
	return (size_t)(s->last - s->first + 1) * most + s->day_n * OFFICE_SPANS_MAX;
}

bool calendar_new(const struct calendar_spec *spec, struct calendar **out, struct err *e)
{
	if (!check(spec, e)) {
		return false;
	}
	bool ok = false;
	size_t day_n = (size_t)(spec->last - spec->first) + 1, span_n = spans_at_most(spec);
	uint32_t *listed = mem_alloc(day_n, sizeof *listed);
	struct calendar *c = mem_alloc(1, sizeof *c);
	if (c) {
		c->id = mem_alloc(spec->id.n + 1, 1);
		c->places = mem_alloc(day_n + 1, sizeof *c->places);
		c->days = mem_alloc(day_n, sizeof *c->days);
		c->span_of = mem_alloc(day_n + 1, sizeof *c->span_of);
		c->spans = mem_alloc(span_n, sizeof *c->spans);
		c->minutes_before = mem_alloc(span_n + 1, sizeof *c->minutes_before);
	}
	if (!listed || !c || !c->id || !c->places || !c->days || !c->span_of || !c->spans || !c->minutes_before) {
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
	if (!make_digest(c, e)) {
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
		mem_free(c->span_of);
		mem_free(c->spans);
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

day_number calendar_first(const struct calendar *c)
{
	return c->first;
}

day_number calendar_last(const struct calendar *c)
{
	return c->last;
}

const uint8_t *calendar_digest(const struct calendar *c)
{
	return c->digest;
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

struct office_hours calendar_hours(const struct calendar *c, day_number day)
{
	struct office_hours h = {.n = 0};
	if (calendar_is_working(c, day)) {
		int32_t place = place_of(c, day);
		for (int32_t i = c->span_of[place]; i < c->span_of[place + 1]; i++) {
			h.spans[h.n++] = (struct office_span){c->spans[i].from_min, c->spans[i].to_min};
		}
	}
	return h;
}

/* The axis' numbers begin at its zero, those of minutes_before at the first day. */
static int64_t minutes_to_zero(const struct calendar *c)
{
	return c->minutes_before[c->span_of[c->zero]];
}

int64_t calendar_minutes_before(const struct calendar *c, day_number day)
{
	return c->minutes_before[c->span_of[place_of(c, day)]] - minutes_to_zero(c);
}

int64_t calendar_minutes_at(const struct calendar *c, int64_t utc_us)
{
	struct local_time local = zone_local(c->zone, utc_us);
	int32_t place = place_of(c, local.day);
	int64_t minutes = c->minutes_before[c->span_of[place]];
	if (calendar_is_working(c, local.day)) {
		/* By time passed, not by the clock on the wall: that one goes back in autumn, and a legal clock never does. */
		for (int32_t i = c->span_of[place]; i < c->span_of[place + 1]; i++) {
			const struct span *s = &c->spans[i];
			int64_t passed = (utc_us - zone_instant_us(c->zone, s->day, s->from_min * 60)) / US_PER_MIN;
			int64_t most = s->to_min - s->from_min;
			if (passed <= 0) {
				break;
			}
			minutes = c->minutes_before[i] + (passed > most ? most : passed);
		}
	}
	return minutes - minutes_to_zero(c);
}

int64_t calendar_instant_of(const struct calendar *c, int64_t working_minute)
{
	int32_t span_n = c->span_of[c->n];
	int64_t sum = c->minutes_before[span_n], lowest = -minutes_to_zero(c);
	int64_t minute = working_minute < lowest ? 0 : working_minute > sum + lowest ? sum : working_minute - lowest;
	/* The last span that begins below the minute; the first one for 0. */
	int32_t low = 0, high = span_n - 1;
	while (low < high) {
		int32_t middle = low + (high - low + 1) / 2;
		if (c->minutes_before[middle] < minute) {
			low = middle;
		} else {
			high = middle - 1;
		}
	}
	const struct span *s = &c->spans[low];
	int64_t start = zone_instant_us(c->zone, s->day, s->from_min * 60);
	int64_t end = zone_instant_us(c->zone, s->day, s->to_min * 60);
	int64_t at = start + (minute - c->minutes_before[low]) * US_PER_MIN;
	if (low + 1 < span_n && s[1].day == s->day) {
		int64_t next = zone_instant_us(c->zone, s->day, s[1].from_min * 60);
		end = next < end ? next : end;
	}
	/* A day that loses an hour in spring ends before all its minutes have passed. */
	return at < end ? at : end;
}
