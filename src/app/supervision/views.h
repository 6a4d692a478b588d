/* What the pages of the supervision room show. */
#ifndef CITYHALL_APP_SUPERVISION_VIEWS_H
#define CITYHALL_APP_SUPERVISION_VIEWS_H

#include "app/supervision/board.h"
#include "html/pieces.h"
#include "html/translate.h"

enum { TREE_DEEP = 6, CHART_DAYS = 20 };

struct tree_row {
	struct str href, name;
	struct board_sums sums;
	int depth;
	bool is_last, is_open[TREE_DEEP];                                /* is_open: the line of that level goes on below */
	char red_x[24], red_w[24], orange_x[24], orange_w[24], rate[24]; /* shares of the top row; alerts a hundred */
};

struct part_row { /* of a service, or of an official */
	struct str href, name;
	struct board_sums sums;
	int64_t handler;
};

struct turned_row {
	struct str href, number, what, when;
	enum tag_sign sign;
};

struct chart_day {
	day_number day;
	int64_t orange, red;
	char x[24], w[24], red_y[24], red_h[24], orange_y[24], orange_h[24], label_x[24];
	const char
		*anchor; /* of the label: at the column's middle, but for the first and the last ones, which stay on the page */
	bool has_label, is_spare; /* spare: of two labels the one that a narrow screen leaves out */
};

struct case_row {
	struct str href, number, service, official, state;
	struct day_stone stone;
	struct str due, note; /* note: the promise is past, and what the law leaves */
};

struct board_view {
	struct str office, name; /* who looks; what is looked at */
	struct str anew;         /* time limits are being counted anew; or empty */
	struct str exact_time;
	day_number exact_day;
	int64_t version;
	struct board_sums sums;
	char quiet_percent[24]; /* running without an alert */
	struct board_forecast forecast;
	day_number until;
	int64_t raised, acted; /* in thirty days */
	char acted_percent[24];
	struct tree_row *rows;
	size_t row_n;
	struct part_row *services, *officials;
	size_t service_n, official_n;
	struct turned_row *turned;
	size_t turned_n;
	struct chart_day chart[CHART_DAYS];
	size_t chart_n;
	char grid_y[5][24];
	int64_t grid[5];
	/* Of one institution. */
	struct str base;     /* "/board/at/civil-registry"; empty: a jurisdiction */
	int64_t yellow, red; /* its cards of a year */
	struct str listing;  /* what the list below shows, in words */
	struct case_row *cases;
	size_t case_n;
	struct str next_href;
};

/* Alerts of an office, at its own desk. */
struct office_alert_row {
	struct str id, alert, href, number, service, official, limit, raised, hears, op;
	struct str said_by, word; /* empty: nobody answered */
	struct str error, typed;
	struct day_stone stone;
	bool is_acted, is_answered; /* is_answered: this alert, and not only one before it */
};
struct office_alerts_view {
	struct str csrf, office;
	struct office_alert_row *rows;
	size_t row_n;
};

struct alert_row {
	enum tag_sign sign;
	struct str title, raised, acted, said_by, word;
};
struct watched_case_view {
	struct str number, service, institution, office, applicant_state, handler, ask_href;
	struct case_tag_view {
		enum tag_sign sign;
		struct str text;
	} tag;
	struct str clock_sentence;
	struct clock_view clock;
	struct story_item *story;
	size_t story_n;
	struct alert_row *alerts;
	size_t alert_n;
};

#endif
