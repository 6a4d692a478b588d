/* What the templates of this room show, already decided. */
#ifndef CITYHALL_APP_STATISTICS_VIEWS_H
#define CITYHALL_APP_STATISTICS_VIEWS_H

#include "html/chart.h"
#include "html/form.h"
#include "html/pieces.h"
#include "http/req.h"

struct figure_tile {
	struct str value, term, note;
};
struct figure_bar { /* in a list: how long a bar is, in percent, and where a mark stands in it */
	struct str name, text, share, mark;
};
struct service_row {
	struct str name, href;
	struct str cells[10];
};
struct place_row {
	struct str name, href, decided, kept, law, p90, rating, points, rank;
	int64_t tenths; /* points; -1: it is not ranked */
	bool is_here;
};

enum { TIME_CHOICES = 7 };
struct time_choice {
	struct str name, href;
	bool is_here;
};
/* Where another time is asked for. */
struct time_view {
	struct str action, at;
	struct form_date from, to;
	struct str wrong_from, wrong_to; /* what is wrong with the days that were asked for */
	struct time_choice choices[TIME_CHOICES];
	bool is_open; /* its fields stand open: it is none of the choices */
};

struct month_view {
	struct req *r;
	struct str op;
	struct str office, title, lead;
	struct str at, month; /* ids, for forms and links */
	struct time_view time;
	bool is_period, is_over, is_closed, is_empty;
	struct str closed, blocked; /* sentences; or empty */
	struct str ratings;         /* a sentence: of which months they are; empty: of all */
	bool may_close;
	int64_t open_objections;
	struct str before_href, before, after_href, after, people_href, exports_href;
	struct figure_tile tiles[6];
	size_t tile_n;
	struct chart charts[3];
	size_t chart_n;
	struct figure_bar *stops;
	size_t stop_n;
	struct service_row *services;
	size_t service_n;
	struct service_row all;
	struct figure_bar fates[6];
	size_t fate_n;
	struct str fate_sentence;
	struct service_row *efforts;
	size_t effort_n;
	struct str later; /* a sentence; empty: nothing came later */
	struct place_row *places;
	size_t place_n;
};

struct official_row {
	struct str name, id, decided, share, mark, kept, corrections, refused, stood, reopened, won, bad, points, rank;
	bool is_first, is_unranked;
};
struct objection_row {
	struct str id, name, words, when, answer, answerer;
	bool is_open, is_right;
};
struct people_view {
	struct req *r;
	struct str op, office, time_name, at, month, median, least;
	struct time_view time;
	bool is_off, is_closed, is_period; /* another time than a month has no ranking, and nothing to answer */
	struct str ratings;
	struct official_row *rows;
	size_t n;
	struct str first; /* name of the employee of the month; empty: nobody yet */
	struct str first_points;
	struct objection_row *objections;
	size_t objection_n;
	struct str error, answer;
	bool is_right;
};
struct own_view {
	struct req *r;
	struct str op, office, month_name, at, month, before_href, after_href, before, after;
	bool is_off, is_closed, is_over, may_object, is_empty;
	struct figure_tile tiles[8];
	size_t tile_n;
	struct str compared; /* a sentence: against the unit's median */
	struct str points;
	struct objection_row *objections;
	size_t objection_n;
	struct str words, error;
};

struct export_row {
	struct str id, name, what, size, href;
	int64_t lines;
	bool is_made, is_waiting;
};
struct exports_view {
	struct req *r;
	struct str op, office, at;
	struct time_view time;
	struct form_choice forms[2];
	struct export_row *rows;
	size_t n;
	bool is_waiting;
};

struct performance_row {
	struct str name, href, promised, usual, last, kept;
};
struct performance_view {
	struct str office, title, lead, last_month, csv_href, since;
	struct str last, kept, law, rating; /* of one service */
	struct str service_href, streets_href;
	struct figure_tile tiles[2];
	struct chart chart;
	bool has_chart;
	struct performance_row *rows;
	size_t n;
};

#endif
