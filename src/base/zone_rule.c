#include "base/zone_rule.h"

#include "base/date.h"

/* --- Reading: each call takes what it reads off *s -----------------------------------------------------------------
 */

static bool take_byte(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c) {
		return false;
	}
	*s = str_sub(*s, 1, s->n);
	return true;
}

static bool take_number(struct str *s, int32_t least, int32_t most, int32_t *out)
{
	int32_t v = 0;
	size_t n = 0;
	while (n < s->n && n < 4 && s->p[n] >= '0' && s->p[n] <= '9') {
		v = v * 10 + (s->p[n++] - '0');
	}
	*s = str_sub(*s, n, s->n);
	*out = v;
	return n > 0 && v >= least && v <= most;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool take_name(struct str *s, char out[8])
{
	struct str name = *s;
	if (take_byte(s, '<')) {
		if (!str_cut(*s, '>', &name, s)) {
			return false;
		}
		for (size_t i = 0; i < name.n; i++) {
			char c = name.p[i];
			if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '+' && c != '-') {
				return false;
			}
		}
	} else {
		name.n = 0;
		while (name.n < s->n && is_letter(s->p[name.n])) {
			name.n++;
		}
		*s = str_sub(*s, name.n, s->n);
	}
	memset(out, 0, 8);
	memcpy(out, name.p, name.n < 7 ? name.n : 7);
	return name.n >= 3;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool take_time(struct str *s, int32_t hours_max, int32_t *out)
{
	int32_t sign = 1, hours, minutes = 0, seconds = 0;
	if (take_byte(s, '-')) {
		sign = -1;
	} else {
		take_byte(s, '+');
	}
	if (!take_number(s, 0, hours_max, &hours)) {
		return false;
	}
	if (take_byte(s, ':')) {
		if (!take_number(s, 0, 59, &minutes)) {
			return false;
		}
		if (take_byte(s, ':') && !take_number(s, 0, 59, &seconds)) {
			return false;
		}
	}
	*out = sign * (hours * 3600 + minutes * 60 + seconds);
	return true;
}

static bool take_day(struct str *s, struct zone_rule_day *out)
{
	if (!take_byte(s, ',')) {
		return false;
	}
	if (take_byte(s, 'M')) {
		out->kind = RULE_MONTH_WEEK_DAY;
		if (!take_number(s, 1, 12, &out->month) || !take_byte(s, '.') || !take_number(s, 1, 5, &out->week) ||
		    !take_byte(s, '.') || !take_number(s, 0, 6, &out->weekday)) {
			return false;
		}
	} else if (take_byte(s, 'J')) {
		out->kind = RULE_JULIAN;
		if (!take_number(s, 1, 365, &out->day)) {
			return false;
		}
	} else {
		out->kind = RULE_ZERO_BASED;
		if (!take_number(s, 0, 365, &out->day)) {
			return false;
		}
	}
	out->time_s = 7200;
	return !take_byte(s, '/') || take_time(s, 167, &out->time_s);
}

bool zone_rule_parse(struct str posix, struct zone_rule *out)
{
	struct str s = posix;
	struct zone_rule r = {.has_summer = false};
	int32_t west;
	if (!take_name(&s, r.standard) || !take_time(&s, 24, &west)) {
		return false;
	}
	r.standard_s = -west;
	if (s.n > 0) {
		r.has_summer = true;
		if (!take_name(&s, r.summer)) {
			return false;
		}
		r.summer_s = r.standard_s + 3600;
		if (s.n > 0 && s.p[0] != ',') {
			if (!take_time(&s, 24, &west)) {
				return false;
			}
			r.summer_s = -west;
		}
		if (!take_day(&s, &r.start) || !take_day(&s, &r.end) || s.n > 0) {
			return false;
		}
	}
	*out = r;
	return true;
}

/* --- Using ----------------------------------------------------------------------------------------------------------
 */

/* Local seconds at which the rule's moment of that year comes. */
static int64_t moment(const struct zone_rule_day *d, int32_t year)
{
	day_number day = date_to_day((struct date){year, 1, 1});
	if (d->kind == RULE_ZERO_BASED) {
		day += d->day;
	} else if (d->kind == RULE_JULIAN) {
		day += d->day - 1 + (d->day >= 60 && date_is_leap_year(year));
	} else {
		day_number first = date_to_day((struct date){year, d->month, 1});
		/* Ours count from Monday, POSIX counts from Sunday. */
		int32_t ahead = (d->weekday + 6 - date_weekday(first) + 7) % 7;
		int32_t in_month = ahead + 7 * (d->week - 1);
		while (in_month >= date_month_days(year, d->month)) {
			in_month -= 7;
		}
		day = first + in_month;
	}
	return (int64_t)day * 86400 + d->time_s;
}

struct zone_rule_span zone_rule_at(const struct zone_rule *r, int64_t utc_s)
{
	struct zone_rule_span out = {INT64_MIN, INT64_MAX, r->standard_s, r->standard};
	if (!r->has_summer) {
		return out;
	}
	int64_t days = (utc_s + r->standard_s) / 86400;
	day_number day = days < DAY_MIN ? DAY_MIN : days > DAY_MAX ? DAY_MAX : (day_number)days;
	int32_t year = date_of_day(day).year;
	/* Summers as spans of time, those of the neighbouring years included: they may reach over New Year, in the south
	 * and where a footer says "summer all year" (0/0,J365/25). */
	for (int32_t y = year - 1; y <= year + 1; y++) {
		if (y < 1 || y > 9999) {
			continue;
		}
		int64_t start = moment(&r->start, y) - r->standard_s;
		int64_t end = moment(&r->end, y) - r->summer_s;
		if (end <= start) {
			end = moment(&r->end, y + 1) - r->summer_s;
		}
		if (utc_s >= start && utc_s < end) {
			return (struct zone_rule_span){start, end, r->summer_s, r->summer};
		}
		if (end <= utc_s && end > out.from) {
			out.from = end;
		}
		if (start > utc_s && start < out.until) {
			out.until = start;
		}
	}
	return out;
}
