/* What time somebody asks for: a month, months, or days from one to another; what is wrong with it, how it is called,
 * and the usual choices. */
#include "app/page.h"
#include "app/statistics/pages.h"
#include "app/statistics/statistics.html.h"
#include "html/translate.h"

enum { YEAR_FIRST = 1900, WEEK = 7 };

static struct str given(struct req *r, bool is_posted, const char *name)
{
	return str_trim(is_posted ? req_form(r, name) : req_query(r, name));
}

static struct str given_part(struct req *r, bool is_posted, const char *name, const char *part)
{
	return given(r, is_posted, arena_cstr(&r->arena, arena_printf(&r->arena, "%s-%s", name, part)));
}

day_number figures_today(struct req *r, const struct institution *in)
{
	return zone_local(calendar_zone(in->calendar), time_legal_us(&r->app->time)).day;
}

int64_t figures_this_month(struct req *r, const struct institution *in)
{
	return month_of_day(figures_today(r, in));
}

struct str figures_day_name(struct req *r, day_number day)
{
	struct buf b;
	buf_init(&b, 200);
	format_date(&b, r->lang, 0, day, DATE_SHORT);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

struct str figures_time_name(struct req *r, day_number from, day_number to)
{
	struct picture p = {.from = from, .to = to};
	bool is_months = picture_is_months(&p);
	struct str first = is_months ? figures_month_name(r, month_of_day(from)) : figures_day_name(r, from);
	const struct tr_arg args[] = {
		TR_O("from", first), TR_O("to", is_months ? figures_month_name(r, month_of_day(to)) : figures_day_name(r, to))};
	return picture_is_month(&p) || from == to ? first : figures_say(r, N_("{from} to {to}"), args, 2);
}

struct str figures_time_query(struct req *r, day_number from, day_number to)
{
	struct picture p = {.from = from, .to = to};
	struct str first = month_text(&r->arena, month_of_day(from)), last = month_text(&r->arena, month_of_day(to));
	char days[2][11];
	if (picture_is_month(&p)) {
		return arena_printf(&r->arena, "month=%.*s", STR_ARG(first));
	}
	if (picture_is_months(&p)) {
		return arena_printf(&r->arena, "from=%.*s&to=%.*s", STR_ARG(first), STR_ARG(last));
	}
	date_format(from, days[0]);
	date_format(to, days[1]);
	return arena_printf(&r->arena, "from=%s&to=%s", days[0], days[1]);
}

struct str figures_href(struct req *r, const struct institution *in, day_number from, day_number to)
{
	return arena_printf(&r->arena, "/figures?at=%.*s&%.*s", STR_ARG(in->pack_id),
	                    STR_ARG(figures_time_query(r, from, to)));
}

struct str figures_ratings_of(struct req *r, const struct picture *p)
{
	day_number from = p->from, to = p->to;
	if (from != month_first_day(month_of_day(from))) {
		from = month_last_day(month_of_day(from)) + 1;
	}
	if (to != month_last_day(month_of_day(to))) {
		to = month_first_day(month_of_day(to)) - 1;
	}
	if (from == p->from && to == p->to) {
		return STR_EMPTY;
	}
	if (to < from) {
		return tr(r->lang,
		          N_("Ratings are counted by whole months, so that a day does not tell who rated: this time has "
		             "none."));
	}
	const struct tr_arg args[] = {TR_O("time", figures_time_name(r, from, to))};
	return figures_say(r,
	                   N_("Ratings are counted by whole months, so that a day does not tell who rated: these are of "
	                      "{time}."),
	                   args, 1);
}

/* --- Months ------------------------------------------------------------------------------------------------------- */

/* One month: false with the sentence when it is none, or has not begun. Empty is the usual one. */
static bool read_month(struct req *r, struct str text, int64_t usual, int64_t now, int64_t *out, struct str *why)
{
	*out = usual;
	if (text.n == 0) {
		return true;
	}
	if (!month_parse(text, out) || *out < YEAR_FIRST * 12) {
		const struct tr_arg args[] = {TR_O("example", month_text(&r->arena, now))};
		*out = usual;
		*why = figures_say(r, N_("This is no month. Write year and month, such as {example}."), args, 1);
		return false;
	}
	if (*out > now) {
		const struct tr_arg args[] = {TR_O("month", figures_month_name(r, *out)),
		                              TR_O("now", figures_month_name(r, now))};
		*why = figures_say(r, N_("{month} has not begun. The newest month with figures is {now}."), args, 2);
		return false;
	}
	return true;
}

bool figures_month(struct req *r, bool is_posted, int64_t now, int64_t *out, struct err *e)
{
	struct str why;
	return read_month(r, given(r, is_posted, "month"), now, now, out, &why) ||
	       err_tell(e, ERR_INVALID,
	                N_("There are no figures of such a month. Write year and month, such as 2026-10, of a month that "
	                   "has begun."),
	                "no such month");
}

/* --- Days --------------------------------------------------------------------------------------------------------- */

static struct form_date typed_of_day(struct req *r, day_number day)
{
	struct date d = date_of_day(day);
	return (struct form_date){.day = arena_printf(&r->arena, "%d", (int)d.day),
	                          .month = arena_printf(&r->arena, "%d", (int)d.month),
	                          .year = arena_printf(&r->arena, "%d", (int)d.year)};
}

static bool small_number(struct str s, int32_t *out)
{
	int64_t v;
	if (!str_to_i64(str_trim(s), &v) || v < 0 || v > 9999) {
		return false;
	}
	*out = (int32_t)v;
	return true;
}

/* An end of the time as it is given: "2026-10-03", "2026-10" (its first day, or last), or three fields. */
struct end {
	const char *name;
	bool is_last, has_any;
	struct form_date typed;
	day_number day;
	struct str *wrong;
};

static void take_end(struct req *r, bool is_posted, struct end *end)
{
	struct str whole = given(r, is_posted, end->name), rest;
	end->typed = (struct form_date){.day = given_part(r, is_posted, end->name, "day"),
	                                .month = given_part(r, is_posted, end->name, "month"),
	                                .year = given_part(r, is_posted, end->name, "year")};
	if (whole.n > 0) {
		end->typed = (struct form_date){.year = whole};
		if (str_cut(whole, '-', &end->typed.year, &rest) && !str_cut(rest, '-', &end->typed.month, &end->typed.day)) {
			end->typed.month = rest;
			end->typed.day = STR_EMPTY;
		}
	}
	end->has_any = end->typed.day.n > 0 || end->typed.month.n > 0 || end->typed.year.n > 0;
}

static bool read_day(struct req *r, bool is_posted, struct end *end, day_number today)
{
	struct date d = {0};
	int64_t month;
	bool is_month = month_parse(given(r, is_posted, end->name), &month);
	bool is_day = small_number(end->typed.day, &d.day) && small_number(end->typed.month, &d.month) &&
	              small_number(end->typed.year, &d.year) && date_is_valid(d) && d.year >= YEAR_FIRST;
	if (is_month) {
		is_month = read_month(r, month_text(&r->arena, month), 0, month_of_day(today), &month, end->wrong);
		end->day = end->is_last ? month_last_day(month) : month_first_day(month);
		return is_month;
	}
	if (!is_day) {
		struct date now = date_of_day(today);
		const struct tr_arg args[] = {TR_I("day", now.day), TR_I("month", now.month), TR_I("year", now.year)};
		*end->wrong = figures_say(
			r, N_("There is no such day. Enter day, month and year in figures, such as {day}, {month} and {year}."),
			args, 3);
		return false;
	}
	end->day = date_to_day(d);
	if (end->day > today) {
		const struct tr_arg args[] = {TR_O("day", figures_day_name(r, end->day)),
		                              TR_O("today", figures_day_name(r, today))};
		*end->wrong = figures_say(r, N_("{day} is still to come. The last day with figures is {today}."), args, 2);
		return false;
	}
	return true;
}

void figures_time(struct req *r, bool is_posted, const struct institution *in, int64_t usual, struct time_asked *out)
{
	day_number today = figures_today(r, in);
	struct str month = given(r, is_posted, "month");
	struct end from = {.name = "from", .wrong = &out->wrong_from},
			   to = {.name = "to", .wrong = &out->wrong_to, .is_last = true};
	*out = (struct time_asked){0};
	take_end(r, is_posted, &from);
	take_end(r, is_posted, &to);
	if (month.n > 0 || (!from.has_any && !to.has_any)) {
		int64_t at;
		(void)read_month(r, month, usual, month_of_day(today), &at, &out->wrong_from);
		out->from = month_first_day(at);
		out->to = month_last_day(at);
		out->typed_from = typed_of_day(r, out->from);
		out->typed_to = typed_of_day(r, out->to < today ? out->to : today);
		return;
	}
	out->typed_from = from.typed;
	out->typed_to = to.typed;
	bool has_from = read_day(r, is_posted, &from, today), has_to = read_day(r, is_posted, &to, today);
	out->from = from.day;
	out->to = to.day;
	if (!has_from || !has_to) {
		return;
	}
	out->typed_from = typed_of_day(r, from.day);
	out->typed_to = typed_of_day(r, to.day < today ? to.day : today);
	if (out->to < out->from) {
		const struct tr_arg args[] = {TR_O("day", figures_day_name(r, out->from))};
		out->wrong_to =
			figures_say(r, N_("The time ends before it begins. Its last day is {day} or a later one."), args, 1);
	} else if (out->to >= date_add_months(out->from, PERIOD_MONTHS_MOST)) {
		const struct tr_arg args[] = {TR_I("n", PERIOD_MONTHS_MOST)};
		out->wrong_to = figures_say(r, N_("Choose at most {n} months."), args, 1);
	}
}

bool figures_time_is_wrong(const struct time_asked *t)
{
	return t->wrong_from.n > 0 || t->wrong_to.n > 0;
}

void figures_time_is_cut(struct req *r, int64_t month, struct time_asked *t)
{
	const struct tr_arg args[] = {TR_O("month", figures_month_name(r, month))};
	bool is_from = month_of_day(t->from) == month && t->from != month_first_day(month);
	*(is_from ? &t->wrong_from : &t->wrong_to) =
		figures_say(r,
	                N_("Of {month} only the whole month is known: it was counted before this program. Choose a time "
	                   "that has all of "
	                   "it, or nothing of it."),
	                args, 1);
}

size_t figures_time_errors(const struct time_asked *t, struct form_error errors[2])
{
	size_t n = 0;
	if (t->wrong_from.n > 0) {
		errors[n++] = (struct form_error){.id = STR("from"), .text = t->wrong_from};
	}
	if (t->wrong_to.n > 0) {
		errors[n++] = (struct form_error){.id = STR("to"), .text = t->wrong_to};
	}
	return n;
}

/* --- The usual choices -------------------------------------------------------------------------------------------- */

bool figures_time_view(struct req *r, const struct institution *in, struct str path, const struct time_asked *t,
                       struct time_view *v)
{
	*v = (struct time_view){.action = path,
	                        .at = in->pack_id,
	                        .from = t->typed_from,
	                        .to = t->typed_to,
	                        .wrong_from = t->wrong_from,
	                        .wrong_to = t->wrong_to};
	day_number today = figures_today(r, in);
	int64_t now = month_of_day(today), quarter = now - now % 3, year = now - now % 12;
	const struct {
		const char *name;
		day_number from, to;
	} all[TIME_CHOICES] = {
		{N_("This month"), month_first_day(now), month_last_day(now)},
		{N_("Last month"), month_first_day(now - 1), month_last_day(now - 1)},
		{N_("Last 7 days"), today - WEEK + 1, today},
		{N_("This quarter"), month_first_day(quarter), month_last_day(now)},
		{N_("Last quarter"), month_first_day(quarter - 3), month_last_day(quarter - 1)},
		{N_("This year"), month_first_day(year), month_last_day(now)},
		{N_("Last year"), month_first_day(year - 12), month_last_day(year - 1)},
	};
	struct picture p = {.from = t->from, .to = t->to};
	v->is_open = !picture_is_months(&p);
	for (size_t i = 0; i < TIME_CHOICES; i++) {
		v->is_open = v->is_open && (all[i].from != t->from || all[i].to != t->to);
		v->choices[i] = (struct time_choice){
			.name = tr(r->lang, all[i].name),
			.href = arena_printf(&r->arena, "%.*s?at=%.*s&%.*s", STR_ARG(path), STR_ARG(in->pack_id),
		                         STR_ARG(figures_time_query(r, all[i].from, all[i].to))),
			.is_here = !figures_time_is_wrong(t) && all[i].from == t->from && all[i].to == t->to,
		};
	}
	return !r->arena.is_full;
}

bool figures_show_wrong(struct req *r, const struct institution *in, struct str path, const struct time_asked *t,
                        struct err *e)
{
	struct time_view v;
	struct form_error errors[2];
	struct html_out o;
	size_t n = figures_time_errors(t, errors);
	if (!figures_time_view(r, in, path, t, &v)) {
		return err_set(e, ERR_MEMORY, "no memory for a page");
	}
	r->status = err_status(ERR_INVALID);
	page_begin(
		r, &o,
		&(struct page){.title_msgid = N_("Another time"),
	                   .current = NAV_FIGURES,
	                   .is_desk = true,
	                   .width = PAGE_FORM,
	                   .has_errors = true,
	                   .back_href = arena_printf(&r->arena, "%.*s?at=%.*s", STR_ARG(path), STR_ARG(in->pack_id))});
	form_errors(&o, errors, n);
	time_wrong_page(&o, text_in(&in->name, r->lang), &v);
	page_end(r, &o);
	return true;
}
