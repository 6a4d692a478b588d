/* What the pages of this room share. */
#ifndef CITYHALL_APP_STATISTICS_PAGES_H
#define CITYHALL_APP_STATISTICS_PAGES_H

#include "app/catalogue/catalogue.h"
#include "app/statistics/figures.h"
#include "app/statistics/views.h"
#include "html/chart.h"
#include "html/translate.h"

enum { PERIOD_MONTHS_MOST = 60, FIGURES_BODY_MAX = 16 * 1024 };

/* Whose figures somebody may read: a head those of the own institutions, a supervisor those of the jurisdiction. */
struct sight {
	const struct institution **items;
	size_t n;
	const struct institution *at; /* asked for by ?at=, else the first */
};
/* ERR_FORBIDDEN for who is neither, ERR_NOT_FOUND when no office is called so. */
bool figures_sight(struct req *r, struct sight *out, struct err *e) MUST_USE;
bool figures_are_seen(struct req *r, int64_t institution);

/* ?month=2026-10, or ?from= and ?to=, both included: 2026-10 or 2026-10-03, or in three fields, as the form sends them;
 * nothing: the usual month. When a sentence says what is wrong with them no figure is shown. */
struct time_asked {
	day_number from, to;
	struct str wrong_from, wrong_to; /* beside the fields; empty: nothing is */
	struct form_date typed_from, typed_to;
};
void figures_time(struct req *r, bool is_posted, const struct institution *in, int64_t usual, struct time_asked *out);
/* That it cuts a month of which the whole alone is known (struct picture). */
void figures_time_is_cut(struct req *r, int64_t month, struct time_asked *t);
bool figures_time_is_wrong(const struct time_asked *t);
size_t figures_time_errors(const struct time_asked *t, struct form_error errors[2]);
/* "October 2026", "August 2026 to October 2026", "3 Oct 2026 to 9 Nov 2026" */
struct str figures_time_name(struct req *r, day_number from, day_number to);
struct str figures_time_query(struct req *r, day_number from, day_number to); /* as the page asks for it */
/* Of which whole months its ratings are; empty: of all. */
struct str figures_ratings_of(struct req *r, const struct picture *p);
struct str figures_day_name(struct req *r, day_number day);
/* The form that asks for another time, with links for this month, the last seven days and such; path: of the page.
 * False: memory is out. */
bool figures_time_view(struct req *r, const struct institution *in, struct str path, const struct time_asked *t,
                       struct time_view *out) MUST_USE;
/* Instead of the page when it was no time with figures. */
bool figures_show_wrong(struct req *r, const struct institution *in, struct str path, const struct time_asked *t,
                        struct err *e) MUST_USE;
/* Of a page that knows one month alone: ERR_INVALID with what would be right. */
bool figures_month(struct req *r, bool is_posted, int64_t now, int64_t *out, struct err *e) MUST_USE;

day_number figures_today(struct req *r, const struct institution *in);
int64_t figures_this_month(struct req *r, const struct institution *in);
/* "October 2026" */
struct str figures_month_name(struct req *r, int64_t month);
struct str figures_short_month(struct req *r, int64_t month);
/* Working minutes of a day of this institution. */
int64_t figures_day_minutes(struct req *r, const struct institution *in);
/* "40 minutes", "3.5 hours", "2.4 working days" */
struct str figures_duration(struct req *r, int64_t minutes, int64_t day_minutes);
/* "2.4" */
struct str figures_days(struct req *r, int64_t minutes, int64_t day_minutes);
struct str figures_percent(struct req *r, int64_t part, int64_t of); /* "97%"; "-" when there is none */
struct str figures_service_name(struct req *r, struct str id);
struct str figures_reason_name(struct req *r, const struct institution *in, struct str reason);
struct str figures_say(struct req *r, const char *msgid, const struct tr_arg *args, size_t n);

/* Of the page of this time. */
struct str figures_href(struct req *r, const struct institution *in, day_number from, day_number to);

bool figures_read(struct req *r, struct picture *p, struct err *e) MUST_USE;
/* The closing of a month; found false: it is open. */
bool figures_closing(struct req *r, int64_t institution, int64_t month, struct closing_get_out *out,
                     struct err *e) MUST_USE;

handler figures_get, figures_close_post, figures_mine_get, figures_mine_post, figures_people_get, figures_people_post,
	figures_exports_get, figures_exports_post, figures_export_get, performance_get, performance_office_get,
	performance_service_get, open_data_get, open_data_csv_get;

#endif
