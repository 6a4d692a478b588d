/* What the templates of this room show, already decided. */
#ifndef CITYHALL_APP_RATINGS_VIEWS_H
#define CITYHALL_APP_RATINGS_VIEWS_H

#include "app/catalogue/office.h"
#include "html/form.h"
#include "html/pieces.h"

enum { RATING_CHARS = 2000, RATING_LIST = 50 };

struct rating_said { /* one thing that was said, or happened */
	struct str who, when, what, text;
};

struct rate_view { /* the applicant's: to rate, or what became of it */
	struct str service, office, what, case_href, action, csrf, op;
	bool is_rated, is_loop, may_answer;
	struct str level_word, state, words, words_error, level_error;
	struct form_choice levels[5];
	bool is_named;
	day_number contact_by, remedy_by; /* 0: not now */
	const struct rating_said *said;
	size_t said_n;
};

struct rating_row {
	struct str href, service, level, what, month, state;
	bool has_words, is_due;
	enum tag_sign sign;
	struct day_stone stone;
	struct str office; /* of an appeal */
};
struct rating_list_view {
	struct office_list offices;
	bool is_all, is_judge;
	const struct rating_row *rows;
	size_t n;
	struct str next_href;
};

struct rating_desk_view {
	struct str service, office, level, what, month, state, name, case_href, action, csrf, op;
	enum tag_sign sign;
	day_number contact_by, remedy_by; /* 0: not now */
	const struct rating_said *said;
	size_t said_n;
	struct str text, error;
	bool may_write, may_appeal, may_judge, is_about_viewer;
};

struct rating_figures {
	struct str service, what;
	struct str asked, rated, level[5]; /* a cell below 5 is not shown */
	struct str share;
};
struct ratings_public_view {
	struct str office;
	const struct rating_figures *rows;
	size_t n;
	struct str loops, late, remedied, struck;
};

#endif
