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
	struct chart chart;
	bool has_chart;
	struct difference_row rows[8];
	size_t n;
	struct difference_row *streets;
	size_t street_n;
};

#endif
