/* What the templates of history.html show, already decided. */
#ifndef CITYHALL_APP_TRAFFIC_HISTORY_VIEWS_H
#define CITYHALL_APP_TRAFFIC_HISTORY_VIEWS_H

#include "html/chart.h"
#include "html/form.h"
#include "html/pieces.h"
#include "http/req.h"

struct history_tile {
	struct str term, value, note;
};
struct slow_street {
	struct str name, speed, lost, share; /* of the slowest one's loss, in percent */
};
struct today_view {
	struct str lead;  /* now against usual, as a sentence */
	struct str as_of; /* "Sunday 22 November, 17:45" */
	bool is_empty;
	struct history_tile tiles[4];
	size_t tile_n;
	struct chart chart;
	bool has_chart, is_minutes; /* what is lost is said in minutes, not hours */
	struct slow_street *streets;
	size_t street_n;
	bool is_for_office; /* who works there is led on */
};

struct difference_row {
	struct str name, before, after, by, interval, verdict;
	bool is_shown;
};
struct before_view {
	struct str office;
	struct str how, lead; /* what was compared in which way; the first measure as a sentence */
	struct str dates[4], errors[4];
	const struct form_choice *where;
	size_t where_n;
	struct chart chart;
	bool has_chart, has_common; /* quarters of the day that both have */
	struct difference_row rows[8];
	size_t n;
	struct difference_row *streets;
	size_t street_n;
};

struct what_if_row {
	struct str id, what, who, state_text; /* "The fixed plan against the brain's schedule, 15 minutes, 5 times" */
	enum tag_sign sign;
	bool is_done, may_stop;
	int64_t part;            /* percent, while it runs; below 0: it does not */
	struct str note, demand; /* the second: which demand it was, when it was made of counts */
	struct difference_row rows[8];
	size_t n;
};
enum { WHAT_IF_OWN = 5 }; /* bounds and weights that may be tried */
struct what_if_view {
	struct req *r;
	struct str op, office;
	bool may_ask, is_waiting;
	struct form_choice a[8], b[8];
	size_t choice_n;
	struct form_field own[WHAT_IF_OWN];
	struct str error_own[WHAT_IF_OWN];
	bool has_own_error;
	struct str minutes, seeds, error_b, error_minutes, error_seeds;
	struct what_if_row *rows;
	size_t n;
};

#endif
