#include "html/parts.h"

static const struct {
	const char *class, *outline;
} signs[] = {
	[TAG_NEW] = {"", "M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zm0 2.2a5.8 5.8 0 1 1 0 11.6A5.8 5.8 0 0 1 8 2.2z"},
	[TAG_RUN] = {"run", "M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zm0 2v12A6 6 0 0 1 8 2z"},
	[TAG_WAIT] = {"wait", "M3 2h3.5v12H3zm6.5 0H13v12H9.5z"},
	[TAG_FIX] = {"fixit", "M11.3.8 15.2 4.7 5.3 14.6.6 15.4l.8-4.7z"},
	[TAG_DONE] = {"done", "M6.2 13.2 1 8l1.8-1.8 3.4 3.4 7-7L15 4.4z"},
	[TAG_NO] = {"no", "M3.2 1.4 8 6.2l4.8-4.8 1.8 1.8L9.8 8l4.8 4.8-1.8 1.8L8 9.8l-4.8 4.8-1.8-1.8L6.2 8 1.4 3.2z"},
	[TAG_ORANGE] = {"orange", "M8 1 16 15H0z"},
	[TAG_RED] = {"red", "M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7z"},
};

const char *tag_class(enum tag_sign sign)
{
	return signs[sign].class;
}

const char *tag_outline(enum tag_sign sign)
{
	return signs[sign].outline;
}

const char *day_stone_class(struct day_stone d)
{
	if (d.is_standing) {
		return " still";
	}
	return d.alert == ALERT_RED ? " red" : d.alert == ALERT_ORANGE ? " orange" : "";
}

/* --- The clock -----------------------------------------------------------------------------------------------------
 */

#define DAYS_A_WEEK 5

/* What a week shows: the loudest of its days; of ran and stood the more frequent one. */
static uint8_t week_of(const uint8_t *days, size_t n)
{
	static const uint8_t loudest[] = {DAY_LATE, DAY_NOW, DAY_NOW_STANDING, DAY_SOON};
	for (size_t k = 0; k < sizeof loudest; k++) {
		for (size_t i = 0; i < n; i++) {
			if (days[i] == loudest[k]) {
				return loudest[k];
			}
		}
	}
	size_t ran = 0;
	size_t stood = 0;
	for (size_t i = 0; i < n; i++) {
		ran += days[i] == DAY_RAN;
		stood += days[i] == DAY_STOOD;
	}
	return ran == 0 && stood == 0 ? DAY_LEFT : ran >= stood ? DAY_RAN : DAY_STOOD;
}

static int32_t mark_at(const struct clock_view *c, struct clock_mark m, bool is_in_weeks)
{
	if (m.at < 0 || (size_t)m.at >= c->n) {
		return -1;
	}
	return is_in_weeks ? m.at / DAYS_A_WEEK : m.at;
}

void clock_draw(const struct clock_view *c, struct clock_drawing *out)
{
	*out = (struct clock_drawing){.is_in_weeks = c->n > CLOCK_STONES_MAX};
	size_t step = out->is_in_weeks ? DAYS_A_WEEK : 1;
	for (size_t i = 0; i < c->n && out->n < CLOCK_WEEKS_MAX; i += step) {
		size_t left = c->n - i;
		uint8_t day = week_of(c->days + i, left < step ? left : step);
		out->stones[out->n++] = day;
		out->has_stood |= day == DAY_STOOD || day == DAY_NOW_STANDING;
		out->has_soon |= day == DAY_SOON;
		out->has_late |= day == DAY_LATE;
	}
	out->promised_at = mark_at(c, c->promised, out->is_in_weeks);
	out->law_at = mark_at(c, c->law, out->is_in_weeks);
}

const char *clock_class(enum clock_day day)
{
	static const char *const classes[] = {
		[DAY_RAN] = "ran", [DAY_STOOD] = "stood", [DAY_NOW] = "now", [DAY_NOW_STANDING] = "stood now",
		[DAY_LEFT] = "",   [DAY_SOON] = "orange", [DAY_LATE] = "red"};
	return classes[day];
}

const char *clock_mini_class(enum clock_day day)
{
	static const char *const classes[] = {
		[DAY_RAN] = "ran",   [DAY_STOOD] = "stood", [DAY_NOW] = "left", [DAY_NOW_STANDING] = "stood",
		[DAY_LEFT] = "left", [DAY_SOON] = "soon",   [DAY_LATE] = "past"};
	return classes[day];
}

size_t clock_run(const struct clock_drawing *d, size_t at)
{
	const char *class = clock_mini_class(d->stones[at]);
	size_t n = 1;
	while (at + n < d->n && strcmp(clock_mini_class(d->stones[at + n]), class) == 0) {
		n++;
	}
	return n;
}

bool clock_is_early(const struct clock_drawing *d, int32_t at)
{
	return (size_t)at * 3 < d->n;
}
