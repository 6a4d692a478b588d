#include "base/ical.h"

#include <stdio.h>

#include "base/buf.h"

enum { LINE_BYTES_MAX = 64 << 10, DEPTH_MAX = 8, PARAMS_MAX = 16 };

struct param {
	struct str name, value;
};

/* One content line, unfolded. */
struct line {
	int number;
	struct str name, value;
	struct param params[PARAMS_MAX];
	size_t param_n;
};

struct reader {
	struct arena *arena;
	struct str rest;
	int number; /* of the last line taken */
	struct line at;
	struct err *e;
};

static bool wrong(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool wrong(struct reader *r, const char *fmt, ...)
{
	char text[200];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_set(r->e, ERR_INVALID, "line %d: %s", r->at.number, text);
}

/* --- Lines -------------------------------------------------------------------------------------------------------- */

static bool take_physical(struct reader *r, struct str *out)
{
	if (r->rest.n == 0 || !str_next(&r->rest, '\n', out)) {
		return false;
	}
	r->number++;
	if (out->n > 0 && out->p[out->n - 1] == '\r') {
		out->n--;
	}
	return true;
}

/* A name as in RFC 5545, 3.1: letters, digits and hyphens. */
static struct str take_name(struct str *rest)
{
	size_t n = 0;
	while (n < rest->n && ((rest->p[n] >= 'A' && rest->p[n] <= 'Z') || (rest->p[n] >= 'a' && rest->p[n] <= 'z') ||
	                       (rest->p[n] >= '0' && rest->p[n] <= '9') || rest->p[n] == '-')) {
		n++;
	}
	struct str name = str_sub(*rest, 0, n);
	*rest = str_sub(*rest, n, SIZE_MAX);
	return name;
}

static bool starts_with(const struct str *s, char c)
{
	return s->n > 0 && s->p[0] == c;
}

/* The value of a parameter: up to the next ; or : or, quoted, the next quote. */
static bool take_param_value(struct reader *r, struct str *rest, struct str *out)
{
	if (starts_with(rest, '"')) {
		*rest = str_sub(*rest, 1, SIZE_MAX);
		size_t end = str_find_byte(*rest, '"');
		if (end == SIZE_MAX) {
			return wrong(r, "a quotation mark is not closed");
		}
		*out = str_sub(*rest, 0, end);
		*rest = str_sub(*rest, end + 1, SIZE_MAX);
		return true;
	}
	size_t n = 0;
	while (n < rest->n && rest->p[n] != ';' && rest->p[n] != ':' && rest->p[n] != '"') {
		n++;
	}
	*out = str_sub(*rest, 0, n);
	*rest = str_sub(*rest, n, SIZE_MAX);
	return true;
}

static bool split_line(struct reader *r, struct str text)
{
	struct line *l = &r->at;
	struct str rest = text;
	l->param_n = 0;
	l->name = take_name(&rest);
	if (l->name.n == 0) {
		return wrong(r, "a property begins with its name");
	}
	while (starts_with(&rest, ';')) {
		rest = str_sub(rest, 1, SIZE_MAX);
		if (l->param_n == PARAMS_MAX) {
			return wrong(r, "a property has more than %d parameters", PARAMS_MAX);
		}
		struct param *p = &l->params[l->param_n++];
		p->name = take_name(&rest);
		if (p->name.n == 0 || !starts_with(&rest, '=')) {
			return wrong(r, "a parameter is written NAME=value");
		}
		do {
			rest = str_sub(rest, 1, SIZE_MAX);
			if (!take_param_value(r, &rest, &p->value)) {
				return false;
			}
		} while (starts_with(&rest, ','));
	}
	if (!starts_with(&rest, ':')) {
		return wrong(r, "there is no colon after the property's name");
	}
	l->value = str_sub(rest, 1, SIZE_MAX);
	return true;
}

/* False at the end, or with an error: r->e says which (code 0: the end). */
static bool next_line(struct reader *r)
{
	struct str first, more;
	if (!take_physical(r, &first)) {
		return false;
	}
	r->at.number = r->number;
	struct buf joined;
	buf_init(&joined, LINE_BYTES_MAX);
	bool is_folded = false;
	while (r->rest.n > 0 && (r->rest.p[0] == ' ' || r->rest.p[0] == '\t')) {
		if (!is_folded) {
			buf_put(&joined, first);
		}
		is_folded = true;
		(void)take_physical(r, &more);
		buf_put(&joined, str_sub(more, 1, SIZE_MAX));
	}
	bool is_long = joined.failed || first.n > LINE_BYTES_MAX;
	struct str text = is_folded ? arena_copy(r->arena, buf_str(&joined)) : first;
	buf_release(&joined);
	if (is_long) {
		return wrong(r, "the line is longer than %d KiB", LINE_BYTES_MAX >> 10);
	}
	if (text.n == 0) {
		return wrong(r, "the line is empty");
	}
	if (!str_is_utf8(text) || str_has_control(text, "\t")) {
		return wrong(r, "the line is not UTF-8 text without control characters");
	}
	return split_line(r, text);
}

static bool is_property(const struct reader *r, const char *name)
{
	return str_eq_nocase(r->at.name, str_of(name));
}

static struct str param(const struct reader *r, const char *name)
{
	for (size_t i = 0; i < r->at.param_n; i++) {
		if (str_eq_nocase(r->at.params[i].name, str_of(name))) {
			return r->at.params[i].value;
		}
	}
	return STR_EMPTY;
}

/* \n, \, \; \\ (RFC 5545, 3.3.11). */
static bool unescape(struct reader *r, struct str s, struct str *out)
{
	struct buf b;
	buf_init(&b, LINE_BYTES_MAX + 1);
	bool ok = true;
	for (size_t i = 0; i < s.n && ok; i++) {
		if (s.p[i] != '\\') {
			buf_put_byte(&b, s.p[i]);
			continue;
		}
		char c = ++i < s.n ? s.p[i] : '\0';
		ok = c == 'n' || c == 'N' || c == ',' || c == ';' || c == '\\';
		buf_put_byte(&b, c == 'n' || c == 'N' ? ' ' : c);
	}
	*out = arena_copy(r->arena, buf_str(&b));
	buf_release(&b);
	return ok || wrong(r, "a backslash stands before a character that needs none");
}

/* --- Values ------------------------------------------------------------------------------------------------------- */

static bool digits(struct str s, int32_t *out)
{
	uint64_t v;
	if (!str_to_u64(s, &v) || v > INT32_MAX) {
		return false;
	}
	*out = (int32_t)v;
	return true;
}

/* 20260501, 20260501T083000, 20260501T083000Z. */
static bool parse_time(struct str s, struct str tzid, struct ical_time *out)
{
	struct date d;
	int32_t hour, minute, second;
	*out = (struct ical_time){.kind = ICAL_DATE, .zone = STR_EMPTY};
	bool is_utc = s.n == 16 && s.p[15] == 'Z', is_date = s.n == 8;
	if ((!is_date && s.n != 15 && !is_utc) || !digits(str_sub(s, 0, 4), &d.year) ||
	    !digits(str_sub(s, 4, 2), &d.month) || !digits(str_sub(s, 6, 2), &d.day) || !date_is_valid(d) ||
	    d.year < 1600) {
		return false;
	}
	out->day = date_to_day(d);
	if (is_date) {
		return true;
	}
	if (s.p[8] != 'T' || !digits(str_sub(s, 9, 2), &hour) || !digits(str_sub(s, 11, 2), &minute) ||
	    !digits(str_sub(s, 13, 2), &second) || hour > 23 || minute > 59 || second > 60) {
		return false;
	}
	out->second = hour * 3600 + minute * 60 + (second == 60 ? 59 : second);
	out->kind = is_utc ? ICAL_UTC : tzid.n > 0 ? ICAL_ZONED : ICAL_LOCAL;
	out->zone = tzid;
	return true;
}

static bool read_time(struct reader *r, struct str s, struct ical_time *out)
{
	struct str kind = param(r, "VALUE"), tzid = param(r, "TZID");
	if (!parse_time(s, tzid, out)) {
		return wrong(r, "\"%.*s\" is no date such as 20260501 and no time such as 20260501T083000Z",
		             STR_ARG(str_sub(s, 0, 40)));
	}
	bool is_date = out->kind == ICAL_DATE;
	if (kind.n > 0 && !str_eq_nocase(kind, is_date ? STR("DATE") : STR("DATE-TIME"))) {
		return wrong(r, "VALUE=%.*s does not fit the value", STR_ARG(str_sub(kind, 0, 40)));
	}
	return true;
}

static bool read_times(struct reader *r, struct ical_time **list, size_t *n)
{
	struct str rest = r->at.value, one;
	while (str_next(&rest, ',', &one)) {
		struct ical_time t;
		if (!read_time(r, one, &t)) {
			return false;
		}
		if (*list == NULL) {
			*list = arena_new(r->arena, struct ical_time, ICAL_DATES_MAX);
		}
		if (*list == NULL || *n == ICAL_DATES_MAX) {
			return wrong(r, "an event has more than %d dates", ICAL_DATES_MAX);
		}
		(*list)[(*n)++] = t;
	}
	return true;
}

/* P1W, P2D, P1DT12H, PT30M (RFC 5545, 3.3.6); never negative here. */
static bool parse_duration(struct str s, int64_t *out)
{
	static const struct {
		char unit;
		bool is_time;
		int64_t seconds;
	} units[] = {{'W', false, 7 * 86400}, {'D', false, 86400}, {'H', true, 3600}, {'M', true, 60}, {'S', true, 1}};
	struct str rest = s;
	int64_t sum = 0;
	bool is_time = false, has_any = false;
	if (starts_with(&rest, '+')) {
		rest = str_sub(rest, 1, SIZE_MAX);
	}
	if (!starts_with(&rest, 'P')) {
		return false;
	}
	rest = str_sub(rest, 1, SIZE_MAX);
	for (size_t next = 0; rest.n > 0;) {
		if (starts_with(&rest, 'T') && !is_time) {
			is_time = true;
			has_any = false;
			rest = str_sub(rest, 1, SIZE_MAX);
			continue;
		}
		size_t n = 0;
		int32_t v;
		while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9') {
			n++;
		}
		if (n == 0 || n > 5 || n == rest.n || !digits(str_sub(rest, 0, n), &v)) {
			return false;
		}
		while (next < sizeof units / sizeof *units &&
		       (units[next].unit != rest.p[n] || units[next].is_time != is_time)) {
			next++;
		}
		if (next == sizeof units / sizeof *units) {
			return false;
		}
		sum += v * units[next++].seconds;
		has_any = true;
		rest = str_sub(rest, n + 1, SIZE_MAX);
	}
	*out = sum;
	return has_any;
}

/* --- RRULE -------------------------------------------------------------------------------------------------------- */

static bool read_count(struct reader *r, struct str name, struct str value, int64_t *out)
{
	int32_t n;
	if (!digits(value, &n) || n < 1 || n > 100000) {
		return wrong(r, "%.*s is a number from 1", STR_ARG(name));
	}
	*out = n;
	return true;
}

static bool read_months(struct reader *r, struct str value, struct ical_rule *out)
{
	struct str rest = value, one;
	while (str_next(&rest, ',', &one)) {
		int32_t month;
		if (!digits(one, &month) || month < 1 || month > 12) {
			return wrong(r, "BYMONTH is a list of 1 to 12");
		}
		out->months = (uint16_t)(out->months | 1u << month);
	}
	return true;
}

static bool read_month_days(struct reader *r, struct str value, struct ical_rule *out)
{
	struct str rest = value, one;
	while (str_next(&rest, ',', &one)) {
		int64_t day;
		if (starts_with(&one, '+')) {
			one = str_sub(one, 1, SIZE_MAX);
		}
		if (!str_to_i64(one, &day) || day == 0 || day < -31 || day > 31 || out->day_n == 62) {
			return wrong(r, "BYMONTHDAY is a list of 1 to 31 or -1 to -31");
		}
		out->days[out->day_n++] = (int8_t)day;
	}
	return true;
}

static bool read_weekdays(struct reader *r, struct str value, struct ical_rule *out)
{
	static const char *const names[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
	struct str rest = value, one;
	while (str_next(&rest, ',', &one)) {
		int64_t n = 0;
		struct str number = one.n >= 2 ? str_sub(one, 0, one.n - 2) : STR_EMPTY;
		if (starts_with(&number, '+')) {
			number = str_sub(number, 1, SIZE_MAX);
		}
		int weekday = 7;
		for (int i = 0; one.n >= 2 && i < 7; i++) {
			weekday = str_eq_nocase(str_sub(one, one.n - 2, 2), str_of(names[i])) ? i : weekday;
		}
		bool has_number = one.n > 2;
		if (weekday == 7 || (has_number && (!str_to_i64(number, &n) || n == 0 || n < -53 || n > 53)) ||
		    out->nth_n == ICAL_NTH_MAX) {
			return wrong(r, "BYDAY is a list such as MO, 1MO or -1MO");
		}
		out->nths[out->nth_n++] = (struct ical_nth){(int8_t)n, (int8_t)weekday};
	}
	return true;
}

static bool read_rule_part(struct reader *r, struct str name, struct str value, struct ical_rule *out)
{
	if (str_eq_nocase(name, STR("FREQ"))) {
		return str_eq_nocase(value, STR("YEARLY")) ||
		       wrong(r, "FREQ=%.*s is not read; holidays are YEARLY", STR_ARG(str_sub(value, 0, 20)));
	}
	if (str_eq_nocase(name, STR("INTERVAL"))) {
		return read_count(r, name, value, &out->interval);
	}
	if (str_eq_nocase(name, STR("COUNT"))) {
		return read_count(r, name, value, &out->count);
	}
	if (str_eq_nocase(name, STR("UNTIL"))) {
		out->has_until = true;
		return parse_time(value, STR_EMPTY, &out->until) || wrong(r, "UNTIL is no date and no time");
	}
	if (str_eq_nocase(name, STR("BYMONTH"))) {
		return read_months(r, value, out);
	}
	if (str_eq_nocase(name, STR("BYMONTHDAY"))) {
		return read_month_days(r, value, out);
	}
	if (str_eq_nocase(name, STR("BYDAY"))) {
		return read_weekdays(r, value, out);
	}
	if (str_eq_nocase(name, STR("WKST"))) {
		return true; /* says something about weeks only */
	}
	return wrong(r, "%.*s is not read in a RRULE", STR_ARG(str_sub(name, 0, 20)));
}

static bool read_rule(struct reader *r, struct ical_rule *out)
{
	struct str rest = r->at.value, part, name, value;
	uint32_t seen = 0;
	bool has_frequency = false;
	*out = (struct ical_rule){.interval = 1};
	static const char *const parts[] = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY"};
	while (str_next(&rest, ';', &part)) {
		if (!str_cut(part, '=', &name, &value)) {
			return wrong(r, "a part of RRULE is written NAME=value");
		}
		for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
			if (str_eq_nocase(name, str_of(parts[i]))) {
				if (seen >> i & 1) {
					return wrong(r, "%s stands twice in RRULE", parts[i]);
				}
				seen |= 1u << i;
				has_frequency = has_frequency || i == 0;
			}
		}
		if (!read_rule_part(r, name, value, out)) {
			return false;
		}
	}
	if (!has_frequency) {
		return wrong(r, "RRULE has no FREQ");
	}
	if (out->count > 0 && out->has_until) {
		return wrong(r, "RRULE has both COUNT and UNTIL");
	}
	for (size_t i = 0; i < out->nth_n && out->day_n > 0; i++) {
		if (out->nths[i].n != 0) {
			return wrong(r, "BYDAY beside BYMONTHDAY names weekdays without a number");
		}
	}
	return true;
}

/* --- Components --------------------------------------------------------------------------------------------------- */

struct event_lines {
	bool has_start, has_end, has_duration, is_cancelled;
	struct ical_time end;
	int64_t duration_s;
	int start_line;
};

static bool once(struct reader *r, bool *has)
{
	if (*has) {
		return wrong(r, "%.*s stands twice in an event", STR_ARG(str_sub(r->at.name, 0, 20)));
	}
	*has = true;
	return true;
}

static bool read_text_of(struct reader *r, struct ical_text *out)
{
	out->language = param(r, "LANGUAGE");
	return unescape(r, r->at.value, &out->text);
}

static bool read_event_line(struct reader *r, struct ical_event *ev, struct event_lines *l)
{
	if (is_property(r, "DTSTART")) {
		l->start_line = r->at.number;
		return once(r, &l->has_start) && read_time(r, r->at.value, &ev->start);
	}
	if (is_property(r, "DTEND")) {
		return once(r, &l->has_end) && read_time(r, r->at.value, &l->end);
	}
	if (is_property(r, "DURATION")) {
		return once(r, &l->has_duration) &&
		       (parse_duration(r->at.value, &l->duration_s) || wrong(r, "DURATION is written such as P1D or PT4H"));
	}
	if (is_property(r, "RRULE")) {
		return once(r, &ev->has_rule) && read_rule(r, &ev->rule);
	}
	if (is_property(r, "RDATE")) {
		return read_times(r, &ev->more, &ev->more_n);
	}
	if (is_property(r, "EXDATE")) {
		return read_times(r, &ev->less, &ev->less_n);
	}
	if (is_property(r, "RECURRENCE-ID") || is_property(r, "EXRULE")) {
		return wrong(r, "%.*s is not read: write the days as events of their own", STR_ARG(r->at.name));
	}
	if (is_property(r, "STATUS")) {
		l->is_cancelled = str_eq_nocase(r->at.value, STR("CANCELLED"));
		return true;
	}
	if (is_property(r, "SUMMARY")) {
		return read_text_of(r, &ev->summary);
	}
	if (is_property(r, "X-CITYHALL-NAME")) {
		return read_text_of(r, &ev->name);
	}
	if (is_property(r, "X-CITYHALL-DAY")) {
		ev->day_kind = r->at.value;
	}
	return true;
}

static bool end_event(struct reader *r, struct ical_event *ev, const struct event_lines *l)
{
	bool is_date = ev->start.kind == ICAL_DATE;
	r->at.number = l->has_start ? l->start_line : ev->line;
	if (!l->has_start) {
		return wrong(r, "the event has no DTSTART");
	}
	if (l->has_end && l->has_duration) {
		return wrong(r, "the event has both DTEND and DURATION");
	}
	if (l->has_end && (l->end.kind != ev->start.kind || !str_eq(l->end.zone, ev->start.zone))) {
		return wrong(r, "DTSTART and DTEND are of different kinds");
	}
	ev->lasts_s = l->has_end        ? (int64_t)(l->end.day - ev->start.day) * 86400 + l->end.second - ev->start.second
	              : l->has_duration ? l->duration_s
	              : is_date         ? 86400
	                                : 0;
	if (ev->lasts_s <= 0 || ev->lasts_s > 366 * INT64_C(86400)) {
		return wrong(r, "the event ends before it begins, has no length, or lasts more than a year");
	}
	if (is_date && ev->lasts_s % 86400 != 0) {
		return wrong(r, "an event of whole days lasts whole days");
	}
	for (size_t i = 0; i < ev->more_n + ev->less_n; i++) {
		const struct ical_time *t = i < ev->more_n ? &ev->more[i] : &ev->less[i - ev->more_n];
		if ((t->kind == ICAL_DATE) != is_date) {
			return wrong(r, "DTSTART and its RDATE or EXDATE are of different kinds");
		}
	}
	return true;
}

/* Up to its END; BEGIN was taken. */
static bool pass_over(struct reader *r)
{
	struct str open[DEPTH_MAX] = {r->at.value};
	size_t depth = 1;
	int begun = r->at.number;
	while (depth > 0) {
		if (!next_line(r)) {
			r->at.number = r->e->code ? r->at.number : begun;
			return r->e->code ? false : wrong(r, "%.*s is not ended", STR_ARG(str_sub(open[depth - 1], 0, 20)));
		}
		if (is_property(r, "BEGIN")) {
			if (depth == DEPTH_MAX) {
				return wrong(r, "components stand more than %d deep in each other", DEPTH_MAX);
			}
			open[depth++] = r->at.value;
		} else if (is_property(r, "END")) {
			if (!str_eq_nocase(r->at.value, open[depth - 1])) {
				return wrong(r, "END:%.*s, but %.*s is open", STR_ARG(str_sub(r->at.value, 0, 20)),
				             STR_ARG(str_sub(open[depth - 1], 0, 20)));
			}
			depth--;
		}
	}
	return true;
}

static bool read_event(struct reader *r, struct ical *c, size_t *room)
{
	static const struct ical_text none = {STR_INIT(""), STR_INIT("")};
	struct ical_event ev = {.line = r->at.number, .summary = none, .name = none, .day_kind = STR_EMPTY};
	struct event_lines lines = {0};
	for (;;) {
		if (!next_line(r)) {
			r->at.number = r->e->code ? r->at.number : ev.line;
			return r->e->code ? false : wrong(r, "VEVENT is not ended");
		}
		if (is_property(r, "END")) {
			break;
		}
		bool ok = is_property(r, "BEGIN") ? pass_over(r) : read_event_line(r, &ev, &lines);
		if (!ok) {
			return false;
		}
	}
	if (!str_eq_nocase(r->at.value, STR("VEVENT"))) {
		return wrong(r, "END:%.*s, but VEVENT is open", STR_ARG(str_sub(r->at.value, 0, 20)));
	}
	if (!end_event(r, &ev, &lines) || lines.is_cancelled) {
		return r->e->code == 0;
	}
	if (c->n == *room) {
		size_t more = *room == 0 ? 32 : *room * 2;
		struct ical_event *events = c->n < ICAL_EVENTS_MAX ? arena_new(r->arena, struct ical_event, more) : NULL;
		if (events == NULL) {
			return wrong(r, "there are more than %d events", ICAL_EVENTS_MAX);
		}
		if (c->n > 0) {
			memcpy(events, c->events, c->n * sizeof *events);
		}
		c->events = events;
		*room = more;
	}
	c->events[c->n++] = ev;
	return true;
}

static bool read_calendar_line(struct reader *r, struct ical *c, bool *has_version)
{
	struct {
		const char *name;
		struct str *to;
	} const texts[] = {{"X-WR-TIMEZONE", &c->zone},
	                   {"X-CITYHALL-ID", &c->id},
	                   {"X-CITYHALL-HOURS", &c->hours},
	                   {"X-CITYHALL-WEEKEND", &c->weekend},
	                   {"X-CITYHALL-YEARS", &c->years}};
	if (is_property(r, "VERSION")) {
		*has_version = str_is(r->at.value, "2.0");
		return *has_version || wrong(r, "this is iCalendar of another version than 2.0");
	}
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (is_property(r, texts[i].name)) {
			return unescape(r, r->at.value, texts[i].to);
		}
	}
	return true;
}

static bool read_calendar(struct reader *r, struct ical *out)
{
	size_t room = 0;
	bool has_version = false;
	if (!next_line(r) || !is_property(r, "BEGIN") || !str_eq_nocase(r->at.value, STR("VCALENDAR"))) {
		r->at.number = r->at.number > 0 ? r->at.number : 1;
		return r->e->code ? false : wrong(r, "an iCalendar file begins with BEGIN:VCALENDAR");
	}
	for (;;) {
		if (!next_line(r)) {
			r->at.number = r->number;
			return r->e->code ? false : wrong(r, "VCALENDAR is not ended");
		}
		if (is_property(r, "END")) {
			break;
		}
		bool ok = !is_property(r, "BEGIN")                    ? read_calendar_line(r, out, &has_version)
		          : str_eq_nocase(r->at.value, STR("VEVENT")) ? read_event(r, out, &room)
		                                                      : pass_over(r);
		if (!ok) {
			return false;
		}
	}
	if (!str_eq_nocase(r->at.value, STR("VCALENDAR"))) {
		return wrong(r, "END:%.*s, but VCALENDAR is open", STR_ARG(str_sub(r->at.value, 0, 20)));
	}
	if (!has_version) {
		return wrong(r, "the calendar has no VERSION:2.0");
	}
	if (next_line(r) || r->e->code) {
		return r->e->code ? false : wrong(r, "something stands after END:VCALENDAR");
	}
	return true;
}

bool ical_parse(struct arena *a, struct str bytes, struct ical *out, struct err *e)
{
	struct err mine = {0};
	struct reader r = {.arena = a, .rest = bytes, .e = &mine};
	*out = (struct ical){STR_EMPTY, STR_EMPTY, STR_EMPTY, STR_EMPTY, STR_EMPTY, NULL, 0};
	if (bytes.n > ICAL_BYTES_MAX) {
		return err_set(e, ERR_TOO_LARGE, "the file is larger than %d MiB", ICAL_BYTES_MAX >> 20);
	}
	if (str_starts(r.rest, STR("\xEF\xBB\xBF"))) {
		r.rest = str_sub(r.rest, 3, SIZE_MAX);
	}
	bool ok = read_calendar(&r, out);
	if (a->is_full) {
		return err_set(e, ERR_MEMORY, "no memory for a calendar");
	}
	if (!ok && e != NULL) {
		*e = mine;
	}
	return ok;
}
