#include <stdio.h>

#include "app/catalogue/catalogue.h"
#include "app/installation/installation.h"
#include "cmd/commands.h"
#include "cmd/control_commands.h"
#include "cmd/open.h"

/* "+3d", "+90m": microseconds. */
static bool read_span(struct str word, int64_t *us, struct err *e)
{
	uint64_t n;
	char unit = word.n > 0 ? word.p[word.n - 1] : '\0';
	int64_t one = unit == 'd'   ? US_PER_DAY
	              : unit == 'h' ? 60 * US_PER_MIN
	              : unit == 'm' ? US_PER_MIN
	              : unit == 's' ? US_PER_S
	                            : 0;
	if (word.n < 3 || word.p[0] != '+' || one == 0 || !str_to_u64(str_sub(word, 1, word.n - 2), &n) || n > 36500) {
		return err_set(
			e, ERR_USAGE,
			"write how far to move, such as +3d, +12h, +90m or +30s, or to which time of day, such as 23:50");
	}
	*us = (int64_t)n * one;
	return true;
}

/* "23:50": as far as it is until that time of the day comes next, at home. */
static bool read_time_of_day(struct str word, const struct zone *zone, int64_t now_us, int64_t *us)
{
	struct str hour, minute;
	uint64_t h, m;
	if (zone == NULL || !str_cut(word, ':', &hour, &minute) || !str_to_u64(hour, &h) || !str_to_u64(minute, &m) ||
	    h > 23 || m > 59) {
		return false;
	}
	struct local_time local = zone_local(zone, now_us);
	int32_t second = (int32_t)(h * 3600 + m * 60);
	*us = zone_instant_us(zone, local.day + (local.second >= second), second) - now_us;
	return *us > 0;
}

bool clock_control(struct app *app, const struct words *words, struct str secret, struct buf *reply, struct err *e)
{
	(void)secret;
	int64_t by_us = 0;
	const struct jurisdiction *home = catalogue_home(app);
	struct str span = words_at(words, 0);
	if (span.n > 0) {
		struct str how = words_at(words, 1);
		if (how.n > 0 && !str_is(how, "off")) {
			return err_set(e, ERR_USAGE,
			               "after how far to move only \"off\" may stand: as if the program had been off");
		}
		bool is_time = read_time_of_day(span, home ? home->zone : NULL, time_legal_us(&app->time), &by_us);
		if ((!is_time && !read_span(span, &by_us, e)) || !installation_travel(app, by_us, how.n > 0, e)) {
			return false;
		}
	}
	int64_t now_us = time_legal_us(&app->time);
	if (home == NULL) {
		buf_printf(reply, "%lld microseconds since 1970\n", (long long)now_us);
		return true;
	}
	struct local_time local = zone_local(home->zone, now_us);
	char date[11];
	date_format(local.day, date);
	buf_printf(reply, "%s %02d:%02d:%02d %s\n", date, local.second / 3600, local.second / 60 % 60, local.second % 60,
	           local.abbreviation);
	return true;
}

int cmd_clock(int argc, char **argv)
{
	return control_main("clock", argc, argv, NULL, NULL);
}
