/* What the templates of this room show, already decided. */
#ifndef CITYHALL_APP_DESK_VIEWS_H
#define CITYHALL_APP_DESK_VIEWS_H

#include "app/cases/facts.h"
#include "app/catalogue/office.h"
#include "app/desk/filter.h"
#include "html/form.h"

enum { CHOICES_MAX = 200 };
struct choices {
	struct form_choice items[CHOICES_MAX];
	size_t n;
};

struct queue_row {
	struct str id, applicant, number, service, promise, step, handler;
	struct case_tag tag;
	struct day_stone stone;
	bool has_stone; /* not of a clock that has ended */
	struct clock_view clock;
	bool is_changed; /* since the reader looked */
};
struct queue_tab {
	struct str href, title, count;
	bool is_current;
};
struct kept_filter {
	struct str href, name, id;
	bool is_current;
};
struct queue_view {
	struct req *r;
	struct str institution, now;
	struct str anew; /* time limits are being counted anew; or empty */
	struct office_list offices;
	struct queue_tab tabs[TAB_COUNT];
	const struct kept_filter *kept;
	size_t kept_n;
	bool is_kept;       /* the filter at hand has a name */
	struct str query;   /* the filter at hand; empty: everything */
	struct str tab;     /* its word */
	struct str service; /* of the filter */
	bool is_filtered, is_new;
	int64_t inquiry_n;    /* of the supervision office, that wait for an answer */
	bool has_signals;     /* the office looks after the signals */
	int64_t incident_n;   /* in the street, that nobody looks after yet */
	bool is_nothing_next; /* "next case" found none */
	struct choices services, states, dues, handlers, acts;
	const struct queue_row *rows;
	size_t n;
	struct str next_href;
	bool is_cut; /* looked through as many cases as one page may, and there are more */
	int32_t page_size;
};
struct found_row {
	struct str id, name, number, service, handler;
	bool is_open;
	struct case_tag tag;
};
struct found_view {
	struct req *r;
	struct str institution, typed;
	const struct found_row *rows;
	size_t n;
	struct str before; /* where the list goes on; empty: it ends */
	bool is_too_short;
};

/* Beside what the cases room shows of a case. */
struct change_row {
	const struct question *question; /* answered otherwise than before */
};
struct changes_view {
	const struct case_facts *f;
	const struct answers *before; /* as the reader saw them last */
	const struct change_row *rows;
	size_t n;
	const struct story_item *items; /* what others did meanwhile */
	size_t item_n;
	struct str since;
};
struct note_row {
	struct str name, when, words;
};
struct notes_view {
	struct req *r;
	struct str action, op, words, error;
	const struct note_row *rows;
	size_t n;
};
struct next_view { /* the way to the next case, from this one */
	struct req *r;
	struct str id, op;
	int64_t due;
};

struct absence_row {
	struct str id, name, deputy, from, until;
	bool is_now, may_end;
};
struct absences_view {
	struct req *r;
	struct str op;
	const struct absence_row *rows;
	size_t n;
	bool is_head; /* sees all, enters for others */
	struct choices officials, deputies;
	struct form_date from, until;
	struct str from_error, until_error, deputy_error;
};

enum { BULK_MOST = 50 };
struct bulk_line {
	struct str id, number, applicant, text;
	bool is_good;
};
struct act;
struct act_outcome;
struct bulk_view {
	struct req *r;
	const struct act *act;
	struct str title, op;
	const struct bulk_line *lines;
	size_t n, good_n;
	const struct case_facts *f; /* whose service's choices the fields show; NULL: none could be read */
	const struct params *input;
	const struct act_outcome *out;
};

struct institution;
struct queue_rows_out;
void queue_row_fill(struct req *r, const struct institution *at, const struct queue_rows_out *q, struct queue_row *row);

#endif
